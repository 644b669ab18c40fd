"""Collect the fees of one office that are not paid in time: a day matters here, no second does."""

from ptsp.flows.collect_fees import collect_fees as collect
from ptsp.infra.tenants import Tenant
from ptsp.infra.work import begin
from ptsp.jobs.tools import Tools

BATCH = 50
MOST_BATCHES = 50  # the rest waits for the next round, so that no office holds up the others


def collect_fees(tools: Tools, tenant: Tenant) -> int:
    """All that is due by today, in batches; returns how many notices were looked at."""
    looked_at = 0
    for _ in range(MOST_BATCHES):
        with begin(tools.engine, tenant, actor=tools.actor) as work:
            count = collect(work, limit=BATCH)
        looked_at += count
        if count < BATCH:
            break
    return looked_at
