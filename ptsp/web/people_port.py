"""What signing in, accounts and the pages of administrators need from the rest of the platform."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol
from uuid import UUID

from ptsp.flows.add_person import NewPerson
from ptsp.flows.enrol_totp import Enrolment
from ptsp.flows.hold_role import Wish
from ptsp.flows.show_people import Account, PeoplePage, PersonView, SessionView
from ptsp.kernel.specs import Text


class Stage(StrEnum):
    """How far somebody has come."""

    CODE = "code"  # the password was right, and a code is awaited
    PASSWORD = "password"  # a start password has to be changed first
    IN = "in"


@dataclass(frozen=True, slots=True)
class Entered:
    """A session's token, and by what the browser is known again."""

    token: str
    device: str


class Reception(Protocol):
    """Where somebody signs in. Raises TryLater after too many failures, and while too many others are at it."""

    def sign_in(self, login: str, password: str, *, address: str, device: str) -> Entered | None:
        """None for a login or a password that is wrong: which of them is told to nobody."""

    def confirm(self, token: str, code: str) -> str | None:
        """The token of the session that is in; None for a wrong code. Raises Forbidden where none is awaited."""

    def sign_out(self, token: str) -> None:
        """End the session, if it is one."""


class AccountDesk(Protocol):
    """One's own account. Each raises Forbidden without a session; whatever returns a text returns its new token."""

    def stage(self) -> Stage:
        """How far one has come."""

    def show(self) -> Account:
        """What the office knows of one, and one's sessions."""

    def waiting_totp(self) -> Enrolment | None:
        """A telephone that waits for its first code."""

    def change_password(self, old: str, new: str) -> str:
        """Raises Invalid with the fields `old` and `new`, and TryLater."""

    def begin_totp(self) -> None:
        """Raises Conflict where a telephone is in force."""

    def confirm_totp(self, code: str) -> tuple[str, tuple[str, ...]]:
        """The new token and the recovery codes, shown once. Raises Invalid for a wrong code, and Conflict."""

    def end_totp(self, password: str) -> str:
        """Raises Invalid with the field `old`, and TryLater."""

    def end_session(self, ident: UUID) -> None:
        """Raises NotFound."""

    def end_other_sessions(self) -> int:
        """How many."""

    def go_to(self, agency: str) -> str:
        """Raises NotFound for a desk that is not open to one."""


class StaffDesk(Protocol):
    """The people of the office. Each raises Forbidden without a session, NotFound for all but administrators."""

    def people(self, after: str) -> PeoplePage:
        """One page, by login."""

    def person(self, login: str) -> tuple[PersonView, tuple[SessionView, ...]]:
        """One of them with the open sessions. Raises NotFound."""

    def services(self) -> Sequence[tuple[str, Text]]:
        """All that the office offers, also to its own staff, by code."""

    def add(self, new: NewPerson) -> str:
        """The start password, shown once. Raises Invalid."""

    def start_password(self, login: str) -> str:
        """Another start password, shown once. Raises NotFound and Invalid."""

    def grant(self, login: str, wish: Wish) -> None:
        """Raises NotFound and Invalid."""

    def revoke(self, login: str, holding: UUID) -> None:
        """Raises NotFound."""

    def end_sessions(self, login: str) -> int:
        """How many. Raises NotFound."""

    def leave(self, login: str) -> None:
        """Raises NotFound, Conflict, and Invalid for oneself."""
