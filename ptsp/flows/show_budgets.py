"""How much of each agency's budget is used today."""

from dataclasses import dataclass
from datetime import datetime

from ptsp.domain import budgets
from ptsp.infra.work import Work


@dataclass(frozen=True, slots=True)
class BudgetView:
    """One agency with a budget. `per_day` and `per_second` are None where there is no end; `reserve` is kept of
    `per_day` for urgent cases; `kept` verdicts are known, and `hits` of them answered today.
    """

    agency: str
    used: int
    per_day: int | None
    reserve: int
    per_second: int | None
    closed_at: datetime | None
    renewed_at: datetime
    kept: int
    hits: int


def show_budgets(work: Work) -> list[BudgetView]:
    """Of the office's own day, by agency."""
    uses = budgets.of_day(work.connection, work.tenant.id, work.today)
    kept = budgets.kept_counts(work.connection, work.tenant.id, work.now)
    midnight = budgets.next_day(work.today, work.tenant.calendar)
    views = []
    for code, agency in sorted(work.tenant.pack.agencies.items()):
        if agency.budget is None:
            continue
        use = uses.get(code, budgets.Use(code, work.today))
        views.append(
            BudgetView(
                agency=code,
                used=use.used,
                per_day=agency.budget.per_day,
                reserve=budgets.reserve(agency.budget),
                per_second=agency.budget.per_second,
                closed_at=use.closed_at,
                renewed_at=midnight,
                kept=kept.get(code, 0),
                hits=use.hits,
            )
        )
    return views
