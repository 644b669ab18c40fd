"""A difference between the bank's books and ours is ended by a person: closed with a reason, or booked as a payment."""

from datetime import datetime, time
from uuid import UUID

from ptsp.domain import payments, treasury
from ptsp.flows.match_statement import find_difference
from ptsp.flows.take_cash import bill_under
from ptsp.flows.take_payment import take_payment
from ptsp.infra.work import Work
from ptsp.kernel.errors import Conflict, Invalid, NotFound
from ptsp.kernel.reasons import fault
from ptsp.kernel.specs import BANK
from ptsp.sdk.contract import Money, Taking

CHANNEL = "va"
LONGEST = 500
NOON = time(12)


def close_difference(work: Work, ident: UUID, reason: str, *, by: str) -> None:
    """Close an open difference, for good. Raises Invalid for a blank reason, NotFound where none is open."""
    reason = reason.strip()
    if not reason:
        raise Invalid([fault("reason", "missing")])
    if len(reason) > LONGEST:
        raise Invalid([fault("reason", "too_long", most=LONGEST)])
    treasury.hold(work.connection, work.tenant.id)
    one = _difference(work, ident)
    closing = treasury.Closing(
        one.id, one.gap, one.kind, one.subject, one.ours, one.bank, reason, by, work.now
    )
    treasury.close_difference(work.connection, work.tenant.id, closing)


def book_difference(work: Work, ident: UUID, *, customer_no: str = "", by: str) -> Taking:
    """Money that is in the bank and that we did not know becomes a payment under the bank's reference.

    `customer_no` says whose it is, where the bank does not or is wrong; any number of the bill will do. What fits no
    bill is owed back, as with any money that has moved. A notification of the bank's that comes later is the same
    money. Raises NotFound where no such difference is open, Invalid where there is no bill under a number that the
    bank did not give, and Conflict where it is no money received.
    """
    connection, tenant_id = work.connection, work.tenant.id
    treasury.hold(connection, tenant_id)
    one = _difference(work, ident)
    if not one.is_bookable:
        raise Conflict("only money that was received can be booked as a payment")
    reference = one.reference
    if payments.payment_booked(connection, tenant_id, BANK, reference):
        reference = f"{one.reference}:{one.subject}"  # the bank booked the same reference once more
    named = customer_no.strip() or one.customer_no
    bill = bill_under(work, named) if named else None
    if bill is None and named != one.customer_no:
        raise Invalid([fault("customer_no", "no_bill")])
    noon = datetime.combine(one.on, NOON, work.tenant.calendar.zone)
    money = Money(
        bill.customer_no if bill else named or one.reference,
        one.bank,
        reference,
        min(noon, work.now).isoformat(),
        CHANNEL,
        moved=True,
    )
    taking = take_payment(work, BANK, money, taken_by=by)
    booked = payments.payment_booked(connection, tenant_id, BANK, reference)
    if booked is None or taking not in (Taking.BOOKED, Taking.KEPT):
        raise Conflict("the bank has told us of this money meanwhile; match once more")
    match = treasury.Match(one.subject, treasury.Kind.PAYMENT, booked.id)
    treasury.add_matches(connection, tenant_id, [match], by=by, at=work.now)
    return taking


def _difference(work: Work, ident: UUID) -> treasury.Difference:
    found = find_difference(work, ident)
    if found is None:
        raise NotFound("no such difference is open")
    return found
