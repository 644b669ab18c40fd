"""Decide tasks that wait for a person's signature: what waits at a desk, and taking it in hand for one batch."""

from collections.abc import Sequence
from uuid import UUID, uuid4

from sqlalchemy import Connection, text

from ptsp.domain.routes.queries import QUEUED
from ptsp.domain.routes.types import Claimed, QueueRow, TaskState
from ptsp.kernel.specs import StepKind

WAITING = text(f"""
    SELECT {QUEUED}
     WHERE t.kind = 'decide' AND t.state = 'asked' AND t.agency = :agency
     ORDER BY COALESCE(t.due_at, 'infinity'), t.id LIMIT :limit""")
# Whoever holds it already, a worker or another officer's batch, keeps it.
CLAIM = text("""
    WITH ours AS MATERIALIZED (
      SELECT id FROM app.task
       WHERE tenant_id = :tenant AND id = ANY(:ids) AND kind = 'decide' AND state = 'asked' AND agency = :agency
       ORDER BY id FOR UPDATE SKIP LOCKED)
    UPDATE app.task t
       SET state = 'running', lease_token = :lease, attempts = t.attempts + 1,
           next_at = clock_timestamp() + make_interval(secs => :lease_s)
      FROM ours WHERE t.tenant_id = :tenant AND t.id = ours.id
    RETURNING t.id, t.bundle_id, t.seq, t.code, t.agency, t.attempts, t.crashes, t.agency_ref, t.due_at""")


def to_sign(connection: Connection, agency: str, *, limit: int) -> list[QueueRow]:
    """What waits for a signature at one desk, in the order in which it is due."""
    return [QueueRow(*row) for row in connection.execute(WAITING, {"agency": agency, "limit": limit})]


def claim_to_sign(
    connection: Connection, tenant_id: int, agency: str, ids: Sequence[UUID], *, lease_s: float
) -> list[Claimed]:
    """Take those of `ids` that still wait there, in the order given, for `lease_s` seconds."""
    lease = uuid4()
    values = {"tenant": tenant_id, "agency": agency, "ids": list(ids), "lease": lease, "lease_s": lease_s}
    taken = {
        row.id: Claimed(
            id=row.id,
            bundle_id=row.bundle_id,
            seq=row.seq,
            code=row.code,
            kind=StepKind.DECIDE,
            agency=row.agency,
            lease=lease,
            attempts=row.attempts,
            crashes=row.crashes,
            agency_ref=row.agency_ref,
            was=TaskState.ASKED,
            due_at=row.due_at,
        )
        for row in connection.execute(CLAIM, values)
    }
    return [taken[one] for one in dict.fromkeys(ids) if one in taken]
