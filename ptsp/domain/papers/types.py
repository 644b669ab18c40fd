"""A signed paper of money, as a row."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID


class PaperKind(StrEnum):
    """What a paper is. The first three are called as the notices are that they state."""

    ASSESSMENT = "assessment"  # SKRD
    ADDITIONAL = "additional"  # SKRDKBT
    DEMAND = "demand"  # STRD
    RECEIPT = "receipt"  # SSRD
    REFUND = "refund"  # SKRDLB
    WARNING = "warning"  # surat teguran


@dataclass(frozen=True, slots=True)
class PaperRow:
    """`code` opens the public page, `sha256` names the signed PDF in the store.

    `bundle_id` is None where money came for a bill that does not exist.
    """

    code: str
    kind: PaperKind
    number: str
    bundle_id: UUID | None
    sha256: str
    made_at: datetime
