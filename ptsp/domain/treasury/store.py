"""Write deposits, statements, matches and closings of the bound tenant. Never commits."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import Connection, text

from ptsp.domain.treasury.types import BankLine, Closing, Deposit, Kind, Match, Statement
from ptsp.infra.rows import as_rows, row_of

# Deposits, imports, matches and closings of one office happen one after the other; always before a bill is held.
HOLD = text("SELECT pg_advisory_xact_lock(hashtextextended('treasury', :tenant))")

ADD_DEPOSIT = text("""
    INSERT INTO app.deposit (tenant_id, id, cash_on, reference, amount, deposited_at, by)
    VALUES (:tenant, :id, :cash_on, :reference, :amount, :deposited_at, :by)
    ON CONFLICT ON CONSTRAINT one_deposit_per_reference DO NOTHING RETURNING id""")
ADD_DEPOSITED = text("""
    INSERT INTO app.deposited (tenant_id, deposit_id, payment_id)
    SELECT :tenant, :deposit, p FROM unnest(CAST(:payments AS uuid[])) AS p""")
ADD_STATEMENT = text("""
    INSERT INTO app.statement (tenant_id, id, sha256, name, format, account, opening, closing, first_on, last_on,
                               imported_at, by)
    VALUES (:tenant, :id, :sha256, :name, :format, :account, :opening, :closing, :first_on, :last_on, :imported_at,
            :by)
    ON CONFLICT ON CONSTRAINT one_statement_per_file DO NOTHING RETURNING id""")
ADD_LINES = text("""
    INSERT INTO app.statement_line (tenant_id, id, statement_id, position, entry, occurrence, refs, booked_on, amount,
                                    customer_no, description)
    SELECT :tenant, l.id, :statement, l.position, l.entry, l.occurrence, ARRAY(SELECT json_array_elements_text(l.refs)),
           l.booked_on, l.amount, l.customer_no, l.description
      FROM json_to_recordset(CAST(:rows AS json))
        AS l (id uuid, position int, entry text, occurrence int, refs json, booked_on date, amount bigint,
              customer_no text, description text)
    ON CONFLICT ON CONSTRAINT one_line_per_entry DO NOTHING RETURNING id""")
ADD_MATCHES = text("""
    INSERT INTO app.statement_match (tenant_id, line_id, payment_id, deposit_id, refund_id, at, by)
    SELECT :tenant, m.line_id, m.payment_id, m.deposit_id, m.refund_id, :at, :by
      FROM json_to_recordset(CAST(:rows AS json))
        AS m (line_id uuid, payment_id uuid, deposit_id uuid, refund_id uuid)""")
CLOSE = text("""
    INSERT INTO app.difference_closing (tenant_id, id, gap, kind, subject, ours, bank, reason, by, at)
    VALUES (:tenant, :id, :gap, :kind, :subject, :ours, :bank, :reason, :by, :at)""")

TARGETS = {Kind.PAYMENT: "payment_id", Kind.DEPOSIT: "deposit_id", Kind.PAYOUT: "refund_id"}


def hold(connection: Connection, tenant_id: int) -> None:
    """Nobody else works on this office's treasury until the transaction ends."""
    connection.execute(HOLD, {"tenant": tenant_id})


def add_deposit(
    connection: Connection, tenant_id: int, deposit: Deposit, payment_ids: Sequence[UUID]
) -> bool:
    """Cash was deposited. False when the reference is that of another deposit."""
    if connection.execute(ADD_DEPOSIT, {"tenant": tenant_id, **row_of(deposit)}).scalar() is None:
        return False
    values = {"tenant": tenant_id, "deposit": deposit.id, "payments": list(payment_ids)}
    connection.execute(ADD_DEPOSITED, values)
    return True


def add_statement(connection: Connection, tenant_id: int, statement: Statement) -> bool:
    """Keep a statement. False when the very same file was imported before."""
    return connection.execute(ADD_STATEMENT, {"tenant": tenant_id, **row_of(statement)}).scalar() is not None


def add_lines(connection: Connection, tenant_id: int, statement_id: UUID, lines: Sequence[BankLine]) -> int:
    """Keep its lines; those that another statement showed already are left out. Returns how many are new."""
    rows = [{**row_of(line), "refs": line.references} for line in lines]
    values = {"tenant": tenant_id, "statement": statement_id, "rows": as_rows(rows)}
    return len(connection.execute(ADD_LINES, values).all())


def add_matches(
    connection: Connection, tenant_id: int, matches: Sequence[Match], *, by: str, at: datetime
) -> None:
    if not matches:
        return
    rows = [{"line_id": one.line_id, TARGETS[one.kind]: one.target} for one in matches]
    connection.execute(ADD_MATCHES, {"tenant": tenant_id, "rows": as_rows(rows), "by": by, "at": at})


def close_difference(connection: Connection, tenant_id: int, closing: Closing) -> None:
    connection.execute(CLOSE, {"tenant": tenant_id, **row_of(closing)})
