"""Interest on what is paid late is demanded (STRD), each time only what was not demanded before."""

import json
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from datetime import date
from uuid import UUID

from ptsp.domain import applications, collection, fees
from ptsp.flows._billing import Asked, charged, make_notices
from ptsp.flows._money import months_late
from ptsp.flows.collection_letters import Subject, demand_letter
from ptsp.flows.owe_messages import owe_messages
from ptsp.infra import ledger
from ptsp.infra.work import Work
from ptsp.kernel.specs import ServiceSpec

CLAIMS = (fees.NoticeKind.ASSESSMENT, fees.NoticeKind.ADDITIONAL)  # what interest is demanded on
OVERTAKEN = "paid before it was demanded"


def interest_on(service: ServiceSpec, claim: fees.Notice) -> Callable[[int], int]:
    """What so many begun months cost on this claim, in rupiah, by the rule it was charged by."""
    return lambda months: fees.interest(service, unpaid=claim.total, months=months).total


def demands_on(notices: Sequence[fees.Notice], claim: fees.Notice) -> Iterator[fees.Notice]:
    """All demands on a claim. One that an officer has cancelled counts, too: it is waived, and the next month does
    not bring it back.
    """
    return (one for one in notices if one.kind is fees.NoticeKind.DEMAND and one.about == claim.id)


def demand_on(claim: fees.Notice, service: ServiceSpec, months: int, until: date, demanded: int) -> Asked:
    """A demand for so many begun months, on the bill of the claim. `demanded` is what was demanded before."""
    inputs = ledger.canonical(
        {"unpaid": claim.total, "months": months, "until": str(until), "demanded": demanded}
    )
    return Asked(
        application_id=claim.application_id,
        bundle_id=claim.bundle_id,
        reference=claim.bill,
        service=service,
        standard_id=claim.standard_id,
        bill=demanded_bill(service, inputs),
        inputs=inputs,
        kind=fees.NoticeKind.DEMAND,
        about=claim.id,
        under=claim.bill,
    )


def demanded_bill(service: ServiceSpec, inputs: str) -> fees.Bill:
    """The bill of a demand from its stored inputs: {unpaid, months, until, demanded}."""
    given = json.loads(inputs)
    whole = fees.interest(service, unpaid=given["unpaid"], months=given["months"])
    return fees.further_interest(whole, given["demanded"])


def make_demands(work: Work, asked: Sequence[Asked], claims: Mapping[UUID, fees.Notice]) -> list[ledger.Fact]:
    """Write these demands on the claims, and tell the applicants. A fact for each, in order."""
    if not asked:
        return []
    made = make_notices(work, asked)
    bundles = applications.bundles(work.connection, sorted({one.bundle_id for one in asked}))
    letters = []
    for one, demand in zip(asked, made, strict=True):
        assert one.about is not None
        subject = Subject(work.tenant.pack, bundles[one.bundle_id].reference, one.service, claims[one.about])
        letters.append(demand_letter(subject, demand, json.loads(one.inputs)["months"]))
    owe_messages(work, letters)
    return [charged(work, demand, one.service.code) for demand, one in zip(made, asked, strict=True)]


def stood_open(notices: Sequence[fees.Notice], paid_on: date) -> list[fees.Notice]:
    """What was to be paid on the day on which money moved: not what was demanded while nobody knew of it."""
    return [
        one
        for one in notices
        if one.state == "open" and not (one.kind is fees.NoticeKind.DEMAND and one.issued_on > paid_on)
    ]


def settle_interest(
    work: Work, notices: Sequence[fees.Notice], settled: Collection[fees.Notice], paid_on: date
) -> list[ledger.Fact]:
    """Claims were paid on `paid_on`: interest until that day is demanded, and what is demanded beyond it is cancelled.

    `notices` are all of the bill, as they stood before; the bill is held.
    """
    facts: list[ledger.Fact] = []
    asked = []
    claims = {one.id: one for one in settled if one.kind in CLAIMS}
    for claim in claims.values():
        months = collection.months_late(claim.due_on, paid_on)
        unpaid = [one for one in demands_on(notices, claim) if one.state == "open" and one not in settled]
        beyond = [one for one in unpaid if months_late(one) > months]
        facts += _overtake(work, beyond)
        demanded = sum(one.total for one in demands_on(notices, claim) if one not in beyond)
        service = work.tenant.standard_at(work.connection, claim.standard_id)
        if months and interest_on(service, claim)(months) > demanded:
            asked.append(demand_on(claim, service, months, paid_on, demanded))
    return facts + make_demands(work, asked, claims)


def _overtake(work: Work, demands: Sequence[fees.Notice]) -> list[ledger.Fact]:
    ids = [one.id for one in demands]
    closed = fees.close(
        work.connection, work.tenant.id, ids, state="cancelled", on=work.today, reason=OVERTAKEN
    )
    return [ledger.Fact("fee.cancelled", work.actor, {"number": number}) for number in closed]
