"""What was used of an agency's budget, and what need not be asked again."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from uuid import UUID


class Turn(StrEnum):
    """When a question may be put."""

    NOW = "now"
    NEXT_SECOND = "next second"
    NEXT_DAY = "next day"


@dataclass(frozen=True, slots=True)
class Use:
    """Of one agency on one day of the office. `closed_at`: since when the agency itself takes no more today."""

    agency: str
    day: date
    used: int = 0
    hits: int = 0
    second: datetime | None = None
    in_second: int = 0
    closed_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Sought:
    """A question by what its verdict is kept under.

    `key` is a keyed hash of all that is asked, under a key of this tenant, agency and purpose.
    """

    task_id: UUID
    agency: str
    purpose: str
    key: bytes


@dataclass(frozen=True, slots=True)
class Kept:
    """A verdict that is known. `state` is approved or rejected."""

    key: bytes
    agency: str
    purpose: str
    state: str
    reasons: tuple[str, ...]
    found_at: datetime
    expires_at: datetime
