"""An applicant adds a permit to a bundle that is still open: checked as when lodging, and woven into its graph."""

from dataclasses import dataclass
from datetime import date
from uuid import uuid4

from ptsp.domain import applications, fees, routes
from ptsp.flows._planning import MOST_APPLICATIONS, plan_addition
from ptsp.flows._replanning import Case, Change, as_facts, carry_out, look, work_out
from ptsp.flows.submit_bundle import document_faults
from ptsp.flows.track_bundle import find_bundle
from ptsp.infra import ledger
from ptsp.infra.tenants import TenantBook
from ptsp.infra.work import Work
from ptsp.kernel.errors import Conflict, Invalid
from ptsp.kernel.reasons import fault

EVENT = "application.added"


@dataclass(frozen=True, slots=True)
class Added:
    """What the applicant gets back: the day promised for this permit, and for the whole bundle by now."""

    reference: str
    service: str
    promised_on: date
    bundle_promised_on: date
    is_replay: bool


def add_application(
    work: Work, book: TenantBook, reference: str, key: str, addition: applications.Addition
) -> Added:
    """Add one application. Its file is looked at as any other; what was approved for the others is not done again.

    The same client key gets the same answer. Raises NotFound for a wrong reference or key, Conflict when the
    bundle has ended, Invalid with every fault.
    """
    ident = find_bundle(work, reference, key).id
    held = routes.lock(work.connection, work.tenant.id, [ident])[ident]
    bundle = applications.bundles(work.connection, [ident])[ident]
    fingerprint = work.tenant.vault.index(
        work.tenant.id, "application.fingerprint", addition.fingerprint.hex()
    )
    before = applications.joined_before(work.connection, addition.client_key)
    if before is not None:
        if (before.bundle_id, before.fingerprint) != (ident, fingerprint):
            raise Invalid([fault("Idempotency-Key", "key_used")])
        return _added(work, reference, before.position, is_replay=True)
    if bundle.state != "open":
        raise Conflict("every application of this bundle has ended; lodge a new one")
    case = look(work, book, bundle)
    lodged, change = _worked_out(work, case, addition.wanted)
    made = _row(work, case, lodged, change)
    if not applications.add_application(
        work.connection, work.tenant.id, made, client_key=addition.client_key, fingerprint=fingerprint
    ):
        raise Conflict("this Idempotency-Key is being used by another request just now")
    _attach(work, case, addition.wanted)
    carry_out(
        work, held, change, _told(work, made, lodged, change), {"kind": EVENT, "position": made.position}
    )
    return _added(work, reference, made.position, is_replay=False)


def _worked_out(work: Work, case: Case, wanted: applications.Wanted) -> tuple[routes.Lodged, Change]:
    count = len(case.ones) + 1
    if any(one.row.service == wanted.service for one in case.ones):
        raise Invalid([fault("service", "twice", service=wanted.service)])
    if count > MOST_APPLICATIONS:
        raise Invalid([fault("service", "how_many", least=1, most=MOST_APPLICATIONS, count=count)])
    lodged = plan_addition(work, wanted, case.offering())
    position, starter = len(case.ones), lodged.service.standard.clock.starts_after
    # Its documents are new: whoever finds files complete has not seen them.
    anew = frozenset({(position, starter)} if starter else ())
    change = work_out(work, case, [*case.as_routed(), lodged], changed=position, anew=anew)
    return lodged, change


def _row(work: Work, case: Case, lodged: routes.Lodged, change: Change) -> applications.NewApplication:
    """The end of its legal limit is written with all other dates."""
    position = len(case.ones)
    return applications.NewApplication(
        id=uuid4(),
        bundle_id=case.bundle.id,
        position=position,
        service=lodged.service.code,
        standard_id=work.tenant.standards[lodged.service.code][0],
        charged=lodged.is_billed,
        answers=applications.answers_as_text(lodged.answers),
        shown=tuple(sorted(lodged.shown)),
        promised_on=change.found.promised[position],
        clock_started_at=work.now if position in change.started else None,
        due_at=None,
    )


def _attach(work: Work, case: Case, wanted: applications.Wanted) -> None:
    """Bind the uploaded documents to the bundle; one that cannot be bound undoes the addition."""
    triples = [(document, case.bundle.id, code) for code, document in wanted.documents.items()]
    found = applications.attach_documents(work.connection, triples) if triples else {}
    faults = [
        wrong
        for code, document in wanted.documents.items()
        for wrong in document_faults(work, "", wanted.service, code, found.get((document, code)))
    ]
    if faults:
        raise Invalid(faults)


def _told(
    work: Work, made: applications.NewApplication, lodged: routes.Lodged, change: Change
) -> ledger.Fact:
    data = {
        "position": made.position,
        "service": made.service,
        "standard": lodged.service.standard.version,
        "promised_on": made.promised_on.isoformat(),
        "fee": fees.price(lodged.service, lodged.answers).total,
        **as_facts(change),
    }
    return ledger.Fact(EVENT, work.actor, data)


def _added(work: Work, reference: str, position: int, *, is_replay: bool) -> Added:
    bundle = applications.bundle(work.connection, reference)
    assert bundle is not None
    row = applications.applications(work.connection, [bundle.id])[bundle.id][position]
    return Added(reference, row.service, row.promised_on, bundle.promised_on, is_replay)
