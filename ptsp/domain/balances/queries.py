"""Read what one agency was asked, and what was made of its days. Of the bound tenant."""

from collections.abc import Collection, Mapping
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, text

from ptsp.domain.balances.types import Act, Asked, Balance, Gap, How, Kind, State, Statement
from ptsp.sdk.contract import Verdict

# When a question was put is told by the ledger: the first word of a task that it was asked, answered, or may have
# arrived. What a desk was handed says nothing of it, and neither does what only failed before anything was sent.
PUT = """e.type IN ('task.asked', 'task.unknown', 'task.approved', 'task.rejected', 'task.stuck')
         AND CASE e.type WHEN 'task.unknown' THEN true
                         WHEN 'task.stuck' THEN e.body::json -> 'data' -> 'note' ->> 'outcome' = 'unknown'
                         ELSE e.body::json -> 'data' ->> 'desk' IS NULL
                          AND e.body::json -> 'data' ->> 'by_hand' IS NULL END"""
SEQ = "CAST(e.body::json -> 'data' ->> 'seq' AS int)"
# The days of a ledger are found by the time of its events; a bundle's own few are looked through for older ones.
ASKED = text(f"""
    WITH put AS MATERIALIZED (
      SELECT e.bundle_id, {SEQ} AS seq, min(e.at) AS at FROM app.event e
       WHERE e.tenant_id = :tenant AND e.at >= :since AND e.at < :until AND {PUT}
       GROUP BY 1, 2)
    SELECT t.id, p.at, t.tried_at, t.state, t.agency_ref, t.cause, t.desk IS NOT NULL AS is_by_hand
      FROM put p JOIN app.task t ON t.tenant_id = :tenant AND t.bundle_id = p.bundle_id AND t.seq = p.seq
     WHERE t.kind = 'ask' AND t.agency = :agency AND t.tried_at IS NOT NULL
       AND NOT EXISTS (SELECT FROM app.event e
                        WHERE e.tenant_id = :tenant AND e.bundle_id = p.bundle_id AND e.at < :since
                          AND {SEQ} = p.seq AND {PUT})
     ORDER BY p.at, t.id""")
# By the times of whole blocks of the ledger: of an office that is new today nothing is read.
HAS_BEGUN = text("SELECT EXISTS (SELECT FROM app.event WHERE tenant_id = :tenant AND at < :until)")
KNOWN = text("""
    SELECT id FROM app.task
     WHERE id = ANY(:ids) AND agency = :agency AND kind = 'ask' AND tried_at IS NOT NULL""")

BALANCE = """agency, day, state, sent, listed, matched, let_go, missing_there, missing_here, unanswered, different,
             doubled, digest, listed_since, listed_until, made_at, NULLIF(next_at, 'infinity'), tries, error"""
BALANCES = text(f"""
    SELECT {BALANCE} FROM app.balance
     WHERE (CAST(:agency AS text) IS NULL OR agency = :agency) AND (CAST(:day AS date) IS NULL OR day = :day)
     ORDER BY day DESC, agency LIMIT :limit""")
NEWEST = text("""
    SELECT a.agency, (SELECT max(b.day) FROM app.balance b WHERE b.tenant_id = :tenant AND b.agency = a.agency) AS day
      FROM unnest(CAST(:agencies AS text[])) AS a (agency)""")
GAP = """id, agency, day, kind, task_id, key, number, ours, theirs, act, tries, found_at, ended_at, ended_how,
         reason, ended_by"""
GAPS_OF = text(
    f"SELECT {GAP} FROM app.balance_gap WHERE agency = :agency AND day = :day ORDER BY kind, key, number"
)
OPEN_GAPS = text(f"""
    SELECT {GAP} FROM app.balance_gap
     WHERE ended_at IS NULL AND (CAST(:agency AS text) IS NULL OR agency = :agency)
     ORDER BY day, agency, kind, key, number LIMIT :limit""")
ONE_GAP = text(f"SELECT {GAP} FROM app.balance_gap WHERE id = :id")
STATEMENT = "agency, seq, day, body, signature, made_at"
STATEMENTS = text(f"SELECT {STATEMENT} FROM app.balance_statement WHERE agency = :agency ORDER BY seq")
LAST_STATEMENT = text(f"""
    SELECT {STATEMENT} FROM app.balance_statement
     WHERE agency = :agency AND (CAST(:day AS date) IS NULL OR day = :day) ORDER BY seq DESC LIMIT 1""")
STATEMENT_COUNTS = text("SELECT agency, count(*)::int FROM app.balance_statement GROUP BY agency")
# What only a person can end (a stuck question has its own alert), and lists that could not be had again and again.
TROUBLES = text("""
    SELECT agency, 'gap_' || kind, count(*)::int FROM app.balance_gap
     WHERE ended_at IS NULL AND act = 'person' GROUP BY 1, 2
    UNION ALL
    SELECT agency, 'gap_unlisted', count(*)::int FROM app.balance WHERE error IS NOT NULL AND tries >= :tries GROUP BY 1
     ORDER BY 1, 2""")

VERDICTS = {verdict.value: verdict for verdict in Verdict}
LET_GO = ("deemed", "cut")


def asked(
    connection: Connection, tenant_id: int, agency: str, since: datetime, until: datetime
) -> list[Asked]:
    """What this agency was first asked from `since` up to, and without, `until`; the oldest first."""
    values = {"tenant": tenant_id, "agency": agency, "since": since, "until": until}
    return [_asked(row) for row in connection.execute(ASKED, values)]


def _asked(row: Any) -> Asked:
    is_let_go = row.is_by_hand or row.state in LET_GO
    return Asked(
        row.id,
        row.at,
        row.tried_at,
        row.state,
        row.agency_ref,
        VERDICTS.get(row.state),
        row.cause,
        is_let_go=is_let_go,
    )


def has_begun(connection: Connection, tenant_id: int, until: datetime) -> bool:
    """Had anything happened at this office before?"""
    return bool(connection.execute(HAS_BEGUN, {"tenant": tenant_id, "until": until}).scalar())


def known(connection: Connection, agency: str, keys: Collection[str]) -> set[str]:
    """Those of these keys that stand for questions to this agency, whenever they were put."""
    ids = [key for key in map(_uuid, keys) if key is not None]
    found = connection.execute(KNOWN, {"agency": agency, "ids": ids}).scalars() if ids else ()
    return {str(one) for one in found}


def _uuid(key: str) -> UUID | None:
    try:
        return UUID(key)
    except ValueError:  # no key of ours
        return None


def balances(
    connection: Connection, *, agency: str | None = None, day: date | None = None, limit: int = 100
) -> list[Balance]:
    """The newest days first."""
    values = {"agency": agency, "day": day, "limit": limit}
    return [Balance(row[0], row[1], State(row[2]), *row[3:]) for row in connection.execute(BALANCES, values)]


def newest(connection: Connection, tenant_id: int, agencies: Collection[str]) -> Mapping[str, date | None]:
    """The last day of each agency that a balance is owed for, or was made; None: there was none yet."""
    values = {"tenant": tenant_id, "agencies": sorted(agencies)}
    return {row.agency: row.day for row in connection.execute(NEWEST, values)}


def gaps_of(connection: Connection, agency: str, day: date) -> list[Gap]:
    """All of one day that were ever found."""
    return [_gap(row) for row in connection.execute(GAPS_OF, {"agency": agency, "day": day})]


def open_gaps(connection: Connection, *, agency: str | None = None, limit: int = 1000) -> list[Gap]:
    """The oldest days first."""
    return [_gap(row) for row in connection.execute(OPEN_GAPS, {"agency": agency, "limit": limit})]


def gap(connection: Connection, ident: UUID) -> Gap | None:
    row = connection.execute(ONE_GAP, {"id": ident}).first()
    return None if row is None else _gap(row)


def _gap(row: Any) -> Gap:
    how = How(row.ended_how) if row.ended_how else None
    given = {**row._mapping, "kind": Kind(row.kind), "act": Act(row.act), "ended_how": how}
    return Gap(**given)


def statements(connection: Connection, agency: str) -> list[Statement]:
    """The whole chain of one agency, from the beginning."""
    return [_statement(row) for row in connection.execute(STATEMENTS, {"agency": agency})]


def last_statement(connection: Connection, agency: str, day: date | None = None) -> Statement | None:
    """The newest of an agency, or of one day of it."""
    row = connection.execute(LAST_STATEMENT, {"agency": agency, "day": day}).first()
    return None if row is None else _statement(row)


def _statement(row: Any) -> Statement:
    return Statement(row.agency, row.seq, row.day, bytes(row.body), bytes(row.signature), row.made_at)


def statement_counts(connection: Connection) -> Mapping[str, int]:
    """How many were signed, by agency."""
    return {row[0]: row[1] for row in connection.execute(STATEMENT_COUNTS)}


def troubles(connection: Connection, *, tries: int) -> list[tuple[str, str, int]]:
    """(agency, cause, how many): gaps for a person, and days whose list could not be had so many times in a row."""
    return [(row[0], row[1], row[2]) for row in connection.execute(TROUBLES, {"tries": tries})]
