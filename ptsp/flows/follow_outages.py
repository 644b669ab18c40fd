"""The clocks follow the record of outages: they stand while something is down, and go on when it is over.

Called until it returns 0 after a declaration or an end, and by the workers all the time: whatever a crash left
undone, and whatever began between the look of its own transaction and the declaration's end, is found here.
"""

from ptsp.domain import deadlines, outages, routes
from ptsp.flows._outage_stops import resumed, stopped
from ptsp.flows._retiming import Happened, change_clocks
from ptsp.infra.work import Work


def follow_outages(work: Work, *, limit: int = 200) -> int:
    """Stop or resume the clocks of up to `limit` bundles; returns how many were looked at. Safe to repeat."""
    for outage in outages.unsettled(work.connection, work.tenant.id):
        follow = _stop if outage.ended_at is None else _resume
        if count := follow(work, outage, limit):
            return count
    return 0


def _stop(work: Work, outage: outages.Outage, limit: int) -> int:
    ids = outages.bundles_to_stop(work.connection, work.tenant.id, outage, limit=limit)
    if not ids:
        return 0
    routes.lock(work.connection, work.tenant.id, ids)
    if outage.id not in {one.id for one in outages.share(work.connection, work.tenant.id)}:
        return len(ids)  # it has ended meanwhile; the next look finds that

    def happen(clocks: deadlines.Clocks) -> Happened | None:
        return stopped(work, clocks, outage, range(len(clocks.line.steps)))

    change_clocks(work, ids, happen)
    return len(ids)


def _resume(work: Work, outage: outages.Outage, limit: int) -> int:
    ids = outages.bundles_to_resume(work.connection, work.tenant.id, outage, limit=limit)
    if not ids:
        outages.settle(work.connection, work.tenant.id, outage.id, work.now)
        return 0
    change_clocks(work, ids, lambda clocks: resumed(work, clocks, outage))
    return len(ids)
