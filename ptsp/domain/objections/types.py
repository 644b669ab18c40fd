"""Objections to refusals, as rows."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID


class ObjectionState(StrEnum):
    OPEN = "open"
    UPHELD = "upheld"  # the refusal is annulled
    REJECTED = "rejected"


@dataclass(frozen=True, slots=True)
class Objection:
    """One objection to one refusal. `grounds` are sealed; `due_at` is the end of its own clock."""

    id: UUID
    bundle_id: UUID
    application_id: UUID
    decision_id: UUID
    lodged_at: datetime
    grounds: bytes
    due_at: datetime
    state: ObjectionState = ObjectionState.OPEN
    decided_at: datetime | None = None
    decided_by: str | None = None
    reasons: tuple[str, ...] = ()
