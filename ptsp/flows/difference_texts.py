"""A difference between the bank's books and ours, in words."""

from ptsp.domain.treasury import Difference, Gap, Kind
from ptsp.kernel.money import rupiah
from ptsp.kernel.specs import Text

NAMES = {
    Kind.PAYMENT: ("Pembayaran", "Payment"),
    Kind.DEPOSIT: ("Setoran tunai", "Deposit of cash"),
    Kind.PAYOUT: ("Pengembalian", "Refund"),
    Kind.LINE: ("Mutasi", "Entry"),
}
UNKNOWN_IN = (
    "Bank menerima {bank} yang tidak ada dalam pembukuan kami.",
    "The bank received {bank} that our books do not have.",
)
UNKNOWN_OUT = (
    "Bank mengeluarkan {bank} yang tidak ada dalam pembukuan kami.",
    "The bank paid out {bank} that our books do not have.",
)
MISSING = (
    "{name} {ours} tidak tampak di rekening koran untuk hari itu.",
    "{name} of {ours} does not appear in the statement for that day.",
)
AMOUNT = (
    "{name} kami {ours}, tetapi bank mencatat {bank}.",
    "{name} of ours is {ours}, but the bank shows {bank}.",
)


def difference_text(one: Difference) -> Text:
    """One sentence, in Indonesian and English."""
    if one.gap is Gap.UNKNOWN:
        told = UNKNOWN_IN if one.bank > 0 else UNKNOWN_OUT
    else:
        told = MISSING if one.gap is Gap.MISSING else AMOUNT
    amounts = {"ours": rupiah(abs(one.ours)), "bank": rupiah(abs(one.bank))}
    return {
        language: sentence.format(name=name, **amounts)
        for language, sentence, name in zip(("id", "en"), told, NAMES[one.kind], strict=True)
    }
