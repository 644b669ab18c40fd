"""Whose days they were: the office's, each agency's, the applicant's, an outage's.

Ministries would otherwise blame an office for its partners' silence. Days are working days of the office, so that
they can be added up; a day belongs to whoever had the task, or to the cause that held its clock.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from ptsp.domain.deadlines.clocks import fold
from ptsp.domain.deadlines.promise import OFFICE, CalendarOf, critical_path, legal_clock
from ptsp.domain.deadlines.types import Clock, Dates, Shape, Times
from ptsp.kernel.calendar import Calendar
from ptsp.kernel.limits import Limit, Unit
from ptsp.kernel.specs import StepKind, StopReason

APPLICANT, OUTAGE, NOBODY = "applicant", "outage", "force_majeure"

BLAMED = {
    StopReason.CLARIFICATION: APPLICANT,
    StopReason.PAYMENT: APPLICANT,
    StopReason.MISSED_VISIT: APPLICANT,
    StopReason.OUTAGE: OUTAGE,
    StopReason.FORCE_MAJEURE: NOBODY,
}


@dataclass(frozen=True, slots=True)
class PartyDays:
    """One party's part in an application. `party` is an agency's code, `applicant`, `outage` or `force_majeure`.

    `share` are the working days that the route gives it (None for whoever has none), `used` those it took so
    far, `late` its part of the days by which the application is over its legal limit.
    """

    party: str
    share: int | None
    used: int
    late: int


def party_days(
    shape: Shape, times: Times, found: Dates, calendar_of: CalendarOf, position: int, now: datetime
) -> tuple[PartyDays, ...]:
    """How the time of one application was spent until `now`, by party; the late days add up to its lateness."""
    office = calendar_of(OFFICE)
    share: Counter[str] = Counter()
    used: Counter[str] = Counter()
    for seq, step in enumerate(shape.steps):
        if position not in step.members or times.steps[seq].is_gone or step.kind is StepKind.PAYMENT:
            continue
        share[step.agency] += _in_days(step.limit, calendar_of(step.agency))
        used += _spent(shape, times, seq, calendar_of, now)[0]
    for stop in legal_clock(shape, times, position, office).stops:
        if stop.reason is StopReason.PAYMENT:
            used[APPLICANT] += _between(office, stop.at, stop.to or now)
    late = _late(shape, times, found, calendar_of, position, now)
    parties = dict.fromkeys([*share, *used, *late])
    return tuple(
        PartyDays(party, share.get(party), used[party], late[party])
        for party in parties
        if party in share or used[party] or late[party]
    )


def late_days(
    shape: Shape, times: Times, found: Dates, calendar_of: CalendarOf, position: int, now: datetime
) -> int:
    """Working days by which an application is or was over its legal limit; 0 while it is not, and while it stands."""
    office = calendar_of(OFFICE)
    clock = legal_clock(shape, times, position, office)
    end = times.permits[position].ended_at or now
    if clock.due_at is None or end <= clock.due_at:
        return 0
    return max(0, office.working_days_between(clock.due_at.date(), end.astimezone(office.zone).date()))


def _late(
    shape: Shape, times: Times, found: Dates, calendar_of: CalendarOf, position: int, now: datetime
) -> Counter[str]:
    """The late days, given to who overran on the path that made the application end when it did.

    In proportion, in whole days; what nobody overran is the office's own. What had ended before the legal clock
    began made nothing of it late.
    """
    total = late_days(shape, times, found, calendar_of, position, now)
    if not total:
        return Counter()
    over: Counter[str] = Counter()
    allowed, since = shape.permits[position].stops, times.permits[position].started_at
    for seq in critical_path(shape, times, found, position):
        ended = times.steps[seq].ended_at
        if ended and since and ended <= since:
            continue
        overrun = _overrun(shape, times, seq, calendar_of, now)
        if overrun:
            over[shape.steps[seq].agency] += overrun
        stood = _spent(shape, times, seq, calendar_of, now)[1]
        for reason, days in stood.items():
            if days and reason not in allowed:
                over[BLAMED[reason]] += days
    return _shared_out(total, over) if over else Counter({shape.steps[-1].agency: total})


def _shared_out(total: int, over: Mapping[str, int]) -> Counter[str]:
    """Whole days in proportion (largest remainder; ties go to the name that comes first)."""
    whole = sum(over.values())
    parts = Counter({party: total * days // whole for party, days in over.items()})
    rest = sorted(over, key=lambda party: (-(total * over[party] % whole), party))
    for party in rest[: total - sum(parts.values())]:
        parts[party] += 1
    return parts


def _overrun(shape: Shape, times: Times, seq: int, calendar_of: CalendarOf, now: datetime) -> int:
    """Working days by which a task was over its own limit."""
    step, running = shape.steps[seq], times.steps[seq]
    if running.started_at is None or step.kind is StepKind.PAYMENT:
        return 0
    calendar = calendar_of(step.agency)
    due = fold(step.limit, calendar, running).due_at
    end = running.ended_at or now
    if due is None or end <= due:
        return 0
    return max(0, calendar.working_days_between(due.date(), end.astimezone(calendar.zone).date()))


def _spent(
    shape: Shape, times: Times, seq: int, calendar_of: CalendarOf, now: datetime
) -> tuple[Counter[str], Counter[StopReason]]:
    """Days of one task: by party, and those for which its clock stood by reason."""
    step, running = shape.steps[seq], times.steps[seq]
    if running.started_at is None:
        return Counter(), Counter()
    office = calendar_of(OFFICE)
    end = running.ended_at or now
    clock: Clock = fold(step.limit, calendar_of(step.agency), running)
    stood: Counter[StopReason] = Counter()
    for stop in _apart(clock, end):
        stood[stop[0]] += _between(office, max(stop[1], running.started_at), stop[2])
    used: Counter[str] = Counter()
    for reason, days in stood.items():
        used[BLAMED[reason]] += days
    used[step.agency] += max(0, _between(office, running.started_at, end) - sum(stood.values()))
    return used, stood


def _apart(clock: Clock, end: datetime) -> Sequence[tuple[StopReason, datetime, datetime]]:
    """The stops so that no moment counts twice: where two overlap, the earlier one has it."""
    apart: list[tuple[StopReason, datetime, datetime]] = []
    reached: datetime | None = None
    for stop in sorted(clock.stops, key=lambda stop: stop.at):
        begins = stop.at if reached is None else max(stop.at, reached)
        ends = min(stop.to or end, end)
        if begins < ends:
            apart.append((stop.reason, begins, ends))
            reached = ends
    return apart


def _between(calendar: Calendar, start: datetime, end: datetime) -> int:
    days = calendar.working_days_between(
        start.astimezone(calendar.zone).date(), end.astimezone(calendar.zone).date()
    )
    return max(0, days)


def _in_days(limit: Limit, calendar: Calendar) -> int:
    """A step's limit in working days: hours by the length of the calendar's longest day, the others as they count."""
    if limit.unit is Unit.WORKING_DAYS:
        return limit.amount
    if limit.unit is Unit.WORKING_HOURS:
        longest = max(
            (sum(closed - opened for opened, closed in spans) for spans in calendar.hours), default=480
        )
        return -(-limit.amount * 60 // longest)
    days = limit.amount if limit.unit is Unit.CALENDAR_DAYS else limit.amount * 30
    return days * len(calendar.weekdays) // 7
