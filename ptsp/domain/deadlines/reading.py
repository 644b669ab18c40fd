"""What a person reads off a clock at one moment: how much of its limit is used and left, by how much it is over."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from ptsp.domain.deadlines.clocks import fold
from ptsp.domain.deadlines.marks import standing
from ptsp.domain.deadlines.types import Clock, Mark, MarkKind, Running
from ptsp.kernel.calendar import Calendar
from ptsp.kernel.limits import Limit, Unit, end_of, ticks_left


@dataclass(frozen=True, slots=True)
class Reading:
    """`used` and `left` are ticks of the limit's unit (see `ptsp.kernel.limits`), since it last began anew.

    `whole` is the limit with its extensions, in the same ticks. `over_days` are working days since its end; a
    limit may be over (`is_over`) by less than one. All are 0 before it begins.
    """

    whole: int
    used: int
    left: int
    is_over: bool
    over_days: int


def reading(limit: Limit, calendar: Calendar, clock: Clock, marks: Sequence[Mark], now: datetime) -> Reading:
    """How far a clock is, `clock` being what `marks` have made of it; of one that has ended, how far it came."""
    whole = _whole(limit, calendar, clock.started_at or now, marks)
    if clock.started_at is None:
        return Reading(whole, 0, whole, is_over=False, over_days=0)
    at = clock.ended_at or now
    if clock.due_at is None:
        left = clock.left or 0
        return Reading(whole, max(0, whole - left), left, is_over=False, over_days=0)
    left = ticks_left(limit.unit, calendar, at, clock.due_at)
    beyond = ticks_left(limit.unit, calendar, clock.due_at, at)
    return Reading(
        whole=whole,
        used=max(0, whole - left) + beyond,
        left=left,
        is_over=at > clock.due_at,
        over_days=_days(calendar, clock.due_at, at),
    )


def lag(limit: Limit, calendar: Calendar, running: Running, now: datetime) -> int:
    """By how many working days a task will end later than expected, if what holds it up ended now.

    Dates expect of a task that is overdue that it ended when it was due, and of one that stands that it goes on at
    once; both lose a day of their slack with every day that goes by. 0 before it begins and after its end.
    """
    if running.started_at is None or running.ended_at is not None:
        return 0
    expected = fold(limit, calendar, running).expected_at
    goes_on = tuple(Mark(MarkKind.RESUME, now, stop=stop) for stop in standing(running.marks))
    later = fold(limit, calendar, replace(running, marks=(*running.marks, *goes_on))).expected_at
    assert expected is not None
    assert later is not None
    return _days(calendar, expected, max(later, now))


def _whole(limit: Limit, calendar: Calendar, start: datetime, marks: Sequence[Mark]) -> int:
    end = end_of(limit, calendar, start)
    whole = limit.amount
    if limit.unit is Unit.WORKING_HOURS:
        whole = limit.amount * 60
    elif limit.unit is Unit.MONTHS:
        whole = ticks_left(limit.unit, calendar, start, end)
    for by in (mark.by for mark in marks if mark.kind is MarkKind.EXTEND and mark.by):
        longer = end_of(Limit(by.amount, by.unit), calendar, end)
        whole += ticks_left(limit.unit, calendar, end, longer)
        end = longer
    return whole


def _days(calendar: Calendar, since: datetime, until: datetime) -> int:
    """Working days that have begun after one moment, up to another."""
    first, last = (moment.astimezone(calendar.zone).date() for moment in (since, until))
    return max(0, calendar.working_days_between(first, last))
