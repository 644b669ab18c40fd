"""Kept verdicts that have expired are forgotten."""

from ptsp.domain import budgets
from ptsp.infra.tenants import Tenant
from ptsp.infra.work import begin
from ptsp.jobs.tools import Tools


def sweep_verdicts(tools: Tools, tenant: Tenant) -> int:
    """Gives how many."""
    with begin(tools.engine, tenant, actor=tools.actor) as work:
        return budgets.sweep(work.connection, tenant.id, work.now)
