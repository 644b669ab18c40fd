"""Bills, payments and notices of a bundle, read for those who may see them."""

import json
from collections.abc import Mapping, Sequence
from datetime import date
from uuid import UUID

from ptsp.domain import collection, fees, payments
from ptsp.flows._names import agency_name
from ptsp.flows.fee_words import told
from ptsp.flows.money_views import BillView, PaidPartView, PaymentView, RefundView, WarningView
from ptsp.flows.views import BillLineView, NoticeView
from ptsp.infra.tenants import Tenant
from ptsp.infra.work import Work
from ptsp.kernel.specs import BANK, TREASURER, ServiceSpec, TenantPack, Text

CLOSED_FOR: Mapping[str, Text] = {
    "application withdrawn": {"id": "permohonan ditarik kembali", "en": "the application was withdrawn"},
    "application lapsed": {"id": "permohonan gugur", "en": "the application lapsed"},
    "application refused": {"id": "permohonan ditolak", "en": "the application was refused"},
    "claim lapsed": {"id": "penagihannya kedaluwarsa", "en": "the claim lapsed by time"},
    "paid before it was demanded": {
        "id": "uangnya sudah dibayar sebelum bunga ini ditagih",
        "en": "the money had been paid before this interest was demanded",
    },
}


def virtual_account(pack: TenantPack, customer_no: str) -> str:
    """What a payer types at the bank, with the bank's prefix; empty where the office names no bank."""
    bank = pack.agencies.get(BANK)
    prefix = str(bank.options.get("partner_service_id", "")).strip() if bank else ""
    return f"{prefix}{customer_no}" if prefix and customer_no else ""


def closed_for(reason: str | None) -> Text | None:
    """Why a claim stands no more: our own reasons in both languages, an officer's as it was written."""
    return CLOSED_FOR.get(reason, {"id": reason, "en": reason}) if reason else None


def bill_views(tenant: Tenant, notices: Sequence[fees.Notice]) -> tuple[BillView, ...]:
    """The bills of a bundle in the order in which they were opened."""
    grouped: dict[str, list[fees.Notice]] = {}
    for notice in notices:
        grouped.setdefault(notice.bill, []).append(notice)
    return tuple(_bill(tenant, number, group) for number, group in grouped.items())


def _bill(tenant: Tenant, number: str, notices: Sequence[fees.Notice]) -> BillView:
    still_open = [one for one in notices if one.state == "open"]
    is_paid = any(one.state == "settled" for one in notices)
    customer_no = notices[0].customer_no
    return BillView(
        number=number,
        customer_no=customer_no,
        virtual_account=virtual_account(tenant.pack, customer_no),
        state="open" if still_open else "paid" if is_paid else "closed",
        owed=sum(one.total for one in still_open),
        due_on=min((one.due_on for one in still_open), default=None),
    )


def payment_views(work: Work, notices: Sequence[fees.Notice]) -> tuple[PaymentView, ...]:
    """What came in under the bills of these notices, which are all of a bundle."""
    connection, tenant_id = work.connection, work.tenant.id
    bills = list(dict.fromkeys(one.bill for one in notices))
    rows = payments.payments(connection, tenant_id, bills) if bills else []
    if not rows:
        return ()
    ids = [row.id for row in rows]
    booked = payments.allocations(connection, tenant_id, ids)
    owed = payments.refunds(connection, tenant_id, ids)
    paid_back = {
        one.refund_id: one for one in payments.payouts(connection, tenant_id, [one.id for one in owed])
    }
    by_id = {one.id: one for one in notices}
    return tuple(
        PaymentView(
            receipt=row.receipt or "",  # of payments that are older than receipts
            code=row.code or "",
            bill=row.bill,
            amount=row.amount,
            channel=row.channel,
            paid_at=row.paid_at,
            parts=tuple(paid_part(work.tenant, by_id, one) for one in booked if one.payment_id == row.id),
            refunds=tuple(_refund(one, paid_back.get(one.id)) for one in owed if one.payment_id == row.id),
        )
        for row in rows
    )


def paid_part(tenant: Tenant, notices: Mapping[UUID, fees.Notice], part: payments.Allocation) -> PaidPartView:
    """`notices` has the one that the part pays."""
    notice = notices[part.notice_id]
    label = next(line["label"] for line in notice.read_lines() if line["code"] == part.line)
    name = agency_name(tenant, part.agency)
    return PaidPartView(notice.number, label, part.account, part.agency, name, part.amount)


def _refund(refund: payments.Refund, payout: payments.Payout | None) -> RefundView:
    return RefundView(
        number=refund.number,
        code=refund.code,
        amount=refund.amount,
        reason=refund.reason.value,
        owed_at=refund.owed_at,
        paid_at=payout.paid_at if payout else None,
        reference=payout.reference if payout else "",
    )


def notice_view(
    work: Work,
    notice: fees.Notice,
    service: ServiceSpec,
    numbers: Mapping[UUID, str],
    warned: collection.Warned | None,
) -> NoticeView:
    """A notice with every line told. `numbers` are those of the bundle's notices by id."""
    pack = work.tenant.pack
    return NoticeView(
        number=notice.number,
        service=service.code,
        service_name=service.name,
        lines=tuple(_line(work.tenant, service, line) for line in notice.read_lines()),
        total=notice.total,
        issued_on=notice.issued_on,
        due_on=notice.due_on,
        state=notice.state,
        paid_at=notice.settled_at,
        bill=notice.bill,
        customer_no=notice.customer_no,
        virtual_account=virtual_account(pack, notice.customer_no),
        kind=notice.kind.value,
        reason=notice.reason,
        code=notice.code or "",
        about=numbers[notice.about] if notice.about else "",
        months_late=months_late(notice),
        closed_on=notice.closed_on,
        closed_for=closed_for(notice.closed_for),
        warning=WarningView(warned.number, warned.code, warned.issued_on, warned.pay_by) if warned else None,
    )


def months_late(notice: fees.Notice) -> int:
    """For how many begun months a demand claims interest; 0 for other notices."""
    if notice.kind is not fees.NoticeKind.DEMAND:
        return 0
    return int(json.loads(notice.inputs)["months"])


def quoted_notice(work: Work, service: ServiceSpec, bill: fees.Bill, due_on: date) -> NoticeView:
    """A notice as it would be."""
    lines = (
        {
            "code": line.code,
            "label": line.label,
            "account": line.account,
            "agency": line.agency,
            "amount": line.amount,
            "receipt": line.receipt,
        }
        for line in bill.lines
    )
    return NoticeView(
        number="",
        service=service.code,
        service_name=service.name,
        lines=tuple(_line(work.tenant, service, line) for line in lines),
        total=bill.total,
        issued_on=work.today,
        due_on=due_on,
        state="quoted",
        paid_at=None,
        bill="",
    )


def _line(tenant: Tenant, service: ServiceSpec, line: Mapping[str, object]) -> BillLineView:
    agency = str(line.get("agency", TREASURER))  # notices of old name no agency
    return BillLineView(
        code=str(line["code"]),
        label=line["label"],  # type: ignore[arg-type]
        account=str(line["account"]),
        agency=agency,
        amount=line["amount"],  # type: ignore[arg-type]
        receipt=line["receipt"],  # type: ignore[arg-type]
        agency_name=agency_name(tenant, agency),
        how=told(line["receipt"], service, tenant.pack.texts),  # type: ignore[arg-type]
    )
