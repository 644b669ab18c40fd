"""The applicant objects to a refusal; the one who signed it decides, on a clock of its own."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid4

from ptsp.domain import applications, objections, permits, routes
from ptsp.domain.people import Right
from ptsp.flows._afterwards import last_day
from ptsp.flows._duties import check_own_case
from ptsp.flows._retiming import append_facts
from ptsp.flows.track_bundle import find_bundle
from ptsp.infra import ledger
from ptsp.infra.tenants import TenantBook
from ptsp.infra.work import Work
from ptsp.kernel.errors import Conflict, Fault, Invalid, NotFound
from ptsp.kernel.limits import end_of
from ptsp.kernel.reasons import fault
from ptsp.kernel.specs import ObjectionSpec, ServiceSpec


@dataclass(frozen=True, slots=True)
class DeskObjection:
    """An objection to be decided. `number` is the refusal's, `due_at` the end of the objection's own clock."""

    id: UUID
    reference: str
    service: str
    number: str
    lodged_at: datetime
    due_at: datetime
    grounds: str


def lodge_objection(
    work: Work, book: TenantBook, reference: str, key: str, service: str, grounds: str
) -> UUID:
    """Object to the refusal of one service of a bundle. Returns the objection's id.

    Raises NotFound for a wrong key, Invalid for a service that was not refused here, whose standard knows no
    objection, and after the last day, which is named; Conflict for a second objection.
    """
    bundle = find_bundle(work, reference, key)
    held = routes.lock(work.connection, work.tenant.id, [bundle.id])
    application, decision = _refused(work, bundle.id, service)
    spec = _allowed(work, book.standard(work.connection, work.tenant, application.standard_id), decision)
    if wrong := _text_fault("grounds", grounds):
        raise Invalid([wrong])
    ident = uuid4()
    tenant = work.tenant
    due_at = end_of(spec.decided_within, tenant.calendar, work.now)
    one = objections.Objection(
        id=ident,
        bundle_id=bundle.id,
        application_id=application.id,
        decision_id=decision.id,
        lodged_at=work.now,
        grounds=tenant.vault.seal(tenant.id, _place(ident), {"text": grounds.strip()}),
        due_at=due_at,
    )
    if not objections.add(work.connection, tenant.id, one):
        raise Conflict("this refusal was objected to before")
    said = {"position": application.position, "number": decision.number, "due_on": due_at.date().isoformat()}
    fact = ledger.Fact("objection.lodged", work.actor, said)
    append_facts(work, held, {bundle.id: [fact]})
    return ident


def decide_objection(
    work: Work, book: TenantBook, agency: str, ident: UUID, *, is_upheld: bool, reasons: tuple[str, ...]
) -> None:
    """Uphold an objection, which annuls the refusal, or reject it; with reasons either way.

    Only the desk that signs for the service may. Raises NotFound for another desk's, Conflict for one that is
    decided, Invalid without reasons and for the applicant himself.
    """
    reasons = tuple(reason.strip() for reason in reasons if reason.strip())
    faults = [wrong for at, one in enumerate(reasons) if (wrong := _text_fault(f"reasons[{at}]", one))]
    if faults or not reasons:
        raise Invalid(faults or [fault("reasons", "missing")])
    one = objections.objection(work.connection, work.tenant.id, ident)
    if one is None or agency != _signer(work, book, one):
        raise NotFound("there is no such objection at this desk")
    check_own_case(work, one.bundle_id, agency, Right.SIGN, "verdict")
    held = routes.lock(work.connection, work.tenant.id, [one.bundle_id])
    state = objections.ObjectionState.UPHELD if is_upheld else objections.ObjectionState.REJECTED
    is_first = objections.decide(
        work.connection, work.tenant.id, ident, state=state, now=work.now, by=agency, reasons=reasons
    )
    if not is_first:
        raise Conflict("this objection has been decided already")
    if is_upheld:
        permits.annul(work.connection, work.tenant.id, one.decision_id, work.now)
    decision = permits.decisions_of(work.connection, [one.application_id])[one.application_id]
    said = {
        "position": _application(work, one).position,
        "number": decision.number,
        "state": state.value,
        "reasons": list(reasons),
        "when": "late" if work.now > one.due_at else "in_time",
    }
    append_facts(work, held, {one.bundle_id: [ledger.Fact("objection.decided", work.actor, said)]})


def grounds_of(work: Work, one: objections.Objection) -> str:
    """What the applicant wrote."""
    return work.tenant.vault.open(work.tenant.id, _place(one.id), one.grounds)["text"]


def objections_at(work: Work, book: TenantBook, agency: str, *, limit: int = 50) -> tuple[DeskObjection, ...]:
    """What a desk has to decide, the most urgent first, with what the applicants wrote."""
    found = objections.undecided(work.connection, work.tenant.id, limit=limit)
    return tuple(_at_desk(work, one) for one in found if agency == _signer(work, book, one))


def _at_desk(work: Work, one: objections.Objection) -> DeskObjection:
    decision = permits.decisions_of(work.connection, [one.application_id])[one.application_id]
    return DeskObjection(
        id=one.id,
        reference=applications.bundles(work.connection, [one.bundle_id])[one.bundle_id].reference,
        service=_application(work, one).service,
        number=decision.number,
        lodged_at=one.lodged_at,
        due_at=one.due_at,
        grounds=grounds_of(work, one),
    )


def _refused(
    work: Work, bundle_id: UUID, service: str
) -> tuple[applications.ApplicationRow, permits.Decision]:
    rows = applications.applications(work.connection, [bundle_id])[bundle_id]
    decided = permits.decisions_of(work.connection, [one.id for one in rows])
    refused = {
        one.service: (one, decided[one.id])
        for one in rows
        if one.id in decided and decided[one.id].kind == "refusal" and decided[one.id].issued_at
    }
    if service not in refused:
        raise Invalid([fault("service", "not_refused", service=service)])
    return refused[service]


def _allowed(work: Work, service: ServiceSpec, decision: permits.Decision) -> ObjectionSpec:
    spec = service.standard.objection
    if spec is None:
        raise Invalid([fault("service", "objection_none", service=service.code)])
    until = last_day(work, spec, decision)
    if work.today > until:
        raise Invalid([fault("service", "objection_late", day=until.isoformat())])
    return spec


def _signer(work: Work, book: TenantBook, one: objections.Objection) -> str:
    return book.standard(work.connection, work.tenant, _application(work, one).standard_id).signer


def _application(work: Work, one: objections.Objection) -> applications.ApplicationRow:
    rows = applications.applications(work.connection, [one.bundle_id])[one.bundle_id]
    return next(row for row in rows if row.id == one.application_id)


def _text_fault(path: str, words: str) -> Fault | None:
    return applications.text_fault(path, words) or (None if words.strip() else fault(path, "blank"))


def _place(ident: UUID) -> str:
    return f"objection.grounds:{ident}"
