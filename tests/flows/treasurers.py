"""What a treasurer, a bank and time do, as short verbs for the tests of the treasury."""

import uuid
from collections.abc import Iterable
from datetime import date

from ptsp.domain import payments
from ptsp.flows.import_statement import Imported, import_statement
from ptsp.flows.match_statement import Reconciliation, reconciliation
from ptsp.flows.take_payment import take_payment
from ptsp.sdk.contract import Money, Taking
from tests.flows.acts import HO, lodge, open_bills, work_on
from tests.offices import Office

NOBODY = "9999999999"  # a customer number without a bill
HEAD = "date,reference,customer_no,amount,description"

Row = tuple[str, str, str, int]  # day, reference, customer number, amount


def billed(office: Office) -> tuple[str, int]:
    """A bundle with one open bill: its customer number and what is due."""
    lodge(office, HO)
    work_on(office, is_paying=False)
    ((customer_no, total),) = open_bills(office).items()
    return customer_no, total


def moved(
    office: Office, amount: int, reference: str, day: str, *, customer_no: str = NOBODY, channel: str = "va"
) -> Taking:
    """Money that the bank told us of."""
    money = Money(customer_no, amount, reference, f"{day}T10:00:00+07:00", channel, moved=True)
    with office.work("bank") as work:
        return take_payment(work, "bank", money)


def cash_on(office: Office, amount: int, moment: str) -> None:
    """Cash that was taken at some other time."""
    money = Money(NOBODY, amount, uuid.uuid4().hex, moment, "cash", moved=True)
    with office.work("desk") as work:
        take_payment(work, "cash", money, taken_by="loket-kas")


def as_csv(rows: Iterable[Row]) -> bytes:
    lines = (f"{day},{reference},{customer},{amount},Setoran" for day, reference, customer, amount in rows)
    return "\n".join([HEAD, *lines, ""]).encode()


def imported(office: Office, rows: Iterable[Row], name: str = "mutasi.csv") -> Imported:
    with office.work("treasurer") as work:
        return import_statement(work, name, as_csv(rows))


def reconciled(office: Office) -> Reconciliation:
    with office.work() as work:
        return reconciliation(work)


def paid_back(office: Office, reference: str, day: str) -> int:
    """The one refund there is gets transferred; returns its amount."""
    ((refund, amount),) = office.rows("SELECT id, amount FROM app.refund")
    with office.work("treasurer") as work:
        at = work.now.replace(year=int(day[:4]), month=int(day[5:7]), day=int(day[8:]), hour=3)
        assert payments.add_payout(
            work.connection, office.tenant.id, payments.Payout(refund, reference, at, "treasurer")
        )
    return int(amount)


def today(office: Office) -> date:
    with office.work() as work:
        return work.today
