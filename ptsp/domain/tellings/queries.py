"""Read tellings and filings of the bound tenant, and when any tenant's tellings are due."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import Connection, text

from ptsp.domain.tellings.types import FilingRow, TellingRow, TellingState

COLUMNS = """id, agency, kind, line, seq, bundle_id, state, NULLIF(next_at, 'infinity') AS next_at, attempts, cause,
             last_error, agency_ref, said, created_at, sent_at"""
IN_STATES = text(f"""
    SELECT {COLUMNS} FROM app.telling
     WHERE state = ANY(:states) AND (CAST(:kind AS text) IS NULL OR kind = :kind)
     ORDER BY state, created_at, id LIMIT :limit""")
BY_ID = text(f"SELECT {COLUMNS} FROM app.telling WHERE id = :id")
COUNTS = text("SELECT state, count(*) FROM app.telling GROUP BY state")
SEALED = text("SELECT body, raw FROM app.telling WHERE id = :id")
FILINGS = text("""
    SELECT id, source, kind, number, state, received_at FROM app.central_filing
     WHERE CAST(:number AS text) IS NULL OR number = :number
     ORDER BY received_at DESC, id LIMIT :limit""")
FILED = text("SELECT raw FROM app.central_filing WHERE id = :id")

# Run as ptsp_sweeper, which sees these columns of all tenants and nothing else.
DUE_TENANTS = text("""
    SELECT t.id
      FROM app.tenant t
     CROSS JOIN LATERAL (
       SELECT next_at FROM app.telling
        WHERE tenant_id = t.id AND state IN ('owed', 'sending', 'unknown') AND next_at <= clock_timestamp()
        ORDER BY next_at LIMIT 1) d
     ORDER BY d.next_at""")


def in_states(
    connection: Connection, states: Sequence[TellingState], *, kind: str | None = None, limit: int = 100
) -> list[TellingRow]:
    """Tellings in any of these states, the oldest of each first."""
    values = {"states": [state.value for state in states], "kind": kind, "limit": limit}
    return [_row(row) for row in connection.execute(IN_STATES, values)]


def telling(connection: Connection, telling_id: UUID) -> TellingRow | None:
    row = connection.execute(BY_ID, {"id": telling_id}).one_or_none()
    return None if row is None else _row(row)


def counts(connection: Connection) -> dict[TellingState, int]:
    """How many tellings stand in each state."""
    return {TellingState(state): count for state, count in connection.execute(COUNTS)}


def sealed(connection: Connection, telling_id: UUID) -> tuple[bytes, bytes | None] | None:
    """What is told, and an answer that nobody could read, both sealed."""
    row = connection.execute(SEALED, {"id": telling_id}).one_or_none()
    return None if row is None else (bytes(row.body), None if row.raw is None else bytes(row.raw))


def filings(connection: Connection, *, number: str | None = None, limit: int = 100) -> list[FilingRow]:
    """What central systems have sent, newest first."""
    return [FilingRow(*row) for row in connection.execute(FILINGS, {"number": number, "limit": limit})]


def filed(connection: Connection, filing_id: UUID) -> bytes | None:
    """The sealed body of a filing."""
    raw = connection.execute(FILED, {"id": filing_id}).scalar()
    return None if raw is None else bytes(raw)


def due_tenants(connection: Connection) -> list[int]:
    """Tenants with a telling due now, the longest waiting first."""
    return list(connection.execute(DUE_TENANTS).scalars())


def _row(row: Sequence[object]) -> TellingRow:
    values = list(row)
    values[6] = TellingState(str(values[6]))
    return TellingRow(*values)  # type: ignore[arg-type]
