"""Fee notices as rows: assessments (SKRD), additional ones (SKRDKBT), demands with interest (STRD)."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID


class NoticeKind(StrEnum):
    """What a notice claims."""

    ASSESSMENT = "assessment"  # the fee by the by-law
    ADDITIONAL = "additional"  # what was charged too little
    DEMAND = "demand"  # interest on what is paid late


SERIES = {NoticeKind.ASSESSMENT: "SKRD", NoticeKind.ADDITIONAL: "SKRDKBT", NoticeKind.DEMAND: "STRD"}


@dataclass(frozen=True, slots=True)
class NewNotice:
    """A notice as written. `lines` is canonical JSON; `inputs` and the standard are enough to work it out again.

    `bill` is what it is paid under; `about` the notice it replaces, adds to, or demands interest on.
    """

    id: UUID
    bundle_id: UUID
    application_id: UUID
    number: str
    bill: str
    kind: NoticeKind
    lines: str
    total: int
    standard_id: UUID
    inputs: str
    signer: str
    code: str
    issued_on: date
    due_on: date
    about: UUID | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Notice:
    """A notice as it stands. `state` is open, settled, cancelled or lapsed.

    `customer_no` is what the payer types at the bank, after the bank's prefix.
    """

    id: UUID
    bundle_id: UUID
    application_id: UUID
    number: str
    bill: str
    customer_no: str
    kind: NoticeKind
    lines: str
    total: int
    standard_id: UUID
    inputs: str
    signer: str
    code: str
    issued_on: date
    due_on: date
    about: UUID | None
    reason: str
    state: str
    settled_at: datetime | None
    closed_on: date | None
    closed_for: str | None

    def read_lines(self) -> list[Mapping[str, Any]]:
        """The lines: code, label, account, agency, amount, receipt."""
        lines: list[Mapping[str, Any]] = json.loads(self.lines)
        return lines
