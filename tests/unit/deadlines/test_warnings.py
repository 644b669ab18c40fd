"""When warnings ring: by tables, beside a reference that walks through days and minutes, and of whole bundles."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from fractions import Fraction
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ptsp.domain.deadlines import (
    Deadline,
    Mark,
    MarkKind,
    PermitShape,
    Shape,
    StepShape,
    Timeline,
    Warnings,
    dates,
    next_ring,
    rung,
)
from ptsp.kernel.calendar import Calendar, end_of_day
from ptsp.kernel.limits import Limit, Unit, end_of
from ptsp.kernel.specs import StepKind, StopReason, WarnAt, WarningSpec

ZONE = ZoneInfo("Asia/Jakarta")
WEEK = frozenset(range(5))
HOURS = (((450, 720), (780, 960)),) * 4 + (((450, 690), (780, 990)),) + ((),) * 2  # opens at 07.30
PLAIN = Calendar(WEEK, frozenset(), zone=ZONE)
OPEN = Calendar(WEEK, frozenset({date(2026, 3, 11)}), hours=HOURS, zone=ZONE)
MONDAY = datetime(2026, 3, 2, 10, tzinfo=ZONE)
HORIZON = timedelta(days=60)


def rule(at: str, value: int, every: int | None = None, of: str = "step") -> WarningSpec:
    return WarningSpec(WarnAt(at), value, ("agency",), of, every)


def running(limit: Limit, calendar: Calendar, start: datetime = MONDAY) -> Deadline:
    """A clock that started and was never touched."""
    due = end_of(limit, calendar, start)
    whole = {
        Unit.WORKING_HOURS: limit.amount * 60,
        Unit.MONTHS: (due.date() - start.astimezone(calendar.zone).date()).days,
    }.get(limit.unit, limit.amount)
    return Deadline(limit.unit, whole, calendar, due, start, 0)


def local(*parts: int) -> datetime:
    return datetime(2026, 3, *parts, tzinfo=ZONE)


TEN_DAYS, TWELVE_HOURS = Limit(10), Limit(12, Unit.WORKING_HOURS)


@pytest.mark.parametrize(
    ("limit", "calendar", "one", "expected"),
    [
        # Ten working days from Monday the 2nd end on Monday the 16th.
        (TEN_DAYS, PLAIN, rule("used", 80), [local(12, 8)]),  # 2 of 10 days are left after it
        (TEN_DAYS, PLAIN, rule("used", 100), [local(16, 8)]),
        (TEN_DAYS, PLAIN, rule("used", 85), [local(13, 8)]),
        (TEN_DAYS, PLAIN, rule("left", 2), [local(12, 8)]),
        (TEN_DAYS, PLAIN, rule("left", 0), [local(16, 8)]),
        (TEN_DAYS, PLAIN, rule("left", 10), []),  # as many as there are: it would ring before it starts
        (TEN_DAYS, PLAIN, rule("overdue", 1), [local(17, 8)]),
        (TEN_DAYS, PLAIN, rule("overdue", 1, 3), [local(17, 8), local(20, 8), local(25, 8), local(30, 8)]),
        (TEN_DAYS, PLAIN, rule("left", 2, 2), [local(12, 8), local(16, 8), local(18, 8), local(20, 8)]),
        # The 11th is off: they end on the 17th. The office opens at 07.30.
        (TEN_DAYS, OPEN, rule("used", 80), [local(13, 7, 30)]),
        (TEN_DAYS, OPEN, rule("overdue", 2), [local(19, 7, 30)]),
        (Limit(1), PLAIN, rule("used", 80), [local(3, 8)]),
        (Limit(1, counts_first_day=True), PLAIN, rule("used", 80), []),  # it is the day on which it started
        (Limit(7, Unit.CALENDAR_DAYS), PLAIN, rule("used", 80), [local(8, 8)]),  # a Sunday
        (Limit(1, Unit.MONTHS), PLAIN, rule("used", 50), [local(18, 8)]),  # 31 days, 15 left
        (Limit(7, Unit.CALENDAR_DAYS), PLAIN, rule("left", 1), [local(6, 8)]),
        # Twelve office hours from Monday 10.00 end on Tuesday at 15.30: 300 minutes are of Monday.
        (TWELVE_HOURS, OPEN, rule("used", 50), [local(3, 8, 30)]),
        (TWELVE_HOURS, OPEN, rule("used", 100), [local(3, 15, 30)]),
        (TWELVE_HOURS, OPEN, rule("overdue", 1, 1), [local(n, 7, 30) for n in (4, 5, 6, 9)]),
    ],
)
def test_rings_as_the_table_says(limit, calendar, one, expected):
    deadline = running(limit, calendar)
    found = []
    after = None
    while len(found) < 4 and (after := next_ring(deadline, [one], after)):
        found.append(after)
    assert found == expected


# ------------------------------------------------------------------------------------- slow reference


def moments(deadline: Deadline, one: WarningSpec) -> Iterator[tuple[int, datetime]]:
    """Every occurrence until the horizon, found by walking."""
    calendar, due = deadline.calendar, deadline.due_at.astimezone(deadline.calendar.zone)
    first = walked(deadline, one, due)
    yield 0, first
    number, worked, day = 0, 0, first.date()
    while one.every and day < due.date() + HORIZON:
        day += timedelta(days=1)
        worked += calendar.is_working(day)
        if calendar.is_working(day) and worked % one.every == 0:
            number += 1
            yield number, opening(calendar, day)


def walked(deadline: Deadline, one: WarningSpec, due: datetime) -> datetime:
    calendar = deadline.calendar
    if one.at is WarnAt.OVERDUE:
        day, over = due.date(), 0
        while over < one.value:
            day += timedelta(days=1)
            over += calendar.is_working(day)
        return opening(calendar, day)
    share = Fraction(100 - one.value, 100) * deadline.whole
    if one.at is WarnAt.USED and deadline.unit is Unit.WORKING_HOURS:
        at, left = due, 0
        start = deadline.since.astimezone(calendar.zone).replace(second=0, microsecond=0)
        while at > start and left + is_open(calendar, at - timedelta(minutes=1)) <= share:
            at -= timedelta(minutes=1)
            left += is_open(calendar, at)
        return at
    counts_all = one.at is WarnAt.USED and deadline.unit in (Unit.CALENDAR_DAYS, Unit.MONTHS)
    most = share if one.at is WarnAt.USED else one.value
    day, left = due.date(), 0
    while left + (counts_all or calendar.is_working(day)) <= most:
        left += counts_all or calendar.is_working(day)
        day -= timedelta(days=1)
    return opening(calendar, day)


def is_open(calendar: Calendar, at: datetime) -> bool:
    spans = calendar.hours[at.weekday()] if calendar.is_working(at.date()) else ()
    return any(opened <= at.hour * 60 + at.minute < closed for opened, closed in spans)


def opening(calendar: Calendar, day: date) -> datetime:
    spans = calendar.hours[day.weekday()] if calendar.hours else ()
    minute = spans[0][0] if spans else 480
    return datetime.combine(day, time(minute // 60, minute % 60), calendar.zone)


@st.composite
def calendars(draw: st.DrawFn) -> Calendar:
    week = draw(st.frozensets(st.integers(0, 6), min_size=2))
    days = st.dates(date(2026, 1, 1), date(2026, 5, 31))
    off = draw(st.frozensets(days, max_size=25))
    span = draw(st.sampled_from([((480, 960),), ((450, 720), (780, 960)), ((600, 690),)]))
    return Calendar(week, off, hours=tuple(span if day in week else () for day in range(7)), zone=ZONE)


deadlines_of_any_kind = st.builds(
    running,
    st.one_of(
        st.builds(Limit, st.integers(1, 25), st.just(Unit.WORKING_DAYS), st.booleans()),
        st.builds(Limit, st.integers(1, 40), st.just(Unit.CALENDAR_DAYS), st.booleans()),
        st.builds(Limit, st.integers(1, 2), st.just(Unit.MONTHS)),
        st.builds(Limit, st.integers(1, 30), st.just(Unit.WORKING_HOURS)),
    ),
    calendars(),
    st.builds(datetime.combine, st.dates(date(2026, 2, 1), date(2026, 3, 15)), st.times(), st.just(ZONE)),
)
rules = st.one_of(
    st.builds(rule, st.just("used"), st.integers(1, 100), st.none() | st.integers(1, 5)),
    st.builds(rule, st.just("left"), st.integers(0, 12), st.none() | st.integers(1, 5)),
    st.builds(rule, st.just("overdue"), st.integers(1, 12), st.none() | st.integers(1, 5)),
)


@settings(max_examples=1000)
@given(deadlines_of_any_kind, rules, st.integers(-30, 50), st.integers(0, 24 * 60 - 1))
def test_rings_as_the_walking_reference_says(deadline, one, days, minutes):
    at = end_of_day(deadline.due_on + timedelta(days=days), ZONE) - timedelta(minutes=minutes, seconds=59)
    known = [(number, moment) for number, moment in moments(deadline, one) if moment > deadline.since]
    later = [moment for _, moment in known if moment > max(at, deadline.since)]
    if later or not one.every:
        assert next_ring(deadline, [one], at) == (later[0] if later else None)
    before = [(number, moment) for number, moment in known if moment <= at]
    assert [(ring.occurrence, ring.at) for ring in rung(deadline, [one], at)] == before[-1:]


# ------------------------------------------------------------------------------------------ of bundles

STOP = UUID(int=1)
SHAPE = Shape(
    (
        StepShape("desk", StepKind.DESK, Limit(2), (), (0, 1)),
        StepShape("land", StepKind.ASK, Limit(5), (0,), (0,)),
        StepShape("applicant", StepKind.PAYMENT, Limit(0), (1,), (0,)),
    ),
    (
        PermitShape(Limit(10), 0, frozenset(StopReason)),
        PermitShape(Limit(10), None, frozenset(StopReason)),
    ),
)
OF_STEPS = (rule("used", 80), rule("overdue", 1, 3))
OF_PERMITS = (rule("left", 2, of="application"), rule("overdue", 1, 5, of="application"))


def day(number: int, hour: int = 10) -> datetime:
    """Working days after Monday."""
    return datetime.combine(PLAIN.add_working_days(MONDAY.date(), number), time(hour), ZONE)


def warnings(line: Timeline, *rules_of: tuple[WarningSpec, ...]) -> Warnings:
    found = dates(SHAPE, line.times(), lambda _: PLAIN)
    return Warnings(SHAPE, line.times(), found, lambda _: PLAIN, rules_of or ((*OF_STEPS, *OF_PERMITS),) * 2)


def at_lodging() -> Timeline:
    return Timeline.at_lodging(SHAPE, MONDAY)


def under_way() -> Timeline:
    line = at_lodging()
    line.end(0, day(1))
    line.found_complete(0, day(1))
    line.begin(1, day(1))
    return line


def test_nothing_rings_before_it_begins_or_after_it_has_ended():
    start = warnings(at_lodging())
    assert start.next_of_step(0) == day(2, 8)
    assert start.next_of_step(1) is None
    assert start.next_of_permit(0) is None  # its clock starts when the file is found complete
    assert start.next_of_permit(1) == day(8, 8)
    later = under_way()
    assert warnings(later).next_of_step(0) is None
    assert warnings(later).next_of_permit(0) == day(9, 8)
    later.end_permit(0, day(3))
    assert warnings(later).next_of_permit(0) is None


def test_rules_of_shared_steps_are_those_of_all_that_are_still_open():
    mine, theirs = (rule("left", 1),), (rule("used", 50), rule("left", 1))
    line = at_lodging()
    assert warnings(line, mine, theirs).step_rules(0) == (rule("left", 1), rule("used", 50))
    line.end_permit(1, day(1))
    assert warnings(line, mine, theirs).step_rules(0) == mine


def test_while_a_clock_stands_none_rings_and_then_they_follow_the_new_end():
    line = under_way()
    assert warnings(line).next_of_step(1) == day(5, 8)
    line.mark_step(1, Mark(MarkKind.STOP, day(3), STOP, StopReason.OUTAGE))
    assert warnings(line).next_of_step(1) is None
    line.mark_step(1, Mark(MarkKind.RESUME, day(6), STOP))
    assert warnings(line).next_of_step(1) == day(8, 8)  # ends on day 9 in place of 6
    assert warnings(line).of_step(1).term == 0


def test_an_overdue_clock_that_stands_rings_no_more_until_it_goes_on():
    line = under_way()
    assert warnings(line).next_of_step(1, day(7, 9)) == day(10, 8)
    line.mark_step(1, Mark(MarkKind.STOP, day(8), STOP, StopReason.OUTAGE))
    assert warnings(line).found.due[1] is not None
    assert warnings(line).next_of_step(1) is None
    line.mark_step(1, Mark(MarkKind.RESUME, day(9), STOP))
    assert warnings(line).next_of_step(1, day(9)) == day(10, 8)


def test_an_overdue_legal_clock_that_waits_to_be_paid_rings_no_more():
    line = under_way()
    assert warnings(line).of_permit(0) is not None
    line.begin(2, day(12))
    assert warnings(line).found.legal[0] is not None
    assert warnings(line).of_permit(0) is None
    line.end(2, day(14))
    assert warnings(line).of_permit(0) is not None


@pytest.mark.parametrize("kind", [MarkKind.EXTEND, MarkKind.RESTART])
def test_a_longer_or_a_new_limit_is_warned_of_anew_and_not_of_what_is_past(kind):
    line = under_way()
    if kind is MarkKind.EXTEND:
        line.mark_step(1, Mark(kind, day(5), by=Limit(2)))
    else:
        line.mark_step(1, Mark(MarkKind.STOP, day(4), STOP, StopReason.CLARIFICATION))
        line.mark_step(1, Mark(kind, day(5), STOP))
    deadline = warnings(line).of_step(1)
    assert (deadline.term, deadline.since) == (1, day(5))
    past = next_ring(deadline, [rule("used", 10)])
    assert past is None if kind is MarkKind.EXTEND else past == day(6, 8)
    assert warnings(line).next_of_step(1) == (day(7, 8) if kind is MarkKind.EXTEND else day(9, 8))


def test_what_has_no_limit_of_its_own_is_not_warned_of():
    line = under_way()
    line.end(1, day(2))
    line.begin(2, day(2))
    assert warnings(line).found.due[2] is not None
    assert warnings(line).next_of_step(2) is None


def test_after_a_calendar_that_ends_it_sooner_a_warning_whose_moment_has_gone_by_still_counts():
    deadline = running(TEN_DAYS, PLAIN)
    sooner = replace(deadline, due_at=end_of_day(date(2026, 3, 9), ZONE))
    now = local(10, 12)
    assert next_ring(sooner, [rule("used", 80)]) < now
    assert [ring.at for ring in rung(sooner, [rule("used", 80)], now)] == [local(5, 8)]
