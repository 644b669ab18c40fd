"""The law approves what nobody decided in time, unless an outage stands in the way: then a person has to decide."""

from dataclasses import dataclass
from datetime import datetime, time
from uuid import uuid4

from ptsp.domain import applications, outages, routes
from ptsp.flows._deeming import Approval, Case, approve, cases
from ptsp.flows.record_results import Facts
from ptsp.infra import ledger
from ptsp.infra.tenants import TenantBook
from ptsp.infra.work import Work


@dataclass(frozen=True, slots=True)
class Page:
    """What one page brought. `last` is where to go on; None when there is nothing more."""

    approved: int
    held: int
    last: applications.Expiring | None

    @property
    def changed(self) -> int:
        return self.approved + self.held


def deem_approved(
    work: Work, book: TenantBook, *, after: applications.Expiring | None = None, limit: int = 100
) -> Page:
    """One page of applications whose limit has ended, the longest over first.

    Everything is looked at again under the lock of the bundle, and no outage is declared meanwhile; so any number
    of workers may sweep at once, and a second sweep finds nothing.
    """
    page = applications.overdue(work.connection, work.tenant.id, _today(work), after=after, limit=limit)
    if not page:
        return Page(0, 0, None)
    places = [(one.bundle_id, one.position) for one in page]
    held = routes.lock(work.connection, work.tenant.id, {bundle_id for bundle_id, _ in places})
    outages.no_declaration_meanwhile(work.connection, work.tenant.id)
    due = [
        case
        for case in cases(work, book, places)
        if case.is_open() and case.is_overdue(work.now) and outages.waiting(case.holds) is None
    ]
    facts: Facts = {}
    approvals = _judged(work, due, facts)
    holds = sum(map(len, facts.values()))
    approve(work, held, approvals, facts)
    return Page(len(approvals), holds, page[-1])


def _judged(work: Work, due: list[Case], facts: Facts) -> list[Approval]:
    """Those that nothing stands in the way of; the others wait for a person from now on."""
    starts = [case.clock.started_at for case in due if case.clock.started_at]
    if not starts:
        return []
    down = outages.outages_since(work.connection, work.tenant.id, min(starts))
    approvals = []
    for case in due:
        blocking = case.in_the_way(down, work.now)
        if blocking:
            _hold(work, case, blocking, facts)
        elif not case.clock.held_by:
            approvals.append(Approval(case))
    return approvals


def _hold(work: Work, case: Case, blocking: tuple[outages.Outage, ...], facts: Facts) -> None:
    bundle_id, position = case.place
    ids = tuple(one.id for one in blocking)
    outages.add_hold(
        work.connection, work.tenant.id, outages.Hold(uuid4(), bundle_id, position, ids, work.now)
    )
    assert case.clock.due_at is not None
    data = {
        "position": position,
        "due": case.clock.due_at.astimezone(case.office.zone).isoformat(),
        "outages": [
            {
                "id": str(one.id),
                "agency": one.agency,
                "from": one.began_at.isoformat(),
                "to": one.ended_at.isoformat() if one.ended_at else None,
            }
            for one in blocking
        ],
    }
    facts.setdefault(bundle_id, []).append(ledger.Fact("application.deemed_held", work.actor, data))


def _today(work: Work) -> datetime:
    """The first moment of the office's own day: a limit that ended before it has ended on a day that is over."""
    return datetime.combine(work.today, time(), work.tenant.calendar.zone)
