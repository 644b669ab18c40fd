"""Tokens that open a desk: made by the operator, shown once, kept only as a keyed hash."""

import re
import secrets
from dataclasses import dataclass
from uuid import uuid4

from sqlalchemy import text

from ptsp.infra.work import Work
from ptsp.kernel.errors import Fault, Invalid

ADD = text("""
    INSERT INTO app.credential (tenant_id, id, agency, officer, token_hash)
    VALUES (:tenant, :id, :agency, :officer, :hash)""")
FIND = text("SELECT agency, officer FROM app.credential WHERE token_hash = :hash AND revoked_at IS NULL")
LABEL = re.compile(r"[a-z0-9][a-z0-9_.-]{0,39}")


@dataclass(frozen=True, slots=True)
class Desk:
    """What a token opens. `officer` is the label it was made for, such as `loket-2`; a name has no place there."""

    agency: str
    officer: str | None


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
    """The desk a token opens, or None."""
    digest = work.tenant.vault.token_hash(work.tenant.id, token)
    row = work.connection.execute(FIND, {"hash": digest}).one_or_none()
    return Desk(row.agency, row.officer) if row else None
