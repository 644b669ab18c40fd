"""Outages and holds as rows. Never commits.

Whoever puts an outage's stop on clocks has read its row with `share` under the lock of the bundle; the end of an
outage waits for that, so that no stop comes after it.
"""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Row, text

from ptsp.domain.outages.types import CENTRAL, Hold, Outage
from ptsp.infra.rows import row_of

OUTAGE = "id, agency, note, began_at, declared_by, ended_at, ended_by, settled_at"
HOLD = "id, bundle_id, position, outages, held_at, decided_at, decided_by, is_approved, ground"

DECLARE = text("""
    INSERT INTO app.outage (tenant_id, id, agency, note, began_at, declared_by)
    VALUES (:tenant, :id, :agency, :note, :began_at, :declared_by)
    ON CONFLICT (tenant_id, agency) WHERE ended_at IS NULL DO NOTHING RETURNING id""")
END = text("""
    UPDATE app.outage SET ended_at = :now, ended_by = :by
     WHERE tenant_id = :tenant AND id = :id AND ended_at IS NULL RETURNING id""")
SETTLE = text("UPDATE app.outage SET settled_at = :now WHERE tenant_id = :tenant AND id = :id")
OPEN = text(f"""
    SELECT {OUTAGE} FROM app.outage WHERE tenant_id = :tenant AND ended_at IS NULL ORDER BY began_at, id""")
SHARE = text(f"""
    SELECT {OUTAGE} FROM app.outage
     WHERE tenant_id = :tenant AND ended_at IS NULL ORDER BY began_at, id FOR SHARE""")
UNSETTLED = text(f"""
    SELECT {OUTAGE} FROM app.outage WHERE tenant_id = :tenant AND settled_at IS NULL ORDER BY began_at, id""")
SINCE = text(f"""
    SELECT {OUTAGE} FROM app.outage
     WHERE tenant_id = :tenant AND (ended_at IS NULL OR ended_at > :since) ORDER BY began_at, id""")
ALL = text(
    f"SELECT {OUTAGE} FROM app.outage WHERE tenant_id = :tenant ORDER BY began_at DESC, id LIMIT :limit"
)

# Two declarations may follow one another while an approval by law looks: it sees the first or comes before it.
BEFORE_APPROVALS = text("SELECT pg_advisory_xact_lock(:key, :tenant)")
AMONG_APPROVALS = text("SELECT pg_advisory_xact_lock_shared(:key, :tenant)")
LOCK_KEY = 0x6F7574  # "out"

UNDER_WAY = "t.state IN ('ready', 'running', 'asked', 'unknown', 'stuck')"
TO_STOP = text(f"""
    SELECT DISTINCT t.bundle_id FROM app.task t
     WHERE t.tenant_id = :tenant AND {UNDER_WAY} AND position(CAST(:stop AS text) IN t.marks) = 0
       AND CASE :agency WHEN '{CENTRAL}' THEN t.kind IN ('ask', 'desk')
                ELSE t.agency = :agency AND t.kind <> 'payment' END
     ORDER BY t.bundle_id LIMIT :limit""")

# A stop is named once where it begins and once where it ends, so it stands where it is named an odd number of times.
STANDS = "(length({0}.marks) - length(replace({0}.marks, CAST(:stop AS text), ''))) / 36 % 2 = 1"
TO_RESUME = text(f"""
    SELECT bundle_id FROM (
      SELECT t.bundle_id FROM app.task t
       WHERE t.tenant_id = :tenant AND {UNDER_WAY} AND {STANDS.format("t")}
      UNION
      SELECT a.bundle_id FROM app.application a
       WHERE a.tenant_id = :tenant AND a.state = 'open' AND {STANDS.format("a")}) held
     ORDER BY bundle_id LIMIT :limit""")

ADD_HOLD = text("""
    INSERT INTO app.deemed_hold (tenant_id, id, bundle_id, position, outages, held_at)
    VALUES (:tenant, :id, :bundle_id, :position, :outages, :held_at)""")
HOLDS = text(f"""
    SELECT {HOLD} FROM app.deemed_hold
     WHERE tenant_id = :tenant AND bundle_id = ANY(:bundles) ORDER BY held_at, id""")
DECIDE = text("""
    UPDATE app.deemed_hold
       SET decided_at = :now, decided_by = :by, is_approved = :is_approved, ground = :ground
     WHERE tenant_id = :tenant AND id = :id AND decided_at IS NULL""")


def declare(connection: Connection, tenant_id: int, outage: Outage) -> bool:
    """False where the agency has an open outage already. Waits for approvals by law that are under way."""
    connection.execute(BEFORE_APPROVALS, {"key": LOCK_KEY, "tenant": tenant_id})
    return connection.execute(DECLARE, {"tenant": tenant_id, **row_of(outage)}).scalar() is not None


def end(connection: Connection, tenant_id: int, outage: UUID, *, now: datetime, by: str) -> bool:
    """False where there is no such open outage."""
    values = {"tenant": tenant_id, "id": outage, "now": now, "by": by}
    return connection.execute(END, values).scalar() is not None


def settle(connection: Connection, tenant_id: int, outage: UUID, now: datetime) -> None:
    connection.execute(SETTLE, {"tenant": tenant_id, "id": outage, "now": now})


def no_declaration_meanwhile(connection: Connection, tenant_id: int) -> None:
    """From here to the end of the transaction no outage is declared. Ask for it before looking at outages."""
    connection.execute(AMONG_APPROVALS, {"key": LOCK_KEY, "tenant": tenant_id})


def open_outages(connection: Connection, tenant_id: int) -> list[Outage]:
    """What is down now, the longest first."""
    return [Outage(*row) for row in connection.execute(OPEN, {"tenant": tenant_id})]


def share(connection: Connection, tenant_id: int) -> list[Outage]:
    """What is down now, and does not end before this transaction does."""
    return [Outage(*row) for row in connection.execute(SHARE, {"tenant": tenant_id})]


def unsettled(connection: Connection, tenant_id: int) -> list[Outage]:
    """Outages of which a clock may not have heard yet."""
    return [Outage(*row) for row in connection.execute(UNSETTLED, {"tenant": tenant_id})]


def outages_since(connection: Connection, tenant_id: int, since: datetime) -> list[Outage]:
    """Outages that lasted after a moment, or still last."""
    return [Outage(*row) for row in connection.execute(SINCE, {"tenant": tenant_id, "since": since})]


def recent(connection: Connection, tenant_id: int, *, limit: int = 100) -> list[Outage]:
    """The newest outages first."""
    return [Outage(*row) for row in connection.execute(ALL, {"tenant": tenant_id, "limit": limit})]


def bundles_to_stop(connection: Connection, tenant_id: int, outage: Outage, *, limit: int) -> list[UUID]:
    """Bundles with a task under way that this outage holds up and that does not bear its stop yet."""
    values = {"tenant": tenant_id, "stop": str(outage.id), "agency": outage.agency, "limit": limit}
    return list(connection.execute(TO_STOP, values).scalars())


def bundles_to_resume(connection: Connection, tenant_id: int, outage: Outage, *, limit: int) -> list[UUID]:
    """Bundles with a clock that this outage holds."""
    values = {"tenant": tenant_id, "stop": str(outage.id), "limit": limit}
    return list(connection.execute(TO_RESUME, values).scalars())


def add_hold(connection: Connection, tenant_id: int, hold: Hold) -> None:
    values = {**row_of(hold), "outages": list(hold.outages), "tenant": tenant_id}
    connection.execute(ADD_HOLD, values)


def holds_of(
    connection: Connection, tenant_id: int, bundles: Collection[UUID]
) -> dict[tuple[UUID, int], list[Hold]]:
    """By bundle and position, the oldest first."""
    found: dict[tuple[UUID, int], list[Hold]] = {}
    if bundles:
        for row in connection.execute(HOLDS, {"tenant": tenant_id, "bundles": list(bundles)}):
            found.setdefault((row.bundle_id, row.position), []).append(_hold(row))
    return found


def decide_hold(
    connection: Connection,
    tenant_id: int,
    hold: UUID,
    *,
    is_approved: bool,
    ground: str,
    now: datetime,
    by: str,
) -> None:
    values = {
        "tenant": tenant_id,
        "id": hold,
        "is_approved": is_approved,
        "ground": ground,
        "now": now,
        "by": by,
    }
    connection.execute(DECIDE, values)


def waiting(holds: Sequence[Hold]) -> Hold | None:
    """The one that waits for a person, if any does."""
    return next((hold for hold in holds if hold.decided_at is None), None)


def _hold(row: Row[Any]) -> Hold:
    return Hold(**row._asdict() | {"outages": tuple(row.outages)})
