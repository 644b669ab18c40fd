"""Read tasks of the bound tenant, and when any tenant's are due."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import Connection, text

from ptsp.domain.routes.types import Place, QueueRow, TaskRow

COLUMNS = """id, bundle_id, seq, code, kind, agency, planned_on, state, attempts, reasons, started_at, ended_at,
          due_at, officer, desk, cause, answered_by"""
BY_IDS = text(f"SELECT {COLUMNS} FROM app.task WHERE id = ANY(:ids)")
OF_BUNDLES = text(f"SELECT {COLUMNS} FROM app.task WHERE bundle_id = ANY(:bundles) ORDER BY bundle_id, seq")
OF_KIND = text(f"""
    SELECT {COLUMNS} FROM app.task WHERE bundle_id = ANY(:bundles) AND kind = :kind AND state <> 'cut'
     ORDER BY bundle_id, seq""")
QUEUED = """t.id, t.bundle_id, b.reference, t.seq, t.code, t.kind, t.agency, t.state, t.planned_on, t.started_at,
           t.due_at, t.marks, t.officer, b.calendar
      FROM app.task t JOIN app.bundle b ON b.tenant_id = t.tenant_id AND b.id = t.bundle_id"""
# What is not due, since its clock stands, comes last.
QUEUE = text(f"""
    SELECT {QUEUED}
     WHERE t.state = 'asked' AND (t.kind = 'desk' OR t.desk IS NOT NULL) AND COALESCE(t.desk, t.agency) = :agency
       AND (CAST(:officer AS text) IS NULL OR t.officer = :officer)
       AND (COALESCE(t.due_at, 'infinity'), t.id) > (CAST(:due_at AS timestamptz), CAST(:id AS uuid))
     ORDER BY COALESCE(t.due_at, 'infinity'), t.id LIMIT :limit""")
DUE = text(f"""
    SELECT {QUEUED}
     WHERE t.due_at < :until AND t.state IN ('ready', 'running', 'asked', 'unknown', 'stuck') AND t.kind <> 'payment'
       AND (CAST(:agency AS text) IS NULL OR t.agency = :agency)
     ORDER BY t.due_at, t.id LIMIT :limit""")
FIRST = {"due_at": "-infinity", "id": UUID(int=0)}

# Run as ptsp_sweeper, which sees these columns of all tenants and nothing else. One look into the index per
# tenant, however much is due: counting it all would cost most when there is most to do.
DUE_TENANTS = text("""
    SELECT t.id
      FROM app.tenant t
     CROSS JOIN LATERAL (
       SELECT next_at FROM app.task
        WHERE tenant_id = t.id AND state IN ('ready', 'running', 'asked', 'unknown') AND next_at <= clock_timestamp()
        ORDER BY next_at LIMIT 1) d
     ORDER BY d.next_at""")


def tasks(connection: Connection, bundle_id: UUID) -> list[TaskRow]:
    """All tasks of one bundle in the order of its graph."""
    return tasks_of(connection, [bundle_id]).get(bundle_id, [])


def tasks_of(connection: Connection, bundle_ids: Sequence[UUID]) -> dict[UUID, list[TaskRow]]:
    """All tasks of several bundles, each in the order of its graph."""
    found: dict[UUID, list[TaskRow]] = {}
    for row in connection.execute(OF_BUNDLES, {"bundles": list(bundle_ids)}):
        found.setdefault(row.bundle_id, []).append(_row(row))
    return found


def tasks_by_id(connection: Connection, ids: Sequence[UUID]) -> dict[UUID, TaskRow]:
    return {row.id: _row(row) for row in connection.execute(BY_IDS, {"ids": list(ids)})}


def tasks_of_kind(connection: Connection, bundle_ids: Sequence[UUID], kind: str) -> list[TaskRow]:
    """Those of one kind that were not cut: what was cut may belong to nobody any more."""
    return [_row(row) for row in connection.execute(OF_KIND, {"bundles": list(bundle_ids), "kind": kind})]


def queue(
    connection: Connection, agency: str, *, officer: str | None = None, limit: int, after: Place | None = None
) -> list[QueueRow]:
    """What waits at one desk, or what one officer there has taken, in the order in which it is due."""
    place = {"due_at": after.due_at or "infinity", "id": after.id} if after else FIRST
    values = {"agency": agency, "officer": officer, "limit": limit, **place}
    return [QueueRow(*row) for row in connection.execute(QUEUE, values)]


def due(connection: Connection, until: datetime, *, agency: str | None = None, limit: int) -> list[QueueRow]:
    """Open tasks whose limit ends before a moment, of one agency or of all. An applicant's payment is none."""
    values = {"until": until, "agency": agency, "limit": limit}
    return [QueueRow(*row) for row in connection.execute(DUE, values)]


def due_tenants(connection: Connection) -> list[int]:
    """Tenants for which something is due now, the longest waiting first."""
    return list(connection.execute(DUE_TENANTS).scalars())


def _row(row: Sequence[object]) -> TaskRow:
    values = list(row)
    values[9] = tuple(values[9])  # type: ignore[arg-type]
    return TaskRow(*values)  # type: ignore[arg-type]
