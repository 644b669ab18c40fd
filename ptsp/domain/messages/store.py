"""Write messages: owe them, claim them in batches, record fenced what became of them. Never commits.

Every statement takes any number of rows. Times are the database's own.
"""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import Connection, text

from ptsp.domain.messages.types import Channel, Delivery, Held
from ptsp.infra.rows import Row, as_rows

ADD = text("""
    INSERT INTO app.message (tenant_id, id, key, bundle_id, recipient, channel, kind, subject, body, state, next_at)
    SELECT :tenant, m.id, m.key, m.bundle_id, m.recipient, m.channel, m.kind, m.subject, m.body, 'owed',
           COALESCE(m.due_at, clock_timestamp())
      FROM json_to_recordset(CAST(:rows AS json))
        AS m (id uuid, key text, bundle_id uuid, recipient text, channel text, kind text, subject text, body text,
              due_at timestamptz)
    ON CONFLICT ON CONSTRAINT one_message_per_key DO NOTHING
    RETURNING id""")

# A message that another worker holds is skipped, and taken over once the lease has run out: it may have been sent by
# then, and goes out once more under the same Message-ID.
CLAIM = text("""
    WITH due AS MATERIALIZED (
      SELECT id FROM app.message
       WHERE tenant_id = :tenant AND next_at <= clock_timestamp() AND state IN ('owed', 'sending')
       ORDER BY next_at LIMIT :limit FOR UPDATE SKIP LOCKED)
    UPDATE app.message m
       SET state = 'sending', lease_token = :lease, attempts = m.attempts + 1,
           next_at = clock_timestamp() + make_interval(secs => :lease_s)
      FROM due WHERE m.tenant_id = :tenant AND m.id = due.id
    RETURNING m.id, m.bundle_id, m.recipient, m.channel, m.kind, m.subject, m.body, m.attempts,
              EXTRACT(epoch FROM clock_timestamp() - m.created_at) AS age_s, m.created_at""")

RECORD = text("""
    UPDATE app.message m
       SET state = d.state, lease_token = NULL,
           last_error = CASE d.state WHEN 'sent' THEN NULL ELSE COALESCE(d.error, m.last_error) END,
           attempts = m.attempts - CASE WHEN d.is_try THEN 0 ELSE 1 END,
           next_at = CASE WHEN d.again_s IS NULL THEN 'infinity'
                          ELSE clock_timestamp() + make_interval(secs => d.again_s) END,
           sent_at = CASE d.state WHEN 'sent' THEN clock_timestamp() END
      FROM json_to_recordset(CAST(:rows AS json))
        AS d (message_id uuid, state text, lease uuid, error text, again_s float8, is_try boolean)
     WHERE m.tenant_id = :tenant AND m.id = d.message_id AND m.state = 'sending' AND m.lease_token = d.lease
    RETURNING m.id""")

SEND_ON = text("""
    UPDATE app.message SET state = 'owed', attempts = 0, next_at = clock_timestamp()
     WHERE tenant_id = :tenant AND id = ANY(:ids) AND state IN ('owed', 'failed')
    RETURNING id""")


def add(connection: Connection, tenant_id: int, rows: Sequence[Row]) -> list[UUID]:
    """Owe messages; gives the ids of those that were not owed under their key before."""
    if not rows:
        return []
    return list(connection.execute(ADD, {"tenant": tenant_id, "rows": as_rows(rows)}).scalars())


def claim(connection: Connection, tenant_id: int, *, lease: UUID, lease_s: float, limit: int) -> list[Held]:
    """Take up to `limit` due messages for `lease_s` seconds, the longest waiting first."""
    values = {"tenant": tenant_id, "lease": lease, "lease_s": lease_s, "limit": limit}
    return [
        Held(
            id=row.id,
            bundle_id=row.bundle_id,
            recipient=row.recipient,
            channel=Channel(row.channel),
            kind=row.kind,
            subject=row.subject,
            body=row.body,
            lease=lease,
            attempts=row.attempts,
            age_s=float(row.age_s),
            created_at=row.created_at,
        )
        for row in connection.execute(CLAIM, values)
    ]


def record(connection: Connection, tenant_id: int, deliveries: Sequence[Delivery]) -> list[UUID]:
    """Write what became of messages; gives those that counted. What another worker has taken over is left alone."""
    if not deliveries:
        return []
    rows = as_rows(deliveries)
    return list(connection.execute(RECORD, {"tenant": tenant_id, "rows": rows}).scalars())


def send_on(connection: Connection, tenant_id: int, ids: Sequence[UUID]) -> list[UUID]:
    """Let failed and waiting messages be due now, with all their tries before them; gives those that are."""
    return list(connection.execute(SEND_ON, {"tenant": tenant_id, "ids": list(ids)}).scalars())
