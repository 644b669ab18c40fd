"""A telling is what a central system is told of a case of ours; a filing is what it has sent us."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID


class TellingState(StrEnum):
    """Where a telling stands. The last two are final, until a person replays a dead one."""

    OWED = "owed"
    SENDING = "sending"  # a worker holds the lease
    UNKNOWN = "unknown"  # it was sent, and nobody knows whether it arrived
    SENT = "sent"  # the central system said that it has it
    DEAD = "dead"  # refused, tried to the end, or perhaps there already: a person has to look


OPEN = (TellingState.OWED, TellingState.SENDING, TellingState.UNKNOWN)


@dataclass(frozen=True, slots=True)
class NewTelling:
    """A telling that is owed from now on. Of two for one `agency`, `line` and `seq` the second is never written."""

    id: UUID
    agency: str
    kind: str
    line: str
    seq: int
    bundle_id: UUID | None
    body: bytes  # sealed


@dataclass(frozen=True, slots=True)
class TellingRow:
    """A telling as an operator sees it."""

    id: UUID
    agency: str
    kind: str
    line: str
    seq: int
    bundle_id: UUID | None
    state: TellingState
    next_at: datetime | None  # None: nobody looks at it again by himself
    attempts: int
    cause: str | None
    last_error: str | None
    agency_ref: str | None
    said: str | None
    created_at: datetime
    sent_at: datetime | None


@dataclass(frozen=True, slots=True)
class Held:
    """A telling that this worker holds until its lease ends. `was`: SENDING if the one before ended with it."""

    id: UUID
    agency: str
    kind: str
    body: bytes
    was: TellingState
    lease: UUID
    attempts: int


@dataclass(frozen=True, slots=True)
class Told:
    """What became of a telling that was held. `again_s`: when to try again, in seconds, for one that is still open.

    `is_try` is false where nothing was put to the test. `raw` is a sealed answer that nobody could read.
    """

    telling_id: UUID
    state: TellingState
    lease: UUID
    cause: str | None = None
    error: str | None = None
    again_s: float | None = None
    is_try: bool = True
    agency_ref: str | None = None
    said: str | None = None
    raw: bytes | None = None


@dataclass(frozen=True, slots=True)
class FilingRow:
    """A filing as an officer sees it in a list."""

    id: UUID
    source: str
    kind: str
    number: str
    state: str
    received_at: datetime
