"""Fee notices (SKRD) are made for applications whose checks are done, by the standard they were lodged under."""

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID, uuid4

from ptsp.domain import applications, fees, routes
from ptsp.flows.record_results import record_results
from ptsp.infra import ledger, numbers
from ptsp.infra.tenants import TenantBook
from ptsp.infra.work import Work
from ptsp.kernel.specs import Pattern, ServiceSpec

SERIES = "SKRD"


def charge_fees(work: Work, book: TenantBook, tasks: Sequence[routes.Claimed]) -> None:
    """Number and write one notice per task. A task taken over by another worker gets none from us."""
    ids = sorted({task.bundle_id for task in tasks})
    routes.lock(work.connection, work.tenant.id, ids)
    still_ours = routes.held(work.connection, work.tenant.id, tasks)
    ours = [task for task in tasks if task.id in still_ours]
    bundles = applications.bundles(work.connection, ids)
    lodged = applications.applications(work.connection, ids)
    made: list[fees.Notice] = []
    facts: dict[UUID, list[ledger.Fact]] = {}
    for task, serial in zip(ours, _serials(work, len(ours)), strict=True):
        bundle = bundles[task.bundle_id]
        position = routes.graph_from_text(bundle.graph).members[task.seq][0]
        application = lodged[task.bundle_id][position]
        service = book.standard(work.connection, work.tenant, application.standard_id)
        notice = _notice(work, service, application, bundle.reference, serial)
        made.append(notice)
        said = {
            "number": notice.number,
            "service": service.code,
            "total": notice.total,
            "due_on": str(notice.due_on),
        }
        facts[task.id] = [ledger.Fact("fee.charged", work.actor, said)]
    if made:
        fees.add_notices(work.connection, work.tenant.id, made)
    results = [routes.Result(task.id, routes.TaskState.APPROVED, task.lease) for task in ours]
    record_results(work, ids, results, facts)


def _serials(work: Work, count: int) -> Sequence[int]:
    if not count:
        return ()
    return numbers.draw(work.connection, work.tenant.id, SERIES, work.today.year, count)


def _notice(
    work: Work, service: ServiceSpec, application: applications.ApplicationRow, reference: str, serial: int
) -> fees.Notice:
    """Behind one door the whole bundle is paid under its reference; under one roof each notice by itself."""
    bill = fees.price(service, applications.answers_from_text(application.answers))
    number = f"{SERIES}/{serial:05d}/{work.tenant.pack.prefix}/{work.today.year}"
    lines = [
        {
            "code": line.code,
            "label": line.label,
            "account": line.account,
            "amount": line.amount,
            "receipt": line.receipt,
        }
        for line in bill.lines
    ]
    return fees.Notice(
        id=uuid4(),
        bundle_id=application.bundle_id,
        application_id=application.id,
        number=number,
        bill=reference if service.pattern is Pattern.ONE_DOOR else number,
        lines=ledger.canonical(lines),
        total=bill.total,
        issued_on=work.today,
        due_on=work.today + timedelta(days=service.fee.due_days),
    )
