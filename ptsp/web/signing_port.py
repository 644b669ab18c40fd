"""What the page of a signer needs from the rest of the platform."""

from collections.abc import Sequence
from typing import Protocol
from uuid import UUID

from ptsp.flows.open_desk import Desk
from ptsp.flows.signatures import WaitingSignature
from ptsp.sdk.signing import Phrase


class SignedOrNot(Protocol):
    """What became of one decision: `issued` with its number, or a word of why it waits on."""

    @property
    def task_id(self) -> UUID: ...
    @property
    def outcome(self) -> str: ...
    @property
    def number(self) -> str: ...


class SigningDesk(Protocol):
    """The verbs of a desk whose officer signs through a service.

    Each raises Forbidden when the token opens no desk, and NotFound for a desk that signs through no service.
    """

    def opened(self) -> Desk:
        """Whose desk it is."""

    def waiting(self) -> Sequence[WaitingSignature]:
        """What waits for a signature, what is due next first."""

    def draft(self, task: UUID) -> bytes:
        """What would be signed, as a PDF without number and signature. Raises NotFound."""

    def sign(self, tasks: Sequence[UUID], *, nik: str, passphrase: Phrase) -> Sequence[SignedOrNot]:
        """Sign and issue these. Raises Invalid for what cannot be tried."""
