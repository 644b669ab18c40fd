"""Write and read moves of the bound tenant. Never commits."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Connection, text

from ptsp.domain.moves.types import Move, MovedCase, Version
from ptsp.infra.rows import row_of

VERSION = text("""
    SELECT id, service, version FROM app.standard
     WHERE tenant_id = :tenant AND service = :service AND version = :number""")

ADD_MOVE = text("""
    INSERT INTO app.case_move (tenant_id, id, service, to_standard, begun_at, begun_by)
    VALUES (:tenant, :id, :service, :to_standard, :begun_at, :begun_by)""")
MOVE = text("""
    SELECT id, service, to_standard, begun_at, begun_by FROM app.case_move WHERE tenant_id = :tenant AND id = :id""")

ADD_CASE = text("""
    INSERT INTO app.moved_case (tenant_id, move_id, application_id, bundle_id, from_standard, moved_at)
    VALUES (:tenant, :move_id, :application_id, :bundle_id, :from_standard, :now)""")
CASES = text("""
    SELECT m.move_id, m.application_id, m.bundle_id, b.reference, m.from_standard
      FROM app.moved_case m JOIN app.bundle b ON b.tenant_id = m.tenant_id AND b.id = m.bundle_id
     WHERE m.tenant_id = :tenant AND m.move_id = :move AND m.undone_at IS NULL
     ORDER BY m.moved_at, m.application_id""")

# The move itself is undone with the last of its cases.
TAKE_BACK = text("""
    WITH one AS (
      UPDATE app.moved_case SET undone_at = :now
       WHERE tenant_id = :tenant AND move_id = :move AND application_id = :application AND undone_at IS NULL
      RETURNING application_id)
    UPDATE app.case_move SET undone_at = :now
     WHERE tenant_id = :tenant AND id = :move AND EXISTS (SELECT FROM one)
       AND NOT EXISTS (
         SELECT FROM app.moved_case
          WHERE tenant_id = :tenant AND move_id = :move AND undone_at IS NULL AND application_id <> :application)""")


def version(connection: Connection, tenant_id: int, service: str, number: int) -> Version | None:
    """A version of a service's standard, whether it is in force or not."""
    values = {"tenant": tenant_id, "service": service, "number": number}
    row = connection.execute(VERSION, values).one_or_none()
    return None if row is None else Version(*row)


def add_move(connection: Connection, tenant_id: int, one: Move) -> None:
    connection.execute(ADD_MOVE, {"tenant": tenant_id, **row_of(one)})


def move(connection: Connection, tenant_id: int, ident: UUID) -> Move | None:
    row = connection.execute(MOVE, {"tenant": tenant_id, "id": ident}).one_or_none()
    return None if row is None else Move(*row)


def add_case(connection: Connection, tenant_id: int, one: MovedCase, now: datetime) -> None:
    """The case was moved. Its bundle is locked."""
    connection.execute(ADD_CASE, {"tenant": tenant_id, "now": now, **row_of(one)})


def cases(connection: Connection, tenant_id: int, ident: UUID) -> list[MovedCase]:
    """What of a move has not been taken back, in the order in which it was moved."""
    rows = connection.execute(CASES, {"tenant": tenant_id, "move": ident})
    return [MovedCase(*row) for row in rows]


def take_back(connection: Connection, tenant_id: int, one: MovedCase, now: datetime) -> None:
    """The case went back. Its bundle is locked."""
    values = {"tenant": tenant_id, "move": one.move_id, "application": one.application_id, "now": now}
    connection.execute(TAKE_BACK, values)
