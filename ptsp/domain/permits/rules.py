"""How decisions are numbered, and how long permits last."""

import secrets
from datetime import date

from ptsp.kernel.limits import add_months

ALPHABET = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"  # no signs that are mistaken for others


def number_text(serial: int, series: str, prefix: str, year: int) -> str:
    """A printed number, such as `0007/IMB/SDA/2026`."""
    return f"{serial:04d}/{series}/{prefix}/{year}"


def refusal_series(series: str) -> str:
    """Refusals have a series of their own, so that permits are numbered without gaps."""
    return f"{series}-TOLAK"


def new_code(tenant: str) -> str:
    """A code for the public page, the tenant before it: 80 random bits, in groups that can be read aloud."""
    drawn = "".join(secrets.choice(ALPHABET) for _ in range(16))
    return f"{tenant}.{drawn[:4]}-{drawn[4:8]}-{drawn[8:12]}-{drawn[12:]}"


def tenant_of_code(code: str) -> str:
    """The tenant that gave out a code."""
    return code.partition(".")[0]


def valid_until(issued_on: date, months: int | None) -> date | None:
    """The last day of a permit: the same day so many months later, or the month's last day if it has none."""
    return None if months is None else add_months(issued_on, months)
