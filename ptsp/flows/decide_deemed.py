"""A person decides of an approval by law that an outage stood in the way of: it counts, or the clock gets its days."""

from dataclasses import dataclass

from ptsp.domain import applications, deadlines, outages, routes
from ptsp.flows._deeming import Approval, Case, approve, cases
from ptsp.flows._retiming import Happened, change_clocks
from ptsp.flows.move_clock import put_mark
from ptsp.infra import ledger
from ptsp.infra.tenants import TenantBook
from ptsp.infra.work import Work
from ptsp.kernel.errors import Conflict, Invalid, NotFound
from ptsp.kernel.limits import Limit, Unit
from ptsp.kernel.reasons import fault
from ptsp.kernel.specs import StopReason


@dataclass(frozen=True, slots=True)
class _Held:
    case: Case
    hold: outages.Hold


def decide_deemed(
    work: Work, book: TenantBook, reference: str, service: str, *, approve_it: bool, ground: str
) -> None:
    """Decide of one application of a bundle, with the ground of the decision, which goes to the ledger.

    Refusing extends the legal clock by the working days that the outages took, which may let the law approve it
    again later. Raises NotFound for an application that the office does not have, Conflict for one that does not
    wait for this, Invalid for a ground that says nothing.
    """
    ground = ground.strip()
    if wrong := applications.text_fault("ground", ground) or (None if ground else fault("ground", "blank")):
        raise Invalid([wrong])
    bundle = applications.bundle(work.connection, reference)
    if bundle is None:
        raise NotFound(f"this office has no bundle {reference!r}")
    held = routes.lock(work.connection, work.tenant.id, [bundle.id])
    waiting = _waiting(work, book, bundle, service)
    outages.decide_hold(
        work.connection,
        work.tenant.id,
        waiting.hold.id,
        is_approved=approve_it,
        ground=ground,
        now=work.now,
        by=work.actor,
    )
    if approve_it:
        approve(work, held, [Approval(waiting.case, ground, waiting.hold.outages)], {})
    else:
        _give_back(work, waiting, ground)


def _waiting(work: Work, book: TenantBook, bundle: applications.BundleRow, service: str) -> _Held:
    lodged = applications.applications(work.connection, [bundle.id])[bundle.id]
    position = next((one.position for one in lodged if one.service == service), None)
    if position is None:
        raise NotFound(f"there is no application for {service!r} in this bundle")
    (case,) = cases(work, book, [(bundle.id, position)])
    hold = outages.waiting(case.holds)
    if hold is None or not case.is_open() or case.clock.due_at is None:
        raise Conflict("this application does not wait for a decision on its approval by law")
    return _Held(case, hold)


def _give_back(work: Work, waiting: _Held, ground: str) -> None:
    """The clock is extended by what the outages took of it."""
    case, hold = waiting.case, waiting.hold
    assert case.clock.started_at is not None
    down = [
        one
        for one in outages.outages_since(work.connection, work.tenant.id, case.clock.started_at)
        if one.id in hold.outages
    ]
    days = outages.working_days_lost(
        down, case.holds, case.office, started_at=case.clock.started_at, now=work.now
    )
    mark = deadlines.Mark(
        deadlines.MarkKind.EXTEND,
        work.now,
        reason=StopReason.OUTAGE,
        by=Limit(days, Unit.WORKING_DAYS),
        legal_basis=ground,
    )
    refused = ledger.Fact(
        "application.deemed_refused",
        work.actor,
        {
            "position": case.position,
            "days": days,
            "ground": ground,
            "outages": [str(one) for one in hold.outages],
        },
    )

    def happen(clocks: deadlines.Clocks) -> Happened:
        extended = put_mark(work, clocks, [], [case.position], mark)
        return Happened([refused, *extended.facts], extended.causes, permits=extended.permits)

    change_clocks(work, [case.clocks.bundle_id], happen)
