"""Bills of the pretend office: notices, what was paid for them, and what goes back."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from ptsp.flows.fee_words import told
from ptsp.flows.money_views import BillView, PaidPartView, PaymentView, RefundView, WarningView
from ptsp.flows.views import BillLineView, NoticeView
from ptsp.kernel.formulas import as_json, evaluate, parse
from ptsp.kernel.specs import Text
from tests.web.packs import AGENCIES, IMB, two

LODGED = datetime(2026, 11, 2, 2, 15, tzinfo=UTC)
BILL = "SDA-2026-000001"
QR = "00020101021226590014ID.CO.QRIS.WWW0118936009140000000001520493995303360540623000005802ID6304ABCD"
TREASURER = two("Bendahara Penerimaan", "Treasurer")


def line() -> BillLineView:
    receipt = evaluate(
        parse('round(floor_area * if(function == "housing", 0.5, 3) * 4500, 0)'),
        {"floor_area": Decimal(100), "function": "housing"},
        {},
    )
    rule = {
        "service": "imb",
        "standard": 3,
        "line": "building",
        "legal_basis": "Perda 1/2011",
        "basis": "assumed",
        "source": "Lampiran perda",
    }
    told_of = as_json(receipt) | {"rule": rule, "parts": []}
    return BillLineView(
        "building",
        two("Bangunan gedung", "Building"),
        "4.1.2.03.01",
        "treasurer",
        225000,
        told_of,
        TREASURER,
        told(told_of, IMB, {}),
    )


INTEREST = BillLineView(
    "interest", two("Bunga keterlambatan", "Interest"), "4.1.4.01", "treasurer", 9200, {}, TREASURER
)


WARNING = WarningView("TEGURAN/00002/SDA/2026", "sidoarjo.warn-7QF2", date(2026, 12, 4), date(2026, 12, 11))


def notice(state: str, *, number: str = "SKRD/00017/SDA/2026", **changes: Any) -> NoticeView:
    form = BillLineView("form", two("Formulir", "Form"), "4.1.2.03.01", "treasurer", 5000, {}, TREASURER)
    made = NoticeView(
        number=number,
        service="imb",
        service_name=IMB.name,
        lines=(line(), form),
        total=230000,
        issued_on=date(2026, 11, 12),
        due_on=date(2026, 11, 27),
        state=state,
        paid_at=LODGED + timedelta(days=11) if state == "settled" else None,
        bill=BILL if number else "",
        customer_no="2600000012",
        virtual_account="880801262600000012",
        code="sidoarjo.skrd-7QF2" if number else "",
        closed_on=date(2026, 11, 20) if state in ("cancelled", "lapsed") else None,
        closed_for=two("permohonan ditarik <kembali>", "the application was withdrawn")
        if state in ("cancelled", "lapsed")
        else None,
    )
    return replace(made, **changes)


def payment(amount: int, *parts: PaidPartView, refunds: tuple[RefundView, ...] = ()) -> PaymentView:
    return PaymentView(
        receipt="SSRD/000021/SDA/2026",
        code="sidoarjo.ssrd-7QF2",
        bill=BILL,
        amount=amount,
        channel="va",
        paid_at=LODGED + timedelta(days=11),
        parts=parts,
        refunds=refunds,
    )


def part(label: Text, amount: int, agency: Text) -> PaidPartView:
    return PaidPartView("SKRD/00017/SDA/2026", label, "4.1.2.03.01", "treasurer", agency, amount)


def refund(reason: str, *, is_paid: bool) -> RefundView:
    paid_at = LODGED + timedelta(days=20) if is_paid else None
    reference = "SP2D/0077/2026" if is_paid else ""
    return RefundView(
        f"SKRDLB/0000{int(is_paid)}/SDA/2026", "sidoarjo.lb-7QF2", 1000, reason, LODGED, paid_at, reference
    )


SETTLED = (
    payment(
        232000,
        part(two("Bangunan gedung", "Building"), 225000, AGENCIES["public_works"].name),
        part(two("Formulir", "Form"), 5000, TREASURER),
        refunds=(refund("excess", is_paid=False), refund("corrected", is_paid=True)),
    ),
)


def bill(state: str, *, owed: int = 0, qr: str = "") -> BillView:
    due_on = date(2026, 11, 27) if state == "open" else None
    return BillView(BILL, "2600000012", "880801262600000012", state, owed, due_on, qr)
