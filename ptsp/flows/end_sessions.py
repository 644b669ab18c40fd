"""Sessions are ended from elsewhere: they open nothing from the next request on."""

from uuid import UUID

from ptsp.domain import people
from ptsp.flows._sessions import SignedIn
from ptsp.flows.add_person import find_person
from ptsp.infra.work import Work
from ptsp.kernel.errors import NotFound


def end_own_session(work: Work, here: SignedIn, ident: UUID) -> None:
    """One of one's own. Raises NotFound for any other, and for one that has ended."""
    how = people.Ending.ENDED
    if not people.end_session(work.connection, work.tenant.id, here.person.id, ident, how=how, now=work.now):
        raise NotFound("there is no such session")


def end_other_sessions(work: Work, here: SignedIn) -> int:
    """All of one's own but this one; how many."""
    how = people.Ending.ENDED
    return people.end_sessions(
        work.connection, work.tenant.id, here.person.id, how=how, now=work.now, but=here.session.id
    )


def end_sessions(work: Work, login: str) -> int:
    """All of one person's; how many. Raises NotFound."""
    person, how = find_person(work, login), people.Ending.ENDED
    return people.end_sessions(work.connection, work.tenant.id, person.id, how=how, now=work.now)
