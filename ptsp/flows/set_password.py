"""A password is set: a start password by whoever looks after accounts, or one's own."""

from ptsp.domain import people
from ptsp.flows._sessions import SignedIn, renew
from ptsp.flows.add_person import staying
from ptsp.infra.work import Work
from ptsp.kernel.errors import Conflict, Fault
from ptsp.kernel.reasons import fault


def start_password(work: Work, login: str, *, hashed: str) -> None:
    """A start password in place of one that was forgotten; with it goes the telephone, and every session ends.

    Raises NotFound, and Invalid for somebody who has left.
    """
    person = staying(work, login)
    until = work.now + people.START_PASSWORD
    if not people.set_password(work.connection, work.tenant.id, person, hashed, start_until=until):
        raise Conflict("the password was changed just now")
    people.set_totp(work.connection, work.tenant.id, person.id, None, since=None)
    people.put_out_codes(work.connection, work.tenant.id, person.id, work.now)
    people.end_sessions(work.connection, work.tenant.id, person.id, how=people.Ending.PASSWORD, now=work.now)


def password_faults(new: str, login: str) -> list[Fault]:
    """Why this may not be a password of this person."""
    code = people.password_fault(new, login)
    return [fault("new", code, least=people.SHORTEST, most=people.LONGEST)] if code else []


def own_password(work: Work, here: SignedIn, *, hashed: str) -> str:
    """A password that the person has chosen, once the old one was shown and the new one judged.

    Every other session ends, and this one goes on under a new id: its token. Raises Conflict if another was faster.
    """
    connection, tenant, person = work.connection, work.tenant, here.person
    if not people.set_password(connection, tenant.id, person, hashed, start_until=None):
        raise Conflict("the password was changed just now")
    people.end_sessions(
        connection, tenant.id, person.id, how=people.Ending.PASSWORD, now=work.now, but=here.session.id
    )
    return renew(work, here, here.session.agency)
