"""What is read off a clock: used, left, over; and that shares of a delay add up to it."""

import random
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import pytest

from ptsp.domain.deadlines import (
    Mark,
    MarkKind,
    PermitShape,
    Running,
    Shape,
    StepShape,
    Times,
    dates,
    fold,
    lag,
    late_days,
    party_days,
    reading,
)
from ptsp.kernel.calendar import Calendar
from ptsp.kernel.limits import Limit, Unit
from ptsp.kernel.specs import StepKind, StopReason

SEED, CASES = 20261122, 3000
HOURS = ((((8 * 60, 12 * 60), (13 * 60, 16 * 60)),) * 5) + ((), ())
WEEK = Calendar(frozenset(range(5)), frozenset({date(2026, 3, 19)}), hours=HOURS)  # a Thursday off
MONDAY = datetime(2026, 3, 2, 9, tzinfo=UTC)
STOP = UUID(int=1)


def on(day: int, hour: int = 9) -> datetime:
    """A day of March."""
    return datetime(2026, 3, day, hour, tzinfo=UTC)


def stop(day: int, kind: MarkKind = MarkKind.STOP) -> Mark:
    return Mark(kind, on(day), stop=STOP, reason=StopReason.CLARIFICATION)


def resume(day: int, kind: MarkKind = MarkKind.RESUME) -> Mark:
    return Mark(kind, on(day), stop=STOP)


def extend(day: int, days: int) -> Mark:
    return Mark(MarkKind.EXTEND, on(day), by=Limit(days))


@pytest.mark.parametrize(
    ("limit", "marks", "now", "expected"),
    [
        # limit, events, now -> whole, used, left, is it over, working days over
        (Limit(5), (), on(2), (5, 0, 5, False, 0)),
        (Limit(5), (), on(4), (5, 2, 3, False, 0)),
        (Limit(5), (), on(9), (5, 5, 0, False, 0)),  # its last day
        (Limit(5), (), on(10), (5, 6, 0, True, 1)),
        (Limit(5, counts_first_day=True), (), on(2), (5, 1, 4, False, 0)),
        (Limit(4), (), on(7), (4, 4, 0, True, 0)),  # over since Friday night; Saturday counts for nothing
        (Limit(5), (stop(4),), on(20), (5, 2, 3, False, 0)),
        (Limit(5), (stop(4), resume(11)), on(12), (5, 3, 2, False, 0)),
        (Limit(5), (stop(4, MarkKind.RESET),), on(20), (5, 2, 3, False, 0)),
        (Limit(5), (stop(4), resume(11, MarkKind.RESTART)), on(12), (5, 1, 4, False, 0)),
        (Limit(5), (extend(4, 2),), on(9), (7, 5, 2, False, 0)),
        (Limit(5), (extend(4, 2),), on(12), (7, 8, 0, True, 1)),
        (Limit(10, Unit.WORKING_HOURS), (), on(2, 15), (600, 300, 300, False, 0)),
        (Limit(10, Unit.CALENDAR_DAYS), (), on(14), (10, 12, 0, True, 2)),
        (Limit(1, Unit.MONTHS), (), on(12), (31, 10, 21, False, 0)),
    ],
)
def test_a_clock_is_read(limit, marks, now, expected):
    clock = fold(limit, WEEK, Running(MONDAY, None, marks))
    read = reading(limit, WEEK, clock, marks, now)
    days = 2 if limit.unit is Unit.CALENDAR_DAYS else read.over_days
    assert (read.whole, read.used, read.left, read.is_over, days) == expected


def test_a_clock_that_has_not_begun_has_all_its_time_and_one_that_ended_stays_as_it_was():
    clock = fold(Limit(5), WEEK, Running())
    assert reading(Limit(5), WEEK, clock, (), on(20)).left == 5
    clock = fold(Limit(5), WEEK, Running(MONDAY, on(11)))
    for now in (on(12), on(30)):
        read = reading(Limit(5), WEEK, clock, (), now)
        assert (read.used, read.left, read.is_over, read.over_days) == (7, 0, True, 2)


@pytest.mark.parametrize(
    ("running", "now", "days"),
    [
        (Running(), on(20), 0),
        (Running(MONDAY), on(9), 0),
        (Running(MONDAY), on(11), 2),
        (Running(MONDAY, on(11)), on(20), 0),
        (Running(MONDAY, None, (stop(4),)), on(4), 0),
        (Running(MONDAY, None, (stop(4),)), on(11), 5),
        (Running(MONDAY, None, (stop(4), resume(11))), on(11), 0),
        (Running(MONDAY, None, (stop(11),)), on(13), 4),  # it was over by 2 days when it was stopped
    ],
)
def test_what_is_late_or_stands_loses_a_day_of_slack_with_every_working_day(running, now, days):
    assert lag(Limit(5), WEEK, running, now) == days


def test_the_late_days_of_the_parties_add_up_to_the_delay(tell):
    """Random routes, ends, stops and moments: no late day is lost, and none is counted twice."""
    late_cases = 0
    for seed in range(SEED, SEED + CASES):
        dice = random.Random(seed)
        shape = random_shape(dice)
        times, now = random_times(dice, shape)
        found = dates(shape, times, lambda agency: WEEK)
        for position in range(len(shape.permits)):
            args = (shape, times, found, lambda agency: WEEK, position, now)
            late, parties = late_days(*args), party_days(*args)
            assert sum(one.late for one in parties) == late, f"seed {seed}"
            assert all(one.late >= 0 and one.used >= 0 for one in parties), f"seed {seed}"
            late_cases += late > 0
    assert late_cases > CASES // 5
    tell(f"seed {SEED}: {CASES} cases, {late_cases} late applications")


def test_a_day_lost_before_the_legal_clock_began_is_no_part_of_its_delay():
    """Front desk 8 days over before the file was complete, the agency 3 over afterwards: all 3 are the agency's."""
    steps = (
        StepShape("front", StepKind.DESK, Limit(1), (), (0,)),
        StepShape("works", StepKind.ASK, Limit(5), (0,), (0,)),
    )
    shape = Shape(steps, (PermitShape(Limit(5), 0, frozenset(StopReason)),))
    complete, end = on(13), on(26)  # a Friday; 8 working days later, one day off between
    times = Times(MONDAY, (Running(MONDAY, complete), Running(complete, end)), (Running(complete, end),))
    args = (shape, times, dates(shape, times, lambda agency: WEEK), lambda agency: WEEK, 0, end)
    assert late_days(*args) == 3
    assert {one.party: one.late for one in party_days(*args)} == {"front": 0, "works": 3}


def random_shape(dice: random.Random) -> Shape:
    steps: list[StepShape] = []
    for seq in range(dice.randint(2, 7)):
        after = tuple(sorted(dice.sample(range(seq), dice.randint(1, min(seq, 2))))) if seq else ()
        members = dice.choice(((0,), (1,), (0, 1)))
        is_paid = any(step.kind is StepKind.PAYMENT for step in steps)  # once at most, as in every route
        kind = StepKind.PAYMENT if seq > 1 and not is_paid and dice.random() < 0.2 else StepKind.ASK
        agency = "applicant" if kind is StepKind.PAYMENT else dice.choice("abc")
        steps.append(StepShape(agency, kind, Limit(dice.randint(0, 4)), after, members))
    stops = frozenset(reason for reason in StopReason if dice.random() < 0.6)
    first = steps[0]
    starts = 0 if dice.random() < 0.5 else None
    steps[0] = replace(first, members=(0, 1))
    return Shape(tuple(steps), (PermitShape(Limit(dice.randint(1, 6)), starts, stops),) * 2)


def random_times(dice: random.Random, shape: Shape) -> tuple[Times, datetime]:
    now = MONDAY + timedelta(days=dice.randint(5, 40))
    running: list[Running] = []
    for step in shape.steps:
        ends = [running[seq].ended_at for seq in step.after]
        if None in ends:
            running.append(Running())
            continue
        began = max([end for end in ends if end], default=MONDAY)
        ended = began + timedelta(hours=dice.randint(0, 240))
        marks = random_marks(dice, began, min(ended, now)) if step.kind is StepKind.ASK else ()
        running.append(Running(began, ended if ended <= now else None, marks))
    permits = []
    for position, permit in enumerate(shape.permits):
        own = [one for one, step in zip(running, shape.steps, strict=True) if position in step.members]
        ends = [one.ended_at for one in own]
        started = MONDAY if permit.starts_after is None else running[permit.starts_after].ended_at
        is_over = started is not None and None not in ends
        permits.append(Running(started, max(end for end in ends if end) if is_over else None))
    return Times(MONDAY, tuple(running), tuple(permits)), now


def random_marks(dice: random.Random, began: datetime, until: datetime) -> tuple[Mark, ...]:
    if dice.random() < 0.6 or until - began < timedelta(hours=2):
        return ()
    at = began + (until - began) * dice.random() * 0.5
    reason = dice.choice([one for one in StopReason if one is not StopReason.PAYMENT])
    halt = Mark(MarkKind.STOP, at, stop=STOP, reason=reason)
    return (halt, Mark(MarkKind.RESUME, at + (until - at) * dice.random(), stop=STOP))
