"""A bank says that a bill was paid: the money is booked, the notices settled, and the bundle goes on."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

from ptsp.domain import applications, fees, routes
from ptsp.flows.record_results import record_results
from ptsp.infra import ledger
from ptsp.infra.work import Work
from ptsp.kernel.errors import Conflict, Fault, Invalid, NotFound
from ptsp.sdk.contract import Payment

OLDEST = datetime(2000, 1, 1, tzinfo=UTC)
AHEAD = timedelta(days=1)  # a bank's clock may run before ours


def confirm_payment(work: Work, provider: str, payment: Payment) -> bool:
    """Book a verified payment. False when it was booked before, with nothing done.

    Raises NotFound for a bill that has nothing open, Invalid when the amount is not the open total,
    Conflict when the provider's reference was used for another payment. Nothing is stored then.
    """
    row = fees.PaymentRow(
        id=uuid4(),
        bill=payment.bill,
        amount=payment.amount,
        provider=provider,
        provider_ref=payment.provider_ref,
        paid_at=_moment(payment.paid_at, work.now),
    )
    notices = fees.open_notices(work.connection, payment.bill)  # waits for whoever books the same bill
    before = fees.payment_booked(work.connection, provider, payment.provider_ref)
    if before is not None:
        return _replayed(before, row)
    if not notices:
        raise NotFound(f"there is nothing to pay under the bill {payment.bill!r}")
    total = sum(notice.total for notice in notices)
    if payment.amount != total:
        raise Invalid([Fault("amount", f"the bill stands at {total} rupiah, not {payment.amount}")])
    if not fees.add_payment(work.connection, work.tenant.id, row):
        raise Conflict("this provider_ref was used just now for another bill")
    fees.settle(work.connection, row.id, [notice.id for notice in notices])
    _go_on(work, notices, row)
    return True


def _replayed(before: fees.PaymentRow, row: fees.PaymentRow) -> bool:
    if (before.bill, before.amount) != (row.bill, row.amount):
        raise Conflict("this provider_ref was used before for another bill or amount")
    return False


def _go_on(work: Work, notices: Sequence[fees.Notice], row: fees.PaymentRow) -> None:
    ids = sorted({notice.bundle_id for notice in notices})
    lodged = applications.applications(work.connection, ids)
    paid = {
        (one.bundle_id, one.position): notice
        for notice in notices
        for one in lodged[notice.bundle_id]
        if one.id == notice.application_id
    }
    held = routes.lock(work.connection, work.tenant.id, ids)
    results: list[routes.Result] = []
    facts: dict[UUID, list[ledger.Fact]] = {}
    for task in routes.tasks_of_kind(work.connection, ids, "payment"):
        position = held[task.bundle_id].graph.members[task.seq][0]
        notice = paid.get((task.bundle_id, position))
        if notice is None:
            continue
        results.append(routes.Result(task.id, routes.TaskState.APPROVED))
        said = {"number": notice.number, "amount": notice.total, "provider": row.provider}
        facts[task.id] = [ledger.Fact("payment.settled", work.actor, said)]
    record_results(work, ids, results, facts)


def _moment(written: str, now: datetime) -> datetime:
    try:
        moment = datetime.fromisoformat(written)
    except ValueError as error:
        raise Invalid([Fault("paid_at", "must be a date and time of ISO 8601")]) from error
    if moment.tzinfo is None:
        raise Invalid([Fault("paid_at", "must name its offset, such as +07:00")])
    if not OLDEST <= moment <= now + AHEAD:
        raise Invalid([Fault("paid_at", f"must be between {OLDEST.isoformat()} and now")])
    return moment
