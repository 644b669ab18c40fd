"""An applicant lodges several permits as one bundle: planned, priced, stored and owed in one transaction."""

import secrets
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID, uuid4

from ptsp.domain import applications, deadlines, routes
from ptsp.flows._intake import lodge
from ptsp.flows._planning import Planned, plan_bundle
from ptsp.flows.owe_tellings import owe_tellings
from ptsp.infra import ledger
from ptsp.infra.files import kinds_in_words
from ptsp.infra.rows import row_of
from ptsp.infra.work import Work
from ptsp.kernel.errors import Conflict, Fault, Invalid
from ptsp.kernel.reasons import fault

ALPHABET = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"  # no signs that are mistaken for others


@dataclass(frozen=True, slots=True)
class Accepted:
    """What the applicant gets back. `key` opens the tracking page; `is_replay` says it was lodged before."""

    reference: str
    key: str
    promised_on: date
    is_replay: bool


def submit_bundle(
    work: Work, order: applications.Order, standing: applications.Standing = applications.Standing.PUBLIC
) -> Accepted:
    """Lodge one bundle. Raises Invalid with every fault, and stores nothing then.

    `standing` is what the door that it comes through knows of who applies. What was lodged before is answered as
    then, also when the service is no longer offered by now.
    """
    try:
        planned = plan_bundle(work, order, standing)
    except Invalid:
        # Asked only here, where nothing of this submission is stored yet: later we would find ourselves.
        before = applications.lodged_before(work.connection, order.client_key)
        if before is None:
            raise
        return _replayed(work, order, before)
    return _lodged(work, [order], [planned])[0]


def submit_bundles(work: Work, orders: Sequence[applications.Order]) -> list[Accepted]:
    """Lodge several bundles with one statement, all or none.

    An order whose client key was used before is answered as then; with another body it is refused.
    """
    return _lodged(work, orders, [plan_bundle(work, order) for order in orders])


def _lodged(work: Work, orders: Sequence[applications.Order], planned: Sequence[Planned]) -> list[Accepted]:
    bundles, events = _bundles(work, orders, planned)
    parts = list(zip(bundles, orders, planned, strict=True))
    added = lodge(
        work.connection,
        work.tenant.id,
        bundles=bundles,
        applications=[one for part in parts for one in _applications(work, *part)],
        tasks=[one for bundle, _, plan in parts for one in _tasks(bundle.id, plan)],
        events=events,
    )
    _attach(work, [(bundle, order) for bundle, order, _ in parts if bundle.id in added])
    owe_tellings(work, [event for event in events if event.bundle_id in added])
    return [
        _accepted(work, bundle.reference, bundle.promised_on, is_replay=False)
        if bundle.id in added
        else _replayed(work, order, applications.lodged_before(work.connection, order.client_key))
        for bundle, order, _ in parts
    ]


def _bundles(
    work: Work, orders: Sequence[applications.Order], planned: Sequence[Planned]
) -> tuple[list[applications.NewBundle], list[ledger.EventRow]]:
    bundles, events = [], []
    tenant = work.tenant
    for order, one in zip(orders, planned, strict=True):
        bundle_id = uuid4()
        graph = routes.graph_as_text(one.plan.graph)
        shape = deadlines.shape_as_text(one.line.shape)
        fact = ledger.Fact("bundle.submitted", work.actor, _said(work, one, graph, shape))
        rows, head = ledger.chained(tenant.id, bundle_id, ledger.Head(0, ledger.START), work.now, [fact])
        events += rows
        sealed = {name: str(value) for name, value in row_of(order.applicant).items()}
        bundles.append(
            applications.NewBundle(
                id=bundle_id,
                reference=_reference(work),
                lodged_at=work.now,
                promised_on=one.dates.promised_on,
                before_merging=one.plan.before_merging,
                graph=graph,
                shape=shape,
                calendar=tenant.calendars.version,
                applicant=tenant.vault.seal(tenant.id, f"bundle.applicant:{bundle_id}", sealed),
                nik_index=tenant.vault.index(tenant.id, "bundle.nik", order.applicant.nik),
                client_key=order.client_key,
                fingerprint=_fingerprint(work, order),
                last_event=head.seq,
                head=head.hash,
            )
        )
    return bundles, events


def _applications(
    work: Work, bundle: applications.NewBundle, order: applications.Order, one: Planned
) -> list[applications.NewApplication]:
    return [
        applications.NewApplication(
            id=uuid4(),
            bundle_id=bundle.id,
            position=position,
            service=wanted.service,
            standard_id=work.tenant.standards[wanted.service][0],
            charged=lodged.is_billed,
            answers=applications.answers_as_text(lodged.answers),
            shown=tuple(sorted(lodged.shown)),
            promised_on=one.dates.promised[position],
            clock_started_at=one.line.permits[position].started_at,
            due_at=one.dates.legal[position],
            warn_at=one.warnings.next_of_permit(position),
        )
        for position, (wanted, lodged) in enumerate(zip(order.applications, one.lodged, strict=True))
    ]


def _attach(work: Work, lodged: Sequence[tuple[applications.NewBundle, applications.Order]]) -> None:
    """Bind the uploaded documents to their bundles; one that cannot be bound undoes the lodging."""
    wanted = [
        (document, bundle.id, code)
        for bundle, order in lodged
        for one in order.applications
        for code, document in one.documents.items()
    ]
    found = applications.attach_documents(work.connection, wanted) if wanted else {}
    faults = [
        wrong
        for _, order in lodged
        for position, one in enumerate(order.applications)
        for code, document in one.documents.items()
        for wrong in document_faults(
            work, f"applications[{position}].", one.service, code, found.get((document, code))
        )
    ]
    if faults:
        raise Invalid(faults)


def document_faults(
    work: Work, where: str, service: str, code: str, media_type: str | None
) -> Iterator[Fault]:
    """A document may have been uploaded for a requirement of the same code that takes other kinds of file."""
    path = f"{where}documents.{code}"
    _, spec = work.tenant.standards[service]
    accepts = next(one.accepts for one in spec.requirements if one.code == code)
    if media_type is None:
        yield fault(path, "no_such_document")
    elif media_type not in accepts:
        yield fault(path, "file_wrong_kind", kinds=kinds_in_words(accepts))


def _tasks(bundle_id: UUID, one: Planned) -> list[routes.NewTask]:
    return [
        routes.NewTask(
            id=uuid4(),
            bundle_id=bundle_id,
            seq=node.seq,
            code=node.code,
            kind=node.kind.value,
            agency=node.agency,
            planned_on=end.date(),
            state=(routes.TaskState.BLOCKED if node.after else routes.TaskState.READY).value,
            started_at=running.started_at,
            due_at=due,
            warn_at=one.warnings.next_of_step(node.seq),
        )
        for node, running, end, due in zip(
            one.plan.nodes, one.line.steps, one.dates.ends, one.dates.due, strict=True
        )
    ]


def _said(work: Work, one: Planned, graph: str, shape: str) -> Mapping[str, object]:
    """What the ledger keeps of a submission: everything that its dates follow from, the promise, and the price."""
    return {
        "applications": [
            {
                "service": lodged.service.code,
                "standard": lodged.service.standard.version,
                "promised_on": one.dates.promised[position].isoformat(),
                "fee": bill.total,
            }
            for position, (lodged, bill) in enumerate(zip(one.lodged, one.bills, strict=True))
        ],
        "tasks": [node.code for node in one.plan.nodes],
        "graph": graph,
        "shape": shape,
        "calendar": work.tenant.calendars.version,
        "promised_on": one.dates.promised_on.isoformat(),
    }


def _fingerprint(work: Work, order: applications.Order) -> bytes:
    """Keyed: a plain hash would let whoever has a dump try out the digits of a NIK."""
    return work.tenant.vault.index(work.tenant.id, "bundle.fingerprint", order.fingerprint.hex())


def _reference(work: Work) -> str:
    """Short enough to be read aloud, and telling nobody how many others there are."""
    drawn = "".join(secrets.choice(ALPHABET) for _ in range(7))
    return f"{work.tenant.pack.prefix}-{work.today:%y%m%d}-{drawn}"


def _replayed(work: Work, order: applications.Order, before: applications.BundleRow | None) -> Accepted:
    if before is None:
        raise Conflict("this Idempotency-Key is being used by another request just now")
    if before.fingerprint != _fingerprint(work, order):
        raise Invalid([fault("Idempotency-Key", "key_used")])
    return _accepted(work, before.reference, before.promised_on, is_replay=True)


def _accepted(work: Work, reference: str, promised_on: date, *, is_replay: bool) -> Accepted:
    key = work.tenant.vault.tracking_key(work.tenant.id, reference)
    return Accepted(reference, key, promised_on, is_replay)
