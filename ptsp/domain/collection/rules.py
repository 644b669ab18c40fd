"""When a claim that is not paid is warned of, when interest on it is demanded, and when it lapses; pure.

Days are calendar days, those of the office. A month late begins on the day after the due date and ends on the day of
the month that the claim was due on, or on the last day of a month that has no such day: due on 31 January, the first
month late is 1 to 28 February, the second 1 to 31 March.
"""

from collections.abc import Callable
from datetime import date, timedelta

from ptsp.domain.collection.types import Act, Debt, Step
from ptsp.kernel.limits import add_months
from ptsp.kernel.specs import CollectionSpec

DAY = timedelta(days=1)
MONTHS = 12


def months_late(due_on: date, on: date) -> int:
    """How many months have begun since a claim was due; a begun month counts whole. 0 until the due date."""
    between = (on.year - due_on.year) * MONTHS + on.month - due_on.month
    return max(0, between + (on > add_months(due_on, between)))


def month_begins(due_on: date, month: int) -> date:
    """The first day of a month late; the first is month 1."""
    return add_months(due_on, month - 1) + DAY


def warn_on(rules: CollectionSpec, due_on: date) -> date:
    """The day from which a warning letter is due."""
    return due_on + timedelta(days=rules.warn_after_days)


def pay_by(rules: CollectionSpec, warned_on: date) -> date:
    """The last day on which a warning lets one pay before interest is demanded."""
    return warned_on + timedelta(days=rules.pay_within_days)


def lapses_after(rules: CollectionSpec, debt: Debt) -> date:
    """The last day on which the claim stands: so many years after it was due, was warned of or was admitted."""
    begun = max(day for day in (debt.due_on, debt.warned_on, debt.admitted_on) if day)
    return add_months(begun, MONTHS * rules.claim_years)


def next_step(
    rules: CollectionSpec, debt: Debt, today: date, demanded: int, interest: Callable[[int], int]
) -> Step:
    """What is to be done today with a fee that is not paid, and when somebody has to look at it next.

    `interest` gives the rupiah that so many begun months cost, `demanded` is what was demanded of them before. One
    warning, then interest as soon as the warning's time is over, and more of it with each further month that costs
    more. A claim that has lapsed is neither warned of nor grows.
    """
    end = lapses_after(rules, debt)
    if today > end:
        return Step(Act.LAPSE)
    if debt.warned_on is None:
        if today < warn_on(rules, debt.due_on):
            return Step(Act.WAIT, look_on=min(warn_on(rules, debt.due_on), end + DAY))
        return Step(Act.WARN, look_on=pay_by(rules, today) + DAY)
    from_on = pay_by(rules, debt.warned_on) + DAY
    if today < from_on:
        return Step(Act.WAIT, look_on=min(from_on, end + DAY))
    months = months_late(debt.due_on, today)
    owed = max(demanded, interest(months))
    look_on = _grows_on(debt.due_on, months, end, owed, interest) or end + DAY
    return Step(Act.DEMAND if owed > demanded else Act.WAIT, months, look_on)


def wait_for_lapse(rules: CollectionSpec, debt: Debt, today: date) -> Step:
    """The same of interest that was demanded: it bears none itself and is not warned of, but it lapses."""
    end = lapses_after(rules, debt)
    return Step(Act.LAPSE) if today > end else Step(Act.WAIT, look_on=end + DAY)


def _grows_on(due_on: date, months: int, end: date, owed: int, interest: Callable[[int], int]) -> date | None:
    """The day from which more than `owed` can be demanded; None where that never comes before the claim lapses."""
    for month in range(months + 1, months_late(due_on, end) + 1):
        if interest(month) > owed:
            return month_begins(due_on, month)
    return None
