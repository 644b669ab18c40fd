"""What an applicant is told when a fee is overdue: Indonesian first, English below it. No personal data."""

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import uuid4

from ptsp.domain import collection, fees, messages
from ptsp.flows._dates import LOCALES, long_date
from ptsp.flows._money import virtual_account
from ptsp.kernel.money import rupiah
from ptsp.kernel.specs import ServiceSpec, TenantPack

Words = Mapping[str, str]

RULE = "\n--\n"
LABELS: Mapping[str, Words] = {
    "id": {
        "reference": "Nomor berkas",
        "service": "Layanan",
        "claim": "Surat ketetapan",
        "total": "Jumlah ketetapan",
        "claim_due": "Jatuh tempo",
        "late": "Terlambat",
        "interest": "Ditagih dengan surat ini",
        "pay_by": "Bayar paling lambat",
        "account": "Nomor pembayaran",
    },
    "en": {
        "reference": "Reference",
        "service": "Service",
        "claim": "Fee notice",
        "total": "Amount of the notice",
        "claim_due": "Due on",
        "late": "Late by",
        "interest": "Demanded by this letter",
        "pay_by": "Pay by",
        "account": "Payment number",
    },
}
WARNING = "Surat teguran {number}: retribusi berkas {reference} lewat jatuh tempo"
DEMAND = "Surat tagihan {number}: {label} berkas {reference}"
WARNED: Words = {
    "id": "Retribusi ini belum kami terima. Mohon bayar sekaligus paling lambat {pay_by}.",
    "en": "We have not received this fee yet. Please pay it in one sum by {pay_by}.",
}
THEN: Words = {
    "id": " Sesudah itu {label} ditagih dengan surat tagihan (STRD).",
    "en": " After that, {label} is demanded (STRD).",
}
DEMANDED: Words = {
    "id": "Bagian dari bulan dihitung satu bulan penuh; yang sudah ditagih sebelumnya tidak ditagih lagi. Bank "
    "menampilkan jumlah semua tagihan terbuka dengan nomor ini.",
    "en": "A begun month counts whole; what was demanded before is not demanded again. The bank shows the sum of "
    "all that is open under this number.",
}
CLOSE: Words = {
    "id": "Rinciannya ada di halaman berkas Anda. Bila Anda baru saja membayar, abaikan pesan ini.",
    "en": "The page of your applications has the details. If you have just paid, please ignore this message.",
}


@dataclass(frozen=True, slots=True)
class Subject:
    """A claim that is overdue, and the bundle and the service it is for."""

    pack: TenantPack
    reference: str
    service: ServiceSpec
    claim: fees.Notice

    def label(self, language: str) -> str:
        """What by-laws call the price of paying late, within a sentence."""
        interest = self.service.fee.collection.interest
        name = interest.label[language] if interest else ""
        return name[:1].lower() + name[1:]


def warning_letter(about: Subject, warned: collection.Warned) -> messages.NewMessage:
    """Owed once for each warning."""
    told = []
    for language in LOCALES:
        pay_by = long_date(warned.pay_by, language)
        then = THEN[language].format(label=about.label(language)) if about.label(language) else ""
        words = f"{WARNED[language].format(pay_by=pay_by)}{then} {CLOSE[language]}"
        told.append(_told(about, language, {"pay_by": pay_by}, words))
    subject = WARNING.format(number=warned.number, reference=about.reference)
    return _message(about, f"fee.warned:{about.claim.id}", "fee.warned", subject, told)


def demand_letter(about: Subject, demand: fees.NewNotice, months: int) -> messages.NewMessage:
    """Owed once for each demand."""
    told = []
    for language in LOCALES:
        facts = {
            "late": _months(months, language),
            "interest": f"{rupiah(demand.total)} ({demand.number})",
            "pay_by": long_date(demand.due_on, language),
        }
        told.append(_told(about, language, facts, f"{DEMANDED[language]} {CLOSE[language]}"))
    subject = DEMAND.format(number=demand.number, label=about.label("id"), reference=about.reference)
    return _message(about, f"fee.demanded:{demand.id}", "fee.demanded", subject, told)


def _told(about: Subject, language: str, facts: Words, words: str) -> str:
    claim, labels = about.claim, LABELS[language]
    lines = {
        "reference": about.reference,
        "service": about.service.name[language],
        "claim": claim.number,
        "total": rupiah(claim.total),
        "claim_due": long_date(claim.due_on, language),
        **facts,
        "account": virtual_account(about.pack, claim.customer_no) or claim.customer_no,
    }
    table = "\n".join(f"{labels[name]}: {value}" for name, value in lines.items())
    return f"{table}\n\n{words}\n"


def _months(months: int, language: str) -> str:
    return f"{months} bulan" if language == "id" else f"{months} month{'' if months == 1 else 's'}"


def _message(about: Subject, key: str, kind: str, subject: str, told: list[str]) -> messages.NewMessage:
    return messages.NewMessage(
        id=uuid4(),
        key=key,
        bundle_id=about.claim.bundle_id,
        to_role=messages.APPLICANT,
        agency=None,
        kind=kind,
        subject=subject,
        body=RULE.join(told),
    )
