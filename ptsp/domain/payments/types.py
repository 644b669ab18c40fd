"""Bills, payments and what becomes of their money, as rows. All amounts are whole rupiah."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Billed:
    """What is paid in one go. `number` is the bundle's reference behind one door, a notice's number under one roof."""

    id: UUID
    bundle_id: UUID
    number: str
    customer_no: str


@dataclass(frozen=True, slots=True)
class PaymentRow:
    """Money received. `bill` is a bill's number, or what the payer named where there is no such bill.

    `provider_ref` is the provider's own reference: the same again is the same money. `receipt` is the number of
    its proof of payment (SSRD), `code` what the QR code on that carries, `taken_by` who took it, if it was cash.
    """

    id: UUID
    bill: str
    amount: int
    provider: str
    provider_ref: str
    paid_at: datetime
    channel: str  # va | qris | cash
    receipt: str
    code: str
    taken_by: str = ""


@dataclass(frozen=True, slots=True)
class ClaimLine:
    """One line of a notice: what goes to which revenue account of which agency."""

    code: str
    account: str
    agency: str
    amount: int


@dataclass(frozen=True, slots=True)
class Claim:
    """A notice that is to be settled."""

    notice_id: UUID
    application_id: UUID
    lines: tuple[ClaimLine, ...]

    @property
    def total(self) -> int:
        return sum(line.amount for line in self.lines)


@dataclass(frozen=True, slots=True)
class FreeMoney:
    """What of a payment is neither booked nor owed back."""

    payment_id: UUID
    amount: int


@dataclass(frozen=True, slots=True)
class Allocation:
    """What part of a payment pays which line of which notice."""

    payment_id: UUID
    notice_id: UUID
    line: str
    account: str
    agency: str
    amount: int


class RefundReason(StrEnum):
    """Why money is owed back."""

    DOUBLE = "double"  # the bill was paid already
    EXCESS = "excess"  # more than the bill
    SHORT = "short"  # less than the bill, which has to be paid in one sum
    CLOSED = "closed"  # the bill had been cancelled or had lapsed
    UNKNOWN_BILL = "unknown_bill"
    WITHDRAWN = "withdrawn"  # the application was withdrawn, or lapsed, before it was decided
    REFUSED = "refused"  # it was paid and then refused
    CORRECTED = "corrected"  # the fee was worked out anew and is less


@dataclass(frozen=True, slots=True)
class Refund:
    """Money that is owed back (SKRDLB)."""

    id: UUID
    payment_id: UUID
    number: str
    amount: int
    reason: RefundReason
    owed_at: datetime
    owed_by: str
    code: str


@dataclass(frozen=True, slots=True)
class Payout:
    """A refund that was transferred. `reference` is that of the transfer order (SP2D)."""

    refund_id: UUID
    reference: str
    paid_at: datetime
    by: str


@dataclass(frozen=True, slots=True)
class Unexplained:
    """A payment whose money is not all accounted for, or a settlement that is not all covered; there should be none."""

    what: str  # payment | settlement
    id: UUID
    amount: int
    explained: int
