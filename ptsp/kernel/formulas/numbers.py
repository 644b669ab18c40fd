"""Exact decimal arithmetic with hard limits; the interpreter's own decimal context is never used.

`EXACT` refuses to lose a digit: what does not fit 200 digits, or 60 before the point, is an error.
Only a division may round (to 34 digits, half to even, `QUOTIENT`), because 1/3 has no end; all other
rounding is asked for by name (`round`, `floor`, `ceil`) and done in `ROUNDING`.
"""

from decimal import (
    ROUND_CEILING,
    ROUND_DOWN,
    ROUND_FLOOR,
    ROUND_HALF_EVEN,
    ROUND_HALF_UP,
    ROUND_UP,
    Clamped,
    Context,
    Decimal,
    DecimalException,
    DivisionByZero,
    FloatOperation,
    Inexact,
    InvalidOperation,
    Overflow,
    Subnormal,
    Underflow,
)

Value = Decimal | bool | str

DIGITS = 200
QUOTIENT_DIGITS = 34
BEFORE_THE_POINT = 60
_LOSSLESS = [InvalidOperation, DivisionByZero, FloatOperation, Overflow, Underflow, Subnormal, Clamped]


def _context(digits: int, *, lossless: bool) -> Context:
    traps = [*_LOSSLESS, Inexact] if lossless else _LOSSLESS
    return Context(
        prec=digits, rounding=ROUND_HALF_EVEN, Emin=-400, Emax=BEFORE_THE_POINT - 1, clamp=0, traps=traps
    )


EXACT = _context(DIGITS, lossless=True)
ROUNDING = _context(DIGITS, lossless=False)
QUOTIENT = _context(QUOTIENT_DIGITS, lossless=False)
_FINISHED_QUOTIENT = _context(QUOTIENT_DIGITS, lossless=True)

MODES = {
    "half_up": ROUND_HALF_UP,  # ties away from zero
    "half_even": ROUND_HALF_EVEN,
    "up": ROUND_UP,  # away from zero
    "down": ROUND_DOWN,  # towards zero: truncation
}
WHOLE = {"floor": ROUND_FLOOR, "ceil": ROUND_CEILING}


def quotient(dividend: Decimal, divisor: Decimal) -> tuple[Decimal, bool]:
    """The quotient, and whether it had to be rounded to 34 digits. The divisor is not zero."""
    try:
        return _FINISHED_QUOTIENT.divide(dividend, divisor), False
    except Inexact:
        return QUOTIENT.divide(dividend, divisor), True


def too_big(error: DecimalException) -> str:
    """Why arithmetic stopped, in words for a pack author."""
    if isinstance(error, Overflow):
        return f"the value would have more than {BEFORE_THE_POINT} digits before the point"
    if isinstance(error, Inexact):
        return f"the exact value would need more than {DIGITS} digits: round earlier"
    return f"the value does not fit {DIGITS} digits"


def plain(value: Value) -> str:
    """A value for people: numbers without exponent and without trailing zeros."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return f'"{value}"'
    return plain_number(value)


def plain_number(value: Decimal) -> str:
    """`1.50E+3` -> `1500`; `0.3125000` -> `0.3125`; `-0` -> `0`."""
    written = str(value)
    if "E" in written or "e" in written:
        written = format(value, "f")
    if written[-1] == "0" and "." in written:
        written = written.rstrip("0").rstrip(".")
    return "0" if written == "-0" else written


def kind(value: object) -> str:
    """What sort of value this is, in words for a pack author."""
    if isinstance(value, bool):
        return "true or false"
    if isinstance(value, str):
        return "text"
    if isinstance(value, Decimal):
        return "a number"
    return f"of type {type(value).__name__}, which expressions do not know"
