"""An officer corrects what a fee was worked out from: the claim is made anew, raised, or lowered and owed back.

A fee that was paid and rises is claimed by an additional notice (SKRDKBT) over the difference. That is a debt of its
own and collected like one: at the gate stands the assessment alone, so a permit that was paid for as it was charged
does not wait for what was charged too little. A fee that was paid and falls is assessed anew, settled at once with the
money that is there, and the rest is owed back (SKRDLB). Interest that was paid on the old notice stays as it is.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from ptsp.domain import applications, fees, payments, routes
from ptsp.flows._billing import Asked, charged, make_notices
from ptsp.flows._correcting import assessed, corrected_answers
from ptsp.flows._settling import go_on_paid, owe_back, refund_facts, settle, tell
from ptsp.flows._taking_back import close_claims, hold_money, read_reason, release
from ptsp.infra.tenants import TenantBook
from ptsp.infra.work import Work
from ptsp.kernel.errors import Conflict, NotFound
from ptsp.kernel.specs import ServiceSpec

MOVED = "moved"  # in place of a provider, where money that was there already pays another notice
CLAIMS = (fees.NoticeKind.ASSESSMENT, fees.NoticeKind.ADDITIONAL)


@dataclass(frozen=True, slots=True)
class Corrected:
    """What the fee comes to now, the number of the new notice, if there had to be one, and what is owed back."""

    total: int
    notice: str | None = None
    owed_back: int = 0


@dataclass(frozen=True, slots=True)
class _Case:
    """One application's claims that stand, the oldest first; only its last assessment, where that has lapsed."""

    application: applications.ApplicationRow
    reference: str
    service: ServiceSpec
    claims: Sequence[fees.Notice]
    others: Sequence[fees.Notice]  # all notices of the bundle
    reason: str

    @property
    def paid(self) -> list[fees.Notice]:
        return [one for one in self.claims if one.state == "settled"]

    @property
    def unpaid(self) -> list[fees.Notice]:
        return [one for one in self.claims if one.state == "open"]


def correct_fee(
    work: Work, book: TenantBook, number: str, changes: Mapping[str, str], reason: str
) -> Corrected:
    """Work a fee out again by the rule it was charged by, with these answers changed, and claim what follows.

    `number` is any notice of the claim. The applicant's own answers stay as they are. A claim that has lapsed while
    its application is open is made anew, also without a change. Raises NotFound, Invalid for a change that no answer
    may be, and Conflict where nothing can be corrected: it comes to the same, the claim was taken back, or one line
    of a paid fee falls while the whole rises.
    """
    case = _case(work, book, number, read_reason(reason))
    answers = corrected_answers(case.service, case.claims[-1].inputs, changes)
    bill = fees.price(case.service, answers)
    lines = {line.code: line.amount for line in bill.lines}
    if lines == assessed(case.claims) and case.claims[-1].state != "lapsed":
        raise Conflict(f"the fee comes to the same {bill.total} rupiah: there is nothing to correct")
    asked = Asked(
        application_id=case.application.id,
        bundle_id=case.application.bundle_id,
        reference=case.reference,
        service=case.service,
        standard_id=case.claims[0].standard_id,
        bill=bill,
        inputs=applications.answers_as_text(answers),
        reason=case.reason,
    )
    if case.paid and lines == assessed(case.paid):
        tell(work, asked.bundle_id, close_claims(work, case.others, case.unpaid, case.reason))
        return Corrected(bill.total)
    if case.paid and bill.total > sum(one.total for one in case.paid):
        return _charge_more(work, case, asked)
    return _charge_anew(work, case, asked)


def _case(work: Work, book: TenantBook, number: str, reason: str) -> _Case:
    """The claim, with its bundle locked and the bills of that held."""
    connection, tenant_id = work.connection, work.tenant.id
    named = fees.notice(connection, tenant_id, number)
    if named is None:
        raise NotFound(f"there is no fee notice {number!r}")
    if named.kind not in CLAIMS:
        raise Conflict("interest follows from the notice it is demanded on: correct that one")
    bundle_id = named.bundle_id
    bills = hold_money(work, [bundle_id])
    reference = routes.lock(connection, tenant_id, [bundle_id])[bundle_id].reference
    notices = fees.notices(connection, tenant_id, [bundle_id])
    if not {one.bill for one in notices} <= bills:
        raise Conflict("the bundle was billed just now; look at it again")
    lodged = applications.applications(connection, [bundle_id])[bundle_id]
    application = next(one for one in lodged if one.id == named.application_id)
    claims = _standing([one for one in notices if one.application_id == application.id], application)
    if not claims:
        raise Conflict(f"{number} was taken back: there is nothing to correct")
    service = book.standard(connection, work.tenant, claims[0].standard_id)
    return _Case(application, reference, service, claims, notices, reason)


def _standing(mine: Sequence[fees.Notice], application: applications.ApplicationRow) -> list[fees.Notice]:
    claims = [one for one in mine if one.kind in CLAIMS and one.state in ("open", "settled")]
    if claims or application.state != "open":
        return claims
    return [one for one in mine if one.kind is fees.NoticeKind.ASSESSMENT and one.state == "lapsed"][-1:]


def _charge_more(work: Work, case: _Case, asked: Asked) -> Corrected:
    """What is over what was paid; an additional notice that is still unpaid is replaced."""
    bill = fees.additional(asked.bill, assessed(case.paid))
    facts = close_claims(work, case.others, case.unpaid, case.reason)
    more = replace(asked, bill=bill, kind=fees.NoticeKind.ADDITIONAL, about=case.paid[-1].id)
    (made,) = make_notices(work, [more])
    tell(work, asked.bundle_id, [*facts, charged(work, made, case.service.code)])
    return Corrected(asked.bill.total, made.number)


def _charge_anew(work: Work, case: _Case, asked: Asked) -> Corrected:
    """A new assessment in place of all that was claimed; what was paid pays it, and the rest is owed back."""
    connection, tenant_id, bundle_id = work.connection, work.tenant.id, asked.bundle_id
    money, facts = release(work, case.paid, case.reason)
    facts += close_claims(work, case.others, case.claims, case.reason)
    (made,) = make_notices(work, [replace(asked, about=case.claims[0].id)])
    tell(work, bundle_id, [*facts, charged(work, made, case.service.code)])
    if made.total > sum(one.amount for one in money):
        return Corrected(made.total, made.number)
    (fresh,) = fees.notices_by_id(connection, tenant_id, [made.id])
    settle(work, [fresh], money)
    left = payments.free_of(connection, tenant_id, [one.payment_id for one in money])
    refunds = owe_back(work, left, payments.RefundReason.CORRECTED)
    go_on_paid(work, bundle_id, [fresh], MOVED, refund_facts(work, refunds))
    return Corrected(made.total, made.number, sum(one.amount for one in refunds))
