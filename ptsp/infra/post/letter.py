"""A message on its way: what a post needs to know, and what may come of it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Letter:
    """A message with its address. `to` is an e-mail address or the URL of a gateway, `recipient` the role.

    All of it is the same at every try, the time included: whoever gets it twice can tell by `id`.
    """

    id: UUID
    to: str
    recipient: str
    office: str  # its code
    office_name: str
    kind: str
    subject: str
    body: str
    written_at: datetime


class Post(Protocol):
    """A way to send letters. It waits for the other side, so no transaction may be open."""

    def send(self, letter: Letter) -> None:
        """Returns once the other side has taken the letter. Raises TryLater, Away or Refused.

        At least once: where the line breaks before the answer came, the letter may have been taken all the same.
        """
        ...


class NotTaken(Exception):
    """Parent of what a post raises. The words are ours: a server's own repeat addresses."""


class TryLater(NotTaken):
    """Not now, and perhaps this letter only. `after` is the other side's own wish in seconds, if it gave one."""

    def __init__(self, reason: str, *, after: float | None = None) -> None:
        super().__init__(reason)
        self.after = after


class Away(NotTaken):
    """The server cannot be reached, or takes nothing from us at all: no letter is to blame."""


class Refused(NotTaken):
    """This letter will never be taken."""
