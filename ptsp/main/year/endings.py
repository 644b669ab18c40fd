"""Ends tasks of any kind as the office would, at a moment of the caller's choice: verdicts, notices, money."""

from collections.abc import Container, Sequence
from dataclasses import dataclass
from uuid import UUID

from ptsp.domain import applications, fees, routes
from ptsp.flows.charge_fees import notices_for
from ptsp.flows.record_results import record_results
from ptsp.flows.take_payment import take_payment
from ptsp.infra.tenants import TenantBook
from ptsp.infra.work import Work
from ptsp.sdk.contract import Money, Taking


@dataclass(frozen=True, slots=True)
class Ending:
    """A task and what comes of it. A rejection has its reason."""

    id: UUID
    bundle_id: UUID
    seq: int
    kind: str
    is_approved: bool = True


def end_tasks(work: Work, book: TenantBook, endings: Sequence[Ending]) -> int:
    """End what is still open of these, and return how much that was; a bill is paid whole, with all its notices."""
    ids = sorted({one.bundle_id for one in endings})
    routes.lock(work.connection, work.tenant.id, ids)
    rows = routes.tasks_by_id(work.connection, [one.id for one in endings])
    still_open = [one for one in endings if rows[one.id].state not in routes.FINAL]
    facts = notices_for(work, book, [one for one in still_open if one.kind == "charge"])
    refused = _refused(work, [one for one in still_open if one.kind == "decide"])
    results = [_result(one, refused) for one in still_open if one.kind != "payment"]
    settled = record_results(work, ids, results, facts)
    paying = [one for one in still_open if one.kind == "payment"]
    return len(settled) + (_pay(work, sorted({one.bundle_id for one in paying})) if paying else 0)


def _refused(work: Work, decisions: Sequence[Ending]) -> set[UUID]:
    """Decisions that can only be refusals: something before them was lost, and the law has not approved either."""
    ids = sorted({one.bundle_id for one in decisions})
    bundles, lodged = (
        applications.bundles(work.connection, ids),
        applications.applications(work.connection, ids),
    )
    tasks = routes.tasks_of(work.connection, ids)
    refused = set()
    for one in decisions:
        graph = routes.graph_from_text(bundles[one.bundle_id].graph)
        states = [routes.TaskState(task.state) for task in tasks[one.bundle_id]]
        deemed = lodged[one.bundle_id][graph.members[one.seq][0]].deemed_on
        if deemed is None and routes.is_refusal(graph, states, one.seq):
            refused.add(one.id)
    return refused


def _pay(work: Work, bundle_ids: Sequence[UUID]) -> int:
    """Pay every open bill of these bundles in full; returns how many notices that settled."""
    still_open = [
        one for one in fees.notices(work.connection, work.tenant.id, bundle_ids) if one.state == "open"
    ]
    totals: dict[str, int] = {}
    for notice in still_open:
        totals[notice.customer_no] = totals.get(notice.customer_no, 0) + notice.total
    for customer_no, total in totals.items():
        reference = f"{customer_no}-{still_open[0].number}"
        taken = take_payment(work, "bank", Money(customer_no, total, reference, work.now.isoformat(), "va"))
        if taken is not Taking.BOOKED:
            raise RuntimeError(f"the bill {customer_no} of {total} rupiah was {taken}")
    return len(still_open)


def _result(one: Ending, refused: Container[UUID]) -> routes.Result:
    if one.is_approved and one.id not in refused:
        return routes.Result(one.id, routes.TaskState.APPROVED)
    return routes.Result(one.id, routes.TaskState.REJECTED, reasons=("Tidak memenuhi syarat.",))
