"""Write heads, their time-stamps, and who has taken them. Nothing is ever changed. Never commits."""

from datetime import date, datetime

from sqlalchemy import Connection, text

from ptsp.domain.heads.types import Signed

HOLD = text("SELECT pg_advisory_xact_lock(hashtextextended('ledger_head', :tenant))")

# A chain that has become shorter adds nothing: what stood longer stays its leaf.
ADD_LEAVES = text("""
    INSERT INTO app.ledger_leaf (tenant_id, bundle_id, seq, hash, day)
    SELECT :tenant, b.id, b.last_event, b.head, :day
      FROM app.bundle b
     WHERE b.last_event > 0
       AND NOT EXISTS (SELECT FROM app.ledger_leaf l
                        WHERE l.tenant_id = :tenant AND l.bundle_id = b.id AND l.seq >= b.last_event)""")
ADD = text("""
    INSERT INTO app.ledger_head (tenant_id, day, statement, signature)
    VALUES (:tenant, :day, :statement, :signature)""")
ADD_STAMP = text("""
    INSERT INTO app.ledger_stamp (tenant_id, day, token, stamped_at) VALUES (:tenant, :day, :token, :at)
    ON CONFLICT DO NOTHING""")
ADD_HANDOVER = text("""
    INSERT INTO app.ledger_handover (tenant_id, day, holder, stamps, handed_at)
    VALUES (:tenant, :day, :holder, :stamps, :at) ON CONFLICT DO NOTHING""")


def hold(connection: Connection, tenant_id: int) -> None:
    """Only one worker makes heads of an office; the other waits, and finds it made."""
    connection.execute(HOLD, {"tenant": tenant_id})


def add_leaves(connection: Connection, tenant_id: int, day: date) -> int:
    """Write down where every chain stands that has grown since the last head; gives how many."""
    return connection.execute(ADD_LEAVES, {"tenant": tenant_id, "day": day}).rowcount


def add(connection: Connection, tenant_id: int, head: Signed) -> None:
    values = {"day": head.day, "statement": head.statement, "signature": head.signature}
    connection.execute(ADD, {"tenant": tenant_id, **values})


def add_stamp(connection: Connection, tenant_id: int, day: date, token: bytes, at: datetime) -> None:
    """The first one counts; a second one changes nothing."""
    connection.execute(ADD_STAMP, {"tenant": tenant_id, "day": day, "token": token, "at": at})


def add_handover(
    connection: Connection, tenant_id: int, day: date, holder: str, *, with_stamp: bool, at: datetime
) -> None:
    values = {"tenant": tenant_id, "day": day, "holder": holder, "stamps": int(with_stamp), "at": at}
    connection.execute(ADD_HANDOVER, values)
