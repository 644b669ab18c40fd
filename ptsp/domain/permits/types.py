"""Decisions: permits, recommendations, register entries and refusals, as rows."""

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Decision:
    """One application's end. `state` is drafted until the signed document is stored, then issued.

    `code` is random and opens the public page; `sha256` names the signed PDF in the store.
    """

    id: UUID
    bundle_id: UUID
    application_id: UUID
    kind: str  # permit | recommendation | registration | refusal
    number: str
    code: str
    drafted_at: datetime
    valid_until: date | None
    reasons: tuple[str, ...]
    state: str = "drafted"
    issued_at: datetime | None = None
    sha256: str | None = None
    appeal_until: date | None = None  # the last day for an objection, as a refusal letter says
    annulled_at: datetime | None = None  # an objection was upheld


@dataclass(frozen=True, slots=True)
class Issued:
    """What came of a draft: the hash of its signed document, empty for a register entry, which has none."""

    id: UUID
    sha256: str
    appeal_until: date | None
