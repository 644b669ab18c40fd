"""Fees: what an application costs by the by-law in the pack, with a receipt for each line, and who was told so."""

from ptsp.domain.fees.differences import additional, further_interest
from ptsp.domain.fees.notices import SERIES, NewNotice, Notice, NoticeKind
from ptsp.domain.fees.rules import explain_line, interest, price
from ptsp.domain.fees.store import (
    add_notices,
    close,
    look_on,
    notice,
    notice_by_code,
    notices,
    notices_after,
    notices_by_id,
    notices_of_bill,
    overdue,
    to_collect,
)
from ptsp.domain.fees.types import Bill, BillLine

__all__ = [
    "SERIES",
    "Bill",
    "BillLine",
    "NewNotice",
    "Notice",
    "NoticeKind",
    "add_notices",
    "additional",
    "close",
    "explain_line",
    "further_interest",
    "interest",
    "look_on",
    "notice",
    "notice_by_code",
    "notices",
    "notices_after",
    "notices_by_id",
    "notices_of_bill",
    "overdue",
    "price",
    "to_collect",
]
