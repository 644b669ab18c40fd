"""Money meets what is owed: claims are settled by it, what is left over is owed back, and the bundle goes on."""

from collections.abc import Sequence
from uuid import UUID, uuid4

from ptsp.domain import applications, fees, payments, permits, routes
from ptsp.flows.record_results import go_on, record_results
from ptsp.infra import ledger, numbers
from ptsp.infra.work import Work
from ptsp.kernel.specs import TREASURER

REFUNDS = "SKRDLB"  # the number series of overpayment notices


def claim_of(notice: fees.Notice) -> payments.Claim:
    """A notice as something to be paid."""
    lines = tuple(
        payments.ClaimLine(line["code"], line["account"], line.get("agency", TREASURER), line["amount"])
        for line in notice.read_lines()
        if line["amount"]
    )
    return payments.Claim(notice.id, notice.application_id, lines)


def settle(work: Work, notices: Sequence[fees.Notice], money: Sequence[payments.FreeMoney]) -> None:
    """Book the money on the notices, line by line. Raises NotEnough. Their bills are held."""
    claims = [claim_of(notice) for notice in notices]
    allocations = payments.split(claims, money)
    payments.settle(work.connection, work.tenant.id, claims, allocations, work.now)


def owe_back(
    work: Work, money: Sequence[payments.FreeMoney], reason: payments.RefundReason
) -> list[payments.Refund]:
    """Each part of money that is left over becomes a refund, with a number of its own."""
    if not money:
        return []
    year = work.today.year
    serials = numbers.draw(work.connection, work.tenant.id, REFUNDS, year, len(money))
    refunds = [
        payments.Refund(
            id=uuid4(),
            payment_id=one.payment_id,
            number=f"{REFUNDS}/{serial:05d}/{work.tenant.pack.prefix}/{year}",
            amount=one.amount,
            reason=reason,
            owed_at=work.now,
            owed_by=work.actor,
            code=permits.new_code(work.tenant.code),
        )
        for one, serial in zip(money, serials, strict=True)
    ]
    payments.add_refunds(work.connection, work.tenant.id, refunds)
    return refunds


def refund_facts(work: Work, refunds: Sequence[payments.Refund]) -> list[ledger.Fact]:
    return [
        ledger.Fact(
            "refund.owed",
            work.actor,
            {"number": one.number, "amount": one.amount, "reason": one.reason.value},
        )
        for one in refunds
    ]


def tell(work: Work, bundle_id: UUID, facts: Sequence[ledger.Fact]) -> None:
    """Write what happened to money into the ledger of a bundle that does not move by it."""
    held = routes.lock(work.connection, work.tenant.id, [bundle_id])
    go_on(work, held, {bundle_id: ()}, {bundle_id: list(facts)})


def go_on_paid(
    work: Work, bundle_id: UUID, settled: Sequence[fees.Notice], provider: str, after: Sequence[ledger.Fact]
) -> None:
    """The payment tasks of settled assessments are done; `after` is what else happened to the money."""
    connection, tenant_id = work.connection, work.tenant.id
    held = routes.lock(connection, tenant_id, [bundle_id])[bundle_id]
    lodged = applications.applications(connection, [bundle_id])[bundle_id]
    by_application = {one.application_id: one for one in settled if one.kind is fees.NoticeKind.ASSESSMENT}
    paid = {one.position: by_application.pop(one.id) for one in lodged if one.id in by_application}
    results: list[routes.Result] = []
    facts: dict[UUID, list[ledger.Fact]] = {}
    told = set()
    for task in routes.tasks_of_kind(connection, [bundle_id], "payment"):
        notice = paid.get(held.graph.members[task.seq][0])
        if notice is not None and task.state not in routes.FINAL:
            results.append(routes.Result(task.id, routes.TaskState.APPROVED))
            facts[task.id] = [_settled(work, notice, provider)]
            told.add(notice.id)
    others = [_settled(work, one, provider) for one in settled if one.id not in told]
    if others or after:
        tell(work, bundle_id, [*others, *after])
    if results:
        record_results(work, [bundle_id], results, facts)


def _settled(work: Work, notice: fees.Notice, provider: str) -> ledger.Fact:
    said = {"number": notice.number, "kind": notice.kind.value, "amount": notice.total, "provider": provider}
    return ledger.Fact("payment.settled", work.actor, said)
