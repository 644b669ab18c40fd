"""Mistakes of sense in time limits: hours where no office hours are known, promises the route cannot keep.

A promise is tried, not computed: the route is walked from the moment on which the clock starts, each step on
the week of its agency in its own unit (working days, hours, calendar days, months), and must end no later than the
promise does on the office's week. The clock is started in turn on each day of one week, as the office opens. That
week begins on Monday 1 February 2027, from which months are at their shortest. National and regional days off are
left out: they move a promise of working days along with its steps, and no office can answer for one of calendar days
over a long holiday. Conditions of steps are taken as true; the fee notice and the payment are not counted.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from ptsp.infra.packs.build import calendar
from ptsp.infra.packs.sense.route import circle_of, in_order, order_of
from ptsp.infra.packs.sense.scene import Found, Scene
from ptsp.kernel.calendar import Calendar
from ptsp.kernel.errors import Invalid
from ptsp.kernel.limits import Limit, Unit, end_of
from ptsp.kernel.specs import CalendarSpec, ServiceSpec

FIRST_START = datetime(2027, 2, 1, tzinfo=UTC)
STARTS = tuple(FIRST_START + timedelta(days=later) for later in range(7))


@dataclass(frozen=True, slots=True)
class Weeks:
    """The week of an office, and of those of its agencies that keep another."""

    office: CalendarSpec
    own: Mapping[str, CalendarSpec]

    def of(self, agency: str) -> CalendarSpec:
        return self.own.get(agency, self.office)


def limit_faults(scene: Scene) -> Iterator[Found]:
    """Everything wrong with the limits of one service."""
    yield from _written(scene)
    if scene.layers.calendar is None:
        return
    own = {code: one.calendar for code, one in (scene.agencies or {}).items() if one.calendar is not None}
    weeks = Weeks(calendar(scene.layers.calendar.raw), own)
    without_hours = list(_without_hours(scene, weeks))
    yield from without_hours
    if not without_hours and not circle_of(order_of(scene.spec.route)):
        yield from _too_short(scene.spec, weeks)


def _written(scene: Scene) -> Iterator[Found]:
    """A step and the signer say how long they may take in one way, and only one."""
    places = [(f".route[{at}]", raw) for at, raw in enumerate(scene.raw["route"])]
    for path, raw in (*places, (".signer", scene.raw["signer"])):
        if "days" in raw and "limit" in raw:
            yield f"{path}.limit", "stands beside `days`; one of them says how long it may take"
        elif "days" not in raw and "limit" not in raw:
            yield f"{path}.days", "is missing: say `days` for working days, or `limit` with another unit"


def _without_hours(scene: Scene, weeks: Weeks) -> Iterator[Found]:
    for path, limit, agency in _limits(scene):
        if limit.unit is Unit.WORKING_HOURS and not weeks.of(agency).hours:
            office = f"{scene.layers.code}/calendar.yaml"
            whose = f"the calendar of `{agency}`" if agency in weeks.own else office
            yield path, f"counts in working hours, but {whose} gives no `hours`"


def _limits(scene: Scene) -> Iterator[tuple[str, Limit, str]]:
    """Every limit of the service: path, limit, and the agency on whose calendar it counts (none: the office's)."""
    service, standard = scene.spec, scene.spec.standard
    for at, step in enumerate(service.route):
        yield f".route[{at}].limit.unit", step.limit, step.agency
    yield ".signer.limit.unit", service.sign_limit, service.signer
    yield ".standard.time_limit.unit", standard.time_limit.limit, ""
    yield scene.of_standard("corrections", ".answer_within.unit"), standard.corrections.answer_within, ""
    if standard.clock.extension:
        yield scene.of_standard("clock", ".extension.most.unit"), standard.clock.extension.most, ""
    if standard.objection:
        yield scene.of_standard("objection", ".within.unit"), standard.objection.within, ""
        yield scene.of_standard("objection", ".decided_within.unit"), standard.objection.decided_within, ""


def _too_short(service: ServiceSpec, weeks: Weeks) -> Iterator[Found]:
    try:
        agencies = {*(step.agency for step in service.route), service.signer}
        by_agency = {code: _week(weeks.of(code)) for code in agencies}
        office = _week(weeks.office)
    except Invalid:  # hours that cross, which is told of the calendar
        return
    limit = service.standard.time_limit.limit
    for start in STARTS:
        end, path = walked(service, by_agency, start)
        if end > end_of(limit, office, start):
            needed = office.working_days_between(start.date(), end.date())
            reason = f"the limit of {_words(limit)} is shorter than the longest path of the route"
            way = " -> ".join([*path, "decision"])
            begun = f"{needed} working days where begun on a {start:%A}"
            yield ".standard.time_limit.value", f"{reason}, {begun}: {way}"
            return


def walked(
    service: ServiceSpec, weeks: Mapping[str, Calendar], start: datetime
) -> tuple[datetime, tuple[str, ...]]:
    """When the decision is due where the clock starts then, and the steps of the path that takes longest.

    Only for routes without a circle. `weeks` has every agency of the route and the signer.
    """
    steps = {step.code: step for step in service.route}
    found: dict[str, tuple[datetime, tuple[str, ...]]] = {}
    for code in in_order(order_of(service.route)):
        step = steps[code]
        begin, path = max((found[one] for one in step.after if one in found), default=(start, ()))
        if code == service.standard.clock.starts_after:
            found[code] = (start, ())
        else:
            found[code] = (end_of(step.limit, weeks[step.agency], begin), (*path, code))
    waited_for = {one for step in service.route for one in step.after}
    last, path = max((found[code] for code in found if code not in waited_for), default=(start, ()))
    return end_of(service.sign_limit, weeks[service.signer], last), path


def _week(spec: CalendarSpec) -> Calendar:
    return Calendar(spec.weekdays, frozenset(), hours=spec.hours)


def _words(limit: Limit) -> str:
    unit = limit.unit.value.replace("_", " ")
    return f"{limit.amount} {unit.removesuffix('s') if limit.amount == 1 else unit}"
