"""A person lifts what closed an agency's day."""

from dataclasses import replace

from ptsp.domain import budgets
from ptsp.infra.work import Work
from ptsp.kernel.errors import NotFound


def open_budget(work: Work, agency: str) -> int:
    """The agency takes questions again today, though it said otherwise; what waits for it is due at once.

    Gives how many tasks that is. The limit of the day still holds. Raises NotFound for one without a budget.
    """
    spec = work.tenant.pack.agencies.get(agency)
    if spec is None or spec.budget is None:
        raise NotFound(f"{work.tenant.code} has no budget for {agency!r}")
    (use,) = budgets.locked(work.connection, work.tenant.id, [agency], work.today).values()
    budgets.save(work.connection, work.tenant.id, [replace(use, closed_at=None)])
    return budgets.let_go(work.connection, work.tenant.id, agency)
