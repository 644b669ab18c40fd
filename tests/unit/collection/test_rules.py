"""When a claim is warned of, when it grows and when it lapses: as tables, and day by day over whole lives of debts."""

from calendar import monthrange
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

import pytest
from hypothesis import event, given
from hypothesis import strategies as st

from ptsp.domain.collection import (
    Act,
    Debt,
    lapses_after,
    month_begins,
    months_late,
    next_step,
    pay_by,
    wait_for_lapse,
    warn_on,
)
from ptsp.kernel.limits import add_months
from ptsp.kernel.specs import CollectionSpec

RULES = CollectionSpec()  # 15 days, 7 days, 7 days, 3 years
DUE = date(2026, 3, 10)
DAY = timedelta(days=1)


def two_percent(months: int) -> int:
    """Of Rp187.625, half a rupiah rounded up, no more than 24 months."""
    return (187_625 * 2 * min(months, 24) + 50) // 100


def flat(months: int) -> int:
    del months
    return 3_753


def endless(months: int) -> int:
    return 1_000 * months


def nothing(months: int) -> int:
    del months
    return 0


MONTHS_LATE = [
    ("2026-01-31", "2026-01-30", 0),
    ("2026-01-31", "2026-01-31", 0),
    ("2026-01-31", "2026-02-01", 1),
    ("2026-01-31", "2026-02-28", 1),
    ("2026-01-31", "2026-03-01", 2),
    ("2026-01-31", "2026-03-31", 2),
    ("2026-01-31", "2026-04-01", 3),
    ("2026-01-31", "2026-04-30", 3),
    ("2028-01-31", "2028-02-29", 1),
    ("2028-01-31", "2028-03-01", 2),
    ("2028-02-29", "2028-03-29", 1),
    ("2028-02-29", "2028-03-30", 2),
    ("2028-02-29", "2029-02-28", 12),
    ("2028-02-29", "2029-03-01", 13),
    ("2026-03-10", "2026-03-11", 1),
    ("2026-03-10", "2026-04-10", 1),
    ("2026-03-10", "2026-04-11", 2),
    ("2026-12-31", "2027-01-01", 1),
    ("2026-12-31", "2027-01-31", 1),
    ("2026-12-31", "2027-02-01", 2),
    ("2026-03-10", "2028-03-10", 24),
    ("2026-03-10", "2028-03-11", 25),
]


@pytest.mark.parametrize(
    ("due", "on", "months"), MONTHS_LATE, ids=[f"{due} to {on}" for due, on, _ in MONTHS_LATE]
)
def test_a_begun_month_counts_whole(due: str, on: str, months: int) -> None:
    assert months_late(date.fromisoformat(due), date.fromisoformat(on)) == months


def begins(day: date, due_on: date) -> bool:
    """Whether a month late begins on this day: the day before is the due date's day, or the last that its month has."""
    before = day - DAY
    last = monthrange(before.year, before.month)[1]
    return before.day == due_on.day or (before.day == last and due_on.day > last)


@given(
    due_on=st.dates(date(1999, 1, 1), date(2060, 1, 1)),
    days=st.integers(-400, 1500),
)
def test_months_are_counted_as_they_begin_day_by_day(due_on: date, days: int) -> None:
    on = due_on + timedelta(days=days)
    begun = [day for day in (due_on + DAY * at for at in range(1, days + 1)) if begins(day, due_on)]
    assert months_late(due_on, on) == len(begun)
    assert [month_begins(due_on, month) for month in range(1, len(begun) + 1)] == begun


@pytest.mark.parametrize(
    ("day", "months", "later"),
    [
        ("2026-01-31", 1, "2026-02-28"),
        ("2026-01-31", 2, "2026-03-31"),
        ("2028-02-29", 36, "2031-02-28"),
        ("2028-02-29", 48, "2032-02-29"),
        ("2026-12-01", 1, "2027-01-01"),
        ("2026-11-30", 3, "2027-02-28"),
    ],
    ids=lambda value: str(value),
)
def test_a_month_that_has_no_such_day_ends_earlier(day: str, months: int, later: str) -> None:
    assert add_months(date.fromisoformat(day), months) == date.fromisoformat(later)


WARNED = DUE + timedelta(days=7)
NEVER: tuple[date | None, date | None] = (None, None)
LAPSES = [
    ("due", NEVER, "2029-03-10"),
    ("warned", (WARNED, None), "2029-03-17"),
    ("admitted before it was warned of", (WARNED, date(2026, 3, 12)), "2029-03-17"),
    ("admitted later", (WARNED, date(2028, 5, 2)), "2031-05-02"),
    ("admitted, never warned of", (None, date(2028, 2, 29)), "2031-02-28"),
]


@pytest.mark.parametrize(("what", "when", "end"), LAPSES, ids=[what for what, *_ in LAPSES])
def test_the_claim_lapses_three_years_after_the_last_that_interrupts_it(
    what: str, when: tuple[date | None, date | None], end: str
) -> None:
    del what
    debt = Debt(DUE, *when)
    assert lapses_after(RULES, debt) == date.fromisoformat(end)
    assert wait_for_lapse(RULES, debt, date.fromisoformat(end)).act is Act.WAIT
    assert wait_for_lapse(RULES, debt, date.fromisoformat(end) + DAY).act is Act.LAPSE


# Day, warned on, demanded so far, interest; what is to be done, for how many months, and the next look.
STEPS = [
    ("not due yet", "2026-03-09", None, 0, two_percent, Act.WAIT, 0, "2026-03-17"),
    ("due today", "2026-03-10", None, 0, two_percent, Act.WAIT, 0, "2026-03-17"),
    ("late, but within the days before a warning", "2026-03-16", None, 0, two_percent, Act.WAIT, 0, "2026-03-17"),
    ("the warning", "2026-03-17", None, 0, two_percent, Act.WARN, 0, "2026-03-25"),
    ("the warning, long after", "2027-01-05", None, 0, two_percent, Act.WARN, 0, "2027-01-13"),
    ("the warning's time", "2026-03-24", "2026-03-17", 0, two_percent, Act.WAIT, 0, "2026-03-25"),
    ("its time is over", "2026-03-25", "2026-03-17", 0, two_percent, Act.DEMAND, 1, "2026-04-11"),
    ("demanded already", "2026-04-10", "2026-03-17", 3_753, two_percent, Act.WAIT, 1, "2026-04-11"),
    ("the second month", "2026-04-11", "2026-03-17", 3_753, two_percent, Act.DEMAND, 2, "2026-05-11"),
    ("two at once", "2026-04-11", "2026-03-17", 0, two_percent, Act.DEMAND, 2, "2026-05-11"),
    ("the last that costs more", "2028-02-11", "2026-03-17", 86_308, two_percent, Act.DEMAND, 24, "2029-03-18"),
    ("after the cap", "2028-03-11", "2026-03-17", 90_060, two_percent, Act.WAIT, 25, "2029-03-18"),
    ("the last month before it lapses", "2029-02-11", "2026-03-17", 35_000, endless, Act.DEMAND, 36, "2029-03-11"),
    ("a flat fine", "2026-03-25", "2026-03-17", 0, flat, Act.DEMAND, 1, "2029-03-18"),
    ("a flat fine, demanded", "2026-06-25", "2026-03-17", 3_753, flat, Act.WAIT, 4, "2029-03-18"),
    ("no interest at all", "2026-03-25", "2026-03-17", 0, nothing, Act.WAIT, 1, "2029-03-18"),
    ("the last day", "2029-03-17", "2026-03-17", 90_060, two_percent, Act.WAIT, 37, "2029-03-18"),
    ("lapsed", "2029-03-18", "2026-03-17", 90_060, two_percent, Act.LAPSE, 0, None),
    ("lapsed, never warned of", "2029-03-11", None, 0, two_percent, Act.LAPSE, 0, None),
    ("the last day, never warned of", "2029-03-10", None, 0, two_percent, Act.WARN, 0, "2029-03-18"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("what", "today", "warned", "demanded", "interest", "act", "months", "look_on"),
    STEPS,
    ids=[what for what, *_ in STEPS],
)
def test_what_is_to_be_done_on_a_day(
    what: str,
    today: str,
    warned: str | None,
    demanded: int,
    interest: Callable[[int], int],
    act: Act,
    months: int,
    look_on: str | None,
) -> None:
    del what
    debt = Debt(DUE, date.fromisoformat(warned) if warned else None)
    step = next_step(RULES, debt, date.fromisoformat(today), demanded, interest)
    assert step == (act, months, date.fromisoformat(look_on) if look_on else None)


@dataclass
class Life:
    """A debt that nobody pays, looked at on certain days."""

    rules: CollectionSpec
    costs: Sequence[int]  # of so many months; more months cost as much as the last
    admitted: Sequence[date]
    debt: Debt
    demanded: int = 0
    happened: list[tuple[date, Act, int]] = field(default_factory=list)
    looks: int = 0

    def interest(self, months: int) -> int:
        return self.costs[min(months, len(self.costs)) - 1] if self.costs else 0

    def look(self, today: date) -> date | None:
        """Do what is due; the next look, None when the claim has lapsed."""
        self.looks += 1
        known = max((day for day in self.admitted if day <= today), default=None)
        if known is None or known <= lapses_after(self.rules, self.debt):
            self.debt = self.debt._replace(admitted_on=known)
        step = next_step(self.rules, self.debt, today, self.demanded, self.interest)
        assert step.look_on is None or step.look_on > today
        if step.act is not Act.WAIT:
            owed = self.interest(step.months) if step.act is Act.DEMAND else 0
            self.happened.append((today, step.act, owed - self.demanded if owed else 0))
        if step.act is Act.WARN:
            assert self.debt.warned_on is None
            self.debt = self.debt._replace(warned_on=today)
        if step.act is Act.DEMAND:
            assert self.interest(step.months) > self.demanded
            self.demanded = self.interest(step.months)
        return step.look_on


@st.composite
def lives(draw: st.DrawFn) -> Callable[[], Life]:
    """The same debt as often as wanted: its by-law, what so many months cost, and when it is admitted."""
    rules = CollectionSpec(
        warn_after_days=draw(st.integers(0, 40)),
        pay_within_days=draw(st.integers(0, 40)),
        claim_years=draw(st.integers(1, 2)),
    )
    due_on = draw(st.dates(date(2026, 1, 1), date(2028, 12, 31)))
    longest = draw(st.sampled_from((0, 1, 6, 15, 40)))
    steps = draw(st.lists(st.integers(0, 3), min_size=longest, max_size=longest))
    costs = [sum(steps[: at + 1]) for at in range(len(steps))]
    admitted = [due_on + timedelta(days=at) for at in draw(st.lists(st.integers(0, 700), max_size=2))]
    return lambda: Life(rules, costs, sorted(admitted), Debt(due_on))


def lived(life: Life, *, is_daily: bool) -> Life:
    day: date | None = life.debt.due_on + DAY
    for _ in range(4000):
        if day is None:
            return life
        look_on = life.look(day)
        day = day + DAY if is_daily and look_on else look_on
    pytest.fail("the claim never lapses")


@given(lives())
def test_whoever_looks_only_when_told_to_misses_nothing(make: Callable[[], Life]) -> None:
    daily, told = lived(make(), is_daily=True), lived(make(), is_daily=False)
    assert told.happened == daily.happened
    assert told.looks <= len(told.happened) + 4 + len(told.admitted)
    event(f"demands: {sum(act is Act.DEMAND for _, act, _ in told.happened)}")


@given(lives())
def test_a_debt_is_warned_of_once_grows_to_what_its_months_cost_and_lapses_once(
    make: Callable[[], Life],
) -> None:
    life = lived(make(), is_daily=True)
    acts = [act for _, act, _ in life.happened]
    assert acts[-1] is Act.LAPSE
    assert acts.count(Act.LAPSE) == 1
    assert acts.count(Act.WARN) <= 1
    ends = life.happened[-1][0] - DAY
    assert ends == lapses_after(life.rules, life.debt)
    demands = [(day, amount) for day, act, amount in life.happened if act is Act.DEMAND]
    for at, (day, amount) in enumerate(demands):
        assert life.debt.warned_on is not None
        assert day > pay_by(life.rules, life.debt.warned_on)
        assert amount > 0
        so_far = sum(one for _, one in demands[: at + 1])
        assert so_far == life.interest(months_late(life.debt.due_on, day))
    if life.debt.warned_on and ends > pay_by(life.rules, life.debt.warned_on):
        assert sum(one for _, one in demands) == life.interest(months_late(life.debt.due_on, ends))


def test_the_days_of_a_by_law() -> None:
    assert warn_on(RULES, DUE) == date(2026, 3, 17)
    assert pay_by(RULES, date(2026, 3, 17)) == date(2026, 3, 24)
