"""What packs say of time: how it is written, where it comes from, and what the checker lets pass."""

from pathlib import Path
from typing import Any

import pytest

from ptsp.infra.packs import check_packs, read_pack
from ptsp.kernel.limits import Limit, Unit
from ptsp.kernel.specs import ClockSpec, CorrectionSpec, ServiceSpec, StopReason, WarnAt, WarningSpec
from tests.tenants.planting import Edit, copied, plant, put
from tests.tenants.time_plants import (
    AGENCIES,
    CALENDAR,
    CHRISTMAS,
    DEFAULTS,
    HOURS,
    IMB,
    SATURDAY,
    limit,
    named,
    own_week,
    rule,
    step,
    week,
)

WORKDAYS = ["mon", "tue", "wed", "thu", "fri"]
OPEN = {"mon": ["08:00-12:00", "13:00-16:00"], "fri": ["08:00-11:30"]}


def _imb(root: Path) -> ServiceSpec:
    return read_pack(root, "sidoarjo").services["imb"]


def test_a_step_and_a_promise_take_every_unit(tmp_path: Path) -> None:
    root = copied(tmp_path, "sidoarjo")
    plant(root, CALENDAR, week("", hours=OPEN))
    plant(root, IMB, step("technical", "x", "days", limit={**HOURS, "first_day_counts": True}))
    plant(root, IMB, limit(value=2, unit="months"))
    plant(root, IMB, lambda raw: put("signer", value={"agency": "head", "limit": HOURS})(raw))
    imb = _imb(root)
    limits = {one.code: one.limit for one in imb.route}
    assert limits["technical"] == Limit(4, Unit.WORKING_HOURS, counts_first_day=True)
    assert limits["site_visit"] == Limit(2, Unit.WORKING_DAYS)
    assert imb.sign_limit == Limit(4, Unit.WORKING_HOURS)
    assert imb.standard.time_limit.limit == Limit(2, Unit.MONTHS)


def test_a_calendar_takes_hours_and_make_up_days(tmp_path: Path) -> None:
    root = copied(tmp_path, "sidoarjo")
    days = named(SATURDAY, CHRISTMAS)  # a day off may be made up too, be it of the week or of the nation
    plant(root, CALENDAR, week("", hours={**OPEN, "sat": ["08:00-12:00"]}, make_up_days=days))
    plant(root, AGENCIES, own_week("land", "", weekdays=[*WORKDAYS, "sat"]))
    pack = read_pack(root, "sidoarjo")
    long, short = ((480, 720), (780, 960)), ((480, 690),)
    assert pack.calendar.hours == (long, (), (), (), short, ((480, 720),), ())
    assert [one.on for one in pack.calendar.make_up_days] == [SATURDAY, CHRISTMAS]
    assert pack.agencies["land"].calendar is not None
    assert pack.agencies["land"].calendar.weekdays == frozenset(range(6))
    assert pack.agencies["spatial"].calendar is None


def test_rules_of_time_come_from_the_defaults_unless_the_service_has_its_own(tmp_path: Path) -> None:
    root = copied(tmp_path, "sidoarjo")
    plant(root, IMB, rule("clock", {"after_correction": "anew", "stops": ["payment"]}, ""))
    plant(root, IMB, rule("warnings", [], ""))
    pack = read_pack(root, "sidoarjo")
    standard, default = pack.services["imb"].standard, pack.services["ho"].standard
    stops = frozenset({StopReason.PAYMENT})
    assert standard.clock == ClockSpec(starts_after=None, stops=stops, after_correction_anew=True)
    assert standard.warnings == ()
    assert default.clock == ClockSpec(starts_after="file_check")
    assert default.warnings[-1] == WarningSpec(WarnAt.OVERDUE, 1, ("head", "applicant"), "application", 5)
    assert standard.objection == default.objection
    assert default.objection is not None
    assert default.objection.within == Limit(21)


def test_an_offices_own_default_replaces_that_of_the_base(tmp_path: Path) -> None:
    root = copied(tmp_path, "sidoarjo")
    (root / "sidoarjo/standard_defaults.yaml").write_text("corrections: {most_rounds: 1, lapses: false}\n")
    standard = read_pack(root, "sidoarjo").services["ho"].standard
    assert standard.corrections == CorrectionSpec(most_rounds=1, lapses=False)
    assert standard.clock == ClockSpec(starts_after="file_check")


def test_what_is_given_nowhere_is_the_default_of_the_typed_form(tmp_path: Path) -> None:
    root = copied(tmp_path, "sidoarjo")

    def without(raw: dict[str, Any]) -> str:
        for key in ("clock", "corrections", "objection", "warnings"):
            del raw[key]
        return ""

    plant(root, DEFAULTS, without)
    standard = read_pack(root, "sidoarjo").services["ho"].standard
    assert (standard.clock, standard.corrections) == (ClockSpec(), CorrectionSpec())
    assert (standard.deemed, standard.objection, standard.warnings) == (None, None, ())


@pytest.mark.parametrize(
    "edits",
    [
        pytest.param([limit(value=10)], id="the steps before the clock are not part of it"),
        pytest.param([limit(value=14, unit="calendar_days")], id="ten working days are fourteen days"),
        pytest.param([limit(value=11, first_day_counts=True)], id="the first day counts"),
        pytest.param([limit(value=1, unit="months")], id="a month of four weeks"),
        pytest.param(
            [limit(value=7), step("technical", "x", days=0)], id="a step that takes no time takes none"
        ),
        pytest.param(
            [
                limit(value=9),
                step("file_check", "x", days=20),
                rule("clock", {"starts_after": "identity"}, ""),
            ],
            id="nor are steps before the one that starts it",
        ),
        pytest.param(
            [limit(value=11), rule("clock", {"after_correction": "anew"}, "")], id="from lodging one day more"
        ),
    ],
)
def test_a_limit_that_the_route_just_keeps_is_no_fault(tmp_path: Path, edits: list[Edit]) -> None:
    root = copied(tmp_path, "sidoarjo")
    for edit in edits:
        plant(root, IMB, edit)
    assert check_packs(root) == []


def test_a_step_in_hours_counts_on_the_hours_of_its_own_agency(tmp_path: Path) -> None:
    """Seven hours of site work are one day where the agency works seven, and seven where it works one."""
    root = copied(tmp_path, "sidoarjo")
    plant(root, CALENDAR, week("", hours=OPEN))
    plant(root, IMB, step("technical", "x", "days", limit={"value": 7, "unit": "working_hours"}))
    plant(root, IMB, limit(value=9))
    assert check_packs(root) == []
    plant(root, AGENCIES, own_week("public_works", "", weekdays=WORKDAYS, hours={"mon": ["08:00-09:00"]}))
    (fault,) = check_packs(root)
    assert fault.field == f"{IMB}: $.standard.time_limit.value"
    assert "14 working days where begun on a Monday" in fault.reason


def test_an_agency_whose_own_calendar_has_no_hours_cannot_count_in_them(tmp_path: Path) -> None:
    root = copied(tmp_path, "sidoarjo")
    plant(root, CALENDAR, week("", hours=OPEN))
    plant(root, AGENCIES, own_week("public_works", "", weekdays=WORKDAYS))
    path = plant(root, IMB, step("technical", "limit.unit", "days", limit=HOURS))
    (fault,) = check_packs(root)
    assert fault.field == f"{IMB}: {path}"
    assert "the calendar of `public_works` gives no `hours`" in fault.reason


def test_the_share_of_bontangs_office_and_agency_is_the_confirmed_one() -> None:
    """30 working days from the complete file: 28 of the technical agency, 2 of the office."""
    pbg = read_pack(Path(__file__).parents[2] / "tenants", "bontang").services["pbg"]
    technical = sum(one.limit.amount for one in pbg.route if one.agency == "public_works")
    assert pbg.standard.clock.starts_after == "file_check"
    assert (technical, pbg.sign_limit.amount, pbg.standard.time_limit.limit) == (28, 2, Limit(30))
