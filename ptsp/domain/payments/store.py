"""Write bills, payments and what became of them, of the bound tenant. Never commits."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import Connection, text

from ptsp.domain.payments.types import Allocation, Billed, Claim, PaymentRow, Payout, Refund
from ptsp.infra.rows import as_rows, row_of

ADD_BILLS = text("""
    INSERT INTO app.bill (tenant_id, id, bundle_id, number, customer_no)
    SELECT :tenant, b.id, b.bundle_id, b.number, b.customer_no
      FROM json_to_recordset(CAST(:rows AS json)) AS b (id uuid, bundle_id uuid, number text, customer_no text)
    ON CONFLICT ON CONSTRAINT one_bill_per_number DO NOTHING""")

# Whoever books money for a bill, or closes its notices, holds it; always before the bundle's own lock.
LOCK = "pg_advisory_xact_lock(hashtextextended('bill:' || b.id, b.tenant_id))"
HOLD = text(f"""
    SELECT b.id, b.bundle_id, b.number, b.customer_no
      FROM (SELECT * FROM app.bill WHERE tenant_id = :tenant AND customer_no = :customer_no) b,
           LATERAL (SELECT {LOCK}) l""")
HOLD_ALL = text(f"""
    SELECT b.id, b.bundle_id, b.number, b.customer_no
      FROM (SELECT * FROM app.bill WHERE tenant_id = :tenant AND bundle_id = :bundle ORDER BY id) b,
           LATERAL (SELECT {LOCK}) l""")
KNOWN = text("SELECT number FROM app.bill WHERE tenant_id = :tenant AND number = ANY(:numbers)")
BY_CUSTOMER = text("""
    SELECT id, bundle_id, number, customer_no FROM app.bill WHERE tenant_id = :tenant AND customer_no = :customer_no""")
BY_NUMBER = text("""
    SELECT id, bundle_id, number, customer_no FROM app.bill WHERE tenant_id = :tenant AND number = :number""")

ADD_PAYMENT = text("""
    INSERT INTO app.payment (tenant_id, id, bill, amount, provider, provider_ref, paid_at, channel, receipt, code,
                             taken_by)
    VALUES (:tenant, :id, :bill, :amount, :provider, :provider_ref, :paid_at, :channel, :receipt, :code, :taken_by)
    ON CONFLICT ON CONSTRAINT one_payment_per_provider_ref DO NOTHING RETURNING id""")
BY_PROVIDER_REF = text("""
    SELECT id, bill, amount, provider, provider_ref, paid_at, channel, receipt, code, taken_by FROM app.payment
     WHERE tenant_id = :tenant AND provider = :provider AND provider_ref = :provider_ref""")

SETTLE = text("""
    INSERT INTO app.settlement (tenant_id, notice_id, application_id, total, settled_at)
    SELECT :tenant, s.notice_id, s.application_id, s.total, :at
      FROM json_to_recordset(CAST(:rows AS json)) AS s (notice_id uuid, application_id uuid, total bigint)""")
ALLOCATE = text("""
    INSERT INTO app.allocation (tenant_id, payment_id, notice_id, line, account, agency, amount)
    SELECT :tenant, a.payment_id, a.notice_id, a.line, a.account, a.agency, a.amount
      FROM json_to_recordset(CAST(:rows AS json))
        AS a (payment_id uuid, notice_id uuid, line text, account text, agency text, amount bigint)""")
REVERSE = text("""
    INSERT INTO app.reversal (tenant_id, notice_id, reason, by, at)
    SELECT :tenant, n, :reason, :by, :at FROM unnest(CAST(:ids AS uuid[])) AS n
    ON CONFLICT DO NOTHING RETURNING notice_id""")
ADD_REFUNDS = text("""
    INSERT INTO app.refund (tenant_id, id, payment_id, number, amount, reason, owed_at, owed_by, code)
    SELECT :tenant, r.id, r.payment_id, r.number, r.amount, r.reason, r.owed_at, r.owed_by, r.code
      FROM json_to_recordset(CAST(:rows AS json))
        AS r (id uuid, payment_id uuid, number text, amount bigint, reason text, owed_at timestamptz, owed_by text,
              code text)""")
ADD_PAYOUT = text("""
    INSERT INTO app.payout (tenant_id, refund_id, reference, paid_at, by)
    VALUES (:tenant, :refund_id, :reference, :paid_at, :by)
    ON CONFLICT DO NOTHING RETURNING refund_id""")


def ensure_bills(connection: Connection, tenant_id: int, bills: Sequence[Billed]) -> None:
    """Open bills; one whose number exists already stays as it is."""
    if bills:
        connection.execute(ADD_BILLS, {"tenant": tenant_id, "rows": as_rows(bills)})


def known_bills(connection: Connection, tenant_id: int, numbers: Sequence[str]) -> set[str]:
    """Which of these bills are open already."""
    return set(connection.execute(KNOWN, {"tenant": tenant_id, "numbers": list(numbers)}).scalars())


def hold_bill(connection: Connection, tenant_id: int, number: str) -> Billed | None:
    """The bill under a customer number, held until the transaction ends."""
    row = connection.execute(HOLD, {"tenant": tenant_id, "customer_no": number}).one_or_none()
    return None if row is None else Billed(*row)


def hold_bills(connection: Connection, tenant_id: int, bundle_id: UUID) -> list[Billed]:
    """All bills of a bundle, held until the transaction ends. Before the bundle's own lock."""
    return [Billed(*row) for row in connection.execute(HOLD_ALL, {"tenant": tenant_id, "bundle": bundle_id})]


def bill_of_customer(connection: Connection, tenant_id: int, number: str) -> Billed | None:
    row = connection.execute(BY_CUSTOMER, {"tenant": tenant_id, "customer_no": number}).one_or_none()
    return None if row is None else Billed(*row)


def bill_by_number(connection: Connection, tenant_id: int, number: str) -> Billed | None:
    row = connection.execute(BY_NUMBER, {"tenant": tenant_id, "number": number}).one_or_none()
    return None if row is None else Billed(*row)


def add_payment(connection: Connection, tenant_id: int, payment: PaymentRow) -> bool:
    """Book money. False when the provider's reference was booked before."""
    return connection.execute(ADD_PAYMENT, {"tenant": tenant_id, **row_of(payment)}).scalar() is not None


def payment_booked(
    connection: Connection, tenant_id: int, provider: str, provider_ref: str
) -> PaymentRow | None:
    values = {"tenant": tenant_id, "provider": provider, "provider_ref": provider_ref}
    row = connection.execute(BY_PROVIDER_REF, values).one_or_none()
    return None if row is None else PaymentRow(*row)


def settle(
    connection: Connection,
    tenant_id: int,
    claims: Sequence[Claim],
    allocations: Sequence[Allocation],
    at: datetime,
) -> None:
    """The claims are paid, by these allocations. At the commit the database adds both up once more."""
    rows = [
        {"notice_id": claim.notice_id, "application_id": claim.application_id, "total": claim.total}
        for claim in claims
    ]
    connection.execute(SETTLE, {"tenant": tenant_id, "rows": as_rows(rows), "at": at})
    if allocations:
        connection.execute(ALLOCATE, {"tenant": tenant_id, "rows": as_rows(allocations)})


def reverse(
    connection: Connection, tenant_id: int, notice_ids: Sequence[UUID], *, reason: str, by: str, at: datetime
) -> set[UUID]:
    """These settlements count no more and their money is free; returns those that were not reversed before."""
    values = {"tenant": tenant_id, "ids": list(notice_ids), "reason": reason, "by": by, "at": at}
    return set(connection.execute(REVERSE, values).scalars())


def add_refunds(connection: Connection, tenant_id: int, refunds: Sequence[Refund]) -> None:
    if refunds:
        connection.execute(ADD_REFUNDS, {"tenant": tenant_id, "rows": as_rows(refunds)})


def add_payout(connection: Connection, tenant_id: int, payout: Payout) -> bool:
    """A refund was transferred. False when it was already, or the reference was used for another one."""
    return connection.execute(ADD_PAYOUT, {"tenant": tenant_id, **row_of(payout)}).scalar() is not None
