"""Heads of the ledger: where every chain of an office stood on a day, in one signed statement."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Leaf:
    """Where one bundle's chain stood: its last event and that event's hash (32 bytes)."""

    bundle_id: UUID
    seq: int
    hash: bytes


@dataclass(frozen=True, slots=True)
class Grown(Leaf):
    """A leaf of a root; `is_new` if its chain has grown since the head before."""

    is_new: bool


@dataclass(frozen=True, slots=True)
class Root:
    """All leaves in one hash. `grown` of them are new, and `grown_hash` is of these."""

    hash: str
    bundles: int
    events: int
    grown: int
    grown_hash: str


@dataclass(frozen=True, slots=True)
class Of:
    """Whose head, of which day, and after which one: `previous` is the hash of that statement, "" for the first."""

    tenant: str
    tenant_id: int
    day: date
    made_at: datetime
    previous: str


@dataclass(frozen=True, slots=True)
class Signed:
    """The head of a day: the bytes of its statement and the signature over them."""

    day: date
    statement: bytes
    signature: bytes


@dataclass(frozen=True, slots=True)
class HeadRow(Signed):
    """A head with its time-stamp, if it has one by now, and when each holder has taken it."""

    token: bytes | None
    stamped_at: datetime | None
    handed: Mapping[str, datetime]
