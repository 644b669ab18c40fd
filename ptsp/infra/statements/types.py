"""A bank's statement as it was read. Amounts are whole rupiah, negative where money went out."""

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True)
class StatementLine:
    """One entry. `entry` is the bank's own reference of it; `references` are all it carries, the payer's first."""

    entry: str
    references: tuple[str, ...]
    booked_on: date
    amount: int
    customer_no: str
    description: str


@dataclass(frozen=True, slots=True)
class StatementFile:
    """All lines of a file, and the days it speaks of. Balances are None and `account` is empty where it has none."""

    format: str  # csv | camt053
    account: str
    opening: int | None
    closing: int | None
    first_on: date
    last_on: date
    lines: tuple[StatementLine, ...]
