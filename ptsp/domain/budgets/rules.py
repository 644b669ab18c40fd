"""How much of a budget is left, and for whom. Pure."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, time, timedelta

from ptsp.domain.budgets.types import Turn, Use
from ptsp.kernel.calendar import Calendar
from ptsp.kernel.specs import BudgetSpec


def is_urgent(due_at: datetime | None, today: date, calendar: Calendar) -> bool:
    """Overdue, or due within the office's next working day. What has no end cannot be urgent."""
    return due_at is not None and due_at <= calendar.end_of_working_days(today, 1)


def reserve(budget: BudgetSpec) -> int:
    """Questions of a day that are kept for urgent cases; a part of one counts as one."""
    return -(-(budget.per_day or 0) * budget.reserve_percent // 100)


def spend(budget: BudgetSpec, use: Use, urgent: Sequence[bool], now: datetime) -> tuple[Use, list[Turn]]:
    """What is used afterwards, and when each question may be put; urgent ones come first.

    Rates are counted by the second in which a question is taken in hand, as all workers see it.
    """
    second = now.replace(microsecond=0)
    if use.second is None or use.second < second:
        use = replace(use, second=second, in_second=0)
    turns = [Turn.NOW] * len(urgent)
    for at in sorted(range(len(urgent)), key=lambda at: not urgent[at]):
        turns[at] = _turn(budget, use, is_urgent=urgent[at])
        if turns[at] is Turn.NOW:
            use = replace(use, used=use.used + 1, in_second=use.in_second + 1)
    return use, turns


def _turn(budget: BudgetSpec, use: Use, *, is_urgent: bool) -> Turn:
    if use.closed_at is not None:
        return Turn.NEXT_DAY
    if budget.per_day is not None:
        limit = budget.per_day if is_urgent else budget.per_day - reserve(budget)
        if use.used >= limit:
            return Turn.NEXT_DAY
    if budget.per_second is not None and use.in_second >= budget.per_second:
        return Turn.NEXT_SECOND
    return Turn.NOW


def next_second_s(now: datetime) -> float:
    """Seconds until the next second begins."""
    return 1.0 - now.microsecond / 1e6


def next_day(today: date, calendar: Calendar) -> datetime:
    """When a day's budget is new again: the office's midnight."""
    return datetime.combine(today + timedelta(days=1), time.min, tzinfo=calendar.zone)
