"""What papers of money say: fee notices, warnings, proofs of payment, overpayment notices. In Indonesian."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from ptsp.domain import collection, fees, payments
from ptsp.flows._money import closed_for, months_late, paid_part, virtual_account
from ptsp.flows.fee_words import told
from ptsp.flows.papers import TEST_NOTE, holder, letterhead, proof, signature
from ptsp.infra.pdf import Fact, LetterSheet, NoticeLine, NoticeSheet, ReceiptSheet
from ptsp.infra.pdf.words import long_date
from ptsp.infra.tenants import Tenant, local_date
from ptsp.kernel.money import rupiah
from ptsp.kernel.specs import TREASURER, ServiceSpec

TITLES = {
    fees.NoticeKind.ASSESSMENT: "Surat Ketetapan Retribusi Daerah (SKRD)",
    fees.NoticeKind.ADDITIONAL: "Surat Ketetapan Retribusi Daerah Kurang Bayar Tambahan (SKRDKBT)",
    fees.NoticeKind.DEMAND: "Surat Tagihan Retribusi Daerah (STRD)",
}
RECEIPT_TITLE = "Surat Setoran Retribusi Daerah (SSRD)"
WARNING_TITLE = "Surat Teguran"
REFUND_TITLE = "Surat Ketetapan Retribusi Daerah Lebih Bayar (SKRDLB)"
CHANNELS = {"va": "Bank, nomor virtual account", "qris": "QRIS", "cash": "Tunai di loket"}
CLOSED = {"cancelled": "dibatalkan", "lapsed": "gugur"}
ABOUT = {
    fees.NoticeKind.ASSESSMENT: "Menggantikan",
    fees.NoticeKind.ADDITIONAL: "Menambah",
    fees.NoticeKind.DEMAND: "Menagih bunga atas",
}
LATE_MONTHS = (1, 2, 12)  # for which the cost of paying late is told
Reason = payments.RefundReason
WHY = {
    Reason.DOUBLE: "Tagihannya sudah lunas sebelum uang ini diterima.",
    Reason.EXCESS: "Uang yang diterima melebihi jumlah tagihannya.",
    Reason.SHORT: "Uang yang diterima kurang dari tagihannya, sedangkan tagihan harus dibayar sekaligus.",
    Reason.CLOSED: "Tagihannya sudah dibatalkan atau gugur ketika uang ini diterima.",
    Reason.UNKNOWN_BILL: "Nomor yang disebut pembayar bukan nomor tagihan kantor ini.",
    Reason.WITHDRAWN: "Permohonannya berakhir tanpa keputusan setelah retribusinya dibayar.",
    Reason.REFUSED: "Permohonannya ditolak setelah retribusinya dibayar.",
    Reason.CORRECTED: "Retribusinya dihitung kembali dan lebih kecil daripada yang sudah dibayar.",
}


@dataclass(frozen=True, slots=True)
class Desk:
    """For whom and in whose name papers are written. `person` is the applicant, None where money has no bundle."""

    tenant: Tenant
    public_url: str
    reference: str
    person: Mapping[str, str] | None

    @property
    def payer(self) -> tuple[Fact, ...]:
        return holder(self.person)[:3] if self.person else ()


def notice_sheet(
    desk: Desk, notice: fees.Notice, service: ServiceSpec, about: fees.Notice | None
) -> NoticeSheet:
    """`service` is the version it was charged by; `about` the notice it replaces, adds to, or demands interest on."""
    rules = service.fee.collection if notice.kind is fees.NoticeKind.DEMAND else service.fee
    return NoticeSheet(
        letterhead=letterhead(desk.tenant),
        title=TITLES[notice.kind],
        number=notice.number,
        payer=desk.payer,
        service=service.name["id"],
        reference=desk.reference,
        account=_account(desk.tenant, notice.customer_no),
        lines=tuple(_line(desk.tenant, service, line) for line in notice.read_lines()),
        legal_basis=(rules.legal_basis,) if rules.legal_basis else (),
        how_to_pay=_how_to_pay(desk, notice),
        late=_late(notice, service),
        issued_on=notice.issued_on,
        due_on=notice.due_on,
        signature=signature(desk.tenant, notice.signer),
        proof=proof(notice.code, desk.public_url),
        note=TEST_NOTE,
        facts=_facts(desk, notice, about),
        closed=_closed(notice),
    )


def _account(tenant: Tenant, customer_no: str) -> str:
    """The number to pay under, in groups of four."""
    number = virtual_account(tenant.pack, customer_no) or customer_no
    return " ".join(number[at : at + 4] for at in range(0, len(number), 4))


def _line(tenant: Tenant, service: ServiceSpec, line: Mapping[str, object]) -> NoticeLine:
    """A line with the step of its reckoning that gave the amount before it was rounded."""
    how = [text["id"] for text in told(line["receipt"], service, tenant.pack.texts)]  # type: ignore[arg-type]
    products = [text for text in how if " × " in text]
    label: Mapping[str, str] = line["label"]  # type: ignore[assignment]
    agency = signature(tenant, str(line.get("agency", TREASURER))).position
    amount: int = line["amount"]  # type: ignore[assignment]
    return NoticeLine(label["id"], str(line["account"]), amount, (products or how)[-1], agency)


def _how_to_pay(desk: Desk, notice: fees.Notice) -> tuple[str, ...]:
    is_virtual = bool(virtual_account(desk.tenant.pack, notice.customer_no))
    ways = [
        "Di bank atau aplikasi bank, pilih pembayaran virtual account dan masukkan nomor pembayaran di atas."
        if is_virtual
        else "Sebutkan nomor pembayaran di atas kepada bank atau di loket kas kantor.",
        "Bayar tepat sejumlah yang tampil, sekaligus; pembayaran sebagian dikembalikan.",
    ]
    if notice.bill != notice.number:
        ways.append(
            f"Yang tampil ialah jumlah semua ketetapan terbuka dengan nomor tagihan {notice.bill}, termasuk surat ini."
        )
    return (*ways, "Bukti setoran (SSRD) dapat diunduh dari halaman permohonan.")


def _late(notice: fees.Notice, service: ServiceSpec) -> str:
    """What paying late costs, in figures: worked out by the rule itself, never described apart from it."""
    rules = service.fee.collection
    if notice.kind is fees.NoticeKind.DEMAND or rules.interest is None:
        return ""
    costs = ", ".join(
        f"{rupiah(fees.interest(service, unpaid=notice.total, months=months).total)} sampai {months} bulan"
        for months in LATE_MONTHS
    )
    label = rules.interest.label["id"]
    return (
        f"Pembayaran sesudah jatuh tempo dikenai {label[:1].lower()}{label[1:]}; untuk surat ini {costs}. "
        "Bagian dari bulan dihitung satu bulan penuh. "
        f"Surat teguran dikirim {rules.warn_after_days} hari sesudah jatuh tempo."
    )


def _facts(desk: Desk, notice: fees.Notice, about: fees.Notice | None) -> tuple[Fact, ...]:
    facts = [] if notice.bill in (notice.number, desk.reference) else [Fact("Nomor tagihan", notice.bill)]
    if about is not None:
        facts.append(Fact(ABOUT[notice.kind], about.number))
    if notice.kind is fees.NoticeKind.DEMAND:
        given = json.loads(notice.inputs)
        facts.append(Fact("Terlambat", f"{months_late(notice)} bulan atas {rupiah(given['unpaid'])}"))
        if given["demanded"]:
            facts.append(Fact("Ditagih sebelumnya", rupiah(given["demanded"])))
    if notice.reason:
        facts.append(Fact("Alasan", notice.reason))
    return tuple(facts)


def _closed(notice: fees.Notice) -> str:
    """That the claim stood no more when the paper was written."""
    if notice.state not in CLOSED or notice.closed_on is None:
        return ""
    why = closed_for(notice.closed_for)
    because = f": {why['id']}" if why else ""
    return f"Surat ini {CLOSED[notice.state]} pada {long_date(notice.closed_on)}{because}."


def receipt_sheet(
    desk: Desk,
    payment: payments.PaymentRow,
    notices: Mapping[UUID, fees.Notice],
    parts: Sequence[payments.Allocation],
    refunds: Sequence[payments.Refund],
    *,
    on: date,
    signer: str,
) -> ReceiptSheet:
    """The lines are what the money is booked for on the day of writing, and what of it goes back."""
    lines = [_part(desk.tenant, notices, part) for part in parts]
    lines += [NoticeLine("Dikembalikan kepada pembayar", "", one.amount, one.number) for one in refunds]
    return ReceiptSheet(
        letterhead=letterhead(desk.tenant),
        title=RECEIPT_TITLE,
        number=payment.receipt,
        payer=desk.payer,
        facts=(
            Fact("Nomor tagihan", payment.bill),
            Fact("Diterima pada", long_date(local_date(payment.paid_at, desk.tenant.pack))),
            Fact("Cara membayar", CHANNELS[payment.channel]),
            Fact("Referensi", payment.provider_ref),
        ),
        lines=tuple(lines),
        issued_on=on,
        signature=signature(desk.tenant, signer),
        proof=proof(payment.code, desk.public_url),
        note=TEST_NOTE,
    )


def _part(tenant: Tenant, notices: Mapping[UUID, fees.Notice], part: payments.Allocation) -> NoticeLine:
    shown = paid_part(tenant, notices, part)
    return NoticeLine(shown.label["id"], part.account, part.amount, shown.notice, shown.agency_name["id"])


def refund_sheet(
    desk: Desk,
    refund: payments.Refund,
    payment: payments.PaymentRow,
    *,
    legal_basis: str,
    signer: str,
) -> LetterSheet:
    """Why money is owed back, and of which payment."""
    paid_on = long_date(local_date(payment.paid_at, desk.tenant.pack))
    return LetterSheet(
        letterhead=letterhead(desk.tenant),
        title=REFUND_TITLE,
        number=refund.number,
        payer=desk.payer,
        facts=(
            Fact("Nomor tagihan", payment.bill),
            Fact("Bukti setoran", payment.receipt or payment.provider_ref),
            Fact("Dibayar pada", paid_on),
            Fact("Jumlah dibayar", rupiah(payment.amount)),
        ),
        why=f"{WHY[refund.reason]} Karena itu jumlah berikut ditetapkan sebagai kelebihan yang dikembalikan.",
        amount_label="Jumlah yang dikembalikan",
        amount=refund.amount,
        then=("Sampaikan rekening tujuan pengembalian kepada kantor ini dengan menyebut nomor surat ini.",),
        legal_basis=(legal_basis,) if legal_basis else (),
        issued_on=local_date(refund.owed_at, desk.tenant.pack),
        signature=signature(desk.tenant, signer),
        proof=proof(refund.code, desk.public_url),
        note=TEST_NOTE,
    )


def warning_sheet(
    desk: Desk, warned: collection.Warned, notice: fees.Notice, service: ServiceSpec
) -> LetterSheet:
    """That a claim is overdue, until when it may be paid all the same, and what follows. `service` as in a notice."""
    rules, pay_by = service.fee.collection, long_date(warned.pay_by)
    then = [
        f"Bayar sekaligus paling lambat {pay_by} dengan nomor {_account(desk.tenant, notice.customer_no)}."
    ]
    if rules.interest is not None:
        label = rules.interest.label["id"]
        then.append(
            f"Sesudah itu {label[:1].lower()}{label[1:]} ditagih dengan Surat Tagihan Retribusi Daerah (STRD)."
        )
    return LetterSheet(
        letterhead=letterhead(desk.tenant),
        title=WARNING_TITLE,
        number=warned.number,
        payer=desk.payer,
        facts=(
            Fact("Layanan", service.name["id"]),
            Fact("Nomor berkas", desk.reference),
            Fact("Surat ketetapan", notice.number),
            Fact("Terbit", long_date(notice.issued_on)),
            Fact("Jatuh tempo", long_date(notice.due_on)),
        ),
        why="Sampai surat ini dibuat, retribusi dengan surat ketetapan di atas belum kami terima.",
        amount_label="Jumlah yang harus dibayar",
        amount=notice.total,
        then=tuple(then),
        legal_basis=(rules.legal_basis,) if rules.legal_basis else (),
        issued_on=warned.issued_on,
        signature=signature(desk.tenant, warned.signer),
        proof=proof(warned.code, desk.public_url),
        note=TEST_NOTE,
    )
