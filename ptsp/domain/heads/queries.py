"""Read heads of the bound tenant, and the leaves that they are made of."""

from collections.abc import Iterator, Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, text

from ptsp.domain.heads.types import Grown, HeadRow, Leaf, Signed

STREAMED = {"stream_results": True}
LAST = text("SELECT day, statement, signature FROM app.ledger_head ORDER BY day DESC LIMIT 1")
NEWEST = "SELECT DISTINCT ON (bundle_id) bundle_id, seq, hash, day FROM app.ledger_leaf ORDER BY bundle_id, seq DESC"
LEAVES = text(f"SELECT bundle_id, seq, hash, day = :day FROM ({NEWEST}) l ORDER BY bundle_id")
OF_DAY = text("SELECT bundle_id, seq, hash FROM app.ledger_leaf WHERE day = :day ORDER BY bundle_id")
BREAKS = text(f"""
    SELECT l.bundle_id FROM ({NEWEST}) l
      LEFT JOIN app.bundle b ON b.tenant_id = :tenant AND b.id = l.bundle_id
      LEFT JOIN app.event e ON e.tenant_id = :tenant AND e.bundle_id = l.bundle_id AND e.seq = l.seq
     WHERE COALESCE(b.last_event < l.seq, true) OR e.hash IS DISTINCT FROM l.hash""")
UNSTAMPED = text("""
    SELECT h.day, h.statement, h.signature FROM app.ledger_head h
     WHERE NOT EXISTS (SELECT FROM app.ledger_stamp s WHERE s.tenant_id = :tenant AND s.day = h.day)
     ORDER BY h.day LIMIT :limit""")
ROW = """
    SELECT h.day, h.statement, h.signature, s.token, s.stamped_at, o.handed
      FROM app.ledger_head h
      LEFT JOIN app.ledger_stamp s ON s.tenant_id = h.tenant_id AND s.day = h.day
     CROSS JOIN LATERAL (
       SELECT COALESCE(json_object_agg(holder, at), '{}') AS handed
         FROM (SELECT holder, min(handed_at) AS at FROM app.ledger_handover
                WHERE tenant_id = h.tenant_id AND day = h.day GROUP BY holder) t) o"""
NEWEST_ROWS = text(f"{ROW} ORDER BY h.day DESC LIMIT :limit")
# A head whose time-stamp came late is handed over a second time, with it.
NOT_HANDED = text(f"""{ROW}
     WHERE NOT EXISTS (
       SELECT FROM app.ledger_handover g
        WHERE g.tenant_id = h.tenant_id AND g.day = h.day AND g.holder = :holder
          AND (g.stamps > 0 OR s.day IS NULL))
     ORDER BY h.day DESC LIMIT :limit""")
ALL = text(f"{ROW} ORDER BY h.day")
ALL_LEAVES = text("SELECT day, bundle_id, seq, hash FROM app.ledger_leaf ORDER BY day, bundle_id")


def last_head(connection: Connection) -> Signed | None:
    row = connection.execute(LAST).one_or_none()
    return None if row is None else Signed(row.day, bytes(row.statement), bytes(row.signature))


def leaves(connection: Connection, day: date) -> Iterator[Grown]:
    """The newest leaf of every bundle by id, as the rows come; new are those of `day`."""
    found = connection.execute(LEAVES, {"day": day}, execution_options=STREAMED)
    return (Grown(bundle, seq, bytes(hash_), is_new) for bundle, seq, hash_, is_new in found)


def leaves_of(connection: Connection, day: date) -> Iterator[Leaf]:
    """The leaves that the head of one day has added."""
    found = connection.execute(OF_DAY, {"day": day}, execution_options=STREAMED)
    return (Leaf(bundle, seq, bytes(hash_)) for bundle, seq, hash_ in found)


def all_leaves(connection: Connection) -> Iterator[tuple[date, Leaf]]:
    found = connection.execute(ALL_LEAVES, execution_options=STREAMED)
    return ((day, Leaf(bundle, seq, bytes(hash_))) for day, bundle, seq, hash_ in found)


def breaks(connection: Connection, tenant_id: int) -> list[UUID]:
    """Bundles whose chain no longer passes through where it stood: shortened, made anew, or gone."""
    return list(connection.execute(BREAKS, {"tenant": tenant_id}).scalars())


def unstamped(connection: Connection, tenant_id: int, *, limit: int) -> list[Signed]:
    """Heads without a time-stamp, the oldest first."""
    rows = connection.execute(UNSTAMPED, {"tenant": tenant_id, "limit": limit})
    return [Signed(row.day, bytes(row.statement), bytes(row.signature)) for row in rows]


def newest(connection: Connection, *, limit: int) -> list[HeadRow]:
    """The newest heads, the newest first."""
    return [_row(row) for row in connection.execute(NEWEST_ROWS, {"limit": limit})]


def not_handed(connection: Connection, holder: str, *, limit: int) -> list[HeadRow]:
    """What this holder has not taken yet, or not with its time-stamp; the newest first."""
    return [_row(row) for row in connection.execute(NOT_HANDED, {"holder": holder, "limit": limit})]


def all_heads(connection: Connection) -> list[HeadRow]:
    """From the first day."""
    return [_row(row) for row in connection.execute(ALL)]


def _row(row: Sequence[Any]) -> HeadRow:
    day, statement, signature, token, stamped_at, handed = row
    taken = {holder: datetime.fromisoformat(at) for holder, at in handed.items()}
    return HeadRow(
        day, bytes(statement), bytes(signature), None if token is None else bytes(token), stamped_at, taken
    )
