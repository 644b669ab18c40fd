"""Money that is owed back: which refunds nobody has transferred yet, and that one was."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

from ptsp.domain import applications, payments
from ptsp.flows._settling import tell
from ptsp.infra import ledger
from ptsp.infra.work import Work
from ptsp.kernel.errors import Conflict, Invalid, NotFound
from ptsp.kernel.reasons import fault

FIRST = (datetime(2000, 1, 1, tzinfo=UTC), UUID(int=0))
AHEAD = timedelta(days=1)  # a bank's clock may run before ours
PAGE = 100


@dataclass(frozen=True, slots=True)
class OwedBack:
    """A refund that waits for its transfer, and the payment it comes from."""

    refund: payments.Refund
    payment: payments.PaymentRow


@dataclass(frozen=True, slots=True)
class OwedPage:
    """`last` is where to go on; None when there is nothing more."""

    owed: Sequence[OwedBack]
    last: tuple[datetime, UUID] | None


def refunds_owed(work: Work, *, after: tuple[datetime, UUID] = FIRST, most: int = PAGE) -> OwedPage:
    """What is owed back and not yet transferred, the oldest first."""
    connection, tenant_id = work.connection, work.tenant.id
    found = payments.refunds_owed(connection, tenant_id, after, most)
    rows = payments.payments_by_id(connection, tenant_id, list({one.payment_id for one in found}))
    by_id = {row.id: row for row in rows}
    last = (found[-1].owed_at, found[-1].id) if len(found) == most else None
    return OwedPage([OwedBack(one, by_id[one.payment_id]) for one in found], last)


def pay_back(work: Work, number: str, reference: str, paid_at: datetime) -> None:
    """Record that a refund was transferred, by the reference of its transfer order (SP2D).

    Once; the same again is no news. Raises NotFound, Invalid for a reference or a moment that makes no sense,
    Conflict where it was transferred by another order, or the order was for another refund.
    """
    connection, tenant_id = work.connection, work.tenant.id
    owed = payments.refund(connection, tenant_id, number)
    if owed is None:
        raise NotFound(f"there is no refund {number!r}")
    _judge(work, owed, reference, paid_at)
    payout = payments.Payout(owed.id, reference.strip(), paid_at, work.actor)
    if payments.add_payout(connection, tenant_id, payout):
        _tell(work, owed, payout)
        return
    before = payments.payouts(connection, tenant_id, [owed.id])
    if not before:
        raise Conflict(f"the transfer order {payout.reference!r} was for another refund")
    if before[0].reference != payout.reference:
        raise Conflict(f"{number} was transferred already, by the order {before[0].reference!r}")


def _judge(work: Work, owed: payments.Refund, reference: str, paid_at: datetime) -> None:
    wrong = [applications.text_fault("reference", reference)]
    if not reference.strip():
        wrong.append(fault("reference", "blank"))
    if paid_at.tzinfo is None:
        wrong.append(fault("paid_at", "moment"))
    elif not owed.owed_at - AHEAD <= paid_at <= work.now + AHEAD:
        wrong.append(fault("paid_at", "moment_range", earliest=owed.owed_at.isoformat(timespec="seconds")))
    if faults := [one for one in wrong if one]:
        raise Invalid(faults)


def _tell(work: Work, owed: payments.Refund, payout: payments.Payout) -> None:
    """Money for a bill that nobody knows belongs to no bundle."""
    (payment,) = payments.payments_by_id(work.connection, work.tenant.id, [owed.payment_id])
    bill = payments.bill_by_number(work.connection, work.tenant.id, payment.bill)
    if bill is not None:
        said = {"number": owed.number, "amount": owed.amount, "reference": payout.reference}
        tell(work, bill.bundle_id, [ledger.Fact("refund.paid", work.actor, said)])
