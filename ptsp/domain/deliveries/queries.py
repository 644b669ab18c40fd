"""Read what goes on only when a person has looked, and what nobody would ever look at. Of the bound tenant."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import Connection, text

from ptsp.domain.deliveries.types import Dead, Place, Unseen

TASK, MESSAGE = "task", "message"

# The last words of a task are those of its last event; a bundle has a few dozen.
DEAD = """
    SELECT 'task' AS kind, t.id, t.bundle_id, b.reference, t.seq, t.agency, t.code, COALESCE(t.cause, 'fault') AS cause,
           t.attempts, COALESCE(t.tried_at, t.started_at, b.lodged_at) AS since, t.kind AS step,
           t.agency_ref IS NOT NULL AS has_ref
      FROM app.task t JOIN app.bundle b ON b.tenant_id = t.tenant_id AND b.id = t.bundle_id
     WHERE t.state = 'stuck'"""
FAILED = """
    SELECT 'message', m.id, m.bundle_id, COALESCE(b.reference, ''), NULL, m.recipient, m.kind, 'message', m.attempts,
           m.created_at, NULL, false
      FROM app.message m LEFT JOIN app.bundle b ON b.tenant_id = m.tenant_id AND b.id = m.bundle_id
     WHERE m.state = 'failed'"""
WORDS = """
    COALESCE(CASE d.kind WHEN 'message' THEN (SELECT m.last_error FROM app.message m WHERE m.id = d.id)
               ELSE (SELECT e.body::json -> 'data' -> 'note' ->> 'reason' FROM app.event e
                      WHERE e.bundle_id = d.bundle_id AND e.type = 'task.stuck'
                        AND CAST(e.body::json -> 'data' ->> 'seq' AS int) = d.seq
                      ORDER BY e.seq DESC LIMIT 1) END, '') AS words"""
PAGE = text(f"""
    SELECT d.*, {WORDS}
      FROM ({DEAD} UNION ALL {FAILED}) d
     WHERE (CAST(:cause AS text) IS NULL OR d.cause = :cause) AND (CAST(:agency AS text) IS NULL OR d.agency = :agency)
       AND (CAST(:kind AS text) IS NULL OR d.kind = :kind)
       AND (d.since, d.id) > (CAST(:since AS timestamptz), CAST(:id AS uuid))
     ORDER BY d.since, d.id LIMIT :limit""")
OF_TASKS = text(f"SELECT d.*, {WORDS} FROM ({DEAD} AND t.id = ANY(:ids)) d ORDER BY d.since, d.id")
COUNTS = text(f"""
    SELECT d.agency, d.cause, count(*)::int FROM ({DEAD} UNION ALL {FAILED}) d GROUP BY 1, 2 ORDER BY 1, 2""")

UNSEEN = text("""
    SELECT 'task', id, agency, state FROM app.task
     WHERE state IN ('ready', 'running', 'asked', 'unknown') AND next_at = 'infinity'
    UNION ALL
    SELECT 'message', id, recipient, state FROM app.message
     WHERE state IN ('owed', 'sending') AND next_at = 'infinity'
     ORDER BY 1, 2 LIMIT :limit""")


def dead(
    connection: Connection,
    *,
    kind: str | None = None,
    cause: str | None = None,
    agency: str | None = None,
    after: Place | None = None,
    limit: int = 100,
) -> list[Dead]:
    """Stuck tasks and failed messages (their cause is `message`), the longest waiting first."""
    place = {"since": after.since if after else "-infinity", "id": after.id if after else UUID(int=0)}
    values = {"kind": kind, "cause": cause, "agency": agency, "limit": limit, **place}
    return [Dead(*row) for row in connection.execute(PAGE, values)]


def dead_tasks(connection: Connection, ids: Sequence[UUID]) -> list[Dead]:
    """Those of these tasks that are stuck."""
    return [Dead(*row) for row in connection.execute(OF_TASKS, {"ids": list(ids)})]


def dead_counts(connection: Connection) -> dict[tuple[str, str], int]:
    """How many there are, by agency and cause."""
    return {(row[0], row[1]): row[2] for row in connection.execute(COUNTS)}


def unseen(connection: Connection, *, limit: int = 100) -> list[Unseen]:
    """What is under way and waits for no moment. There must be none."""
    return [Unseen(*row) for row in connection.execute(UNSEEN, {"limit": limit})]
