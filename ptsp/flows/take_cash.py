"""Cash at the treasurer's counter: what is due under a number, and money taken for it."""

import re
from dataclasses import dataclass
from datetime import date

from ptsp.domain import fees, payments
from ptsp.flows.open_desk import Desk
from ptsp.flows.take_payment import take_payment
from ptsp.flows.till import due
from ptsp.infra.work import Work
from ptsp.kernel.errors import Conflict, Invalid, NotFound
from ptsp.kernel.reasons import fault
from ptsp.kernel.specs import TREASURER
from ptsp.sdk.contract import Money, Standing, Taking

PROVIDER = CHANNEL = "cash"
CUSTOMER_DIGITS = 10
TAKEN = (Taking.BOOKED, Taking.BOOKED_BEFORE)


@dataclass(frozen=True, slots=True)
class DueNotice:
    """A notice of the bill. `state` is open, settled, cancelled or lapsed."""

    number: str
    total: int
    due_on: date
    state: str


@dataclass(frozen=True, slots=True)
class CashBill:
    """What a payer may bring money for. `payer` is masked; `total` is 0 unless it is open."""

    standing: Standing
    bill: str
    customer_no: str
    payer: str
    total: int
    notices: tuple[DueNotice, ...]


@dataclass(frozen=True, slots=True)
class CashTaken:
    """Cash that was booked. `receipt` is the number of its proof of payment (SSRD), `code` what its QR code carries."""

    bill: str
    amount: int
    receipt: str
    code: str


def treasurer_only(desk: Desk) -> None:
    """Raises NotFound for the desk of any other agency: what it may not see is not there."""
    if desk.agency != TREASURER:
        raise NotFound("this desk is not the treasurer's")


def find_bill(work: Work, written: str) -> CashBill:
    """The bill under a customer number, a virtual account number, a bill's or a notice's own. Raises NotFound."""
    bill = bill_under(work, written)
    if bill is None:
        raise NotFound("there is no bill under this number")
    stands = due(work, bill.customer_no)
    notices = fees.notices_of_bill(work.connection, work.tenant.id, bill.number)
    return CashBill(
        stands.standing,
        bill.number,
        bill.customer_no,
        stands.payer,
        stands.amount,
        tuple(DueNotice(one.number, one.total, one.due_on, one.state) for one in notices),
    )


def take_cash(work: Work, customer_no: str, amount: int, *, key: str, by: str) -> CashTaken:
    """Book cash for a bill, exactly what is due; the same `key` again is the same money.

    Raises Invalid for another amount, Conflict for a bill that is paid, closed or unknown, and for a key that was
    used for other money.
    """
    moment = work.now.isoformat()
    money = Money(customer_no, amount, key, moment, CHANNEL)
    taking = take_payment(work, PROVIDER, money, taken_by=by)
    if taking is Taking.WRONG_AMOUNT:
        raise Invalid([fault("amount", "cash_amount", total=due(work, customer_no).amount)])
    if taking not in TAKEN:
        raise Conflict(f"no cash is taken for this bill: {taking.value}")
    booked = payments.payment_booked(work.connection, work.tenant.id, PROVIDER, key)
    assert booked is not None
    return CashTaken(booked.bill, booked.amount, booked.receipt, booked.code)


def cash_taken(work: Work, code: str) -> CashTaken | None:
    """Cash that was booked, by the code of its proof of payment."""
    booked = payments.payment_by_code(work.connection, work.tenant.id, code)
    if booked is None or booked.channel != CHANNEL:
        return None
    return CashTaken(booked.bill, booked.amount, booked.receipt, booked.code)


def bill_under(work: Work, written: str) -> payments.Billed | None:
    """The bill under a customer number, a virtual account number, a bill's or a notice's own."""
    connection, tenant_id = work.connection, work.tenant.id
    digits = re.sub(r"[ .-]", "", written)
    if digits.isascii() and digits.isdigit():
        found = payments.bill_of_customer(connection, tenant_id, digits)
        return found or payments.bill_of_customer(connection, tenant_id, digits[-CUSTOMER_DIGITS:])
    notice = fees.notice(connection, tenant_id, written.strip())
    return payments.bill_by_number(connection, tenant_id, notice.bill if notice else written.strip())
