"""Notices are numbered, put under a bill and written: the one place where a claim comes into being."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID, uuid4

from ptsp.domain import fees, payments, permits
from ptsp.infra import ledger, numbers
from ptsp.infra.work import Work
from ptsp.kernel.specs import Pattern, ServiceSpec

BILLS = "VA"  # the number series of customer numbers


@dataclass(frozen=True, slots=True)
class Asked:
    """A notice that is to be made. `inputs` is canonical JSON: what the bill was worked out from.

    `under` is the bill that it joins; empty where the pattern of its service says so.
    """

    application_id: UUID
    bundle_id: UUID
    reference: str
    service: ServiceSpec
    standard_id: UUID
    bill: fees.Bill
    inputs: str
    kind: fees.NoticeKind = fees.NoticeKind.ASSESSMENT
    about: UUID | None = None
    reason: str = ""
    under: str = ""


def make_notices(work: Work, asked: Sequence[Asked]) -> list[fees.NewNotice]:
    """Write one notice for each, in order. Behind one door a bundle's notices are one bill, under one roof each is."""
    made = [_notice(work, one, serial) for one, serial in zip(asked, _serials(work, asked), strict=True)]
    _open_bills(work, made)
    fees.add_notices(work.connection, work.tenant.id, made)
    return made


def charged(work: Work, notice: fees.NewNotice, service: str) -> ledger.Fact:
    """What the ledger says of a new notice."""
    said = {
        "number": notice.number,
        "kind": notice.kind.value,
        "service": service,
        "total": notice.total,
        "due_on": str(notice.due_on),
    }
    if notice.reason:
        said["reason"] = notice.reason
    return ledger.Fact("fee.charged", work.actor, said)


def _serials(work: Work, asked: Sequence[Asked]) -> list[int]:
    """A serial for each. Series are drawn in one order, so that two workers never wait in a circle."""
    drawn = {}
    for kind in sorted({one.kind for one in asked}):
        count = sum(one.kind is kind for one in asked)
        series = fees.SERIES[kind]
        drawn[kind] = iter(numbers.draw(work.connection, work.tenant.id, series, work.today.year, count))
    return [next(drawn[one.kind]) for one in asked]


def _notice(work: Work, asked: Asked, serial: int) -> fees.NewNotice:
    service, signers = asked.service, asked.service.fee.signers
    number = f"{fees.SERIES[asked.kind]}/{serial:05d}/{work.tenant.pack.prefix}/{work.today.year}"
    own = asked.reference if service.pattern is Pattern.ONE_DOOR else number
    lines = [
        {
            "code": line.code,
            "label": line.label,
            "account": line.account,
            "agency": line.agency,
            "amount": line.amount,
            "receipt": line.receipt,
        }
        for line in asked.bill.lines
    ]
    return fees.NewNotice(
        id=uuid4(),
        bundle_id=asked.bundle_id,
        application_id=asked.application_id,
        number=number,
        bill=asked.under or own,
        kind=asked.kind,
        lines=ledger.canonical(lines),
        total=asked.bill.total,
        standard_id=asked.standard_id,
        inputs=asked.inputs,
        signer=signers.demand if asked.kind is fees.NoticeKind.DEMAND else signers.notice,
        code=permits.new_code(work.tenant.code),
        issued_on=work.today,
        due_on=work.today + timedelta(days=service.fee.collection.due_days),
        about=asked.about,
        reason=asked.reason,
    )


def _open_bills(work: Work, made: Sequence[fees.NewNotice]) -> None:
    """A customer number for each bill that is new. A number drawn for one that was opened meanwhile stays unused."""
    bundles = {notice.bill: notice.bundle_id for notice in made}
    known = payments.known_bills(work.connection, work.tenant.id, list(bundles))
    new = [number for number in bundles if number not in known]
    if not new:
        return
    year = work.today.year
    serials = numbers.draw(work.connection, work.tenant.id, BILLS, year, len(new))
    payments.ensure_bills(
        work.connection,
        work.tenant.id,
        [
            payments.Billed(uuid4(), bundles[number], number, payments.customer_no(serial, year))
            for number, serial in zip(new, serials, strict=True)
        ],
    )
