"""Write tasks: claim them in batches, finish them fenced, and move the graph on. Never commits.

Every statement takes any number of rows. Times are the database's own.
"""

import json
from collections.abc import Iterable, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any, cast
from uuid import UUID

from sqlalchemy import Connection, text

from ptsp.domain.routes.types import Claimed, Graph, Held, Move, NewTask, Result, Settled, TaskState
from ptsp.infra.rows import Row, as_rows
from ptsp.kernel.specs import StepKind

# A task that another worker holds is skipped, and taken over once the lease has run out. Such a one is suspect: it may
# be what killed the worker, so it is claimed apart from the others.
CLAIM = text("""
    WITH due AS MATERIALIZED (
      SELECT id, state FROM app.task
       WHERE tenant_id = :tenant AND next_at <= clock_timestamp()
         AND state IN ('ready', 'running', 'asked', 'unknown')
         AND (state = 'running' OR crashes > 0) = :suspect
         AND (kind <> 'ask' OR agency <> ALL(CAST(:full AS text[])))
       ORDER BY next_at LIMIT :limit FOR UPDATE SKIP LOCKED)
    UPDATE app.task t
       SET state = 'running', lease_token = :lease, attempts = t.attempts + 1,
           crashes = t.crashes + CASE t.state WHEN 'running' THEN 1 ELSE 0 END,
           next_at = clock_timestamp() + make_interval(secs => :lease_s),
           tried_at = COALESCE(t.tried_at, clock_timestamp())
      FROM due WHERE t.tenant_id = :tenant AND t.id = due.id
    RETURNING t.id, t.bundle_id, t.seq, t.code, t.kind, t.agency, t.attempts, t.crashes, t.agency_ref,
              due.state AS was, t.tried_at, t.due_at, t.desk, t.failures,
              COALESCE(t.due_at <= clock_timestamp(), false) AS is_over,
              t.agency = ANY (ARRAY(SELECT agency FROM app.circuit WHERE tenant_id = :tenant AND failures > 0))
                AS is_troubled""")

LOCK = text("""
    SELECT id, reference, graph, last_event, head FROM app.bundle
     WHERE tenant_id = :tenant AND id = ANY(:ids) ORDER BY id FOR UPDATE""")

# With a lease: only if it is still ours. Without one (a reply, a payment, an officer): only what is open.
FINISH = text("""
    UPDATE app.task t
       SET state = r.state, lease_token = NULL,
           crashes = CASE t.state WHEN 'stuck' THEN 0 ELSE t.crashes END, -- a person has looked: it may begin anew
           reasons = ARRAY(SELECT json_array_elements_text(r.reasons)),
           agency_ref = COALESCE(r.agency_ref, t.agency_ref), cause = r.cause, desk = COALESCE(r.desk, t.desk),
           attempts = t.attempts - CASE WHEN r.is_try THEN 0 ELSE 1 END,
           failures = CASE WHEN NOT r.is_try THEN t.failures WHEN r.cause IS NULL THEN 0 ELSE t.failures + 1 END,
           tried_at = CASE WHEN r.is_try OR t.attempts > 1 THEN t.tried_at END,
           next_at = CASE WHEN r.again_s IS NULL THEN 'infinity'
                          ELSE clock_timestamp() + make_interval(secs => r.again_s) END,
           ended_at = CASE WHEN r.state IN ('approved', 'rejected', 'deemed') THEN CAST(:now AS timestamptz) END,
           due_at = CASE WHEN r.state NOT IN ('approved', 'rejected', 'deemed') THEN t.due_at END,
           warn_at = CASE WHEN r.state NOT IN ('approved', 'rejected', 'deemed') THEN t.warn_at END
      FROM json_to_recordset(CAST(:rows AS json))
        AS r (id uuid, state text, lease uuid, reasons json, agency_ref text, again_s float8, cause text,
              desk text, is_try boolean)
     WHERE t.tenant_id = :tenant AND t.id = r.id
       AND CASE WHEN r.lease IS NOT NULL THEN t.state = 'running' AND t.lease_token = r.lease
                ELSE t.state IN ('ready', 'running', 'asked', 'unknown', 'stuck') END
    RETURNING t.id, t.bundle_id, t.seq, t.code, t.agency, t.kind, t.state""")

# A claim that is undone: nobody was asked.
GIVE_BACK = text("""
    UPDATE app.task t
       SET state = g.state, lease_token = NULL, attempts = t.attempts - 1, cause = COALESCE(g.cause, t.cause),
           tried_at = CASE WHEN t.attempts > 1 THEN t.tried_at END,
           next_at = clock_timestamp() + make_interval(secs => g.again_s)
      FROM json_to_recordset(CAST(:rows AS json))
        AS g (task_id uuid, state text, lease uuid, cause text, again_s float8)
     WHERE t.tenant_id = :tenant AND t.id = g.task_id AND t.state = 'running' AND t.lease_token = g.lease""")

HELD = text("""
    SELECT t.id FROM json_to_recordset(CAST(:rows AS json)) AS h (id uuid, lease uuid)
      JOIN app.task t ON t.tenant_id = :tenant AND t.id = h.id AND t.lease_token = h.lease
     ORDER BY t.id FOR UPDATE OF t""")

MOVE = text("""
    UPDATE app.task t
       SET state = m.state,
           next_at = CASE m.state WHEN 'cut' THEN 'infinity'
                                  ELSE clock_timestamp() + make_interval(secs => COALESCE(m.again_s, 0)) END,
           lease_token = m.lease,
           attempts = t.attempts + CASE WHEN m.again_s IS NULL THEN 0 ELSE 1 END,
           tried_at = CASE WHEN m.again_s IS NULL THEN t.tried_at ELSE clock_timestamp() END,
           agency_ref = CASE m.state WHEN 'asked' THEN 'queued' ELSE t.agency_ref END,
           started_at = CASE WHEN m.state <> 'cut' THEN CAST(:now AS timestamptz) END,
           ended_at = CASE m.state WHEN 'cut' THEN CAST(:now AS timestamptz) END,
           due_at = m.due_at, warn_at = m.warn_at
      FROM json_to_recordset(CAST(:rows AS json))
        AS m (bundle_id uuid, seq int, state text, due_at timestamptz, warn_at timestamptz, again_s float8,
              lease uuid)
     WHERE t.tenant_id = :tenant AND t.bundle_id = m.bundle_id AND t.seq = m.seq AND t.state = 'blocked'
    RETURNING t.id, t.bundle_id, t.seq, t.code, t.agency, t.kind, t.state""")

# Only while it stands as it was moved: whoever has claimed it since has sent it himself.
SEND_AGAIN = text("""
    UPDATE app.task
       SET next_at = clock_timestamp(), agency_ref = CASE WHEN id <> ALL(:unsent) THEN agency_ref END
     WHERE tenant_id = :tenant AND id = ANY(:ids) AND state = 'asked' AND attempts = 1 AND agency_ref = 'queued'""")

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
       SET state = 'cut', lease_token = NULL, next_at = 'infinity', ended_at = :now, due_at = NULL, warn_at = NULL,
           cause = NULL
     WHERE tenant_id = :tenant AND bundle_id = :bundle AND seq = ANY(:seqs)
       AND state IN ('blocked', 'ready', 'running', 'asked', 'unknown', 'stuck')""")

DEEM = text("""
    UPDATE app.task
       SET state = 'deemed', lease_token = NULL, next_at = 'infinity', ended_at = :now, due_at = NULL, warn_at = NULL,
           cause = NULL
     WHERE tenant_id = :tenant AND bundle_id = :bundle AND seq = ANY(:seqs)
       AND state IN ('blocked', 'ready', 'running', 'asked', 'unknown', 'stuck')
    RETURNING id, bundle_id, seq, code, agency, kind, state""")

TAKE = text("""
    UPDATE app.task SET officer = :officer
     WHERE tenant_id = :tenant AND id = :id AND state IN ('ready', 'running', 'asked', 'unknown')
       AND (officer IS NULL OR officer = :officer)
    RETURNING id""")
RELEASE = text("""
    UPDATE app.task SET officer = NULL
     WHERE tenant_id = :tenant AND id = :id AND officer = :officer AND state IN ('ready', 'running', 'asked', 'unknown')
    RETURNING id""")

ANSWERED = text("UPDATE app.task SET answered_by = :officer WHERE tenant_id = :tenant AND id = :id")

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
    connection: Connection,
    tenant_id: int,
    *,
    lease: UUID,
    lease_s: float,
    limit: int,
    full: Sequence[str] = (),
) -> list[Claimed]:
    """Take up to `limit` due tasks for `lease_s` seconds, the longest waiting first; none to ask an agency that
    is `full`.
    """
    values = {"lease": lease, "lease_s": lease_s, "limit": limit, "full": list(full)}
    return _claimed(connection, tenant_id, suspect=False, **values)


def claim_suspect(
    connection: Connection, tenant_id: int, *, lease: UUID, lease_s: float, full: Sequence[str] = ()
) -> list[Claimed]:
    """Take one task whose lease ran out before, if any is due: alone, so that it harms no other."""
    values = {"lease": lease, "lease_s": lease_s, "limit": 1, "full": list(full)}
    return _claimed(connection, tenant_id, suspect=True, **values)


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
            was=TaskState(row.was),
            tried_at=row.tried_at,
            due_at=row.due_at,
            desk=row.desk,
            failures=row.failures,
            is_over=row.is_over,
            is_troubled=row.is_troubled,
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
            "cause": result.cause,
            "desk": result.desk,
            "is_try": result.is_try,
        }
        for result in results
    ]
    found = connection.execute(FINISH, {"tenant": tenant_id, "rows": as_rows(rows), "now": now})
    return [_settled(row) for row in found.all()]


def give_back(connection: Connection, tenant_id: int, results: Sequence[Result]) -> None:
    """Hand claimed tasks back as they were (`setbacks.untried`), with no word to the ledger."""
    if results:
        connection.execute(GIVE_BACK, {"tenant": tenant_id, "rows": as_rows(results)})


def lock(connection: Connection, tenant_id: int, bundle_ids: Iterable[UUID]) -> dict[UUID, Held]:
    """Lock bundles in the order of their ids, so that two batches never wait for each other in a circle."""
    values = {"tenant": tenant_id, "ids": list(set(bundle_ids))}
    return {
        row.id: Held(row.id, row.reference, graph_from_text(row.graph), row.last_event, bytes(row.head))
        for row in connection.execute(LOCK, values).all()
    }


def move(connection: Connection, tenant_id: int, moves: Sequence[Move], now: datetime) -> list[Settled]:
    """Start or cut blocked tasks; gives those that are asked or claimed straight on, in the order of `moves`."""
    if not moves:
        return []
    rows = connection.execute(MOVE, {"tenant": tenant_id, "rows": as_rows(moves), "now": now}).all()
    asked = {(row.bundle_id, row.seq): _settled(row) for row in rows if row.state in ("asked", "running")}
    return [task for move in moves if (task := asked.get((move.bundle_id, move.seq)))]


def send_again(
    connection: Connection, tenant_id: int, ids: Sequence[UUID], *, unsent: Sequence[UUID]
) -> None:
    """Tasks that were asked straight on, and the broker did not take them: a worker sends them again at once.

    Nobody has those that are `unsent`; of the others that is not known.
    """
    if ids:
        connection.execute(SEND_AGAIN, {"tenant": tenant_id, "ids": list(ids), "unsent": list(unsent)})


def add_tasks(connection: Connection, tenant_id: int, tasks: Sequence[NewTask]) -> None:
    """Tasks that join a locked bundle; all of them blocked, so that nobody looks at them yet."""
    if tasks:
        connection.execute(ADD_TASKS, {"tenant": tenant_id, "rows": as_rows(tasks)})


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
    return sorted(map(_settled, rows), key=lambda task: task.seq)


def take(connection: Connection, tenant_id: int, task_id: UUID, officer: str) -> bool:
    """Put a task that is under way into an officer's hands; False if another has it, or it is not."""
    values = {"tenant": tenant_id, "id": task_id, "officer": officer}
    return connection.execute(TAKE, values).first() is not None


def release(connection: Connection, tenant_id: int, task_id: UUID, officer: str) -> bool:
    """Lay it back; False if this officer does not have it."""
    values = {"tenant": tenant_id, "id": task_id, "officer": officer}
    return connection.execute(RELEASE, values).first() is not None


def note_officer(connection: Connection, tenant_id: int, task_id: UUID, officer: str) -> None:
    """Whose verdict ended the task."""
    connection.execute(ANSWERED, {"tenant": tenant_id, "id": task_id, "officer": officer})


def set_heads(connection: Connection, tenant_id: int, rows: Sequence[Row], now: datetime) -> None:
    """Keep each bundle's new end of the ledger (id, last_event, head), its outcome once it has one, and its dates
    (promised_on, calendar, held_by) where they are given.
    """
    if rows:
        connection.execute(HEADS, {"tenant": tenant_id, "rows": as_rows(rows), "now": now})


@lru_cache(maxsize=4096)
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


def _settled(row: Sequence[Any]) -> Settled:
    return Settled(row[0], row[1], row[2], row[3], row[4], StepKind(row[5]), TaskState(row[6]))
