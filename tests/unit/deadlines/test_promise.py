"""The promised date against walking every path through the graph day by day, at its beginning and in its middle."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime, timedelta
from random import Random
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ptsp.domain.deadlines import (
    PermitShape,
    Running,
    Shape,
    StepShape,
    Timeline,
    Times,
    critical_path,
    dates,
    legal_clock,
    slack,
)
from ptsp.domain.routes import Lodged, merge
from ptsp.flows._planning import shape_of
from ptsp.kernel.calendar import Calendar
from ptsp.kernel.limits import Limit
from ptsp.kernel.specs import StepKind, StopReason
from tests.unit.deadlines.walking import DAY, LAST_SECOND, worked
from tests.unit.routes.graphs import bundles

ZONE = ZoneInfo("Asia/Makassar")
OFF = frozenset(date(2026, 1, 1) + timedelta(days=number) for number in (5, 40, 41, 42, 100))
CALENDARS = {
    "works": Calendar(frozenset(range(5)), OFF, zone=ZONE),
    "land": Calendar(frozenset(range(6)), frozenset(), zone=ZONE),
}
LODGED_AT = st.integers(0, 364 * 24).map(
    lambda hours: datetime(2026, 1, 1, tzinfo=ZONE) + timedelta(hours=hours)
)


def calendar_of(agency: str) -> Calendar:
    return CALENDARS.get(agency, CALENDARS["works"])


def shape(bundle: list[Lodged]) -> Shape:
    return shape_of(merge(bundle), [one.service for one in bundle])


def paths(made: Shape, seq: int) -> Iterator[list[int]]:
    if not made.steps[seq].after:
        yield [seq]
    for earlier in made.steps[seq].after:
        yield from ([*path, seq] for path in paths(made, earlier))


def walked(made: Shape, times: Times, path: list[int]) -> date:
    """From the newest fact on the path to its end, day by day."""
    known = [at for at, seq in enumerate(path) if times.steps[seq].started_at]
    at = max(known, default=0)
    running = times.steps[path[at]]
    if running.ended_at:
        day, to_do = running.ended_at.date(), path[at + 1 :]
    else:
        day, to_do = (running.started_at or times.lodged_at).date(), path[at:]
    for seq in to_do:
        left = made.steps[seq].limit.amount
        while left:
            day += DAY
            left -= worked(calendar_of(made.steps[seq].agency), day)
    return day


def played(made: Shape, lodged_at: datetime, dice: Random, rounds: int) -> Times:
    """So many tasks ended one after another, early or late; what waited for them has begun."""
    line = Timeline.at_lodging(made, lodged_at)
    at = lodged_at
    for _ in range(rounds):
        busy = [seq for seq, one in enumerate(line.steps) if one.started_at and not one.ended_at]
        if not busy:
            break
        at += timedelta(hours=dice.randrange(200))
        line.end(dice.choice(busy), at)
        for seq, step in enumerate(made.steps):
            if line.steps[seq].started_at is None and all(line.steps[one].ended_at for one in step.after):
                line.begin(seq, at)
    return line.times()


@given(bundles(), LODGED_AT, st.randoms(use_true_random=False), st.integers(0, 12))
@settings(max_examples=150)
def test_the_promise_is_the_latest_end_of_all_paths(
    bundle: list[Lodged], lodged_at: datetime, dice: Random, rounds: int
) -> None:
    made = shape(bundle)
    times = played(made, lodged_at, dice, rounds)
    found = dates(made, times, calendar_of)
    for seq in range(len(made.steps)):
        assert found.ends[seq].date() == max(walked(made, times, path) for path in paths(made, seq))
    for member in range(len(bundle)):
        own = [found.ends[seq].date() for seq, step in enumerate(made.steps) if member in step.members]
        assert found.promised[member] == max(own)
    assert found.promised_on == max(found.promised)


@given(bundles(), LODGED_AT, st.randoms(use_true_random=False), st.integers(0, 6))
@settings(max_examples=100)
def test_a_task_may_be_late_by_its_slack_and_no_day_more(
    bundle: list[Lodged], lodged_at: datetime, dice: Random, rounds: int
) -> None:
    made = shape(bundle)
    times = played(made, lodged_at, dice, rounds)
    found = dates(made, times, calendar_of)
    for seq, spare in enumerate(slack(made, times, calendar_of)):
        assert (spare is None) == (times.steps[seq].ended_at is not None)
        if spare is not None:
            assert promised_if(made, times, seq, spare) == found.promised_on
            assert promised_if(made, times, seq, spare + 1) > found.promised_on


def promised_if(made: Shape, times: Times, late: int, days: int) -> date:
    """The bundle's date were this task to end so many working days later: as a fact, worked out from the start."""
    end = dates(made, times, calendar_of).ends[late]
    day = calendar_of(made.steps[late].agency).add_working_days(end.date(), days)
    ended = Running(times.steps[late].started_at or times.lodged_at, datetime.combine(day, end.timetz()))
    steps = tuple(ended if seq == late else one for seq, one in enumerate(times.steps))
    return dates(made, replace(times, steps=steps), calendar_of).promised_on


@given(bundles(), LODGED_AT, st.randoms(use_true_random=False), st.integers(0, 6))
@settings(max_examples=100)
def test_the_critical_path_is_one_that_takes_as_long_as_the_promise(
    bundle: list[Lodged], lodged_at: datetime, dice: Random, rounds: int
) -> None:
    made = shape(bundle)
    times = played(made, lodged_at, dice, rounds)
    found = dates(made, times, calendar_of)
    path = list(critical_path(made, times, found))
    assert path in list(paths(made, path[-1]))
    assert walked(made, times, path) == found.promised_on


# ---------------------------------------------------------------------------------------------- tables

MONDAY = datetime(2026, 3, 2, 9, tzinfo=ZONE)
PAYS = frozenset({StopReason.PAYMENT})


def small(stops: frozenset[StopReason]) -> Shape:
    """Check 2 days, then payment 7 days, then signature 1 day; legal limit 10 days from the check."""
    return Shape(
        (
            StepShape("works", StepKind.DESK, Limit(2), (), (0,)),
            StepShape("applicant", StepKind.PAYMENT, Limit(7), (0,), (0,)),
            StepShape("head", StepKind.DECIDE, Limit(1), (1,), (0,)),
        ),
        (PermitShape(Limit(10), 0, stops),),
    )


def at(days: int) -> datetime:
    return MONDAY + timedelta(days=days)


def paying(stops: frozenset[StopReason], paid_on: int | None = None) -> tuple[Shape, Timeline]:
    """The check ended on Tuesday; then the applicant has to pay."""
    made = small(stops)
    line = Timeline.at_lodging(made, MONDAY)
    line.end(0, at(1))
    line.found_complete(0, at(1))
    line.begin(1, at(1))
    if paid_on is not None:
        line.end(1, at(paid_on))
        line.begin(2, at(paid_on))
    return made, line


def test_the_legal_clock_starts_when_the_file_is_found_complete() -> None:
    made = small(frozenset())
    line = Timeline.at_lodging(made, MONDAY)
    assert dates(made, line.times(), calendar_of).legal == (None,)
    assert line.found_complete(0, at(1)) == (0,)
    assert line.found_complete(0, at(2)) == ()
    (due,) = dates(made, line.times(), calendar_of).legal
    assert due == datetime.combine(date(2026, 3, 17), LAST_SECOND, ZONE)


@pytest.mark.parametrize(
    ("stops", "held", "due"),
    [(PAYS, (StopReason.PAYMENT,), None), (frozenset(), (), date(2026, 3, 17))],
)
def test_waiting_for_payment_holds_promise_and_legal_clock_where_the_standard_says_so(
    stops: frozenset[StopReason], held: tuple[StopReason, ...], due: date | None
) -> None:
    made, line = paying(stops)
    found = dates(made, line.times(), calendar_of)
    assert found.held == (held,)
    assert [one and one.date() for one in found.legal] == [due]


def test_paid_days_are_given_back_to_the_legal_clock() -> None:
    """Paid on Friday 13 March, eight working days after it could have been: eight days later than 17 March."""
    made, line = paying(PAYS, paid_on=11)
    found = dates(made, line.times(), calendar_of)
    assert found.held == ((),)
    assert [one and one.date() for one in found.legal] == [date(2026, 3, 27)]
    assert legal_clock(made, line.times(), 0, calendar_of("")).stops[0].to == at(11)


def test_what_is_cut_counts_no_more_and_what_has_ended_is_promised_for_its_end() -> None:
    made, line = paying(frozenset())
    assert dates(made, line.times(), calendar_of).promised == (date(2026, 3, 13),)
    line.cut(1, at(2))
    line.cut(2, at(2))
    assert dates(made, line.times(), calendar_of).promised == (date(2026, 3, 3),)
    line.end_permit(0, at(4))
    found = dates(made, line.times(), calendar_of)
    assert (found.promised, found.legal, found.held) == ((date(2026, 3, 6),), (None,), ((),))


def test_an_overdue_task_is_still_expected_when_it_was_due() -> None:
    """Only what happened is a fact; that time went by is none."""
    made = small(frozenset())
    line = Timeline.at_lodging(made, MONDAY)
    assert dates(made, line.times(), calendar_of).ends[0] == datetime.combine(
        date(2026, 3, 4), LAST_SECOND, ZONE
    )
