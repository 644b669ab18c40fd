"""What has to hold after the year, found by looks of their own and not by the flows that made it."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, text

# A deemed approval while anything its bundle still needed, or a central system, was down, without a person's decision.
DEEMED_IN_OUTAGE = text("""
    SELECT count(*) FROM app.event e
      JOIN app.outage o ON o.tenant_id = e.tenant_id AND o.began_at <= e.at AND COALESCE(o.ended_at > e.at, true)
     WHERE e.type = 'application.deemed'
       AND (o.agency = '' OR EXISTS (
             SELECT FROM app.task t WHERE t.tenant_id = e.tenant_id AND t.bundle_id = e.bundle_id
                AND t.state = 'deemed' AND t.ended_at = e.at AND t.agency = o.agency))
       AND NOT EXISTS (
             SELECT FROM app.deemed_hold h WHERE h.tenant_id = e.tenant_id AND h.bundle_id = e.bundle_id
                AND h.is_approved)""")
WITHOUT_CAUSE = text("""
    SELECT count(*) FROM app.event
     WHERE type = 'promise.moved' AND json_array_length(body::json -> 'data' -> 'causes') = 0""")
EVENTS = text("SELECT type, count(*) FROM app.event GROUP BY type ORDER BY type")


def proofs(connection: Connection) -> Mapping[str, Any]:
    """Counts over the bound tenant's ledger; the first two must be 0."""
    return {
        "deemed_in_outage": connection.execute(DEEMED_IN_OUTAGE).scalar_one(),
        "without_cause": connection.execute(WITHOUT_CAUSE).scalar_one(),
        "events": {row.type: row.count for row in connection.execute(EVENTS)},
    }
