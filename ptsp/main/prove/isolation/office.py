"""An office of the proof with agencies in this process that approve, and what people do with its bundles."""

import hashlib
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from sqlalchemy import text

from ptsp.domain.applications import Applicant, Order, Wanted
from ptsp.flows.answer_at_desk import answer_at_desk
from ptsp.flows.store_document import store_document
from ptsp.flows.submit_bundle import Accepted, submit_bundle
from ptsp.flows.take_payment import take_payment
from ptsp.infra.database import tenant_transaction
from ptsp.infra.tenants import Tenant
from ptsp.infra.work import Work, begin
from ptsp.jobs.drain import drain
from ptsp.jobs.tools import Tools
from ptsp.main.demo.orders import KNOWN_NIK, NUISANCE, TRADE
from ptsp.sdk.contract import Money, Question, Receipt, Reply, Verdict
from ptsp.sdk.errors import ConnectorError, Forged

SIUP: Mapping[str, Any] = {"siup": (TRADE, ("ktp", "place_proof"))}
HO: Mapping[str, Any] = {"ho": (NUISANCE, ("ktp", "pbb", "location", "building_permit", "neighbours"))}
HO_THERE: Mapping[str, Any] = {"ho": (NUISANCE, ("ktp", "pbb", "building_permit", "neighbours"))}
BORN = date(1990, 3, 12)
MOST_TURNS = 30

OPEN_BILLS = """
    SELECT b.customer_no, sum(n.total)::bigint FROM app.fee_notice n
      JOIN app.bill b ON b.tenant_id = n.tenant_id AND b.number = n.bill
     WHERE n.state = 'valid'
       AND NOT EXISTS (SELECT FROM app.settlement s WHERE s.tenant_id = n.tenant_id AND s.notice_id = n.id)
     GROUP BY b.customer_no"""


@dataclass
class Approving:
    """An agency in this process: it approves, or answers by step as it is told."""

    answers: dict[str, Receipt | ConnectorError] = field(default_factory=dict)

    def check(self) -> None: ...

    def ask(self, question: Question) -> Receipt:
        answer = self.answers.get(question.step, Receipt(agency_ref="K-1", verdict=Verdict.APPROVED))
        if isinstance(answer, ConnectorError):
            raise answer
        return answer

    def look(self, question: Question, agency_ref: str) -> Receipt:
        del agency_ref
        return self.ask(question)

    def read_reply(self, headers: Mapping[str, str], body: bytes) -> Reply:
        raise Forged("agencies in this process do not call back")


@dataclass(frozen=True)
class ProofOffice:
    """One tenant with what a worker has; `paper` is the PDF that its applicants upload."""

    tools: Tools
    tenant: Tenant
    agencies: Approving
    paper: bytes

    @contextmanager
    def work(self, actor: str = "prove") -> Iterator[Work]:
        with begin(self.tools.engine, self.tenant, actor=actor) as work:
            yield work

    def rows(self, sql: str, **values: object) -> list[Any]:
        with tenant_transaction(self.tools.engine, self.tenant.id) as connection:
            return list(connection.execute(text(sql), values).all())

    def upload(self, service: str, requirement: str) -> uuid.UUID:
        with self.work() as work:
            name = f"{requirement}.pdf"
            return store_document(work, self.tools.files, service, requirement, name, self.paper)

    def wanted(self, wanted: Mapping[str, Any]) -> tuple[Wanted, ...]:
        return tuple(
            Wanted(service, answers, {code: self.upload(service, code) for code in codes})
            for service, (answers, codes) in wanted.items()
        )

    def lodge(self, wanted: Mapping[str, Any]) -> Accepted:
        key = uuid.uuid4().hex
        who = Applicant(KNOWN_NIK, "Pemohon Contoh", "Sidoarjo", BORN, "male", "Jl. Contoh 1")
        order = Order(who, self.wanted(wanted), key, hashlib.sha256(key.encode()).digest())
        with self.work() as work:
            return submit_bundle(work, order)

    def drain(self) -> None:
        drain(self.tools)

    def work_on(self, *, is_paying: bool = True) -> None:
        """Work, answer at the desks and pay until nothing moves any more."""
        before: list[Any] | None = None
        for _ in range(MOST_TURNS):
            self.drain()
            self.approve_desks()
            if is_paying:
                self.pay()
            states = self.rows("SELECT id, state FROM app.task ORDER BY id")
            if states == before:
                return
            before = states
        raise RuntimeError(f"{self.tenant.code} never rests: {before}")

    def approve_desks(self) -> None:
        for task, agency in self.rows(
            "SELECT id, agency FROM app.task WHERE kind = 'desk' AND state = 'asked'"
        ):
            with self.work("desk") as work:
                answer_at_desk(work, agency, task, is_approved=True, reasons=())

    def open_bills(self) -> dict[str, int]:
        """What is to be paid now, in rupiah, by customer number."""
        return {customer_no: int(total) for customer_no, total in self.rows(OPEN_BILLS)}

    def pay(self) -> None:
        for customer_no, total in self.open_bills().items():
            money = Money(customer_no, total, uuid.uuid4().hex, "2026-03-02T09:00:00+07:00", "va")
            with self.work("bank") as work:
                take_payment(work, "bank", money)
