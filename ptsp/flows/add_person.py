"""Somebody gets an account at an office, and later leaves it. A login stays with whoever had it, for ever."""

from dataclasses import dataclass
from uuid import UUID, uuid4

from ptsp.domain import applications, people
from ptsp.infra.work import Work
from ptsp.kernel.errors import Conflict, Fault, Invalid, NotFound
from ptsp.kernel.identity import check_nik
from ptsp.kernel.reasons import fault

LONGEST_NAME = 200


@dataclass(frozen=True, slots=True)
class NewPerson:
    """`nik` may be empty. It is kept as a keyed hash alone, to know the applications that are the person's own."""

    login: str
    name: str
    nik: str = ""


def add_person(work: Work, new: NewPerson, *, hashed: str, by: str) -> UUID:
    """The account's id. `hashed` is its start password. Raises Invalid with every fault."""
    faults = list(_faults(new))
    if faults:
        raise Invalid(faults)
    tenant, ident = work.tenant, uuid4()
    person = people.Person(
        id=ident,
        login=new.login,
        name=tenant.vault.seal(tenant.id, name_place(ident), {"name": new.name.strip()}),
        nik_index=tenant.vault.index(tenant.id, "bundle.nik", new.nik) if new.nik else None,
        password=hashed,
        start_until=work.now + people.START_PASSWORD,
        totp=None,
        totp_since=None,
        totp_step=0,
        added_at=work.now,
        left_at=None,
    )
    if not people.add_person(work.connection, tenant.id, person, by=by):
        raise Invalid([fault("login", "login_taken", login=new.login)])
    return ident


def leave_office(work: Work, login: str, *, by: str) -> int:
    """Nothing opens for this person any more, from the next request on. Returns how many sessions were ended.

    Raises NotFound, and Conflict for somebody who has left.
    """
    person = find_person(work, login)
    if not people.leave(work.connection, work.tenant.id, person.id, work.now):
        raise Conflict(f"{login} has left already")
    people.revoke_holdings(work.connection, work.tenant.id, person.id, by=by, now=work.now)
    return people.end_sessions(
        work.connection, work.tenant.id, person.id, how=people.Ending.LEFT, now=work.now
    )


def find_person(work: Work, login: str) -> people.Person:
    """Raises NotFound."""
    is_one = people.LOGIN.fullmatch(login)
    person = people.person_by_login(work.connection, work.tenant.id, login) if is_one else None
    if person is None:
        raise NotFound(f"there is no {login} at this office")
    return person


def staying(work: Work, login: str) -> people.Person:
    """Somebody who has not left. Raises NotFound and Invalid."""
    person = find_person(work, login)
    if person.left_at is not None:
        raise Invalid([fault("login", "has_left", login=login)])
    return person


def name_place(ident: UUID) -> str:
    return f"person.name:{ident}"


def _faults(new: NewPerson) -> list[Fault]:
    found: list[Fault] = []
    if not people.LOGIN.fullmatch(new.login):
        found.append(fault("login", "login"))
    name = new.name.strip()
    if not name:
        found.append(fault("name", "blank"))
    elif len(name) > LONGEST_NAME:
        found.append(fault("name", "too_long", most=LONGEST_NAME))
    elif wrong := applications.text_fault("name", name):
        found.append(wrong)
    if new.nik:
        try:
            check_nik(new.nik, None)
        except Invalid as bad:
            found += bad.faults
    return found
