"""What the ledger says of money that moved, in plain words for the applicant."""

from collections.abc import Callable, Mapping

from ptsp.flows._dates import stored_date
from ptsp.kernel.money import rupiah
from ptsp.kernel.specs import Text

Data = Mapping[str, object]

WHY = {
    "double": ("karena tagihannya sudah dibayar", "because the bill was paid already"),
    "excess": ("karena melebihi tagihan", "because it was more than the bill"),
    "short": ("karena kurang dari tagihan", "because it was less than the bill"),
    "closed": ("karena tagihannya sudah tidak berlaku", "because the bill no longer stood"),
    "unknown_bill": ("karena tagihannya tidak dikenal", "because there is no such bill"),
    "withdrawn": (
        "karena permohonan berakhir tanpa keputusan",
        "because the application ended without a decision",
    ),
    "refused": ("karena permohonan ditolak", "because the application was refused"),
    "corrected": ("karena retribusi dihitung ulang", "because the fee was worked out anew"),
}


def payment_reversed(data: Data) -> Text:
    amount = _amount(data)
    return {
        "id": f"Pembayaran {amount} untuk {data['number']} tidak lagi dipakai untuk ketetapan itu.",
        "en": f"The payment of {amount} no longer counts for {data['number']}.",
    }


def refund_owed(data: Data) -> Text:
    amount, (why, why_en) = _amount(data), WHY[str(data["reason"])]
    return {
        "id": f"{amount} akan dikembalikan {why} ({data['number']}).",
        "en": f"{amount} will be paid back {why_en} ({data['number']}).",
    }


def refund_paid(data: Data) -> Text:
    amount = _amount(data)
    return {
        "id": f"{amount} telah ditransfer kembali ({data['number']}).",
        "en": f"{amount} was transferred back ({data['number']}).",
    }


def fee_warned(data: Data) -> Text:
    return {
        "id": f"Surat teguran {data['number']} terbit: {data['notice']} belum dibayar, dan masih dapat dibayar tanpa "
        f"tagihan bunga sampai {stored_date(data['pay_by'], 'id')}.",
        "en": f"Warning letter {data['number']} was issued: {data['notice']} is not paid, and may be paid without "
        f"interest being demanded until {stored_date(data['pay_by'], 'en')}.",
    }


def fee_admitted(data: Data) -> Text:
    return {
        "id": f"Utang atas {data['number']} diakui pada {stored_date(data['on'], 'id')}.",
        "en": f"What is owed for {data['number']} was admitted on {stored_date(data['on'], 'en')}.",
    }


def fee_lapsed(data: Data) -> Text:
    return {
        "id": f"Penagihan {data['number']} kedaluwarsa; surat itu tidak dapat dibayar lagi.",
        "en": f"The claim of {data['number']} has lapsed; it can no longer be paid.",
    }


def _amount(data: Data) -> str:
    return rupiah(int(str(data["amount"])))


WRITERS: Mapping[str, Callable[[Data, Mapping[int, Text]], Text]] = {
    "payment.reversed": lambda data, services: payment_reversed(data),
    "fee.warned": lambda data, services: fee_warned(data),
    "fee.admitted": lambda data, services: fee_admitted(data),
    "fee.lapsed": lambda data, services: fee_lapsed(data),
    "refund.owed": lambda data, services: refund_owed(data),
    "refund.paid": lambda data, services: refund_paid(data),
}
