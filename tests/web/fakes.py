"""A pretend platform behind the pages: it answers like the real one and remembers what reached it."""

from datetime import date
from decimal import Decimal

from flask import Flask

from ptsp.flows.verify_decision import VerifiedPermit
from ptsp.flows.views import BundleView, QuoteView
from ptsp.infra.files.faults import BadFile, Why
from ptsp.kernel.errors import Fault, Invalid, NotFound
from ptsp.kernel.specs import TenantPack, Text
from ptsp.web import register_pages
from tests.web.bundles import BUNDLES, LODGED, notice, tasks
from tests.web.packs import IMB, PACKS, two

KEY = "right-key"
SIGNED = b"%PDF-1.7 signed"


class FakeOffice:
    """Answers like the platform; `orders` and `stored` are what reached it."""

    def __init__(self) -> None:
        self.orders: list[tuple[str, dict, str]] = []
        self.quotes: list[dict] = []
        self.stored: list[tuple[str, str, bytes]] = []
        self.faults: list[Fault] = []

    def tenants(self) -> list[TenantPack]:
        return list(PACKS.values())

    def tenant(self, code: str) -> TenantPack:
        if code not in PACKS:
            raise NotFound(code)
        return PACKS[code]

    def quote(self, tenant_code: str, form: dict) -> QuoteView:
        self.quotes.append(form)
        self._judge(form)
        promised = {one["service"]: date(2026, 11, 24) for one in form["applications"]}
        bill = (notice("open", number=""),)
        return QuoteView(tasks({}), 25, date(2026, 11, 24), promised, bill, 230000, ())

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

    def document(self, tenant_code: str, reference: str, key: str, number: str) -> tuple[bytes, str]:
        self.track(tenant_code, reference, key)
        if not number.startswith("503/"):
            raise NotFound(number)
        return b"%PDF-1.7 signed", "503-IMB-0001-2026.pdf"

    def verify_code(self, code: str) -> VerifiedPermit | None:
        states = {"sidoarjo.imb-7QF2": "valid", "sidoarjo.old-7QF2": "expired", "sidoarjo.no-7QF2": "refusal"}
        return permit(states[code]) if code in states else None

    def verify_file(self, data: bytes) -> tuple[bool, tuple[Text, ...], VerifiedPermit | None]:
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


def make_app(office: FakeOffice) -> Flask:
    app = Flask("pages under test", static_folder=None)
    register_pages(app, office, secure_cookies=False)
    return app
