"""Cash, deposits, lines of bank statements and differences, as rows. All amounts are whole rupiah."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from uuid import UUID, uuid5


class Kind(StrEnum):
    """What of ours a statement is expected to show; a difference may also be about a `line` of the bank's."""

    PAYMENT = "payment"
    DEPOSIT = "deposit"  # of a day's cash
    PAYOUT = "payout"  # of a refund
    LINE = "line"


class Gap(StrEnum):
    """How the bank's books differ from ours."""

    UNKNOWN = "unknown"  # money moved at the bank that we know nothing of
    MISSING = "missing"  # the bank does not show what we booked
    AMOUNT = "amount"  # it shows another amount


@dataclass(frozen=True, slots=True)
class CashDay:
    """Cash of one of the office's days that was not deposited yet."""

    day: date
    payments: int
    amount: int


@dataclass(frozen=True, slots=True)
class Deposit:
    """A day's cash that was brought to the treasury's account under the bank's reference."""

    id: UUID
    cash_on: date
    reference: str
    amount: int
    deposited_at: datetime
    by: str


@dataclass(frozen=True, slots=True)
class Statement:
    """An imported file. Balances are None where the file has none."""

    id: UUID
    sha256: str
    name: str
    format: str
    account: str
    opening: int | None
    closing: int | None
    first_on: date
    last_on: date
    imported_at: datetime
    by: str


@dataclass(frozen=True, slots=True)
class ListedStatement:
    """A statement with how many lines it was the first to show, and how many of them still show nothing of ours."""

    statement: Statement
    lines: int
    open_lines: int


@dataclass(frozen=True, slots=True)
class BankLine:
    """A line of a statement. What went out is negative; `references` has the payer's before the bank's.

    `occurrence` counts lines of one file that are the very same: each is money of its own until a person says
    otherwise.
    """

    id: UUID
    position: int
    entry: str
    occurrence: int
    references: tuple[str, ...]
    booked_on: date
    amount: int
    customer_no: str
    description: str


@dataclass(frozen=True, slots=True)
class Expected:
    """Something of ours that a statement shows, or should. What goes out is negative.

    `shown` is what lines matched to it come to so far, `lines` how many there are.
    """

    kind: Kind
    id: UUID
    reference: str
    customer_no: str
    amount: int
    on: date
    shown: int = 0
    lines: int = 0


@dataclass(frozen=True, slots=True)
class Match:
    """A line shows something of ours."""

    line_id: UUID
    kind: Kind
    target: UUID


@dataclass(frozen=True, slots=True)
class Difference:
    """The bank's books and ours do not say the same of `subject`: a line of the bank's, or something of ours."""

    gap: Gap
    kind: Kind
    subject: UUID
    on: date
    reference: str
    customer_no: str
    ours: int
    bank: int
    description: str = ""

    @property
    def id(self) -> UUID:
        """The same for the same difference, however often it is found; another one when the amounts change."""
        return uuid5(self.subject, f"{self.gap}:{self.ours}:{self.bank}")

    @property
    def is_bookable(self) -> bool:
        """Whether it is money that came in and can be booked as a payment."""
        return self.gap is Gap.UNKNOWN and self.bank > 0


@dataclass(frozen=True, slots=True)
class Closing:
    """A difference that a person has closed."""

    id: UUID
    gap: Gap
    kind: Kind
    subject: UUID
    ours: int
    bank: int
    reason: str
    by: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Revenue:
    """What was settled on one day on one account of one agency by one channel, less what was taken back that day."""

    day: date
    account: str
    agency: str
    channel: str  # va | qris | cash
    amount: int


@dataclass(frozen=True, slots=True)
class GivenBack:
    """Refunds of one day: what came to be owed, and what was transferred."""

    day: date
    owed: int
    paid: int
