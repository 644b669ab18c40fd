"""Write what was used and what is known. Never commits. A row of use is locked for the moment of a claim only."""

from collections.abc import Collection, Sequence
from datetime import date, datetime

from sqlalchemy import Connection, text

from ptsp.domain.budgets.types import Kept, Sought, Use
from ptsp.infra.rows import as_rows

USE = "agency, day, used, hits, second, in_second, closed_at"
# Made where it is missing, locked and read, in the order of the agencies.
LOCKED = text(f"""
    INSERT INTO app.budget_use AS u (tenant_id, agency, day)
    SELECT :tenant, agency, :day FROM unnest(CAST(:agencies AS text[])) AS agency ORDER BY agency
    ON CONFLICT (tenant_id, agency, day) DO UPDATE SET used = u.used
    RETURNING {USE}""")
SAVE = text("""
    UPDATE app.budget_use u
       SET used = s.used, hits = s.hits, second = s.second, in_second = s.in_second, closed_at = s.closed_at
      FROM json_to_recordset(CAST(:rows AS json))
        AS s (agency text, day date, used int, hits int, second timestamptz, in_second int, closed_at timestamptz)
     WHERE u.tenant_id = :tenant AND u.agency = s.agency AND u.day = s.day""")
OF_DAY = text(f"SELECT {USE} FROM app.budget_use WHERE tenant_id = :tenant AND day = :day ORDER BY agency")
LET_GO = text("""
    UPDATE app.task SET next_at = clock_timestamp()
     WHERE tenant_id = :tenant AND agency = :agency AND cause = 'quota' AND desk IS NULL
       AND state IN ('ready', 'asked', 'unknown')""")

FIND = text("""
    SELECT key, agency, purpose, state, reasons, found_at, expires_at FROM app.kept_verdict
     WHERE tenant_id = :tenant AND key = ANY(:keys) AND expires_at > :now""")
KEEP = text("""
    INSERT INTO app.kept_verdict (tenant_id, agency, purpose, key, state, reasons, found_at, expires_at)
    SELECT DISTINCT ON (key) :tenant, agency, purpose, decode(key, 'hex'), state,
           ARRAY(SELECT json_array_elements_text(reasons)), found_at, expires_at
      FROM json_to_recordset(CAST(:rows AS json))
        AS k (agency text, purpose text, key text, state text, reasons json, found_at timestamptz,
              expires_at timestamptz)
     ORDER BY key
    ON CONFLICT (tenant_id, key) DO UPDATE
       SET state = EXCLUDED.state, reasons = EXCLUDED.reasons, found_at = EXCLUDED.found_at,
           expires_at = EXCLUDED.expires_at""")
SWEEP = text("DELETE FROM app.kept_verdict WHERE tenant_id = :tenant AND expires_at <= :now")
KEPT = text("""
    SELECT agency, count(*)::int FROM app.kept_verdict
     WHERE tenant_id = :tenant AND expires_at > :now GROUP BY agency""")


def locked(connection: Connection, tenant_id: int, agencies: Collection[str], day: date) -> dict[str, Use]:
    """What was used of each agency on this day; nobody else counts until the transaction ends."""
    values = {"tenant": tenant_id, "agencies": sorted(agencies), "day": day}
    return {row.agency: Use(*row) for row in connection.execute(LOCKED, values)}


def save(connection: Connection, tenant_id: int, uses: Sequence[Use]) -> None:
    if uses:
        connection.execute(SAVE, {"tenant": tenant_id, "rows": as_rows(uses)})


def of_day(connection: Connection, tenant_id: int, day: date) -> dict[str, Use]:
    values = {"tenant": tenant_id, "day": day}
    return {row.agency: Use(*row) for row in connection.execute(OF_DAY, values)}


def let_go(connection: Connection, tenant_id: int, agency: str) -> int:
    """What waits for the budget to be new again is due at once; gives how much that was."""
    return connection.execute(LET_GO, {"tenant": tenant_id, "agency": agency}).rowcount


def known(
    connection: Connection, tenant_id: int, sought: Sequence[Sought], now: datetime
) -> dict[bytes, Kept]:
    """Verdicts that have not expired, by key."""
    values = {"tenant": tenant_id, "keys": [one.key for one in sought], "now": now}
    return {
        bytes(row.key): Kept(
            bytes(row.key),
            row.agency,
            row.purpose,
            row.state,
            tuple(row.reasons),
            row.found_at,
            row.expires_at,
        )
        for row in connection.execute(FIND, values)
    }


def keep(connection: Connection, tenant_id: int, verdicts: Sequence[Kept]) -> None:
    """Know these from now on; what was known before under the same key is forgotten."""
    if verdicts:
        connection.execute(KEEP, {"tenant": tenant_id, "rows": as_rows(verdicts)})


def sweep(connection: Connection, tenant_id: int, now: datetime) -> int:
    """Forget what has expired; gives how much that was."""
    return connection.execute(SWEEP, {"tenant": tenant_id, "now": now}).rowcount


def kept_counts(connection: Connection, tenant_id: int, now: datetime) -> dict[str, int]:
    """How many verdicts are known, by agency."""
    return {row[0]: row[1] for row in connection.execute(KEPT, {"tenant": tenant_id, "now": now})}
