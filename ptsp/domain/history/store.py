"""Write past cases of the bound tenant. Never commits; only the owner's role may."""

import hashlib
import json
from collections.abc import Sequence

from sqlalchemy import Connection, text

from ptsp.domain.history.types import Moments, Saved
from ptsp.infra.rows import as_rows, row_of
from ptsp.infra.xes import LoggedCase

# A row that is there and says the same is locked, and neither changed nor returned. In the order of the ids, so that
# two imports at once wait for each other. `xmax` is 0 in a row that was not there before.
SAVE = text("""
    INSERT INTO app.past_case AS p (tenant_id, source, case_id, opened_at, deadline_at, ended_at, first_event_at,
                                    last_event_at, events, digest, attributes)
    SELECT :tenant, :source, c.case_id, c.opened_at, c.deadline_at, c.ended_at, c.first_event_at, c.last_event_at,
           c.events, decode(c.digest, 'hex'), c.attributes
      FROM json_to_recordset(CAST(:rows AS json))
        AS c (case_id text, opened_at timestamptz, deadline_at timestamptz, ended_at timestamptz,
              first_event_at timestamptz, last_event_at timestamptz, events int, digest text, attributes jsonb)
     ORDER BY c.case_id
    ON CONFLICT (tenant_id, source, case_id) DO UPDATE
       SET (opened_at, deadline_at, ended_at, first_event_at, last_event_at, events, digest, attributes)
         = (EXCLUDED.opened_at, EXCLUDED.deadline_at, EXCLUDED.ended_at, EXCLUDED.first_event_at,
            EXCLUDED.last_event_at, EXCLUDED.events, EXCLUDED.digest, EXCLUDED.attributes)
     WHERE p.digest <> EXCLUDED.digest
    RETURNING p.case_id, p.xmax = 0 AS is_new""")
DROP_EVENTS = text("DELETE FROM app.past_event WHERE source = :source AND case_id = ANY(:cases)")
ADD_EVENTS = text("""
    INSERT INTO app.past_event (tenant_id, source, case_id, position, at, name, lifecycle, resource, attributes)
    SELECT :tenant, :source, c.case_id, e.*
      FROM json_to_recordset(CAST(:rows AS json)) AS c (case_id text, events json)
     CROSS JOIN LATERAL json_to_recordset(c.events)
        AS e (position int, at timestamptz, name text, lifecycle text, resource text, attributes jsonb)""")


def save_cases(
    connection: Connection, tenant_id: int, source: str, cases: Sequence[tuple[LoggedCase, Moments]]
) -> Saved:
    """Store cases with their events, each id once. One that is there is replaced if it says something else."""
    said = {case.case_id: as_rows(case.events) for case, _ in cases}
    rows = [_row(case, moments, said[case.case_id]) for case, moments in cases]
    bound = {"tenant": tenant_id, "source": source}
    changed = {row.case_id: row.is_new for row in connection.execute(SAVE, {**bound, "rows": as_rows(rows)})}
    added = sum(changed.values())
    if added < len(changed):
        replaced = [case_id for case_id, is_new in changed.items() if not is_new]
        connection.execute(DROP_EVENTS, {"source": source, "cases": replaced})
    if changed:
        # The events are JSON already: written once, for the digest and for the database.
        events = ", ".join(f'{{"case_id": {json.dumps(one)}, "events": {said[one]}}}' for one in changed)
        connection.execute(ADD_EVENTS, {**bound, "rows": f"[{events}]"})
    return Saved(added, len(changed) - added, len(cases) - len(changed))


def _row(case: LoggedCase, moments: Moments, events: str) -> dict[str, object]:
    times = [event.at for event in case.events]
    row = {
        "case_id": case.case_id,
        **row_of(moments),
        "first_event_at": min(times, default=None),
        "last_event_at": max(times, default=None),
        "events": len(times),
        "attributes": case.attributes,
    }
    return {**row, "digest": hashlib.sha256(f"{as_rows([row])}\n{events}".encode()).digest()}
