"""Write and read objections of the bound tenant. Never commits."""

from collections.abc import Sequence
from dataclasses import fields
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Row, text

from ptsp.domain.objections.types import Objection, ObjectionState
from ptsp.infra.rows import row_of

ADD = text("""
    INSERT INTO app.objection (tenant_id, id, bundle_id, application_id, decision_id, lodged_at, grounds, due_at, state)
    VALUES (:tenant, :id, :bundle_id, :application_id, :decision_id, :lodged_at, :grounds, :due_at, 'open')
    ON CONFLICT ON CONSTRAINT one_objection_per_decision DO NOTHING RETURNING id""")

COLUMNS = """id, bundle_id, application_id, decision_id, lodged_at, grounds, due_at, state, decided_at, decided_by,
             reasons"""
BY_ID = text(f"SELECT {COLUMNS} FROM app.objection WHERE tenant_id = :tenant AND id = :id")
OF_BUNDLE = text(f"SELECT {COLUMNS} FROM app.objection WHERE tenant_id = :tenant AND bundle_id = :bundle")
OPEN = text(f"""
    SELECT {COLUMNS} FROM app.objection
     WHERE tenant_id = :tenant AND state = 'open' ORDER BY due_at, id LIMIT :limit""")
DECIDE = text("""
    UPDATE app.objection SET state = :state, decided_at = :now, decided_by = :by, reasons = :reasons
     WHERE tenant_id = :tenant AND id = :id AND state = 'open' RETURNING id""")


def add(connection: Connection, tenant_id: int, one: Objection) -> bool:
    """False where this decision was objected to before."""
    return connection.execute(ADD, {"tenant": tenant_id, **row_of(one)}).scalar() is not None


def objection(connection: Connection, tenant_id: int, ident: UUID) -> Objection | None:
    row = connection.execute(BY_ID, {"tenant": tenant_id, "id": ident}).one_or_none()
    return None if row is None else _row(row)


def of_bundle(connection: Connection, tenant_id: int, bundle_id: UUID) -> dict[UUID, Objection]:
    """By application."""
    rows = connection.execute(OF_BUNDLE, {"tenant": tenant_id, "bundle": bundle_id})
    return {row.application_id: _row(row) for row in rows}


def undecided(connection: Connection, tenant_id: int, *, limit: int) -> list[Objection]:
    """Those not decided yet, the most urgent first."""
    return [_row(row) for row in connection.execute(OPEN, {"tenant": tenant_id, "limit": limit})]


def decide(
    connection: Connection,
    tenant_id: int,
    ident: UUID,
    *,
    state: ObjectionState,
    now: datetime,
    by: str,
    reasons: Sequence[str],
) -> bool:
    """False where it was decided before."""
    values = {"tenant": tenant_id, "id": ident, "state": state.value, "now": now, "by": by}
    return connection.execute(DECIDE, values | {"reasons": list(reasons)}).scalar() is not None


def _row(row: Row[Any]) -> Objection:
    values = {one.name: getattr(row, one.name) for one in fields(Objection)}
    values |= {"grounds": bytes(row.grounds), "reasons": tuple(row.reasons)}
    return Objection(**values | {"state": ObjectionState(row.state)})
