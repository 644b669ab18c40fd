"""What was down works again: the end is put on record, and the clocks go on."""

from uuid import UUID

from ptsp.domain import outages
from ptsp.infra.work import Work
from ptsp.kernel.errors import Conflict


def end_outage(work: Work, outage: UUID) -> None:
    """Record the end. `follow_outages` then lets the clocks go on. Raises Conflict where no such outage lasts."""
    if not outages.end(work.connection, work.tenant.id, outage, now=work.now, by=work.actor):
        raise Conflict("no outage with this id lasts")
