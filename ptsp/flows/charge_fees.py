"""Fee notices (SKRD) are made for applications whose checks are done, by the standard they were lodged under."""

from collections.abc import Sequence
from typing import Protocol
from uuid import UUID

from ptsp.domain import applications, fees, routes
from ptsp.flows._billing import Asked, charged, make_notices
from ptsp.flows.record_results import record_results
from ptsp.infra import ledger
from ptsp.infra.tenants import TenantBook
from ptsp.infra.work import Work


class Billable(Protocol):
    """A task that makes a fee notice."""

    @property
    def id(self) -> UUID: ...
    @property
    def bundle_id(self) -> UUID: ...
    @property
    def seq(self) -> int: ...


def charge_fees(work: Work, book: TenantBook, tasks: Sequence[routes.Claimed]) -> None:
    """Number and write one notice per task. A task taken over by another worker gets none from us."""
    ids = sorted({task.bundle_id for task in tasks})
    routes.lock(work.connection, work.tenant.id, ids)
    still_ours = routes.held(work.connection, work.tenant.id, tasks)
    ours = [task for task in tasks if task.id in still_ours]
    facts = notices_for(work, book, ours)
    results = [routes.Result(task.id, routes.TaskState.APPROVED, task.lease) for task in ours]
    record_results(work, ids, results, facts)


def notices_for(work: Work, book: TenantBook, tasks: Sequence[Billable]) -> dict[UUID, list[ledger.Fact]]:
    """Make the notices of tasks whose bundles are locked; returns what the ledger says of each, by task."""
    ids = sorted({task.bundle_id for task in tasks})
    bundles = applications.bundles(work.connection, ids)
    lodged = applications.applications(work.connection, ids)
    asked = []
    for task in tasks:
        bundle = bundles[task.bundle_id]
        position = routes.graph_from_text(bundle.graph).members[task.seq][0]
        asked.append(_asked(work, book, bundle.reference, lodged[task.bundle_id][position]))
    made = make_notices(work, asked)
    return {
        task.id: [charged(work, notice, one.service.code)]
        for task, notice, one in zip(tasks, made, asked, strict=True)
    }


def _asked(work: Work, book: TenantBook, reference: str, application: applications.ApplicationRow) -> Asked:
    service = book.standard(work.connection, work.tenant, application.standard_id)
    return Asked(
        application_id=application.id,
        bundle_id=application.bundle_id,
        reference=reference,
        service=service,
        standard_id=application.standard_id,
        bill=fees.price(service, applications.answers_from_text(application.answers)),
        inputs=application.answers,
    )
