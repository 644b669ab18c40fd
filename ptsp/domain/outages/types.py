"""Outages, and applications that one keeps from being approved by law."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

CENTRAL = ""  # in place of an agency: a central system that all depend on


@dataclass(frozen=True, slots=True)
class Outage:
    """A time for which an agency, or a central system, could not work. `id` names the stop that it puts on clocks.

    `settled_at` is when every clock that it held ran again.
    """

    id: UUID
    agency: str
    note: str
    began_at: datetime
    declared_by: str
    ended_at: datetime | None = None
    ended_by: str | None = None
    settled_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Spell:
    """A task of an application as an outage sees it: at which agency, and when it was under way."""

    agency: str
    began_at: datetime | None
    ended_at: datetime | None


@dataclass(frozen=True, slots=True)
class Hold:
    """An approval by law that waits for a person, since outages stood in its way; decided once `decided_at` is set."""

    id: UUID
    bundle_id: UUID
    position: int
    outages: tuple[UUID, ...]
    held_at: datetime
    decided_at: datetime | None = None
    decided_by: str | None = None
    is_approved: bool | None = None
    ground: str | None = None
