"""Circuits, alerts and dead deliveries."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

CIRCUIT = "circuit"  # the cause of an alert that an agency does not answer at all


@dataclass(frozen=True, slots=True)
class Circuit:
    """How an agency has answered lately. Closed while `opened_at` is None: everything is sent.

    `failures` are those in a row. While it is open nothing is sent but one probe from `probe_at` on, which is the
    task `probe`; the next one comes `wait_s` later. `outage_id` is the outage that was declared for it.
    """

    agency: str
    failures: int = 0
    opened_at: datetime | None = None
    wait_s: float = 0.0
    probe_at: datetime | None = None
    probe: UUID | None = None
    outage_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Trouble:
    """What somebody should be told of: `count` deliveries to one agency that do not come through for one cause."""

    agency: str
    cause: str
    count: int


@dataclass(frozen=True, slots=True)
class Alert:
    """That somebody was told of it, once. `count` is the most that it concerned at once."""

    id: UUID
    agency: str
    cause: str
    opened_at: datetime
    count: int
    last_at: datetime
    closed_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Dead:
    """A delivery that goes on only when a person has looked: a stuck task, or a failed message (kind `message`).

    `agency` is a message's recipient, `code` its kind; `since` when it was first tried. `words` are the last ones.
    """

    kind: str
    id: UUID
    bundle_id: UUID | None
    reference: str
    seq: int | None
    agency: str
    code: str
    cause: str
    attempts: int
    since: datetime
    step: str | None  # the kind of a task
    has_ref: bool  # the agency has given its own number
    words: str


@dataclass(frozen=True, slots=True)
class Place:
    """The last one of a page of dead deliveries."""

    since: datetime
    id: UUID


@dataclass(frozen=True, slots=True)
class Unseen:
    """A row that waits for nothing: nobody would ever look at it again."""

    kind: str
    id: UUID
    agency: str
    state: str
