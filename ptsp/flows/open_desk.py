"""What opens a desk: the session of somebody who signed in, or a token of the desk's own.

Such a token is made by the operator, for programs and for desks that everybody knows, and shown once. Of both only a
keyed hash is kept.
"""

import re
import secrets
from collections.abc import Collection
from dataclasses import dataclass, replace
from uuid import uuid4

from sqlalchemy import text

from ptsp.domain import people
from ptsp.domain.people import Right
from ptsp.flows._sessions import signed_in
from ptsp.infra.work import Officer, Work
from ptsp.kernel.errors import Fault, Invalid, NotYours

ADD = text("""
    INSERT INTO app.credential (tenant_id, id, agency, officer, token_hash)
    VALUES (:tenant, :id, :agency, :officer, :hash)""")
FIND = text("SELECT agency, officer FROM app.credential WHERE token_hash = :hash AND revoked_at IS NULL")
LABEL = re.compile(r"[a-z0-9][a-z0-9_.-]{0,39}")


@dataclass(frozen=True, slots=True)
class Desk:
    """A desk that is open. `officer` is a login, or the label that a token was made for, such as `loket-2`.

    `grants` are what whoever signed in may do here, None for a token, which may do all that the desk does.
    """

    agency: str
    officer: str | None
    nik_index: bytes | None = None
    grants: frozenset[people.Grant] | None = None

    @property
    def actor(self) -> str:
        """Who does it, for the ledger: `desk:front_office` or `desk:front_office/loket-2`."""
        return f"desk:{self.agency}/{self.officer}" if self.officer else f"desk:{self.agency}"

    def may(self, right: Right, services: Collection[str] | None = None) -> bool:
        """With `services` of one task: for all of them, with none for what belongs to no single one. Without: any."""
        return self.grants is None or people.is_allowed(self.grants, right, services)

    def require(self, right: Right) -> None:
        """Raises NotYours without any such right."""
        if right is Right.RUN:
            self.require_whole(right)
        elif not self.may(right):
            raise NotYours(f"{self.officer} may not {right.value} at {self.agency}")

    def require_whole(self, right: Right) -> None:
        """For what belongs to no single service. Raises NotYours for who holds the desk for some services only."""
        if not self.may(right, ()):
            raise NotYours(f"{self.officer} may not {right.value} at {self.agency} for all its services")

    def at(self, work: Work) -> Work:
        """The same work, done by this officer."""
        indexes = frozenset({self.nik_index} if self.nik_index else ())
        who = Officer(self.officer, indexes) if self.officer else None
        return replace(work, actor=self.actor, officer=who)


def open_desk(work: Work, agency: str, officer: str | None = None) -> str:
    """A new token for a desk. `work` belongs to the owner's role: officers cannot make tokens."""
    spec = work.tenant.pack.agencies.get(agency)
    if spec is None or not spec.desk:
        desks = ", ".join(code for code, one in work.tenant.pack.agencies.items() if one.desk)
        raise Invalid([Fault("agency", f"{agency!r} has no desk here; there are {desks}")])
    if officer is not None and not LABEL.fullmatch(officer):
        told = "is a label of 1 to 40 small letters, digits, dots, hyphens and underscores, such as loket-2"
        raise Invalid([Fault("officer", told)])
    token = secrets.token_urlsafe(32)
    digest = work.tenant.vault.token_hash(work.tenant.id, token)
    values = {"tenant": work.tenant.id, "id": uuid4(), "agency": agency, "officer": officer, "hash": digest}
    work.connection.execute(ADD, values)
    return token


def desk_of(work: Work, token: str) -> Desk | None:
    """The desk that a token or a session opens now, or None."""
    digest = work.tenant.vault.token_hash(work.tenant.id, token)
    row = work.connection.execute(FIND, {"hash": digest}).one_or_none()
    if row:
        return Desk(row.agency, row.officer)
    here = signed_in(work, token)
    if here is None or not here.is_in or here.session.agency is None:
        return None
    grants = people.grants_at(here.holdings, here.session.agency)
    return Desk(here.session.agency, here.person.login, here.person.nik_index, grants) if grants else None
