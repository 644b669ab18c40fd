"""Anybody asks whether a paper of money is genuine, and how it stands with what it says."""

from dataclasses import dataclass, replace
from datetime import date
from uuid import UUID

from ptsp.domain import applications, collection, fees, papers, payments
from ptsp.infra.tenants import TenantBook, local_date
from ptsp.infra.work import Work
from ptsp.kernel.identity import mask_name
from ptsp.kernel.specs import Text


@dataclass(frozen=True, slots=True)
class VerifiedPaper:
    """What our register says of a fee notice, a warning, a proof of payment or an overpayment notice, as it stands now.

    `kind` is assessment, additional, demand, warning, receipt or refund. `state` of a notice is open, settled,
    cancelled or lapsed, of a warning that of the notice it is of, of a receipt received, of a refund owed or
    paid_back. `amount` is whole rupiah, `payer` masked and empty where it is not known. `sha256` is that of the
    signed file, empty while nobody has asked for it.
    """

    code: str
    number: str
    kind: str
    service_name: Text | None
    office: Text
    payer: str
    amount: int
    on: date
    due_on: date | None
    state: str
    closed_on: date | None
    sha256: str


def find_paper(work: Work, book: TenantBook, code: str) -> VerifiedPaper | None:
    """The paper with this code, or None."""
    if not code.isprintable():
        return None
    return (
        _notice(work, book, code) or _receipt(work, code) or _refund(work, code) or _warning(work, book, code)
    )


def _notice(work: Work, book: TenantBook, code: str) -> VerifiedPaper | None:
    notice = fees.notice_by_code(work.connection, work.tenant.id, code)
    return None if notice is None else _of_notice(work, book, code, notice)


def _warning(work: Work, book: TenantBook, code: str) -> VerifiedPaper | None:
    warned = collection.warning_by_code(work.connection, work.tenant.id, code)
    if warned is None:
        return None
    (notice,) = fees.notices_by_id(work.connection, work.tenant.id, [warned.notice_id])
    paper = _of_notice(work, book, code, notice)
    return replace(paper, number=warned.number, kind="warning", on=warned.issued_on, due_on=warned.pay_by)


def _of_notice(work: Work, book: TenantBook, code: str, notice: fees.Notice) -> VerifiedPaper:
    return VerifiedPaper(
        code=code,
        number=notice.number,
        kind=notice.kind.value,
        service_name=book.standard(work.connection, work.tenant, notice.standard_id).name,
        office=work.tenant.pack.name,
        payer=_payer(work, notice.bundle_id),
        amount=notice.total,
        on=notice.issued_on,
        due_on=notice.due_on,
        state=notice.state,
        closed_on=notice.closed_on,
        sha256=_sha256(work, code),
    )


def _receipt(work: Work, code: str) -> VerifiedPaper | None:
    payment = payments.payment_by_code(work.connection, work.tenant.id, code)
    if payment is None:
        return None
    on = local_date(payment.paid_at, work.tenant.pack)
    return _of_payment(work, payment, code, payment.receipt, "receipt", payment.amount, on, "received")


def _refund(work: Work, code: str) -> VerifiedPaper | None:
    refund = payments.refund_by_code(work.connection, work.tenant.id, code)
    if refund is None:
        return None
    (payment,) = payments.payments_by_id(work.connection, work.tenant.id, [refund.payment_id])
    is_paid = bool(payments.payouts(work.connection, work.tenant.id, [refund.id]))
    on = local_date(refund.owed_at, work.tenant.pack)
    state = "paid_back" if is_paid else "owed"
    return _of_payment(work, payment, code, refund.number, "refund", refund.amount, on, state)


def _of_payment(
    work: Work,
    payment: payments.PaymentRow,
    code: str,
    number: str,
    kind: str,
    amount: int,
    on: date,
    state: str,
) -> VerifiedPaper:
    bill = payments.bill_by_number(work.connection, work.tenant.id, payment.bill)
    return VerifiedPaper(
        code=code,
        number=number,
        kind=kind,
        service_name=None,
        office=work.tenant.pack.name,
        payer=_payer(work, bill.bundle_id) if bill else "",
        amount=amount,
        on=on,
        due_on=None,
        state=state,
        closed_on=None,
        sha256=_sha256(work, code),
    )


def _payer(work: Work, bundle_id: UUID) -> str:
    bundle = applications.bundles(work.connection, [bundle_id])[bundle_id]
    person = work.tenant.vault.open(work.tenant.id, f"bundle.applicant:{bundle.id}", bundle.applicant)
    return mask_name(person["name"])


def _sha256(work: Work, code: str) -> str:
    paper = papers.paper_by_code(work.connection, work.tenant.id, code)
    return paper.sha256 if paper else ""
