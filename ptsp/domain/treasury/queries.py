"""Read cash, statements, what they show, and revenue, of the bound tenant."""

from datetime import date, datetime, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, text

from ptsp.domain.treasury.rules import Period
from ptsp.domain.treasury.types import (
    BankLine,
    CashDay,
    Closing,
    Expected,
    Gap,
    GivenBack,
    Kind,
    ListedStatement,
    Revenue,
    Statement,
)

NOT_DEPOSITED = """
      FROM app.payment p
     WHERE p.tenant_id = :tenant AND p.channel = 'cash'
       AND NOT EXISTS (SELECT FROM app.deposited d WHERE d.tenant_id = p.tenant_id AND d.payment_id = p.id)"""
CASH_DAYS = text(f"""
    SELECT (p.paid_at AT TIME ZONE :zone)::date AS day, count(*), sum(p.amount)::bigint {NOT_DEPOSITED}
     GROUP BY day ORDER BY day""")
CASH_OF_DAY = text(f"""
    SELECT p.id, p.amount {NOT_DEPOSITED} AND (p.paid_at AT TIME ZONE :zone)::date = :day ORDER BY p.id""")

STATEMENT = """
    SELECT s.id, s.sha256, s.name, s.format, s.account, s.opening, s.closing, s.first_on, s.last_on,
           s.imported_at, s.by"""
BY_SHA = text(f"{STATEMENT} FROM app.statement s WHERE s.tenant_id = :tenant AND s.sha256 = :sha256")
STATEMENTS = text(f"""
    {STATEMENT}, count(l.id), count(l.id) FILTER (WHERE NOT EXISTS (
             SELECT FROM app.statement_match m WHERE m.tenant_id = l.tenant_id AND m.line_id = l.id))
      FROM app.statement s LEFT JOIN app.statement_line l ON l.tenant_id = s.tenant_id AND l.statement_id = s.id
     WHERE s.tenant_id = :tenant
     GROUP BY s.tenant_id, s.id ORDER BY s.imported_at DESC, s.id LIMIT :most OFFSET :skip""")
PERIODS = text(
    "SELECT DISTINCT first_on, last_on FROM app.statement WHERE tenant_id = :tenant ORDER BY first_on, last_on"
)
OPEN_LINES = text("""
    SELECT l.id, l.position, l.entry, l.occurrence, l.refs, l.booked_on, l.amount, l.customer_no, l.description
      FROM app.statement_line l
     WHERE l.tenant_id = :tenant AND NOT EXISTS (
             SELECT FROM app.statement_match m WHERE m.tenant_id = l.tenant_id AND m.line_id = l.id)
     ORDER BY l.booked_on, l.id""")
# Cash is not looked for itself: its deposit is.
EXPECTED = text("""
    WITH shown AS (
      SELECT m.payment_id, m.deposit_id, m.refund_id, sum(l.amount)::bigint AS amount, count(*) AS lines
        FROM app.statement_match m
        JOIN app.statement_line l ON l.tenant_id = m.tenant_id AND l.id = m.line_id
       WHERE m.tenant_id = :tenant
       GROUP BY m.payment_id, m.deposit_id, m.refund_id)
    SELECT 'payment', p.id, p.provider_ref, coalesce(b.customer_no, p.bill), p.amount,
           (p.paid_at AT TIME ZONE :zone)::date, coalesce(s.amount, 0), coalesce(s.lines, 0)
      FROM app.payment p
      LEFT JOIN app.bill b ON b.tenant_id = p.tenant_id AND b.number = p.bill
      LEFT JOIN shown s ON s.payment_id = p.id
     WHERE p.tenant_id = :tenant AND p.channel <> 'cash' AND s.amount IS DISTINCT FROM p.amount
    UNION ALL
    SELECT 'deposit', d.id, d.reference, '', d.amount, (d.deposited_at AT TIME ZONE :zone)::date,
           coalesce(s.amount, 0), coalesce(s.lines, 0)
      FROM app.deposit d LEFT JOIN shown s ON s.deposit_id = d.id
     WHERE d.tenant_id = :tenant AND s.amount IS DISTINCT FROM d.amount
    UNION ALL
    SELECT 'payout', o.refund_id, o.reference, '', -f.amount, (o.paid_at AT TIME ZONE :zone)::date,
           coalesce(s.amount, 0), coalesce(s.lines, 0)
      FROM app.payout o
      JOIN app.refund f ON f.tenant_id = o.tenant_id AND f.id = o.refund_id
      LEFT JOIN shown s ON s.refund_id = o.refund_id
     WHERE o.tenant_id = :tenant AND s.amount IS DISTINCT FROM -f.amount""")
CLOSINGS = text("""
    SELECT id, gap, kind, subject, ours, bank, reason, by, at FROM app.difference_closing WHERE tenant_id = :tenant
     ORDER BY at, id""")

# A settlement counts on the day it was made, a reversal takes away on its own; days are the office's.
REVENUE = text("""
    SELECT f.day, f.account, f.agency, f.channel, sum(f.amount)::bigint
      FROM (SELECT (s.settled_at AT TIME ZONE :zone)::date AS day, a.account, a.agency, p.channel, a.amount
              FROM app.settlement s
              JOIN app.allocation a ON a.tenant_id = s.tenant_id AND a.notice_id = s.notice_id
              JOIN app.payment p ON p.tenant_id = a.tenant_id AND p.id = a.payment_id
             WHERE s.tenant_id = :tenant AND s.settled_at >= :since AND s.settled_at < :until
            UNION ALL
            SELECT (r.at AT TIME ZONE :zone)::date, a.account, a.agency, p.channel, -a.amount
              FROM app.reversal r
              JOIN app.allocation a ON a.tenant_id = r.tenant_id AND a.notice_id = r.notice_id
              JOIN app.payment p ON p.tenant_id = a.tenant_id AND p.id = a.payment_id
             WHERE r.tenant_id = :tenant AND r.at >= :since AND r.at < :until) f
     GROUP BY f.day, f.account, f.agency, f.channel ORDER BY f.day, f.account, f.agency, f.channel""")
GIVEN_BACK = text("""
    SELECT g.day, sum(g.owed)::bigint, sum(g.paid)::bigint
      FROM (SELECT (f.owed_at AT TIME ZONE :zone)::date AS day, f.amount AS owed, 0 AS paid FROM app.refund f
             WHERE f.tenant_id = :tenant AND f.owed_at >= :since AND f.owed_at < :until
            UNION ALL
            SELECT (o.paid_at AT TIME ZONE :zone)::date, 0, f.amount
              FROM app.payout o JOIN app.refund f ON f.tenant_id = o.tenant_id AND f.id = o.refund_id
             WHERE o.tenant_id = :tenant AND o.paid_at >= :since AND o.paid_at < :until) g
     GROUP BY g.day ORDER BY g.day""")


def cash_days(connection: Connection, tenant_id: int, zone: str) -> list[CashDay]:
    """Cash that was not deposited yet, by the office's day, the oldest first."""
    return [CashDay(*row) for row in connection.execute(CASH_DAYS, {"tenant": tenant_id, "zone": zone})]


def cash_of_day(connection: Connection, tenant_id: int, zone: str, day: date) -> dict[UUID, int]:
    """Payments in cash of a day that were not deposited yet, with their amounts."""
    rows = connection.execute(CASH_OF_DAY, {"tenant": tenant_id, "zone": zone, "day": day})
    return {row.id: row.amount for row in rows}


def statement_of_file(connection: Connection, tenant_id: int, sha256: str) -> Statement | None:
    row = connection.execute(BY_SHA, {"tenant": tenant_id, "sha256": sha256}).one_or_none()
    return None if row is None else Statement(*row)


def statements(connection: Connection, tenant_id: int, *, most: int, skip: int = 0) -> list[ListedStatement]:
    """Imported statements, the newest first."""
    rows = connection.execute(STATEMENTS, {"tenant": tenant_id, "most": most, "skip": skip})
    return [ListedStatement(Statement(*row[:-2]), *row[-2:]) for row in rows]


def periods(connection: Connection, tenant_id: int) -> list[Period]:
    """The days that statements speak of: first and last of each."""
    return [(first, last) for first, last in connection.execute(PERIODS, {"tenant": tenant_id})]


def open_lines(connection: Connection, tenant_id: int) -> list[BankLine]:
    """Lines of all statements that show nothing of ours."""
    rows = connection.execute(OPEN_LINES, {"tenant": tenant_id})
    return [
        BankLine(ident, position, entry, occurrence, tuple(references), *rest)
        for ident, position, entry, occurrence, references, *rest in rows
    ]


def expected(connection: Connection, tenant_id: int, zone: str) -> list[Expected]:
    """Payments, deposits and payouts that no line shows with their exact amount."""
    rows = connection.execute(EXPECTED, {"tenant": tenant_id, "zone": zone})
    return [Expected(Kind(kind), *rest) for kind, *rest in rows]


def closings(connection: Connection, tenant_id: int) -> list[Closing]:
    """Differences that were closed, the oldest first."""
    rows = connection.execute(CLOSINGS, {"tenant": tenant_id})
    return [Closing(ident, Gap(gap), Kind(kind), *rest) for ident, gap, kind, *rest in rows]


def revenue(connection: Connection, tenant_id: int, zone: str, first: date, last: date) -> list[Revenue]:
    """What came in and counts, by day, account, agency and channel."""
    values = {"tenant": tenant_id, "zone": zone, **_moments(zone, first, last)}
    return [Revenue(*row) for row in connection.execute(REVENUE, values)]


def given_back(connection: Connection, tenant_id: int, zone: str, first: date, last: date) -> list[GivenBack]:
    """Refunds that came to be owed or were transferred, by day; days without any are left out."""
    values = {"tenant": tenant_id, "zone": zone, **_moments(zone, first, last)}
    return [GivenBack(*row) for row in connection.execute(GIVEN_BACK, values)]


def _moments(zone: str, first: date, last: date) -> dict[str, datetime]:
    """From the first moment of the first day to the first one after the last day."""
    here = ZoneInfo(zone)
    return {
        "since": datetime.combine(first, time.min, here),
        "until": datetime.combine(last + timedelta(days=1), time.min, here),
    }
