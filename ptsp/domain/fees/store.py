"""Write and read fee notices and payments of the bound tenant. Never commits."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import Connection, text

from ptsp.domain.fees.notices import Notice, PaymentRow
from ptsp.infra.rows import row_of

ADD_NOTICES = text("""
    INSERT INTO app.fee_notice (tenant_id, id, bundle_id, application_id, number, bill, lines, total, issued_on,
                                due_on, state)
    SELECT :tenant, n.*, 'open'
      FROM unnest(CAST(:id AS uuid[]), CAST(:bundle_id AS uuid[]), CAST(:application_id AS uuid[]),
                  CAST(:number AS text[]), CAST(:bill AS text[]), CAST(:lines AS text[]),
                  CAST(:total AS bigint[]), CAST(:issued_on AS date[]), CAST(:due_on AS date[])) AS n""")

NOTICES = """
    SELECT n.id, n.bundle_id, n.application_id, n.number, n.bill, n.lines, n.total, n.issued_on, n.due_on, n.state,
           n.payment_id, p.paid_at
      FROM app.fee_notice n
      LEFT JOIN app.payment p ON p.tenant_id = n.tenant_id AND p.id = n.payment_id"""
OF_BUNDLES = text(f"{NOTICES} WHERE n.bundle_id = ANY(:ids) ORDER BY n.number")
BY_NUMBER = text(f"{NOTICES} WHERE n.number = :number")
OPEN_OF_BILL = text(f"{NOTICES} WHERE n.bill = :bill AND n.state = 'open' ORDER BY n.number FOR UPDATE OF n")

ADD_PAYMENT = text("""
    INSERT INTO app.payment (tenant_id, id, bill, amount, provider, provider_ref, paid_at)
    VALUES (:tenant, :id, :bill, :amount, :provider, :provider_ref, :paid_at)
    ON CONFLICT ON CONSTRAINT one_payment_per_provider_ref DO NOTHING RETURNING id""")
BY_PROVIDER_REF = text("""
    SELECT id, bill, amount, provider, provider_ref, paid_at FROM app.payment
     WHERE provider = :provider AND provider_ref = :provider_ref""")
SETTLE = text("""
    UPDATE app.fee_notice SET state = 'settled', payment_id = :payment WHERE id = ANY(:ids) AND state = 'open'""")

HOLD = text("""
    SELECT id FROM app.fee_notice
     WHERE tenant_id = :tenant AND bundle_id = :bundle AND state = 'open' ORDER BY number FOR UPDATE""")
CANCEL = text("""
    UPDATE app.fee_notice SET state = 'cancelled'
     WHERE tenant_id = :tenant AND application_id = ANY(:ids) AND state = 'open'
    RETURNING number""")

FIELDS = ("id", "bundle_id", "application_id", "number", "bill", "lines", "total", "issued_on", "due_on")


def add_notices(connection: Connection, tenant_id: int, notices: Sequence[Notice]) -> None:
    columns = {name: [getattr(notice, name) for notice in notices] for name in FIELDS}
    connection.execute(ADD_NOTICES, {"tenant": tenant_id, **columns})


def notices(connection: Connection, bundle_ids: Sequence[UUID]) -> list[Notice]:
    """The notices of bundles, by number."""
    return [Notice(*row) for row in connection.execute(OF_BUNDLES, {"ids": list(bundle_ids)})]


def notice(connection: Connection, number: str) -> Notice | None:
    row = connection.execute(BY_NUMBER, {"number": number}).one_or_none()
    return None if row is None else Notice(*row)


def open_notices(connection: Connection, bill: str) -> list[Notice]:
    """What is still to be paid under a bill, locked until the transaction ends."""
    return [Notice(*row) for row in connection.execute(OPEN_OF_BILL, {"bill": bill})]


def add_payment(connection: Connection, tenant_id: int, payment: PaymentRow) -> bool:
    """Book a payment. False when the provider's reference was booked before."""
    return connection.execute(ADD_PAYMENT, {"tenant": tenant_id, **row_of(payment)}).scalar() is not None


def payment_booked(connection: Connection, provider: str, provider_ref: str) -> PaymentRow | None:
    values = {"provider": provider, "provider_ref": provider_ref}
    row = connection.execute(BY_PROVIDER_REF, values).one_or_none()
    return None if row is None else PaymentRow(*row)


def hold_open(connection: Connection, tenant_id: int, bundle_id: UUID) -> set[UUID]:
    """What is still to be paid for a bundle, locked until the transaction ends.

    Before the bundle's own lock, as whoever books a payment does it.
    """
    return set(connection.execute(HOLD, {"tenant": tenant_id, "bundle": bundle_id}).scalars())


def cancel(connection: Connection, tenant_id: int, application_ids: Sequence[UUID]) -> list[str]:
    """Take back what is still to be paid for these applications; returns the notices' numbers."""
    values = {"tenant": tenant_id, "ids": list(application_ids)}
    return sorted(connection.execute(CANCEL, values).scalars())


def settle(connection: Connection, payment_id: UUID, notice_ids: Sequence[UUID]) -> None:
    connection.execute(SETTLE, {"payment": payment_id, "ids": list(notice_ids)})
