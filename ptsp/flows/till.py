"""The till of one office, as a bank's connector sees it: each thing it does is a transaction of its own."""

import hashlib
from collections.abc import Callable
from contextlib import AbstractContextManager

from sqlalchemy import text

from ptsp.domain import applications, fees, payments
from ptsp.flows.take_payment import take_payment
from ptsp.infra.work import Work
from ptsp.kernel.identity import mask_name
from ptsp.sdk.contract import Due, Money, Standing, Taking

CLAIM = text("""
    INSERT INTO app.inbox (tenant_id, source, message_id, fingerprint, outcome)
    VALUES (:tenant, :source, :message_id, :fingerprint, 'request')
    ON CONFLICT DO NOTHING RETURNING message_id""")


def due(work: Work, customer_no: str) -> Due:
    """What is to be paid under a customer number now, with the payer's name masked."""
    bill = payments.bill_of_customer(work.connection, work.tenant.id, customer_no)
    if bill is None:
        return Due(Standing.UNKNOWN, customer_no)
    notices = fees.notices_of_bill(work.connection, work.tenant.id, bill.number)
    total = sum(notice.total for notice in notices if notice.state == "open")
    if total:
        standing = Standing.OPEN
    elif any(notice.state == "settled" for notice in notices):
        standing = Standing.PAID
    else:
        standing = Standing.CLOSED
    return Due(standing, customer_no, _payer(work, bill), total, bill.number, f"Retribusi {bill.number}")


def _payer(work: Work, bill: payments.Billed) -> str:
    bundle = applications.bundles(work.connection, [bill.bundle_id])[bill.bundle_id]
    applicant = work.tenant.vault.open(work.tenant.id, f"bundle.applicant:{bundle.id}", bundle.applicant)
    return mask_name(applicant["name"])


class OfficeTill:
    """Bills and money of one office for one provider. `transaction` begins a unit of work."""

    def __init__(self, transaction: Callable[[], AbstractContextManager[Work]], provider: str) -> None:
        self._transaction = transaction
        self._provider = provider

    def due(self, customer_no: str) -> Due:
        with self._transaction() as work:
            return due(work, customer_no)

    def take(self, money: Money) -> Taking:
        with self._transaction() as work:
            return take_payment(work, self._provider, money)

    def taken(self, provider_ref: str) -> Money | None:
        with self._transaction() as work:
            row = payments.payment_booked(work.connection, work.tenant.id, self._provider, provider_ref)
            if row is None:
                return None
            bill = payments.bill_by_number(work.connection, work.tenant.id, row.bill)
            customer_no = bill.customer_no if bill else row.bill
            return Money(customer_no, row.amount, row.provider_ref, row.paid_at.isoformat(), row.channel)

    def first_use(self, external_id: str) -> bool:
        with self._transaction() as work:
            values = {
                "tenant": work.tenant.id,
                "source": f"{self._provider}.request",
                "message_id": f"{work.today.isoformat()}:{external_id}",
                "fingerprint": hashlib.sha256(external_id.encode()).digest(),
            }
            return work.connection.execute(CLAIM, values).scalar() is not None
