"""Whose session a token is, and what it opens now: asked anew with every request, so that an end is an end."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import uuid4

from ptsp.domain import people
from ptsp.infra.work import Work
from ptsp.kernel.errors import Forbidden


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A session that counts, its person, and what that person held when it began and holds still."""

    session: people.Session
    person: people.Person
    holdings: tuple[people.Holding, ...]

    @property
    def is_in(self) -> bool:
        """Not while a code is awaited, or a start password was not changed: then it opens nothing."""
        return not self.session.awaits_code and self.person.start_until is None


def signed_in(work: Work, token: str) -> SignedIn | None:
    """None for a token of nobody's session, of one that ended or ran out, and of somebody who left."""
    tenant = work.tenant
    session = people.session_by_token(work.connection, tenant.id, tenant.vault.token_hash(tenant.id, token))
    if session is None:
        return None
    person = people.person_by_id(work.connection, tenant.id, session.person_id)
    if person is None or not people.is_live(session, person, work.now):
        return None
    if work.now - session.seen_at > people.SEEN_EVERY:
        people.saw(work.connection, tenant.id, session.id, work.now)
    held = people.holdings_of(work.connection, tenant.id, [person.id])[person.id]
    in_force = people.in_force(held, work.now, begun=session.started_at)
    return SignedIn(session, person, tuple(in_force))


def require(work: Work, token: str) -> SignedIn:
    """Whoever is wholly signed in. Raises Forbidden."""
    found = signed_in(work, token)
    if found is None or found.session.awaits_code:
        raise Forbidden("nobody is signed in with this token")
    return found


def open_session(
    work: Work,
    person: people.Person,
    agency: str | None,
    *,
    ends_at: datetime,
    awaits_code: bool = False,
    places: Sequence[int] = (),
) -> str:
    """A new session of a new id; returns its token, which is kept nowhere."""
    token = secrets.token_urlsafe(32)
    tenant = work.tenant
    session = people.Session(
        id=uuid4(),
        person_id=person.id,
        agency=agency,
        awaits_code=awaits_code,
        tries=0,
        places=tuple(places),
        started_at=work.now,
        seen_at=work.now,
        ends_at=ends_at,
    )
    people.add_session(work.connection, tenant.id, session, tenant.vault.token_hash(tenant.id, token))
    return token


def renew(work: Work, here: SignedIn, agency: str | None) -> str:
    """The same session under a new id, no longer than before; the old id opens nothing from now."""
    end(work, here, people.Ending.REPLACED)
    return open_session(work, here.person, agency, ends_at=here.session.ends_at)


def end(work: Work, here: SignedIn, how: people.Ending) -> None:
    people.end_session(
        work.connection, work.tenant.id, here.person.id, here.session.id, how=how, now=work.now
    )


def desks_open(work: Work, holdings: Sequence[people.Holding]) -> list[str]:
    """The desks of this office that these holdings open."""
    return people.desks_of(holdings, (code for code, one in work.tenant.pack.agencies.items() if one.desk))


def first_desk(work: Work, person: people.Person) -> str | None:
    """Where the person works on: at the desk of last time, if it is still open, else at the first that is."""
    held = people.holdings_of(work.connection, work.tenant.id, [person.id])[person.id]
    desks = desks_open(work, people.in_force(held, work.now))
    last = people.newest_desk(work.connection, work.tenant.id, person.id)
    return last if last in desks else next(iter(desks), None)
