"""Limits in all four units against walking day by day and minute by minute."""

import os
import random
from calendar import monthrange
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from ptsp.kernel.calendar import Calendar
from ptsp.kernel.errors import Invalid
from ptsp.kernel.limits import Limit, Unit, after_ticks, end_of, limit_from_list, ticks_left

SEED = int(os.environ.get("PTSP_TEST_SEED", "20261122"))
CASES = 500  # of each unit and each rule for the first day
ZONES = [ZoneInfo(f"Asia/{name}") for name in ("Jakarta", "Pontianak", "Makassar", "Jayapura")]
MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)
LAST_SECOND = time(23, 59, 59)
HOURS = {
    "short Friday": ((((480, 720), (780, 960)),) * 4) + (((450, 690), (780, 930)), (), ()),
    "Saturdays till noon": ((((480, 960),),) * 5) + (((480, 720),), ()),
    "round the clock": (((0, 1440),),) * 7,
    "late shift": (((), ((840, 1440),), ((840, 1440),), (), ((0, 60), (1380, 1440)), (), ())),
}


def calendar(dice: random.Random) -> Calendar:
    hours = HOURS[dice.choice(sorted(HOURS))]
    week = frozenset(day for day in range(7) if hours[day])
    days = [date(2026, 1, 1) + timedelta(dice.randrange(90)) for _ in range(20)]
    return Calendar(week, frozenset(days[:15]), frozenset(days[12:]), hours, dice.choice(ZONES))


def worked(known: Calendar, day: date) -> bool:
    return day in known.worked or (day not in known.off and day.weekday() in known.weekdays)


def is_open(known: Calendar, at: datetime) -> bool:
    """In the minute that begins here. A make-up day without hours of its own keeps those of the first day with some."""
    spans = known.hours[at.weekday()] or next(one for one in known.hours if one)
    return worked(known, at.date()) and any(a <= at.hour * 60 + at.minute < b for a, b in spans)


def walked(limit: Limit, known: Calendar, start: datetime) -> datetime:
    """Step by step, as a clerk would with a calendar on the wall."""
    local = start.astimezone(known.zone)
    if limit.unit is Unit.WORKING_HOURS:
        at, left = local.replace(second=0, microsecond=0), limit.amount * 60
        while left:
            left -= is_open(known, at)
            at += MINUTE
        return at
    day = local.date()
    if limit.unit is Unit.MONTHS:
        last = day
        for _ in range(limit.amount):
            last = last.replace(day=monthrange(last.year, last.month)[1]) + DAY
        last = last.replace(day=min(day.day, monthrange(last.year, last.month)[1]))
        return datetime.combine(last - DAY if limit.counts_first_day else last, LAST_SECOND, known.zone)
    counted = int(limit.counts_first_day and (limit.unit is Unit.CALENDAR_DAYS or worked(known, day)))
    while counted < limit.amount:
        day += DAY
        counted += limit.unit is Unit.CALENDAR_DAYS or worked(known, day)
    return datetime.combine(day, LAST_SECOND, known.zone)


def moment(dice: random.Random) -> datetime:
    """To the second, and in another zone than the office's: what comes in is UTC."""
    return datetime(2026, 1, 5, tzinfo=UTC) + timedelta(seconds=dice.randrange(60 * 86_400))


@pytest.mark.parametrize("counts_first_day", [False, True])
@pytest.mark.parametrize("unit", Unit)
def test_an_end_is_found_by_walking(
    unit: Unit,
    counts_first_day: bool,  # noqa: FBT001
    tell: Callable[[str], None],
) -> None:
    dice = random.Random(f"{SEED} {unit} {counts_first_day}")
    most = {Unit.WORKING_HOURS: 12, Unit.MONTHS: 14}.get(unit, 40)
    for _ in range(CASES if unit is not Unit.WORKING_HOURS else CASES // 4):
        known, start = calendar(dice), moment(dice)
        limit = Limit(dice.randint(1, most), unit, counts_first_day)
        assert end_of(limit, known, start) == walked(limit, known, start), (limit, start, known)
    tell(f"seed {SEED}")


@pytest.mark.parametrize("unit", Unit)
def test_what_is_left_is_given_back_without_loss(unit: Unit, tell: Callable[[str], None]) -> None:
    """Stopped and resumed at one moment nothing is lost; stopped before, by hand as much is left as is not used."""
    dice = random.Random(f"{SEED} left {unit}")
    for _ in range(CASES if unit is not Unit.WORKING_HOURS else CASES // 4):
        known, start = calendar(dice), moment(dice)
        end = end_of(Limit(dice.randint(1, 8), unit, dice.random() < 0.5), known, start)
        at = start + (end - start) * dice.random()
        left = ticks_left(unit, known, at, end)
        assert left == by_hand(unit, known, at.astimezone(known.zone), end)
        if left:
            assert after_ticks(unit, known, at, left) == end
        assert ticks_left(unit, known, end + DAY, end) == 0
    tell(f"seed {SEED}")


def by_hand(unit: Unit, known: Calendar, at: datetime, end: datetime) -> int:
    if unit is Unit.WORKING_HOURS:
        minutes, now = 0, at.replace(second=0, microsecond=0)
        while now < end:
            minutes += is_open(known, now)
            now += MINUTE
        return minutes
    days, day = 0, at.date()
    while day < end.date():
        day += DAY
        days += unit is not Unit.WORKING_DAYS or worked(known, day)
    return days


# ---------------------------------------------------------------------------------------------- tables

WIB, WIT = ZoneInfo("Asia/Jakarta"), ZoneInfo("Asia/Jayapura")
OFFICE = Calendar(frozenset(range(5)), frozenset(), hours=HOURS["short Friday"], zone=WIB)


def at(text: str, zone: ZoneInfo = WIB) -> datetime:
    return datetime.fromisoformat(f"2026-{text}").replace(tzinfo=zone)


@pytest.mark.parametrize(
    ("limit", "start", "end"),
    [
        # 2 March 2026 is a Monday; on Fridays the office opens 7.30 to 11.30 and 13.00 to 15.30.
        pytest.param(Limit(1, Unit.WORKING_HOURS), "03-02 09:10", "03-02 10:10", id="within the morning"),
        pytest.param(Limit(1, Unit.WORKING_HOURS), "03-02 11:30", "03-02 13:30", id="over noon"),
        pytest.param(Limit(1, Unit.WORKING_HOURS), "03-02 11:00", "03-02 12:00", id="ends as it closes"),
        pytest.param(Limit(1, Unit.WORKING_HOURS), "03-02 12:30", "03-02 14:00", id="begun at noon"),
        pytest.param(Limit(4, Unit.WORKING_HOURS), "03-05 15:00", "03-06 10:30", id="into a Friday"),
        pytest.param(Limit(7, Unit.WORKING_HOURS), "03-06 07:30", "03-09 08:30", id="over a short Friday"),
        pytest.param(Limit(1, Unit.WORKING_HOURS), "03-07 10:00", "03-09 09:00", id="begun on a Saturday"),
        pytest.param(Limit(1, Unit.MONTHS), "01-31 09:00", "02-28 23:59:59", id="a month without such a day"),
        pytest.param(
            Limit(1, Unit.MONTHS, counts_first_day=True),
            "03-02 09:00",
            "04-01 23:59:59",
            id="a month with its first day",
        ),
        pytest.param(Limit(12, Unit.MONTHS), "01-31 09:00", "01-31 23:59:59", id="twelve months"),
        pytest.param(Limit(1, counts_first_day=True), "03-02 23:59", "03-02 23:59:59", id="today is day 1"),
        pytest.param(Limit(1, counts_first_day=True), "03-07 09:00", "03-09 23:59:59", id="Saturday is not"),
        pytest.param(
            Limit(1, Unit.CALENDAR_DAYS, counts_first_day=True),
            "03-07 09:00",
            "03-07 23:59:59",
            id="among all days it is",
        ),
        pytest.param(Limit(3, Unit.CALENDAR_DAYS), "03-06 09:00", "03-09 23:59:59", id="all days count"),
    ],
)
def test_limits_end_as_worked_out_by_hand(limit: Limit, start: str, end: str) -> None:
    year = 2027 if limit.amount == 12 else 2026
    assert end_of(limit, OFFICE, at(start)) == at(end).replace(year=year)


def test_an_office_open_until_midnight_ends_a_limit_at_the_first_moment_of_the_next_day() -> None:
    late = Calendar(frozenset(range(7)), frozenset(), hours=HOURS["round the clock"], zone=WIB)
    assert end_of(Limit(2, Unit.WORKING_HOURS), late, at("03-02 22:00")) == at("03-03 00:00")


def test_the_day_is_the_offices_own() -> None:
    """At 16.30 UTC it is Monday in the west and Tuesday in the east."""
    start = datetime(2026, 3, 2, 16, 30, tzinfo=UTC)
    west = Calendar(frozenset(range(5)), frozenset(), zone=WIB)
    east = Calendar(frozenset(range(5)), frozenset(), zone=WIT)
    assert end_of(Limit(1), west, start) == at("03-03 23:59:59")
    assert end_of(Limit(1), east, start) == at("03-04 23:59:59", WIT)


def test_with_nothing_left_a_limit_in_days_ends_that_very_day() -> None:
    for unit in (Unit.WORKING_DAYS, Unit.CALENDAR_DAYS, Unit.MONTHS):
        assert after_ticks(unit, OFFICE, at("03-07 09:00"), 0) == at("03-07 23:59:59")
    assert after_ticks(Unit.WORKING_HOURS, OFFICE, at("03-07 09:00"), 0) == at("03-07 09:00")


@pytest.mark.parametrize("unit", Unit)
def test_nothing_at_all_ends_where_it_begins(unit: Unit) -> None:
    assert end_of(Limit(0, unit), OFFICE, at("03-07 09:00")) == at("03-07 09:00")


def test_hours_need_office_hours() -> None:
    without = Calendar(frozenset(range(5)), frozenset(), zone=WIB)
    with pytest.raises(Invalid, match="office hours"):
        end_of(Limit(1, Unit.WORKING_HOURS), without, at("03-02 09:00"))
    with pytest.raises(Invalid, match="negative"):
        OFFICE.add_minutes(at("03-02 09:00"), -1)


@pytest.mark.parametrize("unit", Unit)
@pytest.mark.parametrize("counts_first_day", [False, True])
def test_a_limit_is_stored_and_read_back_as_it_was(unit: Unit, counts_first_day: bool) -> None:  # noqa: FBT001
    limit = Limit(7, unit, counts_first_day)
    assert limit_from_list(limit.as_list()) == limit
