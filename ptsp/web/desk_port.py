"""What the pages of a desk need from the rest of the platform: the verbs of whoever shows its token."""

from collections.abc import Sequence
from typing import Protocol
from uuid import UUID

from ptsp.flows.case_views import CaseView, QueueView
from ptsp.flows.open_desk import Desk as Opened
from ptsp.flows.steer_clock import Steering


class Desk(Protocol):
    """The verbs of one desk's officers.

    Each raises Forbidden when the token opens no desk of the office, NotFound for a task of another desk, Conflict
    where the task is not in a state for it, and Invalid with every fault.
    """

    def opened(self) -> Opened:
        """Whose desk it is."""

    def is_signer(self) -> bool:
        """Does its officer sign decisions through a service?"""

    def queue(self, tab: str, after: str | None) -> QueueView:
        """One page of what waits: `all` of it, what is `mine`, or what is `held`."""

    def case(self, task: UUID) -> CaseView:
        """Everything an officer needs to decide."""

    def document(self, task: UUID, document: UUID) -> tuple[bytes, str, str]:
        """A document of the task's applications, its file name and its media type."""

    def take(self, task: UUID) -> None:
        """The task is this officer's from now."""

    def release(self, task: UUID) -> None:
        """It is nobody's again."""

    def answer(self, task: UUID, *, is_approved: bool, reasons: Sequence[str]) -> None:
        """Approve, or reject with reasons."""

    def ask(self, task: UUID, fields: Sequence[str], documents: Sequence[str], message: str) -> None:
        """Return to the applicant for correction."""

    def take_back(self, task: UUID) -> None:
        """Do without the answer to a correction."""

    def steer(self, task: UUID, wanted: Steering) -> None:
        """Stop the task's clock, let it go on, or extend it."""
