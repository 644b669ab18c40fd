"""Read messages of the bound tenant, and when any tenant's are due."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import Connection, text

from ptsp.domain.messages.types import Channel, MessageRow, MessageState

COLUMNS = """id, key, bundle_id, recipient, channel, kind, subject, state, NULLIF(next_at, 'infinity'), attempts,
             last_error, created_at, sent_at"""
BY_IDS = text(f"SELECT {COLUMNS} FROM app.message WHERE id = ANY(:ids)")
IN_STATES = text(f"""
    SELECT {COLUMNS} FROM app.message WHERE state = ANY(:states) ORDER BY state, created_at, id LIMIT :limit""")
KNOWN = text("SELECT key FROM app.message WHERE key = ANY(:keys)")
STATES = text("SELECT key, state, sent_at FROM app.message WHERE key = ANY(:keys)")
COUNTS = text("SELECT state, count(*) FROM app.message GROUP BY state")

# Run as ptsp_sweeper, which sees these columns of all tenants and nothing else.
DUE_TENANTS = text("""
    SELECT t.id
      FROM app.tenant t
     CROSS JOIN LATERAL (
       SELECT next_at FROM app.message
        WHERE tenant_id = t.id AND state IN ('owed', 'sending') AND next_at <= clock_timestamp()
        ORDER BY next_at LIMIT 1) d
     ORDER BY d.next_at""")


def messages_by_id(connection: Connection, ids: Sequence[UUID]) -> dict[UUID, MessageRow]:
    return {row.id: _row(row) for row in connection.execute(BY_IDS, {"ids": list(ids)})}


def in_states(
    connection: Connection, states: Sequence[MessageState], *, limit: int = 100
) -> list[MessageRow]:
    """Messages in any of these states, the oldest of each first."""
    values = {"states": [state.value for state in states], "limit": limit}
    return [_row(row) for row in connection.execute(IN_STATES, values)]


def counts(connection: Connection) -> dict[MessageState, int]:
    """How many messages stand in each state."""
    return {MessageState(state): count for state, count in connection.execute(COUNTS)}


def owed_before(connection: Connection, keys: Sequence[str]) -> set[str]:
    """Which of these debts were written before, whatever became of them."""
    if not keys:
        return set()
    return set(connection.execute(KNOWN, {"keys": list(keys)}).scalars())


def states_of_keys(
    connection: Connection, keys: Sequence[str]
) -> dict[str, tuple[MessageState, datetime | None]]:
    """How the messages of these debts stand, and when they were sent; a debt that is not there is left out."""
    rows = connection.execute(STATES, {"keys": list(keys)})
    return {row.key: (MessageState(row.state), row.sent_at) for row in rows}


def due_tenants(connection: Connection) -> list[int]:
    """Tenants with a message due now, the longest waiting first."""
    return list(connection.execute(DUE_TENANTS).scalars())


def _row(row: Sequence[object]) -> MessageRow:
    values = list(row)
    values[4], values[7] = Channel(str(values[4])), MessageState(str(values[7]))
    return MessageRow(*values)  # type: ignore[arg-type]
