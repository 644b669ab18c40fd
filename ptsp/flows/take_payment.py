"""Money comes in for a bill: it is booked, the notices are settled to the rupiah, and the bundle goes on."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from uuid import uuid4

from ptsp.domain import fees, payments, permits, routes
from ptsp.flows._demanding import settle_interest, stood_open
from ptsp.flows._settling import go_on_paid, owe_back, refund_facts, settle, tell
from ptsp.infra import numbers
from ptsp.infra.tenants import local_date
from ptsp.infra.work import Work
from ptsp.kernel.errors import Invalid
from ptsp.kernel.money import HIGHEST
from ptsp.kernel.reasons import fault
from ptsp.sdk.contract import Money, Taking

OLDEST = datetime(2000, 1, 1, tzinfo=UTC)
AHEAD = timedelta(days=1)  # a bank's clock may run before ours
RECEIPTS = "SSRD"  # the number series of proofs of payment

Reason = payments.RefundReason


def take_payment(work: Work, provider: str, money: Money, *, taken_by: str = "") -> Taking:
    """Book money, once per provider and reference, and say what became of it.

    Money that is only offered is refused where it is not exactly what the bill stands at; money that has moved is
    always booked, and what of it fits no bill is owed back: all of it where it is less than the bill, which by-laws
    want paid in one sum, and the excess where it is more. What is paid late, by the day on which the money moved,
    costs interest at once; what was demanded after that day is no part of the bill that the money was for. Raises
    Invalid for an amount or a time that makes no sense.
    """
    paid_at = _moment(money.paid_at, work.now)
    if not 0 < money.amount <= HIGHEST:
        raise Invalid([fault("amount", "whole_between", least=1, most=HIGHEST)])
    connection, tenant_id = work.connection, work.tenant.id
    bill = payments.hold_bill(connection, tenant_id, money.customer_no)
    if bill is not None:  # before any number is drawn: whoever has drawn one waits for no bundle any more
        routes.lock(connection, tenant_id, [bill.bundle_id])
    before = payments.payment_booked(connection, tenant_id, provider, money.provider_ref)
    number = bill.number if bill else money.customer_no
    if before is not None:
        return (
            Taking.BOOKED_BEFORE
            if (before.bill, before.amount) == (number, money.amount)
            else Taking.CONFLICT
        )
    notices = fees.notices_of_bill(connection, tenant_id, bill.number) if bill else []
    paid_on = local_date(min(paid_at, work.now), work.tenant.pack)  # a bank's clock may run before ours
    still_open = stood_open(notices, paid_on if money.moved else work.today)
    total = sum(notice.total for notice in still_open)
    if not money.moved and (refused := _refused(notices, total, money.amount)):
        return refused
    row = payments.PaymentRow(
        id=uuid4(),
        bill=number,
        amount=money.amount,
        provider=provider,
        provider_ref=money.provider_ref,
        paid_at=paid_at,
        channel=money.channel,
        receipt=_receipt(work),
        code=permits.new_code(work.tenant.code),
        taken_by=taken_by,
    )
    if not payments.add_payment(connection, tenant_id, row):
        return Taking.CONFLICT  # the same reference, booked for another bill while we waited
    return _booked(work, bill, notices, still_open, row, paid_on)


def _refused(notices: Sequence[fees.Notice], total: int, amount: int) -> Taking | None:
    """Why money that is only offered is not taken."""
    if not notices:
        return Taking.UNKNOWN
    if not total:
        return Taking.PAID if any(one.state == "settled" for one in notices) else Taking.CLOSED
    return None if amount == total else Taking.WRONG_AMOUNT


def _booked(
    work: Work,
    bill: payments.Billed | None,
    notices: Sequence[fees.Notice],
    still_open: Sequence[fees.Notice],
    row: payments.PaymentRow,
    paid_on: date,
) -> Taking:
    total = sum(notice.total for notice in still_open)
    settled = list(still_open) if still_open and row.amount >= total else []
    used = total if settled else 0
    settle(work, settled, [payments.FreeMoney(row.id, row.amount)])
    left = [payments.FreeMoney(row.id, row.amount - used)] if row.amount > used else []
    reason = _why_left(bill, notices, still_open, is_settled=bool(settled))
    facts = refund_facts(work, owe_back(work, left, reason))
    facts += settle_interest(work, notices, settled, paid_on)
    if bill is not None and settled:
        go_on_paid(work, bill.bundle_id, settled, row.provider, facts)
    elif bill is not None:
        tell(work, bill.bundle_id, facts)
    return Taking.BOOKED if settled else Taking.KEPT


def _why_left(
    bill: payments.Billed | None,
    notices: Sequence[fees.Notice],
    still_open: Sequence[fees.Notice],
    *,
    is_settled: bool,
) -> payments.RefundReason:
    if bill is None:
        return Reason.UNKNOWN_BILL
    if still_open:
        return Reason.EXCESS if is_settled else Reason.SHORT
    return Reason.DOUBLE if any(one.state == "settled" for one in notices) else Reason.CLOSED


def _receipt(work: Work) -> str:
    (serial,) = numbers.draw(work.connection, work.tenant.id, RECEIPTS, work.today.year)
    return f"{RECEIPTS}/{serial:06d}/{work.tenant.pack.prefix}/{work.today.year}"


def _moment(written: str, now: datetime) -> datetime:
    try:
        moment = datetime.fromisoformat(written)
    except ValueError as error:
        raise Invalid([fault("paid_at", "moment")]) from error
    if moment.tzinfo is None:
        raise Invalid([fault("paid_at", "moment")])
    if not OLDEST <= moment <= now + AHEAD:
        raise Invalid([fault("paid_at", "moment_range", earliest=OLDEST.isoformat())])
    return moment
