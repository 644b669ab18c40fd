"""What the verbs around corrections share: who may ask, what still counts, and letting clocks go on."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from uuid import UUID

from ptsp.domain import applications, corrections, deadlines
from ptsp.flows._retiming import NOTHING, Happened, joined
from ptsp.flows.move_clock import put_mark, resume
from ptsp.infra import ledger
from ptsp.infra.tenants import TenantBook
from ptsp.infra.work import Work
from ptsp.kernel.specs import ServiceSpec


@dataclass(frozen=True, slots=True)
class Lodged:
    """One application with the standard it is pinned to."""

    row: applications.ApplicationRow
    service: ServiceSpec

    @property
    def is_open(self) -> bool:
        """May it still be changed? Not once the law has approved it."""
        return self.row.state == "open" and self.row.deemed_on is None


def lodged(work: Work, book: TenantBook, bundle_id: UUID) -> tuple[Lodged, ...]:
    """All applications of a bundle, by position."""
    rows = applications.applications(work.connection, [bundle_id])[bundle_id]
    return tuple(Lodged(row, book.standard(work.connection, work.tenant, row.standard_id)) for row in rows)


def office_desks(service: ServiceSpec) -> frozenset[str]:
    """The office's own desks for a service: the one that finds files complete, and the one that signs."""
    starter = service.standard.clock.starts_after
    return frozenset({service.signer, *(step.agency for step in service.route if step.code == starter)})


def of_bundle(work: Work, bundle_id: UUID) -> list[corrections.Correction]:
    found = corrections.of_bundles(work.connection, work.tenant.id, [bundle_id])
    return found.get(bundle_id, [])


def still_asked(one: corrections.Correction, open_positions: Collection[int]) -> corrections.Ask:
    """What is left of it once some of its applications have ended."""
    fields, documents = (
        tuple(name for name in names if corrections.place(name)[0] in open_positions)
        for names in (one.fields, one.documents)
    )
    return corrections.Ask(fields, documents, one.message)


def let_go(
    work: Work,
    clocks: deadlines.Clocks,
    stop: UUID,
    *,
    anew: Collection[int] = (),
    is_step_anew: bool = False,
) -> Happened:
    """What this stop holds goes on. The legal clocks of the positions `anew` begin from the beginning."""
    seqs = _held(clocks.line.steps, stop)
    positions = _held(clocks.line.permits, stop)
    again = [position for position in positions if position in anew]
    on = [position for position in positions if position not in anew]
    found = NOTHING
    for is_anew, steps, permits in (
        (True, seqs if is_step_anew else [], again),
        (False, [] if is_step_anew else seqs, on),
    ):
        if steps or permits:
            found = joined(found, put_mark(work, clocks, steps, permits, resume(work, stop, anew=is_anew)))
    return found


def _held(clocks: Sequence[deadlines.Running], stop: UUID) -> list[int]:
    return [
        at
        for at, running in enumerate(clocks)
        if running.ended_at is None and stop in deadlines.standing(running.marks)
    ]


def of_stopped(work: Work, bundles: Iterable[deadlines.Clocks]) -> dict[UUID, list[corrections.Correction]]:
    """The corrections of those bundles on which a clock was ever stopped."""
    ids = [one.bundle_id for one in bundles if any(step.marks for step in one.line.steps)]
    return corrections.of_bundles(work.connection, work.tenant.id, ids) if ids else {}


def drop_needless(work: Work, clocks: deadlines.Clocks, asked: Sequence[corrections.Correction]) -> Happened:
    """Close open corrections whose task has ended, or of whose applications none is open any more.

    What a closed one still holds goes on. Call it with everything else that happened on the clocks already.
    """
    found = NOTHING
    for one in asked:
        if one.state is not corrections.CorrectionState.OPEN:
            found = joined(found, let_go(work, clocks, one.stop))
        elif _is_needless(one, clocks):
            found = joined(found, dropped(work, clocks, one))
    return found


def dropped(work: Work, clocks: deadlines.Clocks, one: corrections.Correction) -> Happened:
    """Nobody waits for an answer any more, and what waited for one goes on."""
    state = corrections.CorrectionState.WITHDRAWN
    corrections.close(work.connection, work.tenant.id, one.id, state, work.now)
    fact = ledger.Fact("correction.dropped", work.actor, {"seq": one.seq, "round": one.round})
    return joined(Happened([fact], ()), let_go(work, clocks, one.stop))


def _is_needless(one: corrections.Correction, clocks: deadlines.Clocks) -> bool:
    open_positions = {at for at, running in enumerate(clocks.line.permits) if running.ended_at is None}
    is_over = clocks.line.steps[one.seq].ended_at is not None
    return is_over or not still_asked(one, open_positions).names
