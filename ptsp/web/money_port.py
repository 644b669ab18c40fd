"""What the pages of the treasurer's desk need from the rest of the platform."""

from collections.abc import Sequence
from datetime import date
from typing import Protocol
from uuid import UUID

from ptsp.domain.treasury import Deposit, ListedStatement
from ptsp.flows.deposit_cash import CashToDeposit
from ptsp.flows.import_statement import Imported
from ptsp.flows.match_statement import Reconciliation
from ptsp.flows.open_desk import Desk
from ptsp.flows.revenue_report import RevenueReport
from ptsp.flows.take_cash import CashBill, CashTaken
from ptsp.sdk.contract import Taking


class MoneyDesk(Protocol):
    """The verbs of the treasurer's officers.

    Each raises Forbidden when the token opens no desk of the office, NotFound when it is another agency's desk or there
    is no such thing, Conflict where the thing is not in a state for it, and Invalid with every fault.
    """

    def opened(self) -> Desk:
        """Whose desk it is."""

    def bill(self, written: str) -> CashBill:
        """The bill under any of its numbers."""

    def take(self, customer_no: str, amount: int, key: str) -> CashTaken:
        """Cash was taken; the same key again is the same cash."""

    def taken(self, code: str) -> CashTaken | None:
        """Cash that was taken before, by the code of its proof of payment."""

    def paper(self, number: str) -> tuple[bytes, str]:
        """A signed paper of money by its number, and the name of its file."""

    def cash(self) -> Sequence[CashToDeposit]:
        """What is not deposited yet."""

    def deposit(self, day: date, reference: str) -> Deposit:
        """A day's cash was brought to the account."""

    def statements(self, skip: int, most: int) -> Sequence[ListedStatement]:
        """Imported statements, the newest first."""

    def import_statement(self, name: str, data: bytes) -> Imported:
        """Import and match a file."""

    def differences(self) -> Reconciliation:
        """Where the bank's books and ours differ."""

    def close(self, difference: UUID, reason: str) -> None:
        """A person says why it stands."""

    def book(self, difference: UUID, customer_no: str) -> Taking:
        """Money that we did not know becomes a payment."""

    def revenue(self, first: date | None, last: date | None) -> RevenueReport:
        """What came in; without days, in this month up to today."""

    def revenue_sheet(self, first: date | None, last: date | None) -> bytes:
        """The same as a workbook (XLSX)."""
