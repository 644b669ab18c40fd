"""Working days against counting them one by one, and against the published days of 2026."""

import csv
from datetime import date, timedelta

import holidays
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ptsp.kernel.calendar import Calendar
from ptsp.kernel.errors import Invalid
from tests.checks import shared_data

MONDAY_TO_FRIDAY = frozenset(range(5))


def on(text):
    return date.fromisoformat(text)


@pytest.fixture(scope="module")
def national():
    """Monday to Friday without national holidays and collective leave."""
    days = holidays.country_holidays("ID", years=[2025, 2026], categories=("public", "government"))
    return Calendar(MONDAY_TO_FRIDAY, frozenset(days))


@pytest.mark.parametrize(
    ("start", "days", "end"),
    [
        ("2026-02-13", 1, "2026-02-18"),
        ("2026-03-13", 5, "2026-03-27"),
        ("2026-03-13", 14, "2026-04-10"),
        ("2026-05-08", 15, "2026-06-05"),
        ("2026-12-21", 5, "2026-12-30"),
    ],
)
def test_limits_of_2026_end_on_the_days_worked_out_by_hand(national, start, days, end):
    assert national.add_working_days(on(start), days) == on(end)


@pytest.mark.parametrize(
    ("start", "days", "end"),
    [
        pytest.param("2026-06-05", 0, "2026-06-05", id="no days end at once"),
        pytest.param("2026-06-06", 0, "2026-06-06", id="also on a Saturday"),
        pytest.param("2026-06-05", 1, "2026-06-08", id="day one after Friday is Monday"),
        pytest.param("2026-06-06", 1, "2026-06-08", id="day one after Saturday is Monday"),
        pytest.param("2026-06-08", 5, "2026-06-15", id="a week of five"),
        pytest.param("2026-06-08", 2, "2026-06-11", id="a day off in the middle costs a day"),
        pytest.param("2026-06-09", 1, "2026-06-11", id="a day off next costs a day"),
    ],
)
def test_day_one_is_the_next_working_day(start, days, end):
    calendar = Calendar(MONDAY_TO_FRIDAY, frozenset({on("2026-06-10")} if "15" not in end else ()))
    assert calendar.add_working_days(on(start), days) == on(end)


DAYS = st.dates(date(2024, 1, 1), date(2027, 12, 31))
CALENDARS = st.builds(
    Calendar,
    st.frozensets(st.integers(0, 6), min_size=1),
    st.one_of(
        st.frozensets(DAYS, max_size=60),
        st.tuples(DAYS, st.integers(1, 40)).map(
            lambda t: frozenset(t[0] + timedelta(n) for n in range(t[1]))
        ),
    ),
    st.frozensets(DAYS, max_size=20),
)


def worked(calendar, day):
    """By hand: a make-up day is worked whatever else is said of it, a day off is not, otherwise the week says."""
    if day in calendar.worked:
        return True
    if day in calendar.off:
        return False
    return day.weekday() in calendar.weekdays


@settings(max_examples=200, deadline=None)
@given(CALENDARS, DAYS, st.integers(0, 90))
def test_adding_is_walking_day_by_day(calendar, start, days):
    day, left = start, days
    while left:
        day += timedelta(1)
        left -= worked(calendar, day)
    assert calendar.add_working_days(start, days) == day
    assert calendar.working_days_between(start, day) == days
    assert days == 0 or calendar.is_working(day)


@settings(max_examples=100, deadline=None)
@given(CALENDARS)
def test_every_day_of_four_years_is_worked_or_not_as_it_says(calendar):
    for number in range(4 * 365):
        day = date(2024, 1, 1) + timedelta(number)
        assert calendar.is_working(day) == worked(calendar, day)


@settings(max_examples=200, deadline=None)
@given(CALENDARS, DAYS, st.integers(1, 60))
def test_the_latest_start_is_the_last_day_from_which_the_end_is_kept(calendar, end, days):
    day = end
    while calendar.add_working_days(day, days) > end:
        day -= timedelta(1)
    assert calendar.latest_start(end, days) == day
    assert calendar.add_working_days(day + timedelta(1), days) > end


@pytest.mark.parametrize(
    ("off", "made_up", "end"),
    [
        pytest.param((), (), "2026-06-15", id="an ordinary week"),
        pytest.param((), ("2026-06-13",), "2026-06-13", id="a Saturday made up"),
        pytest.param(("2026-06-10",), ("2026-06-13",), "2026-06-15", id="a day off and a Saturday for it"),
        pytest.param(
            ("2026-06-10",), ("2026-06-10",), "2026-06-15", id="a day off that is worked all the same"
        ),
        pytest.param(("2026-06-13",), ("2026-06-13",), "2026-06-13", id="a Saturday off that is worked"),
        pytest.param((), ("2026-06-10",), "2026-06-15", id="a worked day is not worked twice"),
    ],
)
def test_make_up_days_count_once(off, made_up, end):
    calendar = Calendar(MONDAY_TO_FRIDAY, frozenset(map(on, off)), frozenset(map(on, made_up)))
    assert calendar.add_working_days(on("2026-06-08"), 5) == on(end)


def test_a_year_whose_leave_is_not_decreed_is_provisional():
    known = Calendar(MONDAY_TO_FRIDAY, frozenset(), leave_known=frozenset({2026}))
    assert [known.is_provisional(on(day)) for day in ("2025-12-31", "2026-01-01", "2027-01-01")] == [
        True,
        False,
        True,
    ]
    assert not Calendar(MONDAY_TO_FRIDAY, frozenset()).is_provisional(on("2099-01-01"))


@pytest.mark.parametrize(
    "hours",
    [
        pytest.param((((480, 960),),) * 6, id="six days"),
        pytest.param(((),) * 7, id="no hours at all"),
        pytest.param((((960, 480),),) + ((),) * 6, id="closes before it opens"),
        pytest.param((((480, 720), (700, 960)),) + ((),) * 6, id="overlapping"),
        pytest.param((((480, 720), (720, 960)),) + ((),) * 6, id="touching"),
        pytest.param((((480, 1441),),) + ((),) * 6, id="after midnight"),
        pytest.param((((-1, 960),),) + ((),) * 6, id="before midnight"),
    ],
)
def test_hours_that_cross_are_refused(hours):
    with pytest.raises(Invalid, match="calendar.hours"):
        Calendar(MONDAY_TO_FRIDAY, frozenset(), hours=hours)


@settings(max_examples=100, deadline=None)
@given(CALENDARS, DAYS, st.integers(0, 200))
def test_between_is_counting_day_by_day(calendar, start, span):
    end = start + timedelta(span)
    expected = sum(calendar.is_working(start + timedelta(n)) for n in range(1, span + 1))
    assert calendar.working_days_between(start, end) == expected
    assert calendar.working_days_between(end, start) == -expected


@pytest.mark.parametrize("weekdays", [frozenset(), frozenset({7}), frozenset({-1, 2})])
def test_a_week_without_work_is_refused(weekdays):
    with pytest.raises(Invalid, match="calendar.weekdays"):
        Calendar(weekdays, frozenset())


def test_negative_limits_and_the_end_of_time_are_refused():
    calendar = Calendar(MONDAY_TO_FRIDAY, frozenset())
    with pytest.raises(Invalid, match="negative"):
        calendar.add_working_days(on("2026-06-05"), -1)
    with pytest.raises(Invalid, match="year 9999"):
        calendar.add_working_days(on("2026-06-05"), 10_000_000)


def test_due_dates_of_2024_and_2025_are_those_worked_out_elsewhere():
    due_dates = shared_data("indonesia", "working_day_due_dates_2024_2025.csv")
    with shared_data("indonesia", "holidays_id_2019_2025.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    nationwide = frozenset(on(row["date"]) for row in rows if row["type"] == "libur_nasional")
    everything = frozenset(on(row["date"]) for row in rows)
    calendars = {
        "due_excluding_weekends_and_national_holidays": Calendar(MONDAY_TO_FRIDAY, nationwide),
        "due_excluding_also_collective_leave": Calendar(MONDAY_TO_FRIDAY, everything),
    }
    with due_dates.open(newline="") as file:
        wrong = [
            (row["start_date"], row["working_days"], column, str(found))
            for row in csv.DictReader(file)
            for column, calendar in calendars.items()
            if str(found := calendar.add_working_days(on(row["start_date"]), int(row["working_days"])))
            != row[column]
        ]
    assert wrong == []
