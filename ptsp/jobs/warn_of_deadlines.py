"""Warn of deadlines, office by office. When the next warning rings stands in PostgreSQL: a wiped Redis loses none."""

from ptsp.flows.warn import warn
from ptsp.infra.tenants import Tenant
from ptsp.infra.work import begin
from ptsp.jobs.tools import Tools

MOST_BATCHES = 50  # the rest waits for the next round, so that no office holds up the others


def warn_of_deadlines(tools: Tools, tenant: Tenant) -> int:
    """Everything that rings by now; returns how many bundles were looked at."""
    looked_at = 0
    for _ in range(MOST_BATCHES):
        with begin(tools.engine, tenant, actor=tools.actor) as work:
            count = warn(work, public_url=tools.public_url)
        looked_at += count
        if not count:
            break
    return looked_at
