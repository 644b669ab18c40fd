"""A fee notice, line by line down to its inputs, table rows and rounding; and the notice's life so far."""

from dataclasses import dataclass
from datetime import date, datetime

from ptsp.domain import applications, fees, payments
from ptsp.infra.tenants import TenantBook
from ptsp.infra.work import Work
from ptsp.kernel.errors import NotFound
from ptsp.kernel.specs import TREASURER, Text


@dataclass(frozen=True, slots=True)
class ExplainedLine:
    """`how` tells the amount in steps, named parts first."""

    code: str
    label: Text
    account: str
    agency: str
    amount: int
    how: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PaidWith:
    """What part of a payment went to the notice."""

    receipt: str
    channel: str
    paid_at: datetime
    amount: int


@dataclass(frozen=True, slots=True)
class ExplainedNotice:
    """`about` is the number of the notice that this one replaces, adds to, or demands interest on."""

    number: str
    kind: fees.NoticeKind
    reference: str
    service: Text
    standard: int
    legal_basis: str
    lines: tuple[ExplainedLine, ...]
    total: int
    issued_on: date
    due_on: date
    bill: str
    customer_no: str
    state: str
    about: str | None
    reason: str
    closed_for: str | None
    paid: tuple[PaidWith, ...]


def explain_fee(work: Work, book: TenantBook, number: str) -> ExplainedNotice:
    """Raises NotFound where the office has no such notice."""
    connection, tenant_id = work.connection, work.tenant.id
    notice = fees.notice(connection, tenant_id, number)
    if notice is None:
        raise NotFound(f"there is no fee notice {number!r}")
    service = book.standard(connection, work.tenant, notice.standard_id)
    about = fees.notices_by_id(connection, tenant_id, [notice.about] if notice.about else [])
    bundle = applications.bundles(connection, [notice.bundle_id])[notice.bundle_id]
    rules = service.fee.collection if notice.kind is fees.NoticeKind.DEMAND else service.fee
    return ExplainedNotice(
        number=notice.number,
        kind=notice.kind,
        reference=bundle.reference,
        service=service.name,
        standard=service.standard.version,
        legal_basis=rules.legal_basis,
        lines=tuple(
            ExplainedLine(
                line["code"],
                line["label"],
                line["account"],
                line.get("agency", TREASURER),
                line["amount"],
                tuple(fees.explain_line(line["receipt"])),
            )
            for line in notice.read_lines()
        ),
        total=notice.total,
        issued_on=notice.issued_on,
        due_on=notice.due_on,
        bill=notice.bill,
        customer_no=notice.customer_no,
        state=notice.state,
        about=about[0].number if about else None,
        reason=notice.reason,
        closed_for=notice.closed_for,
        paid=_paid(work, notice),
    )


def _paid(work: Work, notice: fees.Notice) -> tuple[PaidWith, ...]:
    booked = payments.allocations_of(work.connection, work.tenant.id, notice.id)
    parts: dict[object, int] = {}
    for one in booked:
        parts[one.payment_id] = parts.get(one.payment_id, 0) + one.amount
    rows = payments.payments_by_id(work.connection, work.tenant.id, list({one.payment_id for one in booked}))
    return tuple(PaidWith(row.receipt, row.channel, row.paid_at, parts[row.id]) for row in rows)
