"""Running cases go by another version of their service's standard, and back: each in a transaction of its own.

What has begun stays as it is and has to fit the other version; what has not follows it. The legal clock keeps its
start and gets the version's limit. A case that cannot move says why, and stays as it was lodged.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from uuid import UUID, uuid4

from ptsp.domain import applications, corrections, fees, moves, routes
from ptsp.flows._corrections import Lodged, of_bundle
from ptsp.flows._replanning import Case, Change, as_facts, as_routed, carry_out, look, work_out
from ptsp.infra import ledger
from ptsp.infra.tenants import TenantBook
from ptsp.infra.work import Work
from ptsp.kernel.errors import Conflict, Fault, Invalid, NotFound, PtspError
from ptsp.kernel.money import rupiah
from ptsp.kernel.reasons import fault
from ptsp.kernel.specs import ServiceSpec, StepKind

EVENT = "bundle.replanned"


@dataclass(frozen=True, slots=True)
class PlannedMove:
    """What becomes of one case. With `reasons` it cannot move, and the new dates and steps are empty.

    `promised` are the application's own dates, before and after, `bundle_promised` those of its whole bundle.
    `dropped` and `added` are steps as "code at agency".
    """

    reference: str
    from_version: int
    to_version: int
    reasons: tuple[Fault, ...] = ()
    promised: tuple[date, date] | None = None
    bundle_promised: tuple[date, date] | None = None
    dropped: tuple[str, ...] = ()
    added: tuple[str, ...] = ()

    @property
    def can_move(self) -> bool:
        return not self.reasons


@dataclass(frozen=True, slots=True)
class _Wish:
    """One application that shall go by another standard."""

    case: Case
    one: Lodged
    standard_id: UUID
    service: ServiceSpec


def open_cases(work: Work, book: TenantBook, service: str, number: int) -> list[str]:
    """References of the bundles whose application for the service is open under another version, the oldest first.

    Raises NotFound for a version that was never applied, and Conflict for one that is not in effect yet.
    """
    return applications.of_other_versions(
        work.connection, work.tenant.id, service, _version(work, book, service, number).id
    )


def plan_moves(
    work: Work, book: TenantBook, service: str, number: int, *, progress: Callable[[], None] = lambda: None
) -> list[PlannedMove]:
    """Which open cases can move, which cannot and why, and what happens to each promise. Changes nothing.

    Raises as `open_cases` does. `progress` hears of each case.
    """
    target = _version(work, book, service, number)
    planned = []
    for reference in applications.of_other_versions(work.connection, work.tenant.id, service, target.id):
        wish = _wish(work, book, _bundle(work, reference), service, target.id)
        planned.append(_planned(work, wish)[0])
        progress()
    return planned


def begin_move(work: Work, book: TenantBook, service: str, number: int) -> UUID:
    """A move, to which cases are added one by one; the name by which it can be undone. Raises as `open_cases` does."""
    target = _version(work, book, service, number)
    made = moves.Move(uuid4(), service, target.id, work.now, work.actor)
    moves.add_move(work.connection, work.tenant.id, made)
    return made.id


def move_case(work: Work, book: TenantBook, move_id: UUID, reference: str) -> PlannedMove:
    """Move one case, if it still can, and tell what came of it."""
    move = _move(work, move_id)
    held, bundle = _locked(work, reference)
    wish = _wish(work, book, bundle, move.service, move.to_standard)
    planned, change = _planned(work, wish)
    if change is not None:
        row = wish.one.row
        _carry_out(work, held, wish, change, {"move": str(move_id)})
        case = moves.MovedCase(move_id, row.id, row.bundle_id, reference, row.standard_id)
        moves.add_case(work.connection, work.tenant.id, case, work.now)
    return planned


def moved_cases(work: Work, move_id: UUID) -> list[str]:
    """References of what a move has moved and nobody has taken back. Raises NotFound for no such move."""
    _move(work, move_id)
    return [one.reference for one in moves.cases(work.connection, work.tenant.id, move_id)]


def undo_case(work: Work, book: TenantBook, move_id: UUID, reference: str) -> PlannedMove:
    """Take one case of a move back to the version it came from, if nothing that only the other one has began since."""
    move = _move(work, move_id)
    held, bundle = _locked(work, reference)
    case = next(
        (one for one in moves.cases(work.connection, work.tenant.id, move_id) if one.bundle_id == bundle.id),
        None,
    )
    if case is None:
        raise NotFound("this case was not moved, or has been taken back")
    wish = _wish(work, book, bundle, move.service, case.from_standard)
    if wish.one.row.standard_id != move.to_standard:
        moved_to = book.standard(work.connection, work.tenant, move.to_standard).standard.version
        return _refused(wish, [fault("standard", "case_moved_on", version=moved_to)])
    planned, change = _planned(work, wish)
    if change is not None:
        _carry_out(work, held, wish, change, {"move": str(move_id), "is_undo": True})
        moves.take_back(work.connection, work.tenant.id, case, work.now)
    return planned


def _version(work: Work, book: TenantBook, service: str, number: int) -> moves.Version:
    found = moves.version(work.connection, work.tenant.id, service, number)
    if found is None:
        raise NotFound(f"this office has no version {number} of the standard of {service!r}")
    begins = book.standard(work.connection, work.tenant, found.id).standard.valid_from
    if begins > work.today:
        raise Conflict(f"version {number} of {service} takes effect on {begins}; move cases from that day on")
    return found


def _move(work: Work, move_id: UUID) -> moves.Move:
    found = moves.move(work.connection, work.tenant.id, move_id)
    if found is None:
        raise NotFound(f"this office has no move {move_id}")
    return found


def _bundle(work: Work, reference: str) -> applications.BundleRow:
    bundle = applications.bundle(work.connection, reference)
    if bundle is None:
        raise NotFound(f"this office has no bundle {reference!r}")
    return bundle


def _locked(work: Work, reference: str) -> tuple[routes.Held, applications.BundleRow]:
    """The bundle, read after it was locked."""
    ident = _bundle(work, reference).id
    held = routes.lock(work.connection, work.tenant.id, [ident])[ident]
    return held, _bundle(work, reference)


def _wish(
    work: Work, book: TenantBook, bundle: applications.BundleRow, service: str, standard_id: UUID
) -> _Wish:
    case = look(work, book, bundle)
    one = next((each for each in case.ones if each.row.service == service), None)
    if one is None:
        raise NotFound(f"{bundle.reference} has no application for {service!r}")
    return _Wish(case, one, standard_id, book.standard(work.connection, work.tenant, standard_id))


def _planned(work: Work, wish: _Wish) -> tuple[PlannedMove, Change | None]:
    """What would become of the case, and the change that does it if it can be done."""
    reasons = _state_faults(work, wish) or _content_faults(work, wish)
    if reasons:
        return _refused(wish, reasons), None
    position = wish.one.row.position
    try:
        wanted = wish.case.as_routed()
        wanted[position] = as_routed(wish.one.row, wish.service)
        change = work_out(work, wish.case, wanted, changed=position)
    except Invalid as wrong:
        return _refused(wish, wrong.faults), None
    dropped, added = _steps(wish.case, change)
    before = wish.case.clocks
    planned = PlannedMove(
        reference=wish.case.bundle.reference,
        from_version=wish.one.service.standard.version,
        to_version=wish.service.standard.version,
        promised=(before.promised[position], change.found.promised[position]),
        bundle_promised=(before.promised_on, change.found.promised_on),
        dropped=tuple(dropped),
        added=tuple(added),
    )
    return planned, change


def _refused(wish: _Wish, reasons: Iterable[Fault]) -> PlannedMove:
    versions = wish.one.service.standard.version, wish.service.standard.version
    return PlannedMove(wish.case.bundle.reference, *versions, reasons=tuple(reasons))


def _state_faults(work: Work, wish: _Wish) -> list[Fault]:
    """Why an application in this state moves to no version at all."""
    row, clocks = wish.one.row, wish.case.clocks
    if not wish.one.is_open:
        return [fault("state", "case_over")]
    if row.standard_id == wish.standard_id:
        return [fault("standard", "case_pinned", version=wish.service.standard.version)]
    steps = clocks.line.shape.steps
    own = [seq for seq, step in enumerate(steps) if row.position in step.members]
    if any(
        steps[seq].kind is StepKind.DECIDE and clocks.states[seq] != routes.TaskState.BLOCKED for seq in own
    ):
        return [fault("state", "case_deciding")]
    if any(clocks.states[seq] in routes.LOST for seq in own):
        return [fault("state", "case_rejected")]
    asked = [one for one in of_bundle(work, row.bundle_id) if one.state is corrections.CorrectionState.OPEN]
    if any(row.position in corrections.positions(one.names) for one in asked):
        return [fault("state", "case_in_correction")]
    return []


def _content_faults(work: Work, wish: _Wish) -> list[Fault]:
    """Why what was lodged does not do for this version: answers, documents, and a bill that is out already."""
    row, service = wish.one.row, wish.service
    answers = applications.answers_from_text(row.answers)
    known = {spec.code for spec in service.fields}
    given = {code: value for code, value in answers.items() if code in known}
    _, faults = applications.typed_answers(service, given, row.service)
    try:
        after = as_routed(row, service)
        charged = [
            one
            for one in fees.notices(work.connection, work.tenant.id, [row.bundle_id])
            if one.application_id == row.id and one.state in ("open", "settled")
        ]
        total = fees.price(service, answers).total if after.is_billed else 0
    except PtspError as error:
        return [*faults, fault(f"{row.service}.answers", "no_fee", why=error)]
    for requirement in routes.missing_permits(after, wish.case.offering()):
        where = f"{row.service}.documents.{requirement.code}"
        faults.append(
            fault(where, "document_missing", document=requirement.label.get("id", requirement.code))
        )
    faults += [
        fault("fee", "fee_differs", charged=rupiah(one.total), new=rupiah(total))
        for one in charged
        if one.total != total
    ]
    return faults


def _steps(case: Case, change: Change) -> tuple[Iterator[str], Iterator[str]]:
    """Steps that are in one way only. A task that is made anew in another place of the order is no news."""
    dropped = Counter(f"{case.tasks[seq].code} at {case.tasks[seq].agency}" for seq in change.way.cut)
    added = Counter(f"{node.code} at {node.agency}" for node in change.way.added)
    return (dropped - added).elements(), (added - dropped).elements()


def _carry_out(
    work: Work, held: routes.Held, wish: _Wish, change: Change, said: Mapping[str, object]
) -> None:
    row = wish.one.row
    which = {
        "position": row.position,
        "from": wish.one.service.standard.version,
        "to": wish.service.standard.version,
        **said,
    }
    charged = as_routed(row, wish.service).is_billed
    applications.pin(work.connection, work.tenant.id, row.id, wish.standard_id, charged=charged)
    told = ledger.Fact(EVENT, work.actor, {**which, "service": row.service, **as_facts(change)})
    carry_out(work, held, change, told, {"kind": EVENT, **which})
