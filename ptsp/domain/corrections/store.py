"""Write and read corrections of the bound tenant. Never commits."""

from collections.abc import Sequence
from dataclasses import fields
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Row, text

from ptsp.domain.corrections.types import Correction, CorrectionState
from ptsp.infra.rows import row_of

ADD = text("""
    INSERT INTO app.correction (tenant_id, id, bundle_id, seq, round, fields, documents, message, asked_at, asked_by,
                                due_on, lapses_at, state, stop)
    VALUES (:tenant, :id, :bundle_id, :seq, :round, :fields, :documents, :message, :asked_at, :asked_by, :due_on,
            :lapses_at, 'open', :stop)""")

COLUMNS = """id, bundle_id, seq, round, fields, documents, message, asked_at, asked_by, due_on,
             lapses_at, stop, state, answered_at"""
OF_BUNDLES = text(f"""
    SELECT {COLUMNS} FROM app.correction
     WHERE tenant_id = :tenant AND bundle_id = ANY(:ids) ORDER BY asked_at, id""")
SILENT = text(f"""
    SELECT {COLUMNS} FROM app.correction
     WHERE tenant_id = :tenant AND state = 'open' AND lapses_at < :now ORDER BY lapses_at, id LIMIT :limit""")
AT_DESKS = text(f"""
    SELECT {COLUMNS} FROM app.correction
     WHERE tenant_id = :tenant AND state = 'open' AND asked_by = :agency ORDER BY due_on, id LIMIT :limit""")
CLOSE = text("""
    UPDATE app.correction
       SET state = :state, answered_at = CASE :state WHEN 'answered' THEN :now END
     WHERE tenant_id = :tenant AND id = :id AND state = 'open'""")


def add(connection: Connection, tenant_id: int, one: Correction) -> None:
    """The bundle is locked, so that a task has one open correction at most."""
    row = row_of(one) | {"fields": list(one.fields), "documents": list(one.documents)}
    connection.execute(ADD, {"tenant": tenant_id, **row})


def close(connection: Connection, tenant_id: int, ident: UUID, state: CorrectionState, now: datetime) -> None:
    connection.execute(CLOSE, {"tenant": tenant_id, "id": ident, "state": state.value, "now": now})


def of_bundles(
    connection: Connection, tenant_id: int, bundle_ids: Sequence[UUID]
) -> dict[UUID, list[Correction]]:
    """All corrections of each bundle, the oldest first; bundles without any are missing."""
    found: dict[UUID, list[Correction]] = {}
    for row in connection.execute(OF_BUNDLES, {"tenant": tenant_id, "ids": list(bundle_ids)}):
        found.setdefault(row.bundle_id, []).append(_row(row))
    return found


def silent(connection: Connection, tenant_id: int, now: datetime, *, limit: int) -> list[Correction]:
    """Open corrections that nobody answered in time, the longest overdue first."""
    values = {"tenant": tenant_id, "now": now, "limit": limit}
    return [_row(row) for row in connection.execute(SILENT, values)]


def open_of_desk(connection: Connection, tenant_id: int, agency: str, *, limit: int) -> list[Correction]:
    """What one desk waits for, the most urgent first."""
    values = {"tenant": tenant_id, "agency": agency, "limit": limit}
    return [_row(row) for row in connection.execute(AT_DESKS, values)]


def _row(row: Row[Any]) -> Correction:
    values = {one.name: getattr(row, one.name) for one in fields(Correction)}
    values |= {"fields": tuple(row.fields), "documents": tuple(row.documents)}
    return Correction(**values | {"state": CorrectionState(row.state)})
