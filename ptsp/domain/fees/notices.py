"""Fee notices and payments as rows."""

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Notice:
    """A fee notice (SKRD). `lines` is canonical JSON; `bill` is what the payer names at the bank."""

    id: UUID
    bundle_id: UUID
    application_id: UUID
    number: str
    bill: str
    lines: str
    total: int
    issued_on: date
    due_on: date
    state: str = "open"
    payment_id: UUID | None = None
    paid_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class PaymentRow:
    """Money received for one bill, in whole rupiah."""

    id: UUID
    bill: str
    amount: int
    provider: str
    provider_ref: str
    paid_at: datetime
