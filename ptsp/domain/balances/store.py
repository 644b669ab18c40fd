"""Write balances, gaps and statements, and let questions with a gap go on. Never commits."""

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import Connection, text

from ptsp.domain.balances.types import Balance, Gap, Statement
from ptsp.infra.rows import as_rows, row_of

# Whoever works on the days of one agency does so alone: their statements are one chain.
HOLD = text("SELECT pg_advisory_xact_lock(hashtextextended('balance ' || :agency, :tenant))")
OWE = text("""
    INSERT INTO app.balance (tenant_id, agency, day, state, next_at)
    SELECT :tenant, r.agency, r.day, 'due', clock_timestamp()
      FROM json_to_recordset(CAST(:rows AS json)) AS r (agency text, day date) ORDER BY r.agency, r.day
    ON CONFLICT DO NOTHING""")
# A lease: whoever dies meanwhile leaves it to be made later.
CLAIM = text("""
    WITH due AS MATERIALIZED (
      SELECT agency, day FROM app.balance WHERE tenant_id = :tenant AND next_at <= clock_timestamp()
       ORDER BY next_at, agency, day LIMIT 1 FOR UPDATE SKIP LOCKED)
    UPDATE app.balance b SET next_at = clock_timestamp() + make_interval(secs => :lease_s)
      FROM due WHERE b.tenant_id = :tenant AND b.agency = due.agency AND b.day = due.day
    RETURNING b.agency, b.day""")
SAVE = text("""
    UPDATE app.balance
       SET state = :state, sent = :sent, listed = :listed, matched = :matched, let_go = :let_go,
           missing_there = :missing_there, missing_here = :missing_here, unanswered = :unanswered,
           different = :different, doubled = :doubled, digest = :digest, listed_since = :listed_since,
           listed_until = :listed_until, made_at = :made_at,
           next_at = COALESCE(CAST(:next_at AS timestamptz), 'infinity'), tries = :tries, error = :error
     WHERE tenant_id = :tenant AND agency = :agency AND day = :day""")
PUT_OFF = text("""
    UPDATE app.balance
       SET tries = tries + 1, error = :error, next_at = :next_at
     WHERE tenant_id = :tenant AND agency = :agency AND day = :day""")

SAVE_GAPS = text("""
    INSERT INTO app.balance_gap (tenant_id, id, agency, day, kind, task_id, key, number, ours, theirs, act, tries,
                                 found_at, ended_at, ended_how, reason, ended_by)
    SELECT :tenant, id, agency, day, kind, task_id, key, number, ours, theirs, act, tries, found_at, ended_at,
           ended_how, reason, ended_by
      FROM json_to_recordset(CAST(:rows AS json))
        AS g (id uuid, agency text, day date, kind text, task_id uuid, key text, number text, ours text, theirs text,
              act text, tries int, found_at timestamptz, ended_at timestamptz, ended_how text, reason text,
              ended_by text)
     ORDER BY id
    ON CONFLICT (tenant_id, id) DO UPDATE
       SET number = EXCLUDED.number, ours = EXCLUDED.ours, theirs = EXCLUDED.theirs, act = EXCLUDED.act,
           tries = EXCLUDED.tries, found_at = EXCLUDED.found_at, ended_at = EXCLUDED.ended_at,
           ended_how = EXCLUDED.ended_how, reason = EXCLUDED.reason, ended_by = EXCLUDED.ended_by""")
ADD_STATEMENT = text("""
    INSERT INTO app.balance_statement (tenant_id, agency, seq, day, body, signature, made_at)
    VALUES (:tenant, :agency, :seq, :day, :body, :signature, :made_at)""")

# Only while it stands as it was compared, and in nobody's hands: then its number, which nobody there knows, goes.
ASK_ANEW = text("""
    UPDATE app.task t SET agency_ref = NULL
      FROM json_to_recordset(CAST(:rows AS json)) AS r (id uuid, state text, ref text)
     WHERE t.tenant_id = :tenant AND t.id = r.id AND t.state = r.state AND t.agency_ref IS NOT DISTINCT FROM r.ref
       AND t.kind = 'ask' AND t.desk IS NULL AND t.state IN ('asked', 'unknown', 'stuck')
    RETURNING t.id""")
LOOK_NOW = text("""
    UPDATE app.task SET next_at = clock_timestamp()
     WHERE tenant_id = :tenant AND id = ANY(:ids) AND kind = 'ask' AND desk IS NULL AND state IN ('asked', 'unknown')
    RETURNING id""")
BUNDLES = text("SELECT id, bundle_id FROM app.task WHERE tenant_id = :tenant AND id = ANY(:ids)")


def hold(connection: Connection, tenant_id: int, agency: str) -> None:
    """Nobody else works on this agency's balances until the transaction ends."""
    connection.execute(HOLD, {"tenant": tenant_id, "agency": agency})


def owe(connection: Connection, tenant_id: int, owed: Sequence[tuple[str, date]]) -> None:
    """Balances (agency, day) that are to be made now; those that there are stay as they are."""
    if owed:
        rows = as_rows({"agency": agency, "day": day} for agency, day in owed)
        connection.execute(OWE, {"tenant": tenant_id, "rows": rows})


def claim(connection: Connection, tenant_id: int, *, lease_s: float) -> tuple[str, date] | None:
    """Agency and day of the balance that has waited longest, ours for so many seconds; None if none is due."""
    row = connection.execute(CLAIM, {"tenant": tenant_id, "lease_s": lease_s}).first()
    return None if row is None else (row.agency, row.day)


def save(connection: Connection, tenant_id: int, balance: Balance) -> None:
    """Write a balance that is owed."""
    connection.execute(SAVE, {"tenant": tenant_id, **row_of(balance)})


def put_off(
    connection: Connection, tenant_id: int, agency: str, day: date, *, error: str, next_at: datetime
) -> None:
    """Its list could not be had; what was made of the day before stands."""
    values = {"tenant": tenant_id, "agency": agency, "day": day, "error": error, "next_at": next_at}
    connection.execute(PUT_OFF, values)


def save_gaps(connection: Connection, tenant_id: int, gaps: Sequence[Gap]) -> None:
    """Add gaps, and change those that were found before."""
    if gaps:
        connection.execute(SAVE_GAPS, {"tenant": tenant_id, "rows": as_rows(gaps)})


def add_statement(connection: Connection, tenant_id: int, statement: Statement) -> None:
    """One more, for good."""
    connection.execute(ADD_STATEMENT, {"tenant": tenant_id, **row_of(statement)})


def bundles_of(connection: Connection, tenant_id: int, ids: Collection[UUID]) -> Mapping[UUID, UUID]:
    """The bundle of each task."""
    values = {"tenant": tenant_id, "ids": list(ids)}
    return {row.id: row.bundle_id for row in connection.execute(BUNDLES, values)} if ids else {}


def ask_anew(
    connection: Connection, tenant_id: int, rows: Sequence[tuple[UUID, str, str | None]]
) -> set[UUID]:
    """Forget the numbers of questions (id, state, ref) of which the agency has nothing; gives those that stand so."""
    if not rows:
        return set()
    found = as_rows({"id": task, "state": state, "ref": ref} for task, state, ref in rows)
    return set(connection.execute(ASK_ANEW, {"tenant": tenant_id, "rows": found}).scalars())


def look_now(connection: Connection, tenant_id: int, ids: Collection[UUID]) -> set[UUID]:
    """Questions that are under way come due at once; gives those that were."""
    if not ids:
        return set()
    return set(connection.execute(LOOK_NOW, {"tenant": tenant_id, "ids": list(ids)}).scalars())
