"""Fees: what an application costs by the by-law in the pack, with a receipt for each line, and who has paid."""

from ptsp.domain.fees.notices import Notice, PaymentRow
from ptsp.domain.fees.rules import explain_line, price
from ptsp.domain.fees.store import (
    add_notices,
    add_payment,
    cancel,
    hold_open,
    notice,
    notices,
    open_notices,
    payment_booked,
    settle,
)
from ptsp.domain.fees.types import Bill, BillLine

__all__ = [
    "Bill",
    "BillLine",
    "Notice",
    "PaymentRow",
    "add_notices",
    "add_payment",
    "cancel",
    "explain_line",
    "hold_open",
    "notice",
    "notices",
    "open_notices",
    "payment_booked",
    "price",
    "settle",
]
