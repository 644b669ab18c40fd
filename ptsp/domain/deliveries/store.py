"""Circuits and alerts as rows, and what waits because of them. Never commits.

Whoever changes a circuit has locked its row, and takes no lock after it that others may hold while they want the
circuit: rows of tasks that somebody else has are left alone.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import Connection, text

from ptsp.domain.deliveries.types import Alert, Circuit, Trouble
from ptsp.infra.rows import row_of

CIRCUIT = "agency, failures, opened_at, wait_s, probe_at, probe, outage_id"
LOCK = text(f"""
    SELECT {CIRCUIT} FROM app.circuit
     WHERE tenant_id = :tenant AND agency = ANY(:agencies) ORDER BY agency FOR UPDATE""")
ADD = text("""
    INSERT INTO app.circuit (tenant_id, agency) SELECT :tenant, agency FROM unnest(CAST(:agencies AS text[])) AS agency
     ORDER BY agency ON CONFLICT DO NOTHING""")
SAVE = text("""
    UPDATE app.circuit
       SET failures = :failures, opened_at = :opened_at, wait_s = :wait_s, probe_at = :probe_at, probe = :probe
     WHERE tenant_id = :tenant AND agency = :agency""")
SET_OUTAGE = text("UPDATE app.circuit SET outage_id = :outage WHERE tenant_id = :tenant AND agency = :agency")
ALL = text(f"SELECT {CIRCUIT} FROM app.circuit WHERE tenant_id = :tenant ORDER BY agency")

# However much is due: one statement, and no worker claims any of it before the next probe.
PUT_OFF = text("""
    WITH due AS MATERIALIZED (
      SELECT id FROM app.task
       WHERE tenant_id = :tenant AND agency = :agency AND kind = 'ask' AND desk IS NULL AND next_at < :until
         AND state IN ('ready', 'asked', 'unknown')
       ORDER BY id FOR UPDATE SKIP LOCKED)
    UPDATE app.task t
       SET cause = 'circuit', next_at = CAST(:until AS timestamptz) + make_interval(secs => random() * :spread_s)
      FROM due WHERE t.tenant_id = :tenant AND t.id = due.id""")
LET_GO = text("""
    WITH held AS MATERIALIZED (
      SELECT id FROM app.task
       WHERE tenant_id = :tenant AND agency = :agency AND cause = 'circuit'
         AND state IN ('ready', 'asked', 'unknown')
       ORDER BY id FOR UPDATE SKIP LOCKED)
    UPDATE app.task t SET next_at = clock_timestamp() + make_interval(secs => random() * :spread_s)
      FROM held WHERE t.tenant_id = :tenant AND t.id = held.id""")

ALERT = "id, agency, cause, opened_at, count, last_at, closed_at"
OPEN_ALERT = text("""
    INSERT INTO app.alert (tenant_id, id, agency, cause, opened_at, count, last_at)
    VALUES (:tenant, :id, :agency, :cause, :opened_at, :count, :last_at)
    ON CONFLICT (tenant_id, agency, cause) WHERE closed_at IS NULL DO NOTHING RETURNING id""")
COUNT = text("""
    UPDATE app.alert SET count = :count, last_at = :now
     WHERE tenant_id = :tenant AND id = :id AND closed_at IS NULL AND count < :count""")
CLOSE = text("""
    UPDATE app.alert SET closed_at = :now WHERE tenant_id = :tenant AND id = ANY(:ids) AND closed_at IS NULL""")
OPEN_ALERTS = text(f"""
    SELECT {ALERT} FROM app.alert WHERE tenant_id = :tenant AND closed_at IS NULL ORDER BY opened_at, id""")
# What only a person sets going again: stuck for whatever cause, or addressed wrongly.
TROUBLES = text("""
    SELECT agency, COALESCE(cause, 'fault') AS cause, count(*)::int AS count FROM app.task
     WHERE tenant_id = :tenant AND (state = 'stuck' OR cause = 'misconfigured' AND state <> 'blocked')
     GROUP BY 1, 2 ORDER BY 1, 2""")


def locked(connection: Connection, tenant_id: int, agencies: Collection[str]) -> dict[str, Circuit]:
    """The circuits of these agencies that there are, by agency; nobody else changes them meanwhile."""
    values = {"tenant": tenant_id, "agencies": sorted(agencies)}
    return {row.agency: Circuit(*row) for row in connection.execute(LOCK, values)}


def begun(connection: Connection, tenant_id: int, agencies: Collection[str]) -> dict[str, Circuit]:
    """The same, made where there is none."""
    connection.execute(ADD, {"tenant": tenant_id, "agencies": sorted(agencies)})
    return locked(connection, tenant_id, agencies)


def save(connection: Connection, tenant_id: int, circuit: Circuit) -> None:
    """Write a locked circuit, all but its outage."""
    connection.execute(SAVE, {"tenant": tenant_id, **row_of(circuit)})


def set_outage(connection: Connection, tenant_id: int, agency: str, outage: UUID | None) -> None:
    connection.execute(SET_OUTAGE, {"tenant": tenant_id, "agency": agency, "outage": outage})


def circuits(connection: Connection, tenant_id: int) -> list[Circuit]:
    """All of one office; an agency that never failed has none."""
    return [Circuit(*row) for row in connection.execute(ALL, {"tenant": tenant_id})]


def put_off(connection: Connection, tenant_id: int, agency: str, until: datetime, *, spread_s: float) -> int:
    """Whatever this agency was to be asked before `until` waits until then, and a little longer, each by chance."""
    values = {"tenant": tenant_id, "agency": agency, "until": until, "spread_s": spread_s}
    return connection.execute(PUT_OFF, values).rowcount


def let_go(connection: Connection, tenant_id: int, agency: str, *, spread_s: float) -> int:
    """Whatever waited for it comes due within `spread_s` seconds."""
    return connection.execute(LET_GO, {"tenant": tenant_id, "agency": agency, "spread_s": spread_s}).rowcount


def troubles(connection: Connection, tenant_id: int) -> list[Trouble]:
    """What does not go on by itself, counted by agency and cause."""
    return [Trouble(*row) for row in connection.execute(TROUBLES, {"tenant": tenant_id})]


def open_alerts(connection: Connection, tenant_id: int) -> list[Alert]:
    """The oldest first."""
    return [Alert(*row) for row in connection.execute(OPEN_ALERTS, {"tenant": tenant_id})]


def open_alert(connection: Connection, tenant_id: int, alert: Alert) -> bool:
    """False where one of the same agency and cause is open: somebody else was quicker."""
    return connection.execute(OPEN_ALERT, {"tenant": tenant_id, **row_of(alert)}).scalar() is not None


def count(connection: Connection, tenant_id: int, counts: Mapping[UUID, int], now: datetime) -> None:
    """It concerns more than it did."""
    rows = [{"tenant": tenant_id, "id": alert, "count": most, "now": now} for alert, most in counts.items()]
    if rows:
        connection.execute(COUNT, rows)


def close(connection: Connection, tenant_id: int, alerts: Sequence[UUID], now: datetime) -> None:
    """Its cause is gone."""
    if alerts:
        connection.execute(CLOSE, {"tenant": tenant_id, "ids": list(alerts), "now": now})
