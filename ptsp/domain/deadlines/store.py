"""Write the dates that follow from clocks. Never commits."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import Connection, text

from ptsp.infra.rows import Row, as_rows

SET_STEPS = text("""
    UPDATE app.task t SET due_at = r.due_at, warn_at = r.warn_at, marks = COALESCE(r.marks, t.marks)
      FROM json_to_recordset(CAST(:rows AS json))
        AS r (bundle_id uuid, seq int, due_at timestamptz, warn_at timestamptz, marks text)
     WHERE t.tenant_id = :tenant AND t.bundle_id = r.bundle_id AND t.seq = r.seq""")

SET_PERMITS = text("""
    UPDATE app.application a
       SET promised_on = r.promised_on, due_at = r.due_at, warn_at = r.warn_at, clock_started_at = r.clock_started_at,
           marks = COALESCE(r.marks, a.marks)
      FROM json_to_recordset(CAST(:rows AS json))
        AS r (bundle_id uuid, position int, promised_on date, due_at timestamptz, warn_at timestamptz,
              clock_started_at timestamptz, marks text)
     WHERE a.tenant_id = :tenant AND a.bundle_id = r.bundle_id AND a.position = r.position""")

START_PERMITS = text("""
    UPDATE app.application SET clock_started_at = :at
     WHERE tenant_id = :tenant AND bundle_id = :bundle AND position = ANY(:positions)""")

WARN_STEPS = text("""
    UPDATE app.task t SET warn_at = r.warn_at
      FROM json_to_recordset(CAST(:rows AS json)) AS r (bundle_id uuid, number int, warn_at timestamptz)
     WHERE t.tenant_id = :tenant AND t.bundle_id = r.bundle_id AND t.seq = r.number AND t.due_at IS NOT NULL""")
WARN_PERMITS = text("""
    UPDATE app.application a SET warn_at = r.warn_at
      FROM json_to_recordset(CAST(:rows AS json)) AS r (bundle_id uuid, number int, warn_at timestamptz)
     WHERE a.tenant_id = :tenant AND a.bundle_id = r.bundle_id AND a.position = r.number AND a.due_at IS NOT NULL""")


def set_steps(connection: Connection, tenant_id: int, rows: Sequence[Row]) -> None:
    """bundle_id, seq, due_at, warn_at, marks (None: as they are)."""
    _set(connection, tenant_id, SET_STEPS, rows)


def set_permits(connection: Connection, tenant_id: int, rows: Sequence[Row]) -> None:
    """bundle_id, position, promised_on, due_at, warn_at, clock_started_at, marks (None: as they are)."""
    _set(connection, tenant_id, SET_PERMITS, rows)


def start_permits(
    connection: Connection, tenant_id: int, bundle_id: UUID, positions: Sequence[int], at: datetime
) -> None:
    """These legal clocks start."""
    if positions:
        values = {"tenant": tenant_id, "bundle": bundle_id, "positions": list(positions), "at": at}
        connection.execute(START_PERMITS, values)


def set_warnings(
    connection: Connection, tenant_id: int, steps: Sequence[Row], permits: Sequence[Row]
) -> None:
    """bundle_id, number (seq or position), warn_at; of what has no limit running it stays empty."""
    _set(connection, tenant_id, WARN_STEPS, steps)
    _set(connection, tenant_id, WARN_PERMITS, permits)


def _set(connection: Connection, tenant_id: int, statement: object, rows: Sequence[Row]) -> None:
    if rows:
        connection.execute(statement, {"tenant": tenant_id, "rows": as_rows(rows)})  # type: ignore[call-overload]
