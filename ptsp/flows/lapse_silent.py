"""Applications whose correction nobody answered in time lapse, where their standards say so."""

from collections.abc import Sequence
from uuid import UUID

from ptsp.domain import applications, corrections, fees, routes
from ptsp.flows._corrections import still_asked
from ptsp.flows._endings import cause_of, end_early
from ptsp.flows._retiming import Cause
from ptsp.flows._taking_back import hold_money
from ptsp.flows.record_results import Facts, go_on
from ptsp.infra import ledger
from ptsp.infra.work import Work

STATE = "lapsed"
OPEN, LAPSED = corrections.CorrectionState.OPEN, corrections.CorrectionState.LAPSED


def lapse_silent(work: Work, *, limit: int = 50) -> int:
    """End what up to `limit` overdue corrections asked for; returns how many there were.

    Only what was returned lapses. A permit of the same bundle that waits for it is refused, with that as reason.
    Safe to repeat, and safe beside an answer: whoever locks the bundle first is the one who counts.
    """
    found = corrections.silent(work.connection, work.tenant.id, work.now, limit=limit)
    if not found:
        return 0
    overdue = {one.id for one in found}
    bundle_ids = {one.bundle_id for one in found}
    bills = hold_money(work, bundle_ids)
    held = routes.lock(work.connection, work.tenant.id, bundle_ids)
    billed_now = {
        one.bundle_id
        for one in fees.notices(work.connection, work.tenant.id, sorted(bundle_ids))
        if one.bill not in bills
    }
    facts: Facts = {}
    causes: dict[UUID, Sequence[Cause]] = {}
    for bundle_id, ones in corrections.of_bundles(work.connection, work.tenant.id, list(held)).items():
        still = [one for one in ones if one.id in overdue and one.state is OPEN]
        if still and bundle_id not in billed_now:  # else the next round finds it
            positions = _returned(work, bundle_id, still)
            facts[bundle_id] = [*_closed(work, still), *end_early(work, held[bundle_id], positions, STATE)]
            causes[bundle_id] = [cause_of(positions, STATE)]
    go_on(work, held, dict.fromkeys(facts, ()), facts, causes)
    return len(found)


def _returned(work: Work, bundle_id: UUID, still: Sequence[corrections.Correction]) -> set[int]:
    """The open applications that were returned."""
    rows = applications.applications(work.connection, [bundle_id])[bundle_id]
    is_open = {one.position for one in rows if one.state == "open" and one.deemed_on is None}
    return {position for one in still for position in corrections.positions(still_asked(one, is_open).names)}


def _closed(work: Work, still: Sequence[corrections.Correction]) -> list[ledger.Fact]:
    for one in still:
        corrections.close(work.connection, work.tenant.id, one.id, LAPSED, work.now)
    return [
        ledger.Fact("correction.lapsed", work.actor, {"seq": one.seq, "round": one.round}) for one in still
    ]
