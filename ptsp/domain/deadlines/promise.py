"""The promised date of a bundle: the longest path through its merged graph, each step on its agency's calendar."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date, datetime

from ptsp.domain.deadlines.clocks import fold
from ptsp.domain.deadlines.types import (
    Clock,
    Dates,
    Mark,
    MarkKind,
    PermitShape,
    Shape,
    StepShape,
    Times,
)
from ptsp.kernel.calendar import Calendar
from ptsp.kernel.limits import end_of
from ptsp.kernel.specs import StepKind, StopReason

CalendarOf = Callable[[str], Calendar]  # agency -> its calendar; the office's own for ""
OFFICE = ""


def dates(shape: Shape, times: Times, calendar_of: CalendarOf) -> Dates:
    """Every deadline of a bundle, from what has happened and the calendars alone.

    What has ended, ended when it did; what runs ends with its limit; what has not begun begins when the last of
    what it waits for ends. A step that is overdue is still expected when it was due: only an end, a stop or an
    extension is a fact.
    """
    ends: list[datetime] = []
    due: list[datetime | None] = []
    held: list[tuple[StopReason, ...]] = [()] * len(shape.permits)
    for step, running in zip(shape.steps, times.steps, strict=True):
        calendar = calendar_of(step.agency)
        if running.ended_at is not None:
            ends.append(running.ended_at)
            due.append(None)
        elif running.started_at is None:
            begins = max((ends[seq] for seq in step.after), default=times.lodged_at)
            ends.append(end_of(step.limit, calendar, begins))
            due.append(None)
        else:
            clock = fold(step.limit, calendar, running)
            assert clock.expected_at is not None
            ends.append(clock.expected_at)
            due.append(clock.due_at)
            for member in step.members:
                held[member] = (*held[member], *_held_by(step, clock, shape.permits[member]))
    office = calendar_of(OFFICE)
    legal = tuple(legal_clock(shape, times, at, office).due_at for at in range(len(shape.permits)))
    return Dates(
        ends=tuple(ends),
        due=tuple(due),
        legal=tuple(
            None if running.ended_at else one for one, running in zip(legal, times.permits, strict=True)
        ),
        promised=_promised(shape, times, ends, office),
        held=tuple(
            () if running.ended_at else tuple(dict.fromkeys(reasons))
            for reasons, running in zip(held, times.permits, strict=True)
        ),
    )


def legal_clock(shape: Shape, times: Times, position: int, office: Calendar) -> Clock:
    """The legal clock of one application: its own events, and a stop for each time it waits to be paid."""
    permit, running = shape.permits[position], times.permits[position]
    if running.started_at is None:
        return fold(permit.limit, office, running)
    waits = _waits_for_payment(shape, times, position)
    if not waits:
        return fold(permit.limit, office, running)
    marks = sorted([*running.marks, *waits], key=lambda mark: mark.at)
    return fold(permit.limit, office, replace(running, marks=tuple(marks)))


def critical_path(shape: Shape, times: Times, found: Dates, position: int | None = None) -> tuple[int, ...]:
    """The tasks whose ends make the promised date, first to last; of one application or of the whole bundle."""
    own = [
        seq
        for seq, step in enumerate(shape.steps)
        if step.members and (position is None or position in step.members) and not times.steps[seq].is_gone
    ]
    if not own:
        return ()
    path = [max(own, key=lambda seq: found.ends[seq])]
    while before := shape.steps[path[-1]].after:
        path.append(max(before, key=lambda seq: found.ends[seq]))
    return tuple(reversed(path))


def slack(shape: Shape, times: Times, calendar_of: CalendarOf) -> tuple[int | None, ...]:
    """By how many working days of its agency each task may end later without moving the bundle's promised date.

    None for what has ended. Found by trying: the date is worked out again with the task so much later.
    """
    found = dates(shape, times, calendar_of)
    slacks: list[int | None] = []
    for seq, running in enumerate(times.steps):
        if running.ended_at is not None:
            slacks.append(None)
            continue
        calendar = calendar_of(shape.steps[seq].agency)
        end = found.ends[seq].date()
        low, high = 0, max(0, calendar.working_days_between(end, found.promised_on))
        while low < high:
            tried = (low + high + 1) // 2
            later = calendar.add_working_days(end, tried)
            if _delayed(shape, times, calendar_of, found, seq, later) <= found.promised_on:
                low = tried
            else:
                high = tried - 1
        slacks.append(low)
    return tuple(slacks)


def _delayed(
    shape: Shape, times: Times, calendar_of: CalendarOf, found: Dates, late: int, later: date
) -> date:
    """The bundle's promised date were this one task to end on that day."""
    ends = list(found.ends)
    ends[late] = datetime.combine(later, ends[late].timetz())
    for seq in range(late + 1, len(shape.steps)):
        step, running = shape.steps[seq], times.steps[seq]
        if running.started_at is None and running.ended_at is None:
            begins = max((ends[before] for before in step.after), default=times.lodged_at)
            ends[seq] = end_of(step.limit, calendar_of(step.agency), begins)
    return max(_promised(shape, times, ends, calendar_of(OFFICE)))


def _promised(shape: Shape, times: Times, ends: Sequence[datetime], office: Calendar) -> tuple[date, ...]:
    last: list[datetime] = [times.lodged_at] * len(shape.permits)
    for step, running, end in zip(shape.steps, times.steps, ends, strict=True):
        if not running.is_gone:
            for member in step.members:
                last[member] = max(last[member], end)
    return tuple(
        (running.ended_at or end).astimezone(office.zone).date()
        for running, end in zip(times.permits, last, strict=True)
    )


def _held_by(step: StepShape, clock: Clock, permit: PermitShape) -> tuple[StopReason, ...]:
    """A payment that is awaited holds the promise as a stop does, where the standard says so."""
    if step.kind is StepKind.PAYMENT and StopReason.PAYMENT in permit.stops:
        return (*clock.held_by, StopReason.PAYMENT)
    return clock.held_by


def _waits_for_payment(shape: Shape, times: Times, position: int) -> list[Mark]:
    if StopReason.PAYMENT not in shape.permits[position].stops:
        return []
    marks = []
    for step, running in zip(shape.steps, times.steps, strict=True):
        if step.kind is not StepKind.PAYMENT or position not in step.members or running.started_at is None:
            continue
        if running.is_gone and running.ended_at is None:
            continue
        marks.append(Mark(MarkKind.STOP, running.started_at, reason=StopReason.PAYMENT))
        if running.ended_at is not None:
            marks.append(Mark(MarkKind.RESUME, running.ended_at))
    return marks
