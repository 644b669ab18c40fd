"""How much of a budget is left, and for whom."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ptsp.domain.budgets import Turn, Use, is_urgent, next_day, next_second_s, reserve, spend
from ptsp.kernel.calendar import Calendar
from ptsp.kernel.specs import BudgetSpec

NOW = datetime(2026, 3, 6, 3, 0, 0, 250_000, tzinfo=UTC)  # a Friday, ten in the morning in Jakarta
TODAY = date(2026, 3, 6)
JAKARTA = ZoneInfo("Asia/Jakarta")
WEEK = Calendar(frozenset(range(5)), frozenset(), zone=JAKARTA)

budget_specs = st.builds(
    BudgetSpec,
    per_second=st.none() | st.integers(1, 20),
    per_day=st.none() | st.integers(1, 60),
    reserve_percent=st.integers(0, 90),
)
batches = st.lists(st.tuples(st.lists(st.booleans(), max_size=15), st.integers(0, 1500)), max_size=12)


@given(budget_specs, batches)
def test_no_second_and_no_day_sees_more_than_its_budget_and_the_reserve_is_for_the_urgent(budget, batches):
    use, now = Use("a", TODAY), NOW
    by_second, plain, urgent_asked, refused = {}, 0, 0, []
    for urgent, after_ms in batches:
        now += timedelta(milliseconds=after_ms)
        use, turns = spend(budget, use, urgent, now)
        assert len(turns) == len(urgent)
        for is_one, turn in zip(urgent, turns, strict=True):
            if turn is Turn.NOW:
                second = now.replace(microsecond=0)
                by_second[second] = by_second.get(second, 0) + 1
                urgent_asked += is_one
                plain += not is_one
            elif turn is Turn.NEXT_DAY:
                refused.append((is_one, use.used))
    assert use.used == plain + urgent_asked
    if budget.per_second is not None:
        assert max(by_second.values(), default=0) <= budget.per_second
    if budget.per_day is None:
        assert not refused
    else:
        assert plain <= budget.per_day - reserve(budget)
        assert use.used <= budget.per_day
        assert all(used >= budget.per_day - (0 if is_one else reserve(budget)) for is_one, used in refused)


@given(budget_specs, st.lists(st.booleans(), min_size=1, max_size=15))
def test_the_urgent_come_first(budget, urgent):
    _, turns = spend(budget, Use("a", TODAY), urgent, NOW)
    if any(turn is Turn.NOW for turn, is_one in zip(turns, urgent, strict=True) if not is_one):
        assert all(turn is Turn.NOW for turn, is_one in zip(turns, urgent, strict=True) if is_one)


@pytest.mark.parametrize(
    ("per_day", "percent", "kept"), [(100, 10, 10), (100, 0, 0), (15, 10, 2), (1, 50, 1), (None, 50, 0)]
)
def test_a_part_of_a_question_is_kept_as_a_whole_one(per_day, percent, kept):
    assert reserve(BudgetSpec(per_day=per_day, reserve_percent=percent)) == kept


def test_a_day_that_the_agency_has_closed_is_closed_for_the_urgent_too():
    _, turns = spend(BudgetSpec(per_second=5), Use("a", TODAY, closed_at=NOW), [True, False], NOW)
    assert turns == [Turn.NEXT_DAY] * 2


def test_a_worker_whose_clock_is_read_earlier_counts_in_the_later_second():
    budget = BudgetSpec(per_second=2)
    use, _ = spend(budget, Use("a", TODAY), [False] * 2, NOW + timedelta(seconds=1))
    _, turns = spend(budget, use, [False], NOW)
    assert turns == [Turn.NEXT_SECOND]


@pytest.mark.parametrize(
    ("due", "urgent"),
    [
        (None, False),
        (datetime(2026, 3, 5, 16, tzinfo=JAKARTA), True),  # overdue
        (datetime(2026, 3, 6, 23, 59, tzinfo=JAKARTA), True),
        (datetime(2026, 3, 9, 23, 59, 59, tzinfo=JAKARTA), True),  # Monday is the next working day
        (datetime(2026, 3, 10, 0, 0, tzinfo=JAKARTA), False),
    ],
)
def test_urgent_is_what_is_due_within_the_next_working_day(due, urgent):
    assert is_urgent(due, TODAY, WEEK) is urgent


def test_a_day_is_new_at_the_offices_midnight():
    assert next_day(TODAY, WEEK) == datetime(2026, 3, 6, 17, 0, tzinfo=UTC)
    assert next_second_s(NOW) == 0.75
