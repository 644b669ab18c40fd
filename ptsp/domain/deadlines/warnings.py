"""When the warnings of a deadline ring. Everything is counted back or on from the moment at which it ends.

So warnings follow a deadline that moves, and none rings while its clock stands. A warning of days rings when the
office opens on the day; one of a share of office hours rings on the minute.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from ptsp.domain.deadlines.marks import standing
from ptsp.domain.deadlines.promise import OFFICE, CalendarOf, legal_clock
from ptsp.domain.deadlines.types import Dates, MarkKind, Running, Shape, Times
from ptsp.kernel.calendar import Calendar
from ptsp.kernel.limits import Limit, Unit, end_of
from ptsp.kernel.specs import WarnAt, WarningSpec

MORNING = 8 * 60  # when an office opens whose hours nobody has told, in minutes after midnight
MINUTE = timedelta(minutes=1)
DAY = timedelta(days=1)
RENEWALS = frozenset({MarkKind.EXTEND, MarkKind.RESET, MarkKind.RESTART})
WHOLE = 100

Rules = Sequence[WarningSpec]


@dataclass(frozen=True, slots=True)
class Deadline:
    """A limit that is running out. `whole` is the limit in ticks (see `ptsp.kernel.limits`).

    `term` counts how often it was given anew or extended, since each time its warnings ring again; no warning of
    moments up to `since`, when that was for the last time or when the clock started, means anything.
    """

    unit: Unit
    whole: int
    calendar: Calendar
    due_at: datetime
    since: datetime
    term: int

    @property
    def due_on(self) -> date:
        return self.due_at.astimezone(self.calendar.zone).date()


@dataclass(frozen=True, slots=True)
class Ring:
    """One warning that rings; `occurrence` is 0 the first time, then 1, 2, ... of its repetitions."""

    rule: WarningSpec
    occurrence: int
    at: datetime


@dataclass(frozen=True, slots=True)
class Warnings:
    """The warnings of one bundle: what is known of its time, and `rules[position]` of each standard."""

    shape: Shape
    times: Times
    found: Dates
    calendar_of: CalendarOf
    rules: Sequence[Rules]

    def next_of_step(self, seq: int, after: datetime | None = None) -> datetime | None:
        """When the next warning of a task rings; without `after` the first, also if its moment has gone by."""
        deadline = self.of_step(seq)
        return next_ring(deadline, self.step_rules(seq), after) if deadline else None

    def next_of_permit(self, position: int, after: datetime | None = None) -> datetime | None:
        """The same of an application's legal limit."""
        deadline = self.of_permit(position)
        return next_ring(deadline, self.permit_rules(position), after) if deadline else None

    def of_step(self, seq: int) -> Deadline | None:
        """None while no warning can ring: before the task begins, while its clock stands, once it has ended."""
        step, running, due = self.shape.steps[seq], self.times.steps[seq], self.found.due[seq]
        if due is None or standing(running.marks):
            return None
        return _deadline(step.limit, self.calendar_of(step.agency), running, due)

    def of_permit(self, position: int) -> Deadline | None:
        """The same of an application's legal limit."""
        permit, running, due = (
            self.shape.permits[position],
            self.times.permits[position],
            self.found.legal[position],
        )
        office = self.calendar_of(OFFICE)
        if due is None or legal_clock(self.shape, self.times, position, office).held_by:
            return None
        return _deadline(permit.limit, office, running, due)

    def step_rules(self, seq: int) -> Rules:
        """What the standards of its open applications say; a rule that several of them have is one."""
        members = [one for one in self.shape.steps[seq].members if self.times.permits[one].ended_at is None]
        named = (rule for member in members for rule in self.rules[member] if rule.of == "step")
        return tuple(dict.fromkeys(named))

    def permit_rules(self, position: int) -> Rules:
        return tuple(rule for rule in self.rules[position] if rule.of == "application")


def next_ring(deadline: Deadline, rules: Rules, after: datetime | None = None) -> datetime | None:
    """When the first of these warnings rings after a moment; None if none does any more."""
    return min((at for rule in rules if (at := _next(deadline, rule, after or deadline.since))), default=None)


def rung(deadline: Deadline, rules: Rules, until: datetime) -> tuple[Ring, ...]:
    """Which warnings have rung by a moment, each with its last repetition only."""
    return tuple(ring for rule in rules if (ring := _last(deadline, rule, until)))


def _deadline(limit: Limit, calendar: Calendar, running: Running, due: datetime) -> Deadline | None:
    """None for what has no limit of its own: a payment, or what the platform does at once."""
    start = running.started_at
    if start is None or not limit.amount:
        return None
    renewed = [mark.at for mark in running.marks if mark.kind in RENEWALS]
    whole = _ticks(limit, calendar, start)
    return Deadline(limit.unit, whole, calendar, due, max([start, *renewed]), len(renewed))


def _ticks(limit: Limit, calendar: Calendar, start: datetime) -> int:
    if limit.unit is Unit.WORKING_HOURS:
        return limit.amount * 60
    if limit.unit is Unit.MONTHS:
        return (end_of(limit, calendar, start).date() - start.astimezone(calendar.zone).date()).days
    return limit.amount


def _next(deadline: Deadline, rule: WarningSpec, after: datetime) -> datetime | None:
    after = max(after, deadline.since)
    moments = _moments(deadline, rule, _repetitions(deadline, rule, after))
    return next((at for _, at in moments if at > after), None)


def _last(deadline: Deadline, rule: WarningSpec, until: datetime) -> Ring | None:
    number, at = next(_moments(deadline, rule, _repetitions(deadline, rule, until)))
    return Ring(rule, number, at) if deadline.since < at <= until else None


def _repetitions(deadline: Deadline, rule: WarningSpec, until: datetime) -> int:
    """How often a rule has repeated itself by a moment; 0 before it rings for the first time."""
    if rule.every is None:
        return 0
    last = until.astimezone(deadline.calendar.zone).date()
    if until < _opening(deadline.calendar, last):
        last -= DAY
    return max(0, deadline.calendar.working_days_between(_day(deadline, rule), last) // rule.every)


def _moments(deadline: Deadline, rule: WarningSpec, number: int) -> Iterator[tuple[int, datetime]]:
    """The moment of one occurrence, by its number, and those of the occurrences that follow."""
    calendar = deadline.calendar
    if number == 0:
        is_of_minutes = rule.at is WarnAt.USED and deadline.unit is Unit.WORKING_HOURS
        yield 0, _minute(deadline, rule) if is_of_minutes else _opening(calendar, _day(deadline, rule))
        number = 1
    while rule.every is not None:
        day = calendar.add_working_days(_day(deadline, rule), number * rule.every)
        yield number, _opening(calendar, day)
        number += 1


def _day(deadline: Deadline, rule: WarningSpec) -> date:
    """The day on which a rule rings for the first time."""
    calendar, due = deadline.calendar, deadline.due_on
    if rule.at is WarnAt.OVERDUE:
        return calendar.add_working_days(due, rule.value)
    if rule.at is WarnAt.LEFT:
        return _day_with_left(calendar, due, rule.value)
    left = _left_of(deadline, rule)
    if deadline.unit is Unit.WORKING_HOURS:
        return _minute(deadline, rule).date()
    if deadline.unit is Unit.WORKING_DAYS:
        return _day_with_left(calendar, due, left)
    return due - timedelta(days=left)


def _left_of(deadline: Deadline, rule: WarningSpec) -> int:
    """Ticks that are left once the rule's share of the limit is used."""
    return max(0, deadline.whole * (WHOLE - rule.value) // WHOLE)


def _day_with_left(calendar: Calendar, due: date, left: int) -> date:
    """The first day after which no more than so many working days are left."""
    return calendar.latest_start(due, left + 1) + DAY


def _minute(deadline: Deadline, rule: WarningSpec) -> datetime:
    """The first minute at which no more office minutes are left than the rule leaves. Found by halving."""
    calendar, left = deadline.calendar, _left_of(deadline, rule)
    start = deadline.since.astimezone(calendar.zone).replace(second=0, microsecond=0)
    low, high = 0, max(0, (deadline.due_at - start) // MINUTE)
    while low < high:
        tried = (low + high) // 2
        if calendar.minutes_between(start + tried * MINUTE, deadline.due_at) <= left:
            high = tried
        else:
            low = tried + 1
    return start + low * MINUTE


def _opening(calendar: Calendar, day: date) -> datetime:
    """When the office opens on this day; on one without hours, at eight."""
    spans = calendar.hours[day.weekday()] if calendar.hours else ()
    opened = spans[0][0] if spans else MORNING
    return datetime.combine(day, time(opened // 60, opened % 60), calendar.zone)
