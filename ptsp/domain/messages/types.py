"""A message is what we send to a person; a notice is a bill."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

APPLICANT = "applicant"  # whoever lodged the bundle
AGENCY = "agency"  # the agency that the message names


class Channel(StrEnum):
    """How a message travels."""

    EMAIL = "email"
    WEBHOOK = "webhook"


class MessageState(StrEnum):
    """Where a message stands. The last three are final, until a person sends a failed one on."""

    OWED = "owed"
    SENDING = "sending"  # a worker holds the lease
    SENT = "sent"  # the mail server or the gateway took it
    FAILED = "failed"  # it was tried to the end
    DROPPED = "dropped"  # there is nobody to send it to: the applicant gave no address


@dataclass(frozen=True, slots=True)
class NewMessage:
    """A message that is owed from now on, or from `due_at`.

    `key` names the debt: of two messages with one key the second is never written. `to_role` is APPLICANT, AGENCY
    (then `agency` says which) or a role of the pack's contacts, such as `head`. `kind` is for machines. Subject and
    body are kept as they are and read by operators: no personal data. The subject is one line.
    """

    id: UUID
    key: str
    bundle_id: UUID | None
    to_role: str
    agency: str | None
    kind: str
    subject: str
    body: str
    due_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class MessageRow:
    """A message as an operator sees it. `recipient` is a role, `agency:<code>` for an agency."""

    id: UUID
    key: str
    bundle_id: UUID | None
    recipient: str
    channel: Channel
    kind: str
    subject: str
    state: MessageState
    next_at: datetime | None  # None: nobody looks at it again by himself
    attempts: int
    last_error: str | None
    created_at: datetime
    sent_at: datetime | None


@dataclass(frozen=True, slots=True)
class Held:
    """A message that this worker holds until its lease ends. `age_s` is how long it has been owed, in seconds."""

    id: UUID
    bundle_id: UUID | None
    recipient: str
    channel: Channel
    kind: str
    subject: str
    body: str
    lease: UUID
    attempts: int
    age_s: float
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Delivery:
    """What became of a message that was held.

    `again_s` is when to try again, in seconds from now, for one that is still owed. `is_try` is false where the
    message itself was never put to the test: such a look does not count towards its last try.
    """

    message_id: UUID
    state: MessageState
    lease: UUID
    error: str | None = None
    again_s: float | None = None
    is_try: bool = True
