"""Papers of money are written and signed on their first request, kept, and handed out again as they are.

Three steps, since signing takes long and no transaction may wait for it: what the paper says is read, it is written
and signed with no transaction open, and recorded. Of two that do so at once the first stands for both.
"""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import UTC
from pathlib import Path
from uuid import UUID

from ptsp.domain import applications, collection, fees, papers, payments
from ptsp.flows.money_sheets import Desk, notice_sheet, receipt_sheet, refund_sheet, warning_sheet
from ptsp.flows.track_bundle import find_bundle
from ptsp.infra.files import FileStore
from ptsp.infra.pdf import LetterSheet, NoticeSheet, ReceiptSheet, write
from ptsp.infra.signing import ensure_keys, sign
from ptsp.infra.tenants import Tenant, TenantBook
from ptsp.infra.work import Work
from ptsp.kernel.errors import NotFound
from ptsp.kernel.specs import TREASURER, ServiceSpec

REASON = "Penetapan oleh {office}"
Sheet = NoticeSheet | ReceiptSheet | LetterSheet
Transaction = Callable[[], AbstractContextManager[Work]]


@dataclass(frozen=True, slots=True)
class Press:
    """What papers are made with."""

    book: TenantBook
    files: FileStore
    keys_folder: Path
    public_url: str


@dataclass(frozen=True, slots=True)
class _Subject:
    """What a paper is about; `sheet` reads what it says, which only the first request needs."""

    code: str
    kind: papers.PaperKind
    number: str
    bundle_id: UUID | None
    sheet: Callable[[], Sheet]


@dataclass(frozen=True, slots=True)
class _Draft:
    """What is to be written; nothing here is read from the database any more."""

    row: papers.PaperRow  # its hash is empty
    sheet: Sheet
    tenant: Tenant


def applicants_paper(
    transaction: Transaction, press: Press, reference: str, key: str, number: str
) -> tuple[bytes, str]:
    """A paper of the bundle that the key opens, by its number: the signed PDF and its file name. Raises NotFound."""

    def find(work: Work) -> _Subject:
        bundle = find_bundle(work, reference, key)
        subject = _subject(work, press, number)
        if subject.bundle_id != bundle.id:
            raise NotFound("this bundle has no such paper")
        return subject

    return _file(transaction, press, find)


def offices_paper(transaction: Transaction, press: Press, number: str) -> tuple[bytes, str]:
    """Any paper of the office, for an officer; whoever calls has seen that one asks. Raises NotFound."""
    return _file(transaction, press, lambda work: _subject(work, press, number))


def _file(transaction: Transaction, press: Press, find: Callable[[Work], _Subject]) -> tuple[bytes, str]:
    with transaction() as work:
        subject, tenant = find(work), work.tenant
        stands = papers.paper_by_code(work.connection, tenant.id, subject.code)
        draft = None if stands else _draft(work, subject)
    if draft is not None:
        signed = press.files.put(tenant.code, _signed(press, draft))
        with transaction() as work:
            stands = papers.add_paper(work.connection, tenant.id, _recorded(draft.row, signed))
    assert stands is not None
    return press.files.get(tenant.code, stands.sha256), f"{subject.number.replace('/', '-')}.pdf"


def _draft(work: Work, subject: _Subject) -> _Draft:
    row = papers.PaperRow(subject.code, subject.kind, subject.number, subject.bundle_id, "", work.now)
    return _Draft(row, subject.sheet(), work.tenant)


def _recorded(row: papers.PaperRow, sha256: str) -> papers.PaperRow:
    return papers.PaperRow(row.code, row.kind, row.number, row.bundle_id, sha256, row.made_at)


def _signed(press: Press, draft: _Draft) -> bytes:
    pack, moment = draft.tenant.pack, draft.row.made_at.astimezone(UTC)
    signer = ensure_keys(press.keys_folder, pack.code, pack.name["id"], moment)
    pdf = write(draft.sheet, pack.templates)
    return sign(pdf, signer, reason=REASON.format(office=pack.name["id"]), now=moment)


def _subject(work: Work, press: Press, number: str) -> _Subject:
    """A notice, a payment, a refund or a warning of the office, by its number. Raises NotFound."""
    found = None
    if number.isprintable():
        found = (
            _of_notice(work, press, number)
            or _of_payment(work, press, number)
            or _of_refund(work, press, number)
            or _of_warning(work, press, number)
        )
    if found is None:
        raise NotFound("the office has no such paper")
    return found


def _of_notice(work: Work, press: Press, number: str) -> _Subject | None:
    notice = fees.notice(work.connection, work.tenant.id, number)
    if notice is None or not notice.code:  # notices of old have no code
        return None

    def sheet() -> Sheet:
        about = fees.notices_by_id(work.connection, work.tenant.id, [notice.about] if notice.about else [])
        service = press.book.standard(work.connection, work.tenant, notice.standard_id)
        return notice_sheet(
            _desk(work, press, notice.bundle_id), notice, service, about[0] if about else None
        )

    return _Subject(notice.code, papers.PaperKind(notice.kind.value), number, notice.bundle_id, sheet)


def _of_payment(work: Work, press: Press, number: str) -> _Subject | None:
    payment = payments.payment_by_receipt(work.connection, work.tenant.id, number)
    if payment is None:
        return None
    bundle_id = _bundle_of(work, payment)

    def sheet() -> Sheet:
        parts, notices, service = _booked(work, press, payment)
        return receipt_sheet(
            _desk(work, press, bundle_id),
            payment,
            {one.id: one for one in notices},
            parts,
            payments.refunds(work.connection, work.tenant.id, [payment.id]),
            on=work.today,
            signer=service.fee.signers.receipt if service else TREASURER,
        )

    return _Subject(payment.code, papers.PaperKind.RECEIPT, number, bundle_id, sheet)


def _of_refund(work: Work, press: Press, number: str) -> _Subject | None:
    refund = payments.refund(work.connection, work.tenant.id, number)
    if refund is None:
        return None
    (payment,) = payments.payments_by_id(work.connection, work.tenant.id, [refund.payment_id])
    bundle_id = _bundle_of(work, payment)

    def sheet() -> Sheet:
        _, _, service = _booked(work, press, payment)
        return refund_sheet(
            _desk(work, press, bundle_id),
            refund,
            payment,
            legal_basis=service.fee.legal_basis if service else "",
            signer=service.fee.signers.notice if service else TREASURER,
        )

    return _Subject(refund.code, papers.PaperKind.REFUND, number, bundle_id, sheet)


def _of_warning(work: Work, press: Press, number: str) -> _Subject | None:
    warned = collection.warning(work.connection, work.tenant.id, number)
    if warned is None:
        return None
    (notice,) = fees.notices_by_id(work.connection, work.tenant.id, [warned.notice_id])

    def sheet() -> Sheet:
        service = press.book.standard(work.connection, work.tenant, notice.standard_id)
        return warning_sheet(_desk(work, press, notice.bundle_id), warned, notice, service)

    return _Subject(warned.code, papers.PaperKind.WARNING, number, notice.bundle_id, sheet)


def _bundle_of(work: Work, payment: payments.PaymentRow) -> UUID | None:
    bill = payments.bill_by_number(work.connection, work.tenant.id, payment.bill)
    return bill.bundle_id if bill else None


def _booked(
    work: Work, press: Press, payment: payments.PaymentRow
) -> tuple[Sequence[payments.Allocation], Sequence[fees.Notice], ServiceSpec | None]:
    """What a payment is booked for, and the rule of the first notice it was paid for: who signs, and by which law."""
    connection, tenant_id = work.connection, work.tenant.id
    parts = payments.allocations(connection, tenant_id, [payment.id])
    notices = fees.notices_by_id(connection, tenant_id, list({part.notice_id for part in parts}))
    of_bill = notices or fees.notices_of_bill(connection, tenant_id, payment.bill)
    service = press.book.standard(connection, work.tenant, of_bill[0].standard_id) if of_bill else None
    return parts, notices, service


def _desk(work: Work, press: Press, bundle_id: UUID | None) -> Desk:
    tenant = work.tenant
    if bundle_id is None:
        return Desk(tenant, press.public_url, "", None)
    bundle = applications.bundles(work.connection, [bundle_id])[bundle_id]
    person = tenant.vault.open(tenant.id, f"bundle.applicant:{bundle.id}", bundle.applicant)
    return Desk(tenant, press.public_url, bundle.reference, person)
