"""Write tasks: claim them in batches, finish them fenced, and move the graph on. Never commits.

Every statement takes any number of rows. Times are the database's own.
"""

import json
from collections.abc import Iterable, Sequence
from datetime import datetime
from functools import lru_cache
from typing import cast
from uuid import UUID

from sqlalchemy import Connection, text

from ptsp.domain.routes.types import Claimed, Graph, Held, Move, NewTask, Result, Settled, TaskState
from ptsp.infra.rows import Row, as_rows, row_of
from ptsp.kernel.specs import StepKind

# A task that another worker holds is skipped, and taken over once the lease has run out. Such a one is suspect: it may
# be what killed the worker, so it is claimed apart from the others.
CLAIM = text("""
    WITH due AS MATERIALIZED (
      SELECT id FROM app.task
       WHERE tenant_id = :tenant AND next_at <= clock_timestamp() AND state IN ('ready', 'running', 'asked')
         AND (state = 'running' OR crashes > 0) = :suspect
       ORDER BY next_at LIMIT :limit FOR UPDATE SKIP LOCKED)
    UPDATE app.task t
       SET state = 'running', lease_token = :lease, attempts = t.attempts + 1,
           crashes = t.crashes + CASE t.state WHEN 'running' THEN 1 ELSE 0 END,
           next_at = clock_timestamp() + make_interval(secs => :lease_s)
      FROM due WHERE t.tenant_id = :tenant AND t.id = due.id
    RETURNING t.id, t.bundle_id, t.seq, t.code, t.kind, t.agency, t.attempts, t.crashes, t.agency_ref""")

LOCK = text("""
    SELECT id, reference, graph, last_event, head FROM app.bundle
     WHERE tenant_id = :tenant AND id = ANY(:ids) ORDER BY id FOR UPDATE""")

# With a lease: only if it is still ours. Without one (a reply, a payment, an officer): only what is open.
FINISH = text("""
    UPDATE app.task t
       SET state = r.state, lease_token = NULL,
           crashes = CASE t.state WHEN 'stuck' THEN 0 ELSE t.crashes END, -- a person has looked: it may begin anew
           reasons = ARRAY(SELECT json_array_elements_text(r.reasons)),
           agency_ref = COALESCE(r.agency_ref, t.agency_ref),
           next_at = CASE WHEN r.again_s IS NULL THEN 'infinity'
                          ELSE clock_timestamp() + make_interval(secs => r.again_s) END,
           ended_at = CASE WHEN r.state IN ('approved', 'rejected', 'deemed') THEN CAST(:now AS timestamptz) END,
           due_at = CASE WHEN r.state NOT IN ('approved', 'rejected', 'deemed') THEN t.due_at END,
           warn_at = CASE WHEN r.state NOT IN ('approved', 'rejected', 'deemed') THEN t.warn_at END
      FROM json_to_recordset(CAST(:rows AS json))
        AS r (id uuid, state text, lease uuid, reasons json, agency_ref text, again_s float8)
     WHERE t.tenant_id = :tenant AND t.id = r.id
       AND CASE WHEN r.lease IS NOT NULL THEN t.state = 'running' AND t.lease_token = r.lease
                ELSE t.state IN ('ready', 'running', 'asked', 'stuck') END
    RETURNING t.id, t.bundle_id, t.seq, t.code, t.agency, t.kind, t.state""")

HELD = text("""
    SELECT t.id FROM json_to_recordset(CAST(:rows AS json)) AS h (id uuid, lease uuid)
      JOIN app.task t ON t.tenant_id = :tenant AND t.id = h.id AND t.lease_token = h.lease
     ORDER BY t.id FOR UPDATE OF t""")

MOVE = text("""
    UPDATE app.task t
       SET state = m.state,
           next_at = CASE m.state WHEN 'ready' THEN clock_timestamp() ELSE 'infinity' END,
           started_at = CASE m.state WHEN 'ready' THEN CAST(:now AS timestamptz) END,
           ended_at = CASE m.state WHEN 'cut' THEN CAST(:now AS timestamptz) END,
           due_at = m.due_at, warn_at = m.warn_at
      FROM json_to_recordset(CAST(:rows AS json))
        AS m (bundle_id uuid, seq int, state text, due_at timestamptz, warn_at timestamptz)
     WHERE t.tenant_id = :tenant AND t.bundle_id = m.bundle_id AND t.seq = m.seq AND t.state = 'blocked'""")

ADD_TASKS = text("""
    INSERT INTO app.task (tenant_id, id, bundle_id, seq, code, kind, agency, planned_on, state, started_at, due_at,
                          next_at)
    SELECT :tenant, t.id, t.bundle_id, t.seq, t.code, t.kind, t.agency, t.planned_on, t.state, t.started_at, t.due_at,
           'infinity'
      FROM json_to_recordset(CAST(:rows AS json))
        AS t (id uuid, bundle_id uuid, seq int, code text, kind text, agency text, planned_on date, state text,
              started_at timestamptz, due_at timestamptz)""")

SET_WAY = text("""
    UPDATE app.bundle SET graph = :graph, shape = :shape, before_merging = :before_merging
     WHERE tenant_id = :tenant AND id = :bundle""")

# Whoever had it in hand finds its lease gone.
CUT = text("""
    UPDATE app.task
       SET state = 'cut', lease_token = NULL, next_at = 'infinity', ended_at = :now, due_at = NULL, warn_at = NULL
     WHERE tenant_id = :tenant AND bundle_id = :bundle AND seq = ANY(:seqs)
       AND state IN ('blocked', 'ready', 'running', 'asked', 'stuck')""")

DEEM = text("""
    UPDATE app.task
       SET state = 'deemed', lease_token = NULL, next_at = 'infinity', ended_at = :now, due_at = NULL, warn_at = NULL
     WHERE tenant_id = :tenant AND bundle_id = :bundle AND seq = ANY(:seqs)
       AND state IN ('blocked', 'ready', 'running', 'asked', 'stuck')
    RETURNING id, bundle_id, seq, code, agency, kind, state""")

TAKE = text("""
    UPDATE app.task SET officer = :officer
     WHERE tenant_id = :tenant AND id = :id AND state IN ('ready', 'running', 'asked')
       AND (officer IS NULL OR officer = :officer)
    RETURNING id""")
RELEASE = text("""
    UPDATE app.task SET officer = NULL
     WHERE tenant_id = :tenant AND id = :id AND officer = :officer AND state IN ('ready', 'running', 'asked')
    RETURNING id""")

# What has ended stays so: events may still follow, such as an objection.
HEADS = text("""
    UPDATE app.bundle b
       SET last_event = h.last_event, head = decode(h.head, 'hex'), outcome = COALESCE(b.outcome, h.outcome),
           state = CASE WHEN COALESCE(b.outcome, h.outcome) IS NULL THEN 'open' ELSE 'ended' END,
           ended_at = CASE WHEN h.outcome IS NULL THEN b.ended_at
                           ELSE COALESCE(b.ended_at, CAST(:now AS timestamptz)) END,
           promised_on = COALESCE(h.promised_on, b.promised_on), calendar = COALESCE(h.calendar, b.calendar),
           held_by = CASE WHEN h.held_by IS NULL THEN b.held_by
                          ELSE ARRAY(SELECT json_array_elements_text(h.held_by)) END
      FROM json_to_recordset(CAST(:rows AS json))
        AS h (id uuid, last_event int, head text, outcome text, promised_on date, calendar int, held_by json)
     WHERE b.tenant_id = :tenant AND b.id = h.id""")


def claim(
    connection: Connection, tenant_id: int, *, lease: UUID, lease_s: float, limit: int
) -> list[Claimed]:
    """Take up to `limit` due tasks for `lease_s` seconds, the longest waiting first."""
    return _claimed(connection, tenant_id, lease=lease, lease_s=lease_s, limit=limit, suspect=False)


def claim_suspect(connection: Connection, tenant_id: int, *, lease: UUID, lease_s: float) -> list[Claimed]:
    """Take one task whose lease ran out before, if any is due: alone, so that it harms no other."""
    return _claimed(connection, tenant_id, lease=lease, lease_s=lease_s, limit=1, suspect=True)


def _claimed(connection: Connection, tenant_id: int, **values: object) -> list[Claimed]:
    return [
        Claimed(
            id=row.id,
            bundle_id=row.bundle_id,
            seq=row.seq,
            code=row.code,
            kind=StepKind(row.kind),
            agency=row.agency,
            lease=cast(UUID, values["lease"]),
            attempts=row.attempts,
            crashes=row.crashes,
            agency_ref=row.agency_ref,
        )
        for row in connection.execute(CLAIM, {"tenant": tenant_id, **values})
    ]


def finish(connection: Connection, tenant_id: int, results: Sequence[Result], now: datetime) -> list[Settled]:
    """Write results that still count, and return them. What another worker has taken over is left alone."""
    if not results:
        return []
    rows = [
        {
            "id": result.task_id,
            "state": result.state.value,
            "lease": result.lease,
            "reasons": result.reasons,
            "agency_ref": result.agency_ref,
            "again_s": result.again_s,
        }
        for result in results
    ]
    return [
        Settled(row[0], row[1], row[2], row[3], row[4], StepKind(row[5]), TaskState(row[6]))
        for row in connection.execute(FINISH, {"tenant": tenant_id, "rows": as_rows(rows), "now": now})
    ]


def lock(connection: Connection, tenant_id: int, bundle_ids: Iterable[UUID]) -> dict[UUID, Held]:
    """Lock bundles in the order of their ids, so that two batches never wait for each other in a circle."""
    values = {"tenant": tenant_id, "ids": sorted(set(bundle_ids))}
    return {
        row.id: Held(row.id, row.reference, graph_from_text(row.graph), row.last_event, bytes(row.head))
        for row in connection.execute(LOCK, values)
    }


def move(connection: Connection, tenant_id: int, moves: Sequence[Move], now: datetime) -> None:
    """Start or cut blocked tasks."""
    if moves:
        rows = as_rows(map(row_of, moves))
        connection.execute(MOVE, {"tenant": tenant_id, "rows": rows, "now": now})


def add_tasks(connection: Connection, tenant_id: int, tasks: Sequence[NewTask]) -> None:
    """Tasks that join a locked bundle; all of them blocked, so that nobody looks at them yet."""
    if tasks:
        connection.execute(ADD_TASKS, {"tenant": tenant_id, "rows": as_rows(map(row_of, tasks))})


def set_way(
    connection: Connection, tenant_id: int, bundle_id: UUID, *, graph: Graph, shape: str, before_merging: int
) -> None:
    """A locked bundle goes another way from now; `shape` as time stores it."""
    values = {"tenant": tenant_id, "bundle": bundle_id, "graph": graph_as_text(graph)}
    connection.execute(SET_WAY, values | {"shape": shape, "before_merging": before_merging})


def cut(connection: Connection, tenant_id: int, bundle_id: UUID, seqs: Sequence[int], now: datetime) -> None:
    """End open tasks of a locked bundle that nobody needs any more, in whatever state they are."""
    if seqs:
        values = {"tenant": tenant_id, "bundle": bundle_id, "seqs": list(seqs), "now": now}
        connection.execute(CUT, values)


def deem(
    connection: Connection, tenant_id: int, bundle_id: UUID, seqs: Sequence[int], now: datetime
) -> list[Settled]:
    """End tasks that the law no longer waits for, whether they had begun or not. An answer still to come is late."""
    values = {"tenant": tenant_id, "bundle": bundle_id, "seqs": list(seqs), "now": now}
    rows = connection.execute(DEEM, values) if seqs else ()
    settled = [
        Settled(row[0], row[1], row[2], row[3], row[4], StepKind(row[5]), TaskState(row[6])) for row in rows
    ]
    return sorted(settled, key=lambda task: task.seq)


def take(connection: Connection, tenant_id: int, task_id: UUID, officer: str) -> bool:
    """Put a task that is under way into an officer's hands; False if another has it, or it is not."""
    values = {"tenant": tenant_id, "id": task_id, "officer": officer}
    return connection.execute(TAKE, values).first() is not None


def release(connection: Connection, tenant_id: int, task_id: UUID, officer: str) -> bool:
    """Lay it back; False if this officer does not have it."""
    values = {"tenant": tenant_id, "id": task_id, "officer": officer}
    return connection.execute(RELEASE, values).first() is not None


def set_heads(connection: Connection, tenant_id: int, rows: Sequence[Row], now: datetime) -> None:
    """Keep each bundle's new end of the ledger (id, last_event, head), its outcome once it has one, and its dates
    (promised_on, calendar, held_by) where they are given.
    """
    if rows:
        connection.execute(HEADS, {"tenant": tenant_id, "rows": as_rows(rows), "now": now})


def graph_as_text(graph: Graph) -> str:
    """The shape of a bundle as stored: compact JSON, equal for equal shapes."""
    return json.dumps([graph.after, graph.members, graph.decides], separators=(",", ":"))


@lru_cache(maxsize=4096)
def graph_from_text(stored: str) -> Graph:
    """The inverse. Kept in memory: many bundles have the same shape, and a shape is nobody's secret."""
    after, members, decides = json.loads(stored)
    return Graph(tuple(map(tuple, after)), tuple(map(tuple, members)), tuple(decides))


def held(connection: Connection, tenant_id: int, tasks: Sequence[Claimed]) -> set[UUID]:
    """Which claims are still ours. Ask under the bundles' lock, before doing what cannot be taken back."""
    if not tasks:
        return set()
    rows = as_rows({"id": task.id, "lease": task.lease} for task in tasks)
    return set(connection.execute(HELD, {"tenant": tenant_id, "rows": rows}).scalars())
