"""Find what has not been published yet, and note how far it is. Never commits; times are the database's own.

There is no cursor over a sequence: a transaction that commits late would be passed over. What is new is found by
time with a margin, read by each bundle's own position, and looked for with a wide margin now and then.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import Connection, text

from ptsp.infra.rows import as_rows

MARGIN = timedelta(seconds=5)  # so long a transaction usually takes at most
WIDE_MARGIN = timedelta(hours=1)  # so long none takes
SWEEP_EVERY = timedelta(minutes=5)

BEGIN = text("""
    INSERT INTO app.event_feed (tenant_id, started_at, looked_to, swept_at)
    VALUES (:tenant, clock_timestamp(), clock_timestamp(), clock_timestamp()) ON CONFLICT DO NOTHING""")
TAKE_TURN = text("""
    UPDATE app.event_feed SET lease = :lease, lease_until = clock_timestamp() + make_interval(secs => :lease_s)
     WHERE tenant_id = :tenant AND (lease IS NULL OR lease_until < clock_timestamp())
    RETURNING started_at, looked_to, swept_at, clock_timestamp() AS now""")
NEWS = text("""
    WITH recent AS MATERIALIZED (
      SELECT DISTINCT bundle_id FROM app.event WHERE tenant_id = :tenant AND at >= :since)
    SELECT e.bundle_id, e.seq, e.at, e.type, e.body, b.reference
      FROM recent r
      JOIN app.bundle b ON b.tenant_id = :tenant AND b.id = r.bundle_id
      LEFT JOIN app.event_position p ON p.tenant_id = :tenant AND p.bundle_id = r.bundle_id
     CROSS JOIN LATERAL (
       SELECT COALESCE(p.published, max(o.seq), 0) AS seq FROM app.event o
        WHERE o.tenant_id = :tenant AND o.bundle_id = r.bundle_id AND o.at < :started AND p.published IS NULL) known
      JOIN app.event e ON e.tenant_id = :tenant AND e.bundle_id = r.bundle_id AND e.seq > known.seq
     WHERE e.type = ANY(:types)
     ORDER BY e.bundle_id, e.seq LIMIT :limit""")
ADVANCE = text("""
    INSERT INTO app.event_position (tenant_id, bundle_id, published)
    SELECT :tenant, r.bundle_id, r.published
      FROM json_to_recordset(CAST(:rows AS json)) AS r (bundle_id uuid, published int)
     ORDER BY r.bundle_id
    ON CONFLICT (tenant_id, bundle_id)
    DO UPDATE SET published = GREATEST(excluded.published, event_position.published)""")
FINISH = text("""
    UPDATE app.event_feed
       SET lease = NULL, lease_until = NULL, looked_to = COALESCE(CAST(:looked_to AS timestamptz), looked_to),
           swept_at = COALESCE(CAST(:swept_at AS timestamptz), swept_at)
     WHERE tenant_id = :tenant AND lease = :lease""")


@dataclass(frozen=True, slots=True)
class Turn:
    """One process's turn to publish for an office. `since`: what is older was looked at before."""

    lease: UUID
    started: datetime
    since: datetime
    now: datetime
    is_sweep: bool


@dataclass(frozen=True, slots=True)
class Happened:
    """One event to be published. `data` is as the ledger has it."""

    bundle_id: UUID
    seq: int
    at: datetime
    type: str
    data: Mapping[str, object]
    reference: str


def take_turn(connection: Connection, tenant_id: int, *, lease: UUID, lease_s: float) -> Turn | None:
    """The turn, or None while another process has it. An office's first turn begins its feed."""
    connection.execute(BEGIN, {"tenant": tenant_id})
    values = {"tenant": tenant_id, "lease": lease, "lease_s": lease_s}
    row = connection.execute(TAKE_TURN, values).one_or_none()
    if row is None:
        return None
    is_sweep = row.now - row.swept_at >= SWEEP_EVERY
    since = row.looked_to - (WIDE_MARGIN if is_sweep else MARGIN)
    return Turn(lease, row.started_at, max(since, row.started_at), row.now, is_sweep)


def news(
    connection: Connection, tenant_id: int, turn: Turn, *, types: Sequence[str], limit: int
) -> list[Happened]:
    """What was not published yet, bundle by bundle, each in its own order."""
    values = {"tenant": tenant_id, "since": turn.since, "started": turn.started}
    rows = connection.execute(NEWS, {**values, "types": list(types), "limit": limit})
    return [
        Happened(row.bundle_id, row.seq, row.at, row.type, json.loads(row.body)["data"], row.reference)
        for row in rows
    ]


def advance(connection: Connection, tenant_id: int, published: Mapping[UUID, int]) -> None:
    """The broker has the events of these bundles up to these numbers. It never goes back."""
    if published:
        rows = [{"bundle_id": bundle, "published": seq} for bundle, seq in published.items()]
        connection.execute(ADVANCE, {"tenant": tenant_id, "rows": as_rows(rows)})


def finish(connection: Connection, tenant_id: int, turn: Turn, *, is_whole: bool) -> None:
    """Give the turn up. `is_whole`: everything that was new is published, so the next look begins here."""
    values = {
        "tenant": tenant_id,
        "lease": turn.lease,
        "looked_to": turn.now if is_whole else None,
        "swept_at": turn.now if is_whole and turn.is_sweep else None,
    }
    connection.execute(FINISH, values)
