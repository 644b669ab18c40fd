"""Read tasks of the bound tenant, and when any tenant's are due."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import Connection, text

from ptsp.domain.routes.types import TaskRow

COLUMNS = """id, bundle_id, seq, code, kind, agency, days, planned_on, state, attempts, reasons, started_at, ended_at"""
BY_IDS = text(f"SELECT {COLUMNS} FROM app.task WHERE id = ANY(:ids)")
OF_BUNDLES = text(f"SELECT {COLUMNS} FROM app.task WHERE bundle_id = ANY(:bundles) ORDER BY bundle_id, seq")
OF_KIND = text(f"""
    SELECT {COLUMNS} FROM app.task WHERE bundle_id = ANY(:bundles) AND kind = :kind ORDER BY bundle_id, seq""")
STUCK = text(f"SELECT {COLUMNS} FROM app.task WHERE state = 'stuck' ORDER BY planned_on, id LIMIT :limit")
AT_DESK = text(f"""
    SELECT {COLUMNS} FROM app.task
     WHERE kind = 'desk' AND agency = :agency AND state = 'asked' ORDER BY planned_on, id LIMIT :limit""")

# Run as ptsp_sweeper, which sees these columns of all tenants and nothing else. One look into the index per
# tenant, however much is due: counting it all would cost most when there is most to do.
DUE_TENANTS = text("""
    SELECT t.id
      FROM app.tenant t
     CROSS JOIN LATERAL (
       SELECT next_at FROM app.task
        WHERE tenant_id = t.id AND state IN ('ready', 'running', 'asked') AND next_at <= clock_timestamp()
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
    return [_row(row) for row in connection.execute(OF_KIND, {"bundles": list(bundle_ids), "kind": kind})]


def at_desk(connection: Connection, agency: str, *, limit: int = 50) -> list[TaskRow]:
    """What waits at one desk, the most urgent first."""
    return [_row(row) for row in connection.execute(AT_DESK, {"agency": agency, "limit": limit})]


def stuck(connection: Connection, *, limit: int = 100) -> list[TaskRow]:
    """What a person has to look at, the most urgent first."""
    return [_row(row) for row in connection.execute(STUCK, {"limit": limit})]


def due_tenants(connection: Connection) -> list[int]:
    """Tenants for which something is due now, the longest waiting first."""
    return list(connection.execute(DUE_TENANTS).scalars())


def _row(row: Sequence[object]) -> TaskRow:
    values = list(row)
    values[10] = tuple(values[10])  # type: ignore[arg-type]
    return TaskRow(*values)  # type: ignore[arg-type]
