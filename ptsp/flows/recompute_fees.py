"""Work every fee notice out again from its stored rule version and inputs, and hold it against what is stored."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy import text

from ptsp.domain import applications, fees
from ptsp.flows._correcting import corrected_bill, earlier_notices
from ptsp.flows._demanding import demanded_bill
from ptsp.infra.tenants import TenantBook
from ptsp.infra.work import Work
from ptsp.kernel.errors import PtspError
from ptsp.kernel.specs import TREASURER, ServiceSpec

PAGE = 500
SAID = text("""
    SELECT body FROM app.event
     WHERE tenant_id = :tenant AND bundle_id = ANY(:bundles) AND type = 'fee.charged'""")


@dataclass(frozen=True, slots=True)
class RecomputedFees:
    """`differences` names each notice that comes out otherwise, and how."""

    notices: int
    rupiah: int
    differences: tuple[str, ...]


def recompute_fees(work: Work, book: TenantBook) -> RecomputedFees:
    """Fold all notices of the office. Nothing is changed.

    A notice differs where the rule and the inputs it was made from give other lines, where its total is not that of
    its lines, or where the ledger said another total when it was made.
    """
    count = total = 0
    differences: list[str] = []
    for page in _pages(work):
        said = _said(work, page)
        for notice in page:
            count, total = count + 1, total + notice.total
            differences += [f"{notice.number}: {wrong}" for wrong in _wrong(work, book, notice, said)]
    return RecomputedFees(count, total, tuple(differences))


def _pages(work: Work) -> Iterator[list[fees.Notice]]:
    last = (date.min, UUID(int=0))
    while page := fees.notices_after(work.connection, work.tenant.id, last, PAGE):
        yield page
        last = (page[-1].issued_on, page[-1].id)


def _said(work: Work, page: Sequence[fees.Notice]) -> Mapping[str, int]:
    """What the ledger says that these notices came to."""
    values = {"tenant": work.tenant.id, "bundles": list({notice.bundle_id for notice in page})}
    told = [json.loads(body)["data"] for body in work.connection.execute(SAID, values).scalars()]
    return {data["number"]: data["total"] for data in told}


def _wrong(work: Work, book: TenantBook, notice: fees.Notice, said: Mapping[str, int]) -> Iterator[str]:
    service = book.standard(work.connection, work.tenant, notice.standard_id)
    stored = [
        (line["code"], line["account"], line.get("agency", TREASURER), line["amount"])
        for line in notice.read_lines()
    ]
    try:
        bill = _bill(work, notice, service)
    except PtspError as error:
        yield f"cannot be worked out again: {error}"
        return
    again = [(line.code, line.account, line.agency, line.amount) for line in bill.lines]
    if stored != again:
        yield f"is stored as {_shown(stored)} and comes to {_shown(again)}"
    if notice.total != sum(amount for *_, amount in stored):
        yield f"its total {notice.total} is not that of its lines"
    if said.get(notice.number) != notice.total:
        yield f"the ledger says {said.get(notice.number)} rupiah, not {notice.total}"


def _bill(work: Work, notice: fees.Notice, service: ServiceSpec) -> fees.Bill:
    """The bill by the rule that made a notice of its kind."""
    if notice.kind is fees.NoticeKind.DEMAND:
        return demanded_bill(service, notice.inputs)
    if notice.kind is fees.NoticeKind.ADDITIONAL:
        return corrected_bill(service, notice.inputs, earlier_notices(work, notice))
    return fees.price(service, applications.answers_from_text(notice.inputs))


def _shown(lines: Sequence[tuple[str, str, str, int]]) -> str:
    return (
        " + ".join(f"{code} {amount} ({account}, {agency})" for code, account, agency, amount in lines) or "0"
    )
