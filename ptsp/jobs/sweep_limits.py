"""What time alone brings about, office by office: clocks follow outages, and the law approves what nobody decided."""

from ptsp.flows.deem_approved import deem_approved
from ptsp.flows.follow_outages import follow_outages
from ptsp.infra.tenants import Tenant
from ptsp.infra.work import begin
from ptsp.jobs.tools import Tools

MOST_BATCHES = 50  # the rest waits for the next round, so that no office holds up the others


def sweep_outages(tools: Tools, tenant: Tenant) -> int:
    """Finish what a declaration or an end of an outage left undone; returns how many bundles there were."""
    followed = 0
    for _ in range(MOST_BATCHES):
        with begin(tools.engine, tenant, actor=tools.actor) as work:
            count = follow_outages(work)
        followed += count
        if not count:
            break
    return followed


def sweep_deemed(tools: Tools, tenant: Tenant) -> int:
    """Approve by law whatever is due for it, page by page; returns how many applications were approved or held."""
    changed, after = 0, None
    for _ in range(MOST_BATCHES):
        with begin(tools.engine, tenant, actor=tools.actor) as work:
            page = deem_approved(work, tools.book, after=after)
        changed += page.changed
        after = page.last
        if after is None:
            break
    return changed
