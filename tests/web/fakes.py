"""A pretend platform behind the pages: it answers like the real one and remembers what reached it."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from flask import Flask

from ptsp.flows.show_calendar import CalendarView
from ptsp.flows.show_outages import OutageView
from ptsp.flows.verify_decision import VerifiedPermit
from ptsp.flows.verify_paper import VerifiedPaper
from ptsp.flows.views import BundleView, CorrectionForm, QuoteView, WithdrawalView
from ptsp.infra.files.faults import BadFile, Why
from ptsp.kernel.calendar import Calendar
from ptsp.kernel.errors import Conflict, Fault, Invalid, NotFound
from ptsp.kernel.reasons import fault
from ptsp.kernel.specs import TenantPack, Text
from ptsp.web import register_pages
from tests.web.bills import LODGED, notice
from tests.web.bundles import BUNDLES, CORRECTION, DRAWINGS, tasks
from tests.web.desk_fake import FakeDesk, NoAccount, NoReception
from tests.web.packs import IMB, PACKS, SERVICES, two

KEY = "right-key"
NAMES = {
    date(2026, 12, 25): "Hari Raya Natal; \u201cNatal\u201d, libur\nnasional \\ umum",
    date(2026, 12, 26): "Pengganti 24 Desember",
    date(2028, 1, 1): "Tahun Baru Masehi",
}
CALENDAR = Calendar(
    frozenset(range(5)),
    frozenset({date(2026, 12, 25), date(2026, 12, 26), date(2028, 1, 1)}),
    frozenset({date(2026, 12, 26)}),
    names=NAMES,
    leave_known=frozenset({2026, 2027}),
)
SIGNED = b"%PDF-1.7 signed"


class FakeOffice:
    """Answers like the platform; `orders` and `stored` are what reached it."""

    def __init__(self) -> None:
        self.orders: list[tuple[str, dict, str]] = []
        self.quotes: list[dict] = []
        self.stored: list[tuple[str, str, bytes]] = []
        self.faults: list[Fault] = []
        self.answered: list[tuple[dict, dict]] = []
        self.is_answered = False
        self.is_waiting = False  # does the nuisance permit wait for the building permit
        self.withdrawn: list[tuple[tuple[str, ...], str]] = []
        self.objections: list[tuple[str, str]] = []
        self.down: list[OutageView] = []
        self.version = 3  # of the calendars
        self.done: list[tuple[str, UUID, object]] = []  # at the desk

    def tenants(self) -> list[TenantPack]:
        return list(PACKS.values())

    def tenant(self, code: str) -> TenantPack:
        if code not in PACKS:
            raise NotFound(code)
        return PACKS[code]

    def outages(self, tenant_code: str) -> list[OutageView]:
        self.tenant(tenant_code)
        return self.down

    def calendar(self, tenant_code: str, agency: str) -> CalendarView:
        pack = self.tenant(tenant_code)
        if agency and agency not in pack.agencies:
            raise NotFound(agency)
        return CalendarView(
            tenant=tenant_code,
            agency=agency,
            name=pack.agencies[agency].name if agency else pack.name,
            is_own=not agency,
            calendar=CALENDAR,
            version=self.version,
            changed_at=LODGED,
            decree="Keputusan Bupati 1/2026",
            provisional_years=(2028,),
        )

    def quote(self, tenant_code: str, form: dict) -> QuoteView:
        self.quotes.append(form)
        self._judge(form)
        promised = {one["service"]: date(2026, 11, 24) for one in form["applications"]}
        bill = (notice("open", number=""),)
        return QuoteView(
            tasks=tasks({}),
            tasks_before_merging=25,
            promised_on=date(2026, 11, 24),
            is_provisional=False,
            promised=promised,
            notices=bill,
            fee=230000,
            missing=(),
        )

    def store_document(
        self,
        tenant_code: str,
        requirement: str,
        name: str,
        data: bytes,
        accepts: tuple[str, ...],
        max_mb: int,
    ) -> str:
        if not data.startswith(b"%PDF-"):
            raise BadFile(Why.WRONG_KIND, kinds="PDF")
        self.stored.append((requirement, name, data))
        return f"document-{len(self.stored)}"

    def submit(self, tenant_code: str, order: dict, idempotency_key: str) -> tuple[str, str]:
        self._judge(order)
        if self.faults:
            raise Invalid(self.faults)
        self.orders.append((tenant_code, order, idempotency_key))
        return "SDA-2026-000001", KEY

    def track(self, tenant_code: str, reference: str, key: str) -> BundleView:
        if key != KEY or reference not in BUNDLES or tenant_code != "sidoarjo":
            raise NotFound(reference)
        return BUNDLES[reference]

    def correction(self, tenant_code: str, reference: str, key: str, ident: str) -> CorrectionForm:
        self.track(tenant_code, reference, key)
        if ident != str(CORRECTION.id):
            raise NotFound(ident)
        if self.is_answered:
            raise Conflict(ident)
        fields = {f"0.{spec.code}": spec for spec in IMB.fields}
        documents = {item.name: DRAWINGS for item in CORRECTION.documents}
        return CorrectionForm(
            correction=CORRECTION,
            fields={item.name: fields[item.name] for item in CORRECTION.fields},
            documents=documents,
            values={"0.floor_area": Decimal("1250.5"), "0.function": "housing"},
            labels={name: spec.label for name, spec in (fields | documents).items()},
        )

    def answer_correction(
        self,
        tenant_code: str,
        reference: str,
        key: str,
        ident: str,
        answers: dict[str, object],
        documents: dict[str, str],
    ) -> None:
        self.correction(tenant_code, reference, key, ident)
        if self.faults:
            raise Invalid(self.faults)
        self.answered.append((answers, documents))

    def withdrawal(self, tenant_code: str, reference: str, key: str, services: list[str]) -> WithdrawalView:
        self.track(tenant_code, reference, key)
        waiting = ("ho",) if "imb" in services and "ho" not in services and self.is_waiting else ()
        return WithdrawalView(
            services=tuple(services),
            names=tuple(SERVICES[code].name for code in services),
            waiting_services=waiting,
            waiting=tuple(SERVICES[code].name for code in waiting),
            steps_ended=9,
            notices_cancelled=230000,
            already_paid=5000,
            others=(),
        )

    def withdraw(self, tenant_code: str, reference: str, key: str, services: list[str], reason: str) -> None:
        self.track(tenant_code, reference, key)
        if self.faults:
            raise Invalid(self.faults)
        self.withdrawn.append((tuple(services), reason))

    def object_to(self, tenant_code: str, reference: str, key: str, service: str, grounds: str) -> None:
        self.track(tenant_code, reference, key)
        if not grounds.strip():
            raise Invalid([fault("grounds", "blank")])
        self.objections.append((service, grounds))

    def document(self, tenant_code: str, reference: str, key: str, number: str) -> tuple[bytes, str]:
        self.track(tenant_code, reference, key)
        if not number.startswith("503/"):
            raise NotFound(number)
        return b"%PDF-1.7 signed", "503-IMB-0001-2026.pdf"

    def paper(self, tenant_code: str, reference: str, key: str, number: str) -> tuple[bytes, str]:
        self.track(tenant_code, reference, key)
        if not number.startswith(("SKRD/", "SSRD/", "STRD/", "SKRDLB/", "TEGURAN/")):
            raise NotFound(number)
        return SIGNED, f"{number.replace('/', '-')}.pdf"

    def desk(self, tenant_code: str, token: str) -> FakeDesk:
        return FakeDesk(self.done, self.tenant(tenant_code).code, token)

    def reception(self, tenant_code: str) -> NoReception:
        self.tenant(tenant_code)
        return NoReception()

    def account(self, tenant_code: str, token: str) -> NoAccount:
        self.tenant(tenant_code)
        return NoAccount()

    def verify_code(self, code: str) -> VerifiedPermit | VerifiedPaper | None:
        if code in PAPERS:
            return PAPERS[code]
        states = {"sidoarjo.imb-7QF2": "valid", "sidoarjo.old-7QF2": "expired", "sidoarjo.no-7QF2": "refusal"}
        return permit(states[code]) if code in states else None

    def verify_file(
        self, data: bytes
    ) -> tuple[bool, tuple[Text, ...], VerifiedPermit | VerifiedPaper | None]:
        if data == SIGNED + b" notice":
            return True, (), PAPERS["sidoarjo.skrd-7QF2"]
        if data == b"%PDF-1.7 signed":
            return True, (), permit("valid")
        return (
            False,
            (two("Isi berkas berubah sesudah ditandatangani.", "The file was changed after signing."),),
            None,
        )

    def _judge(self, order: dict) -> None:
        faults = [
            Fault(f"applications[{number}].answers.floor_area", "must not be larger than the plot")
            for number, one in enumerate(order["applications"])
            if Decimal(one["answers"].get("floor_area", "0")) > 50000
        ]
        if faults:
            raise Invalid(faults)


def paper(kind: str, state: str, **changes: Any) -> VerifiedPaper:
    made = VerifiedPaper(
        code="sidoarjo.skrd-7QF2",
        number="SKRD/00017/SDA/2026",
        kind=kind,
        service_name=IMB.name,
        office=PACKS["sidoarjo"].name,
        payer="P****** <script>",
        amount=230000,
        on=date(2026, 11, 12),
        due_on=date(2026, 11, 27),
        state=state,
        closed_on=None,
        sha256="0" * 64,
    )
    return replace(made, **changes)


PAPERS = {
    "sidoarjo.skrd-7QF2": paper("assessment", "open"),
    "sidoarjo.gone-7QF2": paper("assessment", "cancelled", closed_on=date(2026, 11, 20)),
    "sidoarjo.late-7QF2": paper("demand", "lapsed", closed_on=date(2029, 11, 28)),
    "sidoarjo.warn-7QF2": paper("warning", "open", number="TEGURAN/00002/SDA/2026"),
    "sidoarjo.ssrd-7QF2": paper("receipt", "received", service_name=None, due_on=None),
    "sidoarjo.lb-7QF2": paper("refund", "owed", service_name=None, due_on=None, payer=""),
}


def permit(state: str) -> VerifiedPermit:
    return VerifiedPermit(
        code="sidoarjo.K7QF-2M3N-4P5R-6S7T",
        number="503/IMB/0001/2026",
        kind="refusal" if state == "refusal" else "permit",
        service_name=IMB.name,
        office=PACKS["sidoarjo"].name,
        holder="P****** <script>",
        issued_at=LODGED,
        valid_until=date(2027, 11, 2),
        state=state,
        sha256="0" * 64,
    )


def make_app(office: FakeOffice, *, secure_cookies: bool = False) -> Flask:
    app = Flask("pages under test", static_folder=None)
    register_pages(app, office, secure_cookies=secure_cookies)
    return app
