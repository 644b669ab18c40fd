"""Lodging is one statement: bundle, applications, tasks and the first event, of any number of bundles.

One round trip in place of five: at the counter most of the time went there, and not into the work.
"""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import Connection, text

from ptsp.domain.applications import NewApplication, NewBundle
from ptsp.domain.routes import NewTask
from ptsp.infra.ledger import EventRow
from ptsp.infra.rows import as_rows

# A client key that was used before is no error: its bundle is left out here and found by the flow.
LODGE = text("""
    WITH b AS (
      INSERT INTO app.bundle (tenant_id, id, reference, state, lodged_at, promised_on, first_promised_on,
                              before_merging, graph, shape, calendar, applicant, nik_index, client_key,
                              fingerprint, last_event, head)
      SELECT :tenant, b.id, b.reference, 'open', b.lodged_at, b.promised_on, b.promised_on,
             b.before_merging, b.graph, b.shape, b.calendar, decode(b.applicant, 'hex'),
             decode(b.nik_index, 'hex'), b.client_key, decode(b.fingerprint, 'hex'), b.last_event,
             decode(b.head, 'hex')
        FROM json_to_recordset(CAST(:bundles AS json))
          AS b (id uuid, reference text, lodged_at timestamptz, promised_on date, before_merging int, graph text,
                shape text, calendar int, applicant text, nik_index text, client_key text, fingerprint text,
                last_event int, head text)
      ON CONFLICT ON CONSTRAINT one_bundle_per_client_key DO NOTHING
      RETURNING id),
    a AS (
      INSERT INTO app.application (tenant_id, id, bundle_id, position, service, standard_id, charged, answers, shown,
                                   state, promised_on, first_promised_on, clock_started_at, due_at, warn_at)
      SELECT :tenant, a.id, a.bundle_id, a.position, a.service, a.standard_id, a.charged, a.answers,
             ARRAY(SELECT json_array_elements_text(a.shown)), 'open', a.promised_on, a.promised_on,
             a.clock_started_at, a.due_at, a.warn_at
        FROM b JOIN json_to_recordset(CAST(:applications AS json))
          AS a (id uuid, bundle_id uuid, position int, service text, standard_id uuid, charged boolean, answers text,
                shown json, promised_on date, clock_started_at timestamptz, due_at timestamptz, warn_at timestamptz)
             ON a.bundle_id = b.id),
    t AS (
      INSERT INTO app.task (tenant_id, id, bundle_id, seq, code, kind, agency, planned_on, state, started_at, due_at,
                            warn_at, next_at)
      SELECT :tenant, t.id, t.bundle_id, t.seq, t.code, t.kind, t.agency, t.planned_on, t.state, t.started_at, t.due_at,
             t.warn_at,
             CASE t.state WHEN 'ready' THEN clock_timestamp() ELSE 'infinity' END
        FROM b JOIN json_to_recordset(CAST(:tasks AS json))
          AS t (id uuid, bundle_id uuid, seq int, code text, kind text, agency text, planned_on date,
                state text, started_at timestamptz, due_at timestamptz, warn_at timestamptz) ON t.bundle_id = b.id),
    e AS (
      INSERT INTO app.event (tenant_id, bundle_id, seq, at, type, body, hash)
      SELECT :tenant, e.bundle_id, e.seq, e.at, e.type, e.body, decode(e.hash, 'hex')
        FROM b JOIN json_to_recordset(CAST(:events AS json))
          AS e (bundle_id uuid, seq int, at timestamptz, type text, body text, hash text) ON e.bundle_id = b.id)
    SELECT id FROM b""")


def lodge(
    connection: Connection,
    tenant_id: int,
    *,
    bundles: Sequence[NewBundle],
    applications: Sequence[NewApplication],
    tasks: Sequence[NewTask],
    events: Sequence[EventRow],
) -> set[UUID]:
    """Returns the ids of the bundles that are new."""
    values = {
        "tenant": tenant_id,
        "bundles": as_rows(bundles),
        "applications": as_rows(applications),
        "tasks": as_rows(tasks),
        "events": as_rows(events),
    }
    return set(connection.execute(LODGE, values).scalars())
