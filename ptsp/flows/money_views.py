"""What pages and the API show of money: bills, what came in for them, where it went, and what goes back."""

from dataclasses import dataclass
from datetime import date, datetime

from ptsp.kernel.specs import Text


@dataclass(frozen=True, slots=True)
class BillView:
    """What is paid in one go. `state` is open, paid or closed (nothing on it stands any more).

    `customer_no` and `virtual_account` are what the payer types at the bank: the latter with the bank's prefix, and
    empty where the office has no bank. `owed` is whole rupiah, `due_on` the earliest day on which part of it is
    due; `qr` the text of a QRIS code, empty where there is none.
    """

    number: str
    customer_no: str
    virtual_account: str
    state: str
    owed: int
    due_on: date | None
    qr: str = ""


@dataclass(frozen=True, slots=True)
class PaidPartView:
    """What part of a payment pays which line of which notice, on whose revenue account."""

    notice: str
    label: Text
    account: str
    agency: str
    agency_name: Text
    amount: int


@dataclass(frozen=True, slots=True)
class RefundView:
    """Money that is owed back (SKRDLB). `reason` is one of `ptsp.domain.payments.RefundReason`.

    `paid_at` and `reference` are those of its transfer, None and empty while it is still owed.
    """

    number: str
    code: str
    amount: int
    reason: str
    owed_at: datetime
    paid_at: datetime | None
    reference: str


@dataclass(frozen=True, slots=True)
class PaymentView:
    """Money that came in. `receipt` is the number of its proof (SSRD), `channel` va, qris or cash.

    Its parts and its refunds come to its amount.
    """

    receipt: str
    code: str
    bill: str
    amount: int
    channel: str
    paid_at: datetime
    parts: tuple[PaidPartView, ...]
    refunds: tuple[RefundView, ...]


@dataclass(frozen=True, slots=True)
class WarningView:
    """A warning letter (surat teguran): to be paid until `pay_by`, before interest is demanded.

    `code` opens the public page of its signed paper.
    """

    number: str
    code: str
    issued_on: date
    pay_by: date
