"""The faults that are planted in what packs say of time: limits, clocks, warnings, calendars."""

from typing import Any

from tests.tenants.planting import Edit, Plant, Raw, day, drop, index, path_to, put

IMB, SIUP = "sidoarjo/services/imb.yaml", "sidoarjo/services/siup.yaml"
TENANT, AGENCIES, CALENDAR = "sidoarjo/tenant.yaml", "sidoarjo/agencies.yaml", "sidoarjo/calendar.yaml"
DEFAULTS = "_base/standard_defaults.yaml"
HOURS = {"value": 4, "unit": "working_hours"}
DAYS = {"value": 3, "unit": "calendar_days"}
SATURDAY, TUESDAY = day("2026-06-06"), day("2026-06-09")  # neither is a national day off
CHRISTMAS = day("2026-12-25")  # a Friday


def step(code: str, at: str, *without: str, **changes: Any) -> Edit:
    """Change a step of the route and take keys away; the fault is expected at the path inside it."""

    def edit(raw: Raw) -> str:
        number = index(raw["route"], code)
        raw["route"][number].update(changes)
        for key in without:
            del raw["route"][number][key]
        return path_to("route", number, *at.split("."))

    return edit


def rule(key: str, value: Any, at: str) -> Edit:
    """Give the service a rule of time of its own; the fault is expected at the path inside the standard."""

    def edit(raw: Raw) -> str:
        raw["standard"][key] = value
        return f"$.standard.{at}"

    return edit


def limit(**changes: Any) -> Edit:
    """Change the promise; a limit that is too short is told at its value."""

    def edit(raw: Raw) -> str:
        raw["standard"]["time_limit"].update(changes)
        return "$.standard.time_limit.value"

    return edit


def week(at: str, **keys: Any) -> Edit:
    """Write keys of the office's calendar; the fault is expected at the path in it."""

    def edit(raw: Raw) -> str:
        raw.update(keys)
        return f"$.{at}"

    return edit


def own_week(code: str, at: str, **keys: Any) -> Edit:
    """Give an agency a calendar of its own."""

    def edit(raw: Raw) -> str:
        number = index(raw["agencies"], code)
        plain = {
            "weekdays": ["mon"],
            "collective_leave": True,
            "basis": "assumed",
            "source": "-",
            "days_off": [],
        }
        raw["agencies"][number]["calendar"] = plain | keys
        return at or path_to("agencies", number, "calendar")

    return edit


def elsewhere(edit: Edit, path: str) -> Edit:
    """The same edit, its fault expected at a path of another file."""

    def moved(raw: Raw) -> str:
        edit(raw)
        return path

    return moved


def named(*days: Any) -> list[Raw]:
    return [{"on": on, "name": "Hari", "source": "-"} for on in days]


def warning(at: str = "overdue", value: int = 1, **more: Any) -> Raw:
    return {"at": at, "value": value, "to": ["agency"], **more}


TIME_PLANTS = [
    # limits
    Plant("a step without a limit", IMB, step("technical", "days", "days"), "say `days` for working days"),
    Plant("a step with two limits", IMB, step("technical", "limit", limit=DAYS), "stands beside `days`"),
    Plant(
        "a signer without a limit",
        IMB,
        lambda raw: drop("signer", "days")(raw),
        "say `days` for working days",
    ),
    Plant(
        "a unit nobody counts in",
        IMB,
        put("standard", "time_limit", "unit", value="working_day"),
        "did you mean `working_days`?",
    ),
    Plant(
        "a step of no hours",
        IMB,
        step("technical", "limit.value", "days", limit={"value": 0, "unit": "calendar_days"}),
        "0 is too small",
    ),
    Plant(
        "hours where no office hours are known",
        IMB,
        step("technical", "limit.unit", "days", limit=HOURS),
        "sidoarjo/calendar.yaml gives no `hours`",
    ),
    Plant(
        "a promise of hours without office hours",
        IMB,
        put("standard", "time_limit", "unit", value="working_hours"),
        "gives no `hours`",
    ),
    Plant(
        "an answer within hours without office hours",
        IMB,
        rule("corrections", {"answer_within": HOURS}, "corrections.answer_within.unit"),
        "gives no `hours`",
    ),
    Plant("a limit one day too short", IMB, limit(value=9), "10 working days where begun on a Monday"),
    Plant(
        "a limit too short in calendar days",
        IMB,
        limit(value=13, unit="calendar_days"),
        "the limit of 13 calendar days is shorter than the longest path",
    ),
    Plant(
        "a limit too short since its first day counts",
        IMB,
        limit(value=10, first_day_counts=True),
        "shorter than the longest path",
    ),
    Plant(
        "a step too long for a limit in months",
        IMB,
        lambda raw: (limit(value=1, unit="months")(raw), step("technical", "x", days=14)(raw))[0],
        "the limit of 1 month is shorter than the longest path",
    ),
    Plant(
        "an agency that works too few days",
        AGENCIES,
        own_week("public_works", "$.standard.time_limit.value"),
        "shorter than the longest path",
        found_in=IMB,
        others=9,
    ),
    # clocks
    Plant(
        "a clock that starts after an unknown step",
        IMB,
        rule("clock", {"starts_after": "file_chek"}, "clock.starts_after"),
        "did you mean `file_check`?",
    ),
    Plant(
        "a clock that starts after a condition",
        IMB,
        rule("clock", {"starts_after": "structure"}, "clock.starts_after"),
        "only under a condition",
        others=1,
    ),
    Plant(
        "a clock that a step may pass by",
        SIUP,
        rule("clock", {"starts_after": "identity"}, "clock.starts_after"),
        "`business_check` may run beside it",
    ),
    Plant(
        "a default clock that does not fit a service",
        DEFAULTS,
        elsewhere(put("clock", "starts_after", value="identity"), "$.standard.clock"),
        "`business_check` may run beside it",
        found_in=SIUP,
        others=2,
    ),
    Plant(
        "a clock that stands for no reason",
        IMB,
        rule("clock", {"stops": ["holiday"]}, "clock.stops[0]"),
        "must be one of clarification",
    ),
    Plant(
        "an extension in another unit",
        IMB,
        rule(
            "clock",
            {"extension": {"most": {"value": 5, "unit": "calendar_days"}, "legal_basis": "Perda 1/2020"}},
            "clock.extension.most.unit",
        ),
        "the limit that is extended counts in working_days",
    ),
    Plant(
        "an extension without a law",
        IMB,
        rule(
            "clock",
            {"extension": {"most": {"value": 5, "unit": "working_days"}}},
            "clock.extension.legal_basis",
        ),
        "is missing",
    ),
    Plant("silence that approves by no law", IMB, rule("deemed", {}, "deemed.legal_basis"), "is missing"),
    Plant(
        "silence that approves by a blank law",
        IMB,
        rule("deemed", {"legal_basis": " "}, "deemed.legal_basis"),
        "is blank",
    ),
    Plant(
        "no time to answer",
        IMB,
        rule(
            "corrections",
            {"answer_within": {"value": 0, "unit": "calendar_days"}},
            "corrections.answer_within.value",
        ),
        "0 is too small",
    ),
    Plant(
        "an objection to nobody",
        IMB,
        rule(
            "objection",
            {
                "within": {"value": 21, "unit": "working_days"},
                "decided_within": {"value": 10, "unit": "working_days"},
                "legal_basis": "UU 30/2014",
            },
            "objection.to",
        ),
        "is missing",
    ),
    # warnings
    Plant(
        "a warning twice",
        IMB,
        rule("warnings", [warning(), warning(of="step", to=["head"])], "warnings[1]"),
        "warns of the step at overdue 1 a second time",
    ),
    Plant(
        "a default warning twice",
        DEFAULTS,
        put("warnings", 1, value=warning("used", 80)),
        "warns of the step at used 80 a second time",
    ),
    Plant(
        "a warning at more than all",
        IMB,
        rule("warnings", [warning("used", 101)], "warnings[0].value"),
        "`used` counts percent",
    ),
    Plant(
        "a warning of nothing overdue",
        IMB,
        rule("warnings", [warning(value=0)], "warnings[0].value"),
        "nothing is overdue",
    ),
    Plant(
        "a warning to nobody",
        IMB,
        rule("warnings", [warning(to=["boss"])], "warnings[0].to[0]"),
        "must be one of agency",
    ),
    Plant(
        "a warned role without a contact",
        TENANT,
        drop("contacts", "supervisor"),
        "the supervisor is to be warned",
    ),
    # calendars
    Plant(
        "a make-up day twice",
        CALENDAR,
        week("make_up_days[1].on", make_up_days=named(SATURDAY, SATURDAY)),
        "2026-06-06 is given twice",
    ),
    Plant(
        "a day both off and made up",
        CALENDAR,
        week("make_up_days[0].on", days_off=named(TUESDAY), make_up_days=named(TUESDAY)),
        "it cannot be both",
    ),
    Plant(
        "a make-up day that is worked anyway",
        CALENDAR,
        week("make_up_days[0].on", make_up_days=named(TUESDAY)),
        "2026-06-09 is a Tuesday, which is worked anyway",
    ),
    Plant(
        "hours on a day that is not worked",
        CALENDAR,
        week("hours.sat", hours={"mon": ["08:00-16:00"], "sat": ["08:00-12:00"]}),
        "sat is not worked",
    ),
    Plant(
        "hours that cross",
        CALENDAR,
        week("hours.mon[1]", hours={"mon": ["08:00-12:00", "11:30-16:00"]}),
        "does not open after `08:00-12:00` closes",
    ),
    Plant(
        "hours that close before they open",
        CALENDAR,
        week("hours.mon[0]", hours={"mon": ["16:00-08:00"]}),
        "closes before it opens",
    ),
    Plant(
        "hours of the wrong form",
        CALENDAR,
        week("hours.mon[0]", hours={"mon": ["8-12"]}),
        "such as `08:00-12:00`",
    ),
    Plant("no hours at all", CALENDAR, week("hours", hours={}), "it needs at least one of mon"),
    Plant(
        "an agency's own calendar with hours that cross",
        AGENCIES,
        own_week(
            "land",
            "$.agencies[2].calendar.hours.mon[0]",
            weekdays=["mon", "tue", "wed", "thu", "fri"],
            hours={"mon": ["16:00-08:00"]},
        ),
        "closes before it opens",
    ),
    Plant(
        "an agency's own calendar without a week",
        AGENCIES,
        own_week("land", "$.agencies[2].calendar.weekdays", weekdays=[]),
        "is empty",
    ),
]
