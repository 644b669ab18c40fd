"""What does not come through is noticed, office by office."""

from ptsp.flows.watch_deliveries import watch_deliveries as watch
from ptsp.infra.tenants import Tenant
from ptsp.infra.work import begin
from ptsp.jobs.tools import Tools

DETECTOR = "detector"


def watch_deliveries(tools: Tools, tenant: Tenant) -> int:
    """Returns how many outages and alerts began or ended."""
    with begin(tools.engine, tenant, actor=DETECTOR) as work:
        return watch(work, public_url=tools.public_url)
