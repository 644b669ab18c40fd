"""Money and numbers as people write them: rupiah, amounts in words, exact decimals from input."""

import re
from decimal import Decimal

from ptsp.kernel.errors import Fault, Invalid
from ptsp.kernel.reasons import fault

HIGHEST = 10**15  # rupiah; about twenty times a large region's yearly budget, and safe in every column
MOST_DIGITS = 20  # before and after the point, in what people send

_PLAIN = re.compile(r"-?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]{1,4})?")
_TO_NINE = ("nol", "satu", "dua", "tiga", "empat", "lima", "enam", "tujuh", "delapan", "sembilan")
_UNITS = (*_TO_NINE, "sepuluh", "sebelas")  # what stands below twelve has a word of its own
_SCALES = ((10**12, "triliun"), (10**9, "miliar"), (10**6, "juta"))


def rupiah(amount: int) -> str:
    """Whole rupiah as written in Indonesia: `187625` -> `Rp187.625`."""
    sign = "-" if amount < 0 else ""
    return f"{sign}Rp{abs(amount):,}".replace(",", ".")


def in_words(amount: int) -> str:
    """Whole rupiah in Indonesian words: `187625` -> `seratus delapan puluh tujuh ribu ... lima rupiah`.

    From 0 to 10^15, else Invalid. One hundred and one thousand are `seratus` and `seribu`, one million
    is `satu juta`; inside a larger number one thousand stays `seribu` (`satu juta seribu`).
    """
    if not 0 <= amount <= HIGHEST:
        raise Invalid([Fault("amount", f"only 0 to {HIGHEST} can be written in words")])
    return f"{_words(amount)} rupiah"


def _words(number: int) -> str:
    if number < 12:
        return _UNITS[number]
    for scale, name in _SCALES:
        if number >= scale:
            return _joined(_words(number // scale), name, number % scale)
    if number >= 1000:
        return _counted(number, 1000, "ribu")
    if number >= 100:
        return _counted(number, 100, "ratus")
    if number < 20:
        return f"{_UNITS[number - 10]} belas"
    return _joined(_UNITS[number // 10], "puluh", number % 10)


def _counted(number: int, scale: int, name: str) -> str:
    """Thousands and hundreds: a single one is fused, `seribu`, `seratus`."""
    count, rest = divmod(number, scale)
    return _joined("", f"se{name}", rest) if count == 1 else _joined(_words(count), name, rest)


def _joined(count: str, name: str, rest: int) -> str:
    return " ".join(part for part in (count, name, _words(rest) if rest else "") if part)


def exact(text: str, *, field: str = "") -> Decimal:
    """A number somebody sent, without losing a digit; never NaN, never infinite.

    `-12`, `157.50` and `1e3` are numbers; `1.000,50`, `1,5`, ` 1`, `+1`, `.5`, `١` are not. At most 20 digits
    before and 20 after the point. Raises Invalid naming `field`.
    """
    if len(text) > 3 * MOST_DIGITS or not _PLAIN.fullmatch(text):
        raise Invalid([fault(field, "plain_number")])
    number = Decimal(text)
    _, digits, exponent = number.as_tuple()
    places = -int(exponent)
    if places > MOST_DIGITS or len(digits) - places > MOST_DIGITS:
        raise Invalid([fault(field, "digits", most=MOST_DIGITS)])
    return Decimal(format(number, "f")) if number else Decimal(0)
