"""The people of an office behind the pages of its administrators; each verb looks at the session again."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from uuid import UUID

from ptsp.api.access import Access
from ptsp.domain import people
from ptsp.flows._sessions import SignedIn, require
from ptsp.flows.add_person import NewPerson, add_person, leave_office
from ptsp.flows.end_sessions import end_sessions
from ptsp.flows.hold_role import Wish, grant_role, revoke_role
from ptsp.flows.set_password import start_password
from ptsp.flows.show_people import (
    PeoplePage,
    PersonView,
    SessionView,
    show_people,
    show_person,
    show_sessions,
)
from ptsp.infra.passwords import readable
from ptsp.infra.work import Work
from ptsp.kernel.errors import Invalid, NotFound
from ptsp.kernel.reasons import fault
from ptsp.kernel.specs import Text

ACTOR = "pages"
GROUPS = 4  # of a start password


class StaffCounter:
    """What `ptsp.web.people_port.StaffDesk` asks for."""

    def __init__(self, access: Access, tenant_code: str, token: str) -> None:
        self._access = access
        self._tenant = tenant_code
        self._token = token

    def people(self, after: str) -> PeoplePage:
        with self._work() as (work, _):
            return show_people(work, after=after)

    def person(self, login: str) -> tuple[PersonView, tuple[SessionView, ...]]:
        with self._work() as (work, _):
            return show_person(work, login), show_sessions(work, login)

    def services(self) -> Sequence[tuple[str, Text]]:
        with self._work() as (work, _):
            return [(code, one.name) for code, one in work.tenant.pack.services.items()]

    def add(self, new: NewPerson) -> str:
        with self._work():  # before anything slow is done for somebody who may not
            pass
        start = readable(GROUPS)
        hashed = self._access.passwords.hashed(start)
        with self._work() as (work, here):
            add_person(work, new, hashed=hashed, by=here.person.login)
        return start

    def start_password(self, login: str) -> str:
        with self._work() as (_, here):
            _not_oneself(here, login)
        start = readable(GROUPS)
        hashed = self._access.passwords.hashed(start)
        with self._work() as (work, _):
            start_password(work, login, hashed=hashed)
        return start

    def grant(self, login: str, wish: Wish) -> None:
        with self._work() as (work, here):
            grant_role(work, login, wish, by=here.person.login)

    def revoke(self, login: str, holding: UUID) -> None:
        with self._work() as (work, here):
            revoke_role(work, login, holding, by=here.person.login)

    def end_sessions(self, login: str) -> int:
        with self._work() as (work, _):
            return end_sessions(work, login)

    def leave(self, login: str) -> None:
        with self._work() as (work, here):
            _not_oneself(here, login)
            leave_office(work, login, by=here.person.login)

    @contextmanager
    def _work(self) -> Iterator[tuple[Work, SignedIn]]:
        with self._access.work(self._tenant, ACTOR) as work:
            here = require(work, self._token)
            if not here.is_in or not people.is_administrator(here.holdings):
                raise NotFound("this is for the administrators of the office")
            yield work, here


def _not_oneself(here: SignedIn, login: str) -> None:
    """Whoever is at it alone would take his own telephone away, or lock the office out."""
    if here.person.login == login:
        raise Invalid([fault("login", "own_holding")])
