"""People of an office as they are shown: to themselves, and to whoever looks after accounts."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from ptsp.domain import people
from ptsp.flows._sessions import SignedIn, desks_open
from ptsp.flows.add_person import find_person, name_place
from ptsp.infra.work import Work
from ptsp.kernel.errors import NotFound
from ptsp.kernel.specs import Text

PAGE = 50


@dataclass(frozen=True, slots=True)
class HoldingView:
    """`agency` and `service` are None for all. `is_in_force`: it has begun and not ended."""

    id: UUID
    role: str
    agency: str | None
    service: str | None
    since: datetime
    until: datetime | None
    granted_by: str
    is_in_force: bool


@dataclass(frozen=True, slots=True)
class PersonView:
    """An account. `must_choose`: its start password was not changed yet."""

    login: str
    name: str
    has_totp: bool
    must_choose: bool
    added_at: datetime
    left_at: datetime | None
    holdings: tuple[HoldingView, ...]


@dataclass(frozen=True, slots=True)
class SessionView:
    id: UUID
    agency: str | None
    started_at: datetime
    seen_at: datetime
    is_this: bool = False


@dataclass(frozen=True, slots=True)
class PeoplePage:
    """`next` asks for the following page as `after`. `total` are those who have not left."""

    people: tuple[PersonView, ...]
    total: int
    next: str | None


@dataclass(frozen=True, slots=True)
class Account:
    """Whoever is signed in, and what is open to him. `desks` are those one may go to, by code."""

    person: PersonView
    agency: str | None
    desks: tuple[tuple[str, Text], ...]
    is_administrator: bool
    sessions: tuple[SessionView, ...]


def show_people(work: Work, *, after: str = "") -> PeoplePage:
    """One page, by login. Raises NotFound for an `after` that is nobody's."""
    if after and not people.LOGIN.fullmatch(after):
        raise NotFound("there is no such page")
    found = people.people(work.connection, work.tenant.id, after=after, limit=PAGE + 1)
    page = found[:PAGE]
    total = people.count_people(work.connection, work.tenant.id)
    return PeoplePage(_views(work, page), total, page[-1].login if len(found) > PAGE else None)


def show_person(work: Work, login: str) -> PersonView:
    """Raises NotFound."""
    (view,) = _views(work, [find_person(work, login)])
    return view


def show_sessions(work: Work, login: str) -> tuple[SessionView, ...]:
    """The open sessions of one person, the newest first. Raises NotFound."""
    return tuple(_sessions(work, find_person(work, login)))


def show_account(work: Work, here: SignedIn) -> Account:
    """What the person of a session is shown of himself."""
    (view,) = _views(work, [here.person])
    held = people.holdings_of(work.connection, work.tenant.id, [here.person.id])[here.person.id]
    agencies = work.tenant.pack.agencies
    desks = desks_open(work, people.in_force(held, work.now))
    return Account(
        person=view,
        agency=here.session.agency,
        desks=tuple((code, agencies[code].name) for code in desks),
        is_administrator=people.is_administrator(here.holdings),
        sessions=tuple(_sessions(work, here.person, here.session.id)),
    )


def _sessions(work: Work, person: people.Person, this: UUID | None = None) -> Iterable[SessionView]:
    for one in people.live_sessions(work.connection, work.tenant.id, person.id, work.now):
        if people.is_live(one, person, work.now):
            yield SessionView(one.id, one.agency, one.started_at, one.seen_at, one.id == this)


def _views(work: Work, found: Sequence[people.Person]) -> tuple[PersonView, ...]:
    tenant = work.tenant
    held = people.holdings_of(work.connection, tenant.id, [one.id for one in found])
    return tuple(
        PersonView(
            login=one.login,
            name=tenant.vault.open(tenant.id, name_place(one.id), one.name)["name"],
            has_totp=one.totp_since is not None,
            must_choose=one.start_until is not None,
            added_at=one.added_at,
            left_at=one.left_at,
            holdings=tuple(_holdings(work, held[one.id])),
        )
        for one in found
    )


def _holdings(work: Work, held: Sequence[people.Holding]) -> Iterable[HoldingView]:
    now_held = {one.id for one in people.in_force(held, work.now)}
    for one in held:
        yield HoldingView(
            id=one.id,
            role=one.role.value,
            agency=one.agency,
            service=one.service,
            since=one.since,
            until=one.until,
            granted_by=one.granted_by,
            is_in_force=one.id in now_held,
        )
