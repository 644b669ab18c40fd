"""The treasurer's desk behind its pages: each verb is a flow, and each looks at the token again."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from uuid import UUID

from ptsp.api.access import Access
from ptsp.api.paying import press_of
from ptsp.domain import treasury
from ptsp.domain.people import Right
from ptsp.flows.close_difference import book_difference, close_difference
from ptsp.flows.deposit_cash import CashToDeposit, cash_to_deposit, deposit_cash
from ptsp.flows.import_statement import Imported, import_statement
from ptsp.flows.match_statement import Reconciliation, reconciliation
from ptsp.flows.money_papers import offices_paper
from ptsp.flows.open_desk import Desk, desk_of
from ptsp.flows.revenue_report import RevenueReport, revenue_report
from ptsp.flows.revenue_sheet import revenue_xlsx
from ptsp.flows.take_cash import CashBill, CashTaken, cash_taken, find_bill, take_cash, treasurer_only
from ptsp.infra.work import Work
from ptsp.kernel.errors import Forbidden
from ptsp.sdk.contract import Taking

ACTOR = "desk"


class MoneyCounter:
    """What `ptsp.web.money_port.MoneyDesk` asks for."""

    def __init__(self, access: Access, tenant_code: str, token: str) -> None:
        self._access = access
        self._tenant = tenant_code
        self._token = token

    def opened(self) -> Desk:
        with self._work(Right.SEE) as (_, desk):
            return desk

    def bill(self, written: str) -> CashBill:
        with self._work(Right.RUN) as (work, _):
            return find_bill(work, written)

    def take(self, customer_no: str, amount: int, key: str) -> CashTaken:
        with self._work(Right.RUN) as (work, desk):
            taken = take_cash(work, customer_no, amount, key=key, by=_officer(desk))
        self._access.ring()
        return taken

    def taken(self, code: str) -> CashTaken | None:
        with self._work(Right.SEE) as (work, _):
            return cash_taken(work, code)

    def paper(self, number: str) -> tuple[bytes, str]:
        self.opened()  # the token is looked at before anything is made
        return offices_paper(lambda: self._access.work(self._tenant, ACTOR), press_of(self._access), number)

    def cash(self) -> Sequence[CashToDeposit]:
        with self._work(Right.SEE) as (work, _):
            return cash_to_deposit(work)

    def deposit(self, day: date, reference: str) -> treasury.Deposit:
        with self._work(Right.RUN) as (work, desk):
            return deposit_cash(work, day, reference, by=_officer(desk))

    def statements(self, skip: int, most: int) -> Sequence[treasury.ListedStatement]:
        with self._work(Right.SEE) as (work, _):
            return treasury.statements(work.connection, work.tenant.id, most=most, skip=skip)

    def import_statement(self, name: str, data: bytes) -> Imported:
        with self._work(Right.RUN) as (work, _):
            return import_statement(work, name, data)

    def differences(self) -> Reconciliation:
        with self._work(Right.SEE) as (work, _):
            return reconciliation(work)

    def close(self, difference: UUID, reason: str) -> None:
        with self._work(Right.RUN) as (work, desk):
            close_difference(work, difference, reason, by=_officer(desk))

    def book(self, difference: UUID, customer_no: str) -> Taking:
        with self._work(Right.RUN) as (work, desk):
            taking = book_difference(work, difference, customer_no=customer_no, by=_officer(desk))
        self._access.ring()
        return taking

    def revenue(self, first: date | None, last: date | None) -> RevenueReport:
        with self._work(Right.SEE) as (work, _):
            return revenue_report(work, first, last)

    def revenue_sheet(self, first: date | None, last: date | None) -> bytes:
        with self._work(Right.SEE) as (work, _):
            report, now = revenue_report(work, first, last), work.now
        return revenue_xlsx(report, now)

    @contextmanager
    def _work(self, right: Right) -> Iterator[tuple[Work, Desk]]:
        with self._access.work(self._tenant, ACTOR) as work:
            desk = desk_of(work, self._token)
            if desk is None:
                raise Forbidden("this token opens no desk")
            treasurer_only(desk)
            desk.require_whole(right)
            yield desk.at(work), desk


def _officer(desk: Desk) -> str:
    return desk.officer or desk.agency
