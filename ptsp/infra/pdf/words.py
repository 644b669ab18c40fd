"""Dates and money as an Indonesian document writes them: "22 November 2026", "Rp187.625", and in words."""

from datetime import date

from babel.dates import format_date
from babel.numbers import format_decimal

_LOCALE = "id_ID"
_UNITS = (
    "",
    "satu",
    "dua",
    "tiga",
    "empat",
    "lima",
    "enam",
    "tujuh",
    "delapan",
    "sembilan",
    "sepuluh",
    "sebelas",
)
_SCALES = ((10**12, "triliun"), (10**9, "miliar"), (10**6, "juta"), (1000, "ribu"), (100, "ratus"))
MOST = 10**15 - 1


def long_date(on: date) -> str:
    """`22 November 2026`."""
    return str(format_date(on, "d MMMM y", locale=_LOCALE))


def rupiah(amount: int) -> str:
    """`Rp187.625`; a negative amount is `-Rp187.625`."""
    sign = "-" if amount < 0 else ""
    return f"{sign}Rp{format_decimal(abs(amount), locale=_LOCALE)}"


def rupiah_in_words(amount: int) -> str:
    """`seratus delapan puluh tujuh ribu enam ratus dua puluh lima rupiah`, for 0 to 10**15 - 1.

    Raises ValueError outside that range: a notice over a quadrillion is a mistake.
    """
    if not 0 <= amount <= MOST:
        raise ValueError(f"no words for {amount}: it must be between 0 and {MOST}")
    return f"{_words(amount) or 'nol'} rupiah"


def _words(number: int) -> str:
    if number < 12:
        return _UNITS[number]
    if number < 20:
        return f"{_UNITS[number - 10]} belas"
    if number < 100:
        return _join(f"{_UNITS[number // 10]} puluh", number % 10)
    size, name = next((size, name) for size, name in _SCALES if number >= size)
    count, rest = divmod(number, size)
    one = count == 1 and size <= 1000  # seratus, seribu; but satu juta
    return _join(f"se{name}" if one else f"{_words(count)} {name}", rest)


def _join(head: str, rest: int) -> str:
    return f"{head} {_words(rest)}" if rest else head
