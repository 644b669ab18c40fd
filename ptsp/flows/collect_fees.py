"""Fees that are not paid in time are collected: a warning, interest month by month, and in the end the claim lapses.

A claim that has lapsed can no longer be paid, so its application is neither granted nor refused by that: it stays
open until an officer has the fee assessed anew (`correct_fee`) or the applicant withdraws. Until then its legal clock
stands, as it does whenever a payment is waited for.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from uuid import UUID

from ptsp.domain import collection, fees, permits, routes
from ptsp.flows._billing import Asked
from ptsp.flows._debts import debts
from ptsp.flows._demanding import CLAIMS, demand_on, demands_on, interest_on, make_demands
from ptsp.flows._retiming import append_facts
from ptsp.flows._taking_back import hold_money
from ptsp.flows.collection_letters import Subject, warning_letter
from ptsp.flows.owe_messages import owe_messages
from ptsp.infra import ledger, numbers
from ptsp.infra.work import Work
from ptsp.kernel.specs import ServiceSpec

LAPSED = "claim lapsed"
WARNINGS = "TEGURAN"  # the number series of warning letters

Act = collection.Act


@dataclass(frozen=True, slots=True)
class _Round:
    """What one look at overdue notices comes to. `looks` says when each is looked at next."""

    looks: dict[UUID, date | None] = field(default_factory=dict)
    warn: list[fees.Notice] = field(default_factory=list)
    demand: list[Asked] = field(default_factory=list)
    lapse: list[fees.Notice] = field(default_factory=list)


def collect_fees(work: Work, *, limit: int = 50) -> int:
    """Do what is due today for up to `limit` notices; returns how many were looked at.

    Everything is worked out again with the bills held and the bundles locked, so any number of workers may do this
    at once, beside payments: whoever comes second finds it done. After a time without workers a claim is warned of
    first, and interest waits for the warning's time to be over.
    """
    connection, tenant_id = work.connection, work.tenant.id
    due = fees.to_collect(connection, tenant_id, work.today, most=limit)
    if not due:
        return 0
    bundle_ids = sorted(set(due.values()))
    hold_money(work, bundle_ids)
    held = routes.lock(connection, tenant_id, bundle_ids)
    notices = fees.notices(connection, tenant_id, bundle_ids)
    found = _looked_at(work, [one for one in notices if one.id in due], notices)
    told = _warned(work, found.warn, {ident: one.reference for ident, one in held.items()})
    demanded = make_demands(work, found.demand, {one.id: one for one in notices})
    told += zip([one.bundle_id for one in found.demand], demanded, strict=True)
    told += _lapsed(work, found.lapse, notices)
    facts: dict[UUID, list[ledger.Fact]] = {}
    for bundle_id, fact in told:
        facts.setdefault(bundle_id, []).append(fact)
    fees.look_on(connection, tenant_id, found.looks)
    append_facts(work, held, facts)
    return len(due)


def _looked_at(work: Work, due: Sequence[fees.Notice], notices: Sequence[fees.Notice]) -> _Round:
    """`notices` are all of the bundles. What is no longer open is never looked at again."""
    found = _Round()
    stand = debts(work, due)
    for one in due:
        found.looks[one.id] = None
        if one.state != "open":
            continue
        service = work.tenant.standard_at(work.connection, one.standard_id)
        demanded = sum(demand.total for demand in demands_on(notices, one))
        step = _step(work, service, one, stand[one.id], demanded)
        found.looks[one.id] = step.look_on
        if step.act is Act.WARN:
            found.warn.append(one)
        elif step.act is Act.DEMAND:
            found.demand.append(demand_on(one, service, step.months, work.today, demanded))
        elif step.act is Act.LAPSE:
            found.lapse.append(one)
    return found


def _step(
    work: Work, service: ServiceSpec, notice: fees.Notice, debt: collection.Debt, demanded: int
) -> collection.Step:
    rules = service.fee.collection
    if notice.kind in CLAIMS:
        return collection.next_step(rules, debt, work.today, demanded, interest_on(service, notice))
    return collection.wait_for_lapse(rules, debt, work.today)


def _warned(
    work: Work, claims: Sequence[fees.Notice], references: dict[UUID, str]
) -> list[tuple[UUID, ledger.Fact]]:
    """A warning letter for each claim, and a message that tells of it."""
    if not claims:
        return []
    year, prefix = work.today.year, work.tenant.pack.prefix
    serials = numbers.draw(work.connection, work.tenant.id, WARNINGS, year, len(claims))
    made, letters, facts = [], [], []
    for one, serial in zip(claims, serials, strict=True):
        service = work.tenant.standard_at(work.connection, one.standard_id)
        warned = collection.Warned(
            notice_id=one.id,
            number=f"{WARNINGS}/{serial:05d}/{prefix}/{year}",
            code=permits.new_code(work.tenant.code),
            signer=service.fee.signers.demand,
            issued_on=work.today,
            pay_by=collection.pay_by(service.fee.collection, work.today),
        )
        made.append(warned)
        subject = Subject(work.tenant.pack, references[one.bundle_id], service, one)
        letters.append(warning_letter(subject, warned))
        said = {"number": warned.number, "notice": one.number, "pay_by": str(warned.pay_by)}
        facts.append((one.bundle_id, ledger.Fact("fee.warned", work.actor, said)))
    collection.add_warnings(work.connection, work.tenant.id, made)
    owe_messages(work, letters)
    return facts


def _lapsed(
    work: Work, claims: Sequence[fees.Notice], notices: Sequence[fees.Notice]
) -> list[tuple[UUID, ledger.Fact]]:
    """The claims stand no more, nor does unpaid interest on them: it goes with what it was for."""
    gone = {one.id for one in claims}
    ids = gone | {
        one.id
        for one in notices
        if one.kind is fees.NoticeKind.DEMAND and one.about in gone and one.state == "open"
    }
    closed = fees.close(
        work.connection, work.tenant.id, sorted(ids), state="lapsed", on=work.today, reason=LAPSED
    )
    bundle_of = {one.number: one.bundle_id for one in notices}
    return [
        (bundle_of[number], ledger.Fact("fee.lapsed", work.actor, {"number": number})) for number in closed
    ]
