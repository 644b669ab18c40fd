"""What a person may do at an office is granted, for a desk and a service or for all, and revoked again."""

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID, uuid4

from ptsp.domain import people
from ptsp.flows.add_person import find_person, staying
from ptsp.infra.work import Work
from ptsp.kernel.calendar import end_of_day
from ptsp.kernel.errors import Fault, Invalid, NotFound
from ptsp.kernel.reasons import fault


@dataclass(frozen=True, slots=True)
class Wish:
    """What shall be held. Empty `agency` or `service`: all of them. `until`: the last day, by the office's clock."""

    role: str
    agency: str = ""
    service: str = ""
    until: date | None = None


def grant_role(work: Work, login: str, wish: Wish, *, by: str) -> UUID:
    """The holding's id. It opens something in sessions that begin after it.

    `by` is the login of who grants it. Raises NotFound, and Invalid with every fault.
    """
    person = staying(work, login)
    faults = _faults(work, wish)
    if by == login:
        faults.append(fault("login", "own_holding"))
    if faults:
        raise Invalid(faults)
    holding = people.Holding(
        id=uuid4(),
        person_id=person.id,
        role=people.Role(wish.role),
        agency=wish.agency or None,
        service=wish.service or None,
        since=work.now,
        until=_end(work, wish.until),
        granted_by=by,
    )
    if not people.add_holding(work.connection, work.tenant.id, holding):
        raise Invalid([fault("role", "held_already", login=login)])
    return holding.id


def revoke_role(work: Work, login: str, holding: UUID, *, by: str) -> None:
    """It opens nothing from the next request on. Raises NotFound for one that there is not, or not any more."""
    person = find_person(work, login)
    is_done = people.revoke_holding(work.connection, work.tenant.id, person.id, holding, by=by, now=work.now)
    if not is_done:
        raise NotFound(f"{login} holds nothing of this id")


def _faults(work: Work, wish: Wish) -> list[Fault]:
    found: list[Fault] = []
    pack = work.tenant.pack
    desks = [code for code, one in pack.agencies.items() if one.desk]
    if wish.role not in set(people.Role):
        found.append(fault("role", "choice", choices=", ".join(people.Role)))
    elif wish.role == people.Role.ADMINISTRATOR and (wish.agency or wish.service):
        found.append(fault("agency", "whole_office", role=wish.role))
    elif not wish.agency and people.Role(wish.role) not in people.OF_WHOLE_OFFICE:
        found.append(fault("agency", "needs_desk", role=wish.role, desks=", ".join(desks)))
    if wish.agency and wish.agency not in desks:
        found.append(fault("agency", "no_desk", agency=wish.agency, desks=", ".join(desks)))
    if wish.service and wish.service not in pack.services:
        offered = ", ".join(pack.services)
        found.append(fault("service", "not_offered", service=wish.service, offered=offered))
    if wish.until and wish.until < work.today:
        found.append(fault("until", "until_past"))
    return found


def _end(work: Work, until: date | None) -> datetime | None:
    return end_of_day(until, work.tenant.calendar.zone) if until else None
