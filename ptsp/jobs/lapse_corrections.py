"""Let applications lapse whose correction nobody answered in time: a day matters here, no second does."""

from ptsp.flows.lapse_silent import lapse_silent
from ptsp.infra.tenants import Tenant
from ptsp.infra.work import begin
from ptsp.jobs.tools import Tools

BATCH = 50


def lapse_corrections(tools: Tools, tenant: Tenant) -> int:
    """All of one office that is overdue, in batches; returns how many corrections there were."""
    lapsed = 0
    while True:
        with begin(tools.engine, tenant, actor=tools.actor) as work:
            found = lapse_silent(work, limit=BATCH)
        lapsed += found
        if found < BATCH:
            return lapsed
