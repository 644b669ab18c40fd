"""Tokens that open a desk: made by the operator, shown once, kept only as a keyed hash."""

import secrets
from uuid import uuid4

from sqlalchemy import text

from ptsp.infra.work import Work
from ptsp.kernel.errors import Fault, Invalid

ADD = text("""
    INSERT INTO app.credential (tenant_id, id, agency, token_hash) VALUES (:tenant, :id, :agency, :hash)""")
FIND = text("SELECT agency FROM app.credential WHERE token_hash = :hash AND revoked_at IS NULL")


def open_desk(work: Work, agency: str) -> str:
    """A new token for a desk. `work` belongs to the owner's role: officers cannot make tokens."""
    spec = work.tenant.pack.agencies.get(agency)
    if spec is None or not spec.desk:
        desks = ", ".join(code for code, one in work.tenant.pack.agencies.items() if one.desk)
        raise Invalid([Fault("agency", f"{agency!r} has no desk here; there are {desks}")])
    token = secrets.token_urlsafe(32)
    digest = work.tenant.vault.token_hash(work.tenant.id, token)
    work.connection.execute(ADD, {"tenant": work.tenant.id, "id": uuid4(), "agency": agency, "hash": digest})
    return token


def desk_of(work: Work, token: str) -> str | None:
    """The desk a token opens, or None."""
    digest = work.tenant.vault.token_hash(work.tenant.id, token)
    agency: str | None = work.connection.execute(FIND, {"hash": digest}).scalar()
    return agency
