"""Tellings and filings as rows: owe, claim in batches, record fenced, keep. Never commits.

Every statement takes any number of rows. Times are the database's own.
"""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import Connection, text

from ptsp.domain.tellings.types import Held, NewTelling, TellingState, Told
from ptsp.infra.rows import as_rows, row_of

ADD = text("""
    INSERT INTO app.telling (tenant_id, id, agency, kind, line, seq, bundle_id, body, state, next_at)
    SELECT :tenant, t.id, t.agency, t.kind, t.line, t.seq, t.bundle_id, decode(t.body, 'hex'), 'owed',
           clock_timestamp()
      FROM json_to_recordset(CAST(:rows AS json))
        AS t (id uuid, agency text, kind text, line text, seq int, bundle_id uuid, body text)
    ON CONFLICT ON CONSTRAINT one_telling_per_debt DO NOTHING
    RETURNING id""")

# Of one line only the oldest that is open: a central system would take a status that comes late for the newest one.
CLAIM = text("""
    WITH due AS MATERIALIZED (
      SELECT id, state FROM app.telling t
       WHERE tenant_id = :tenant AND next_at <= clock_timestamp() AND state IN ('owed', 'sending', 'unknown')
         AND NOT EXISTS (
           SELECT FROM app.telling o
            WHERE o.tenant_id = :tenant AND o.agency = t.agency AND o.line = t.line AND o.seq < t.seq
              AND o.state IN ('owed', 'sending', 'unknown'))
       ORDER BY next_at LIMIT :limit FOR UPDATE SKIP LOCKED)
    UPDATE app.telling t
       SET state = 'sending', lease_token = :lease, attempts = t.attempts + 1,
           next_at = clock_timestamp() + make_interval(secs => :lease_s)
      FROM due WHERE t.tenant_id = :tenant AND t.id = due.id
    RETURNING t.id, t.agency, t.kind, t.body, due.state AS was, t.attempts""")

# What has an open one before it looks again when that one is looked at, or as soon as it has ended (WAKE).
PUT_OFF = text("""
    WITH behind AS MATERIALIZED (
      SELECT t.id, o.next_at FROM app.telling t
       CROSS JOIN LATERAL (
         SELECT next_at FROM app.telling o
          WHERE o.tenant_id = :tenant AND o.agency = t.agency AND o.line = t.line AND o.seq < t.seq
            AND o.state IN ('owed', 'sending', 'unknown')
          ORDER BY seq LIMIT 1) o
       WHERE t.tenant_id = :tenant AND t.next_at <= clock_timestamp() AND t.state IN ('owed', 'sending', 'unknown')
       FOR UPDATE OF t SKIP LOCKED)
    UPDATE app.telling t SET next_at = GREATEST(b.next_at, clock_timestamp() + interval '5 seconds')
      FROM behind b WHERE t.tenant_id = :tenant AND t.id = b.id AND t.state <> 'sending'""")

WAKE = text("""
    UPDATE app.telling t SET next_at = clock_timestamp()
      FROM app.telling d
     WHERE d.tenant_id = :tenant AND d.id = ANY(:ids) AND d.state IN ('sent', 'dead')
       AND t.tenant_id = :tenant AND t.agency = d.agency AND t.line = d.line AND t.seq > d.seq
       AND t.state IN ('owed', 'unknown') AND t.next_at > clock_timestamp()""")

RECORD = text("""
    UPDATE app.telling t
       SET state = d.state, lease_token = NULL, cause = d.cause, last_error = d.error,
           attempts = t.attempts - CASE WHEN d.is_try THEN 0 ELSE 1 END,
           next_at = CASE WHEN d.again_s IS NULL THEN 'infinity'
                          ELSE clock_timestamp() + make_interval(secs => d.again_s) END,
           agency_ref = COALESCE(d.agency_ref, t.agency_ref), said = COALESCE(d.said, t.said),
           raw = COALESCE(decode(d.raw, 'hex'), t.raw),
           sent_at = CASE d.state WHEN 'sent' THEN clock_timestamp() END
      FROM json_to_recordset(CAST(:rows AS json))
        AS d (telling_id uuid, state text, lease uuid, cause text, error text, again_s float8, is_try boolean,
              agency_ref text, said text, raw text)
     WHERE t.tenant_id = :tenant AND t.id = d.telling_id AND t.state = 'sending' AND t.lease_token = d.lease
    RETURNING t.id""")

# A status that is told after a later one would turn the case back.
REPLAY = text("""
    UPDATE app.telling t SET state = 'owed', attempts = 0, next_at = clock_timestamp()
     WHERE tenant_id = :tenant AND id = :id AND state = 'dead'
       AND NOT EXISTS (
         SELECT FROM app.telling o
          WHERE o.tenant_id = :tenant AND o.agency = t.agency AND o.line = t.line AND o.seq > t.seq
            AND o.state = 'sent')
    RETURNING id""")

KEEP = text("""
    INSERT INTO app.central_filing (tenant_id, id, source, kind, number, state, fingerprint, raw)
    VALUES (:tenant, :id, :source, :kind, :number, :state, :fingerprint, :raw)
    ON CONFLICT ON CONSTRAINT one_filing_per_content DO NOTHING
    RETURNING id""")


def add(connection: Connection, tenant_id: int, tellings: Sequence[NewTelling]) -> list[UUID]:
    """Owe tellings; gives the ids of those that were not owed before."""
    if not tellings:
        return []
    rows = as_rows([row_of(one) for one in tellings])
    return list(connection.execute(ADD, {"tenant": tenant_id, "rows": rows}).scalars())


def claim(connection: Connection, tenant_id: int, *, lease: UUID, lease_s: float, limit: int) -> list[Held]:
    """Take up to `limit` due tellings for `lease_s` seconds, the longest waiting first."""
    connection.execute(PUT_OFF, {"tenant": tenant_id})
    values = {"tenant": tenant_id, "lease": lease, "lease_s": lease_s, "limit": limit}
    return [
        Held(row.id, row.agency, row.kind, bytes(row.body), TellingState(row.was), lease, row.attempts)
        for row in connection.execute(CLAIM, values)
    ]


def record(connection: Connection, tenant_id: int, told: Sequence[Told]) -> list[UUID]:
    """Write what became of tellings; gives those that counted. What another worker has taken over is left alone."""
    if not told:
        return []
    rows = as_rows([row_of(one) for one in told])
    counted = list(connection.execute(RECORD, {"tenant": tenant_id, "rows": rows}).scalars())
    connection.execute(WAKE, {"tenant": tenant_id, "ids": counted})
    return counted


def replay(connection: Connection, tenant_id: int, telling_id: UUID) -> bool:
    """Let a dead telling be due now, unless a later one of its line was told; says whether it is."""
    values = {"tenant": tenant_id, "id": telling_id}
    return connection.execute(REPLAY, values).scalar() is not None


def keep(connection: Connection, tenant_id: int, filing: dict[str, object]) -> bool:
    """Keep a filing (id, source, kind, number, state, fingerprint, sealed raw). False: it was kept before."""
    return connection.execute(KEEP, {"tenant": tenant_id, **filing}).scalar() is not None
