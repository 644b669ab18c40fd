"""Read payments and what became of them, of the bound tenant."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import Connection, Row, text

from ptsp.domain.payments.types import (
    Allocation,
    FreeMoney,
    PaymentRow,
    Payout,
    Refund,
    RefundReason,
    Unexplained,
)

PAYMENTS = """
    SELECT p.id, p.bill, p.amount, p.provider, p.provider_ref, p.paid_at, p.channel, p.receipt, p.code, p.taken_by
      FROM app.payment p"""
OF_BILLS = text(f"{PAYMENTS} WHERE p.tenant_id = :tenant AND p.bill = ANY(:bills) ORDER BY p.paid_at, p.id")
BY_CODE = text(f"{PAYMENTS} WHERE p.tenant_id = :tenant AND p.code = :code")
BY_RECEIPT = text(f"{PAYMENTS} WHERE p.tenant_id = :tenant AND p.receipt = :receipt")

COUNTS = """
    NOT EXISTS (SELECT FROM app.reversal r WHERE r.tenant_id = a.tenant_id AND r.notice_id = a.notice_id)"""
BY_IDS = text(f"{PAYMENTS} WHERE p.tenant_id = :tenant AND p.id = ANY(:ids) ORDER BY p.paid_at, p.id")
OF_NOTICE = text(f"""
    SELECT a.payment_id, a.notice_id, a.line, a.account, a.agency, a.amount FROM app.allocation a
     WHERE a.tenant_id = :tenant AND a.notice_id = :notice AND {COUNTS} ORDER BY a.payment_id, a.line""")
ALLOCATIONS = text(f"""
    SELECT a.payment_id, a.notice_id, a.line, a.account, a.agency, a.amount FROM app.allocation a
     WHERE a.tenant_id = :tenant AND a.payment_id = ANY(:payments) AND {COUNTS}
     ORDER BY a.payment_id, a.notice_id, a.line""")
USED = f"""
    SELECT p.id, p.paid_at, p.amount,
           coalesce((SELECT sum(a.amount) FROM app.allocation a
                      WHERE a.tenant_id = p.tenant_id AND a.payment_id = p.id AND {COUNTS}), 0)
           + coalesce((SELECT sum(f.amount) FROM app.refund f
                        WHERE f.tenant_id = p.tenant_id AND f.payment_id = p.id), 0) AS used
      FROM app.payment p
     WHERE p.tenant_id = :tenant"""
FREE = text(f"""
    SELECT u.id, u.amount - u.used FROM ({USED} AND p.bill = :bill) u WHERE u.used < u.amount
     ORDER BY u.paid_at, u.id""")
FREE_OF = text(f"""
    SELECT u.id, u.amount - u.used FROM ({USED} AND p.id = ANY(:ids)) u WHERE u.used < u.amount
     ORDER BY u.paid_at, u.id""")
REFUND = """
    SELECT f.id, f.payment_id, f.number, f.amount, f.reason, f.owed_at, f.owed_by, f.code FROM app.refund f"""
REFUNDS = text(f"{REFUND} WHERE f.tenant_id = :tenant AND f.payment_id = ANY(:payments) ORDER BY f.number")
REFUND_BY_NUMBER = text(f"{REFUND} WHERE f.tenant_id = :tenant AND f.number = :number")
REFUND_BY_CODE = text(f"{REFUND} WHERE f.tenant_id = :tenant AND f.code = :code")
PAYOUTS = text("""
    SELECT o.refund_id, o.reference, o.paid_at, o.by FROM app.payout o
     WHERE o.tenant_id = :tenant AND o.refund_id = ANY(:ids) ORDER BY o.paid_at, o.refund_id""")
OWED = text(f"""
    {REFUND} WHERE f.tenant_id = :tenant AND (f.owed_at, f.id) > (:owed_at, :id)
       AND NOT EXISTS (SELECT FROM app.payout o WHERE o.tenant_id = f.tenant_id AND o.refund_id = f.id)
     ORDER BY f.owed_at, f.id LIMIT :most""")
UNEXPLAINED = text(f"""
    SELECT 'payment', u.id, u.amount, u.used FROM ({USED}) u WHERE u.used <> u.amount
    UNION ALL
    SELECT 'settlement', s.notice_id, s.total, coalesce(sum(a.amount), 0)
      FROM app.settlement s
      LEFT JOIN app.allocation a ON a.tenant_id = s.tenant_id AND a.notice_id = s.notice_id
     WHERE s.tenant_id = :tenant
     GROUP BY s.notice_id, s.total HAVING s.total <> coalesce(sum(a.amount), 0)""")


def payments(connection: Connection, tenant_id: int, bills: Sequence[str]) -> list[PaymentRow]:
    """What was paid under these bills, in order of time."""
    rows = connection.execute(OF_BILLS, {"tenant": tenant_id, "bills": list(bills)})
    return [PaymentRow(*row) for row in rows]


def payment_by_code(connection: Connection, tenant_id: int, code: str) -> PaymentRow | None:
    row = connection.execute(BY_CODE, {"tenant": tenant_id, "code": code}).one_or_none()
    return None if row is None else PaymentRow(*row)


def payment_by_receipt(connection: Connection, tenant_id: int, number: str) -> PaymentRow | None:
    row = connection.execute(BY_RECEIPT, {"tenant": tenant_id, "receipt": number}).one_or_none()
    return None if row is None else PaymentRow(*row)


def allocations(connection: Connection, tenant_id: int, payment_ids: Sequence[UUID]) -> list[Allocation]:
    """What these payments were booked for and that still counts."""
    rows = connection.execute(ALLOCATIONS, {"tenant": tenant_id, "payments": list(payment_ids)})
    return [Allocation(*row) for row in rows]


def allocations_of(connection: Connection, tenant_id: int, notice_id: UUID) -> list[Allocation]:
    """What a notice was paid with, while that counts."""
    rows = connection.execute(OF_NOTICE, {"tenant": tenant_id, "notice": notice_id})
    return [Allocation(*row) for row in rows]


def payments_by_id(connection: Connection, tenant_id: int, ids: Sequence[UUID]) -> list[PaymentRow]:
    """In order of time."""
    rows = connection.execute(BY_IDS, {"tenant": tenant_id, "ids": list(ids)})
    return [PaymentRow(*row) for row in rows]


def free_money(connection: Connection, tenant_id: int, bill: str) -> list[FreeMoney]:
    """Money paid under a bill that is neither booked nor owed back, the oldest first. The bill is held."""
    rows = connection.execute(FREE, {"tenant": tenant_id, "bill": bill})
    return [FreeMoney(payment_id, int(amount)) for payment_id, amount in rows]


def free_of(connection: Connection, tenant_id: int, payment_ids: Sequence[UUID]) -> list[FreeMoney]:
    """What of these payments is neither booked nor owed back, the oldest first. Their bills are held."""
    rows = connection.execute(FREE_OF, {"tenant": tenant_id, "ids": list(payment_ids)})
    return [FreeMoney(payment_id, int(amount)) for payment_id, amount in rows]


def refunds(connection: Connection, tenant_id: int, payment_ids: Sequence[UUID]) -> list[Refund]:
    return _refunds(connection.execute(REFUNDS, {"tenant": tenant_id, "payments": list(payment_ids)}).all())


def refund(connection: Connection, tenant_id: int, number: str) -> Refund | None:
    found = _refunds(connection.execute(REFUND_BY_NUMBER, {"tenant": tenant_id, "number": number}).all())
    return found[0] if found else None


def refund_by_code(connection: Connection, tenant_id: int, code: str) -> Refund | None:
    found = _refunds(connection.execute(REFUND_BY_CODE, {"tenant": tenant_id, "code": code}).all())
    return found[0] if found else None


def refunds_owed(
    connection: Connection, tenant_id: int, last: tuple[datetime, UUID], most: int
) -> list[Refund]:
    """Refunds that nobody has transferred yet, a page at a time, the oldest first."""
    values = {"tenant": tenant_id, "owed_at": last[0], "id": last[1], "most": most}
    return _refunds(connection.execute(OWED, values).all())


def payouts(connection: Connection, tenant_id: int, refund_ids: Sequence[UUID]) -> list[Payout]:
    """The transfers of these refunds, as far as they were made."""
    rows = connection.execute(PAYOUTS, {"tenant": tenant_id, "ids": list(refund_ids)})
    return [Payout(*row) for row in rows]


def _refunds(rows: Sequence[Row[tuple[object, ...]]]) -> list[Refund]:
    return [Refund(**{**row._mapping, "reason": RefundReason(row.reason)}) for row in rows]


def unexplained(connection: Connection, tenant_id: int) -> list[Unexplained]:
    """Money that is neither booked nor owed back, and settlements that no money covers. There should be none."""
    rows = connection.execute(UNEXPLAINED, {"tenant": tenant_id})
    return [Unexplained(what, ident, int(amount), int(explained)) for what, ident, amount, explained in rows]
