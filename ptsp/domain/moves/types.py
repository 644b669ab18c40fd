"""A move and its cases."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Version:
    """One version of a service's standard, as it is stored."""

    id: UUID
    service: str
    number: int


@dataclass(frozen=True, slots=True)
class Move:
    """Running cases of one service go by another version of its standard from now."""

    id: UUID
    service: str
    to_standard: UUID
    begun_at: datetime
    begun_by: str


@dataclass(frozen=True, slots=True)
class MovedCase:
    """One application that was moved and has not been taken back."""

    move_id: UUID
    application_id: UUID
    bundle_id: UUID
    reference: str
    from_standard: UUID
