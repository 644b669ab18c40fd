"""The contract of style `broker`: questions go out as messages, several at once, and answers come back as messages.

A message is signed as a webhook is, over its raw body, with the secret of the agency; tenant and agency stand beside
it in headers, so that whoever takes messages of many knows whose secret to try. There is no time window: a message may
have stood in its queue for days. What was said before is known by its id, and by the state of the task.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from ptsp.sdk import webhooks
from ptsp.sdk.contract import Question, Reply
from ptsp.sdk.errors import Forged

TENANT, AGENCY = "ptsp-tenant", "ptsp-agency"  # headers
MOST_AT_ONCE = 100
LARGEST = 4 * 1024 * 1024  # bytes of a body


@dataclass(frozen=True, slots=True)
class Message:
    """What goes to an agency's queue. `id` is the same for the same content, however often it is sent."""

    queue: str
    id: str
    body: bytes = field(repr=False)
    headers: Mapping[str, str] = field(repr=False)


class QueueConnector(Protocol):
    """What a connector of style `broker` offers. `batch` is how many questions one message holds at most.

    `patience_s` is how long an answer is waited for before the same question is sent again under its key.
    """

    batch: int
    patience_s: float

    def check(self) -> None:
        """Raise Misconfigured if the settings cannot work. Sends nothing."""

    def write(self, questions: Sequence[Question]) -> Message:
        """One message with 1 to `batch` questions to this agency. Raises Misconfigured."""

    def read(self, headers: Mapping[str, str], body: bytes) -> Sequence[Reply]:
        """Verify and translate a message of the agency. Raises Forged.

        Each reply's `message_id` is its own: the same message again gives the same ids.
        """


def signed(secret: bytes, tenant: str, agency: str, body: bytes, *, now: float) -> tuple[str, dict[str, str]]:
    """Id and headers of a message; the id follows from the body. ValueError for a secret that is too short."""
    message_id = f"msg_{hashlib.sha256(body).hexdigest()[:40]}"
    return message_id, {TENANT: tenant, AGENCY: agency, **webhooks.sign(secret, message_id, body, now=now)}


def opened(secret: bytes, headers: Mapping[str, str], body: bytes, *, now: float) -> str:
    """The id of a genuine message, however old. Raises Forged."""
    if len(body) > LARGEST:
        raise Forged(f"the message has more than {LARGEST} bytes")
    return webhooks.verify(secret, headers, body, now=now, window_s=None)


def sender(headers: Mapping[str, str]) -> tuple[str, str]:
    """Tenant and agency as a message names them; its signature has to bear that out. Raises Forged."""
    tenant, agency = headers.get(TENANT, ""), headers.get(AGENCY, "")
    if not tenant or not agency:
        raise Forged(f"{TENANT} or {AGENCY} is missing")
    return tenant, agency
