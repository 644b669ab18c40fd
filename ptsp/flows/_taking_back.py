"""Claims stand no more: what was paid for them is free again, and goes to another claim or back to whoever paid."""

from collections.abc import Collection, Iterable, Sequence
from uuid import UUID

from ptsp.domain import applications, fees, payments
from ptsp.flows._settling import owe_back, refund_facts
from ptsp.infra import ledger
from ptsp.infra.work import Work
from ptsp.kernel.errors import Invalid
from ptsp.kernel.reasons import fault


def hold_money(work: Work, bundle_ids: Iterable[UUID]) -> set[str]:
    """Hold all bills of these bundles, always before the bundles' own locks; returns their numbers.

    A bill that was opened while we waited for the others is held, too.
    """
    held: set[str] = set()
    for bundle_id in sorted(set(bundle_ids)):
        mine: set[str] = set()
        while more := _held(work, bundle_id) - mine:
            mine |= more
        held |= mine
    return held


def _held(work: Work, bundle_id: UUID) -> set[str]:
    return {one.number for one in payments.hold_bills(work.connection, work.tenant.id, bundle_id)}


def read_reason(given: str) -> str:
    """Why a claim is changed; it stands on the papers. Raises Invalid where nothing is said."""
    wrong = applications.text_fault("reason", given)
    if wrong or not given.strip():
        raise Invalid([wrong or fault("reason", "blank")])
    return given.strip()


def close_claims(
    work: Work, notices: Sequence[fees.Notice], closing: Collection[fees.Notice], reason: str
) -> list[ledger.Fact]:
    """Cancel claims that nothing is booked for, and with them the interest that is demanded on them and unpaid.

    `notices` are all of the bundle.
    """
    ids = {one.id for one in closing}
    ids |= {
        one.id
        for one in notices
        if one.kind is fees.NoticeKind.DEMAND and one.state == "open" and one.about in ids
    }
    cancelled = fees.close(
        work.connection, work.tenant.id, sorted(ids), state="cancelled", on=work.today, reason=reason
    )
    return [ledger.Fact("fee.cancelled", work.actor, {"number": number}) for number in cancelled]


def release(
    work: Work, settled: Sequence[fees.Notice], reason: str
) -> tuple[list[payments.FreeMoney], list[ledger.Fact]]:
    """These settlements count no more. Returns the money they were paid with, the oldest first. Bills are held."""
    connection, tenant_id = work.connection, work.tenant.id
    booked = [part for one in settled for part in payments.allocations_of(connection, tenant_id, one.id)]
    reversed_ids = payments.reverse(
        connection, tenant_id, [one.id for one in settled], reason=reason, by=work.actor, at=work.now
    )
    money = payments.free_of(connection, tenant_id, sorted({part.payment_id for part in booked}))
    facts = [
        ledger.Fact(
            "payment.reversed", work.actor, {"number": one.number, "amount": one.total, "reason": reason}
        )
        for one in settled
        if one.id in reversed_ids
    ]
    return money, facts


def give_back(
    work: Work,
    bundle_id: UUID,
    application_ids: Collection[UUID],
    reason: payments.RefundReason,
    words: str,
) -> list[ledger.Fact]:
    """Nothing is claimed for these applications any more: open notices are cancelled, what was paid is owed back.

    The bundle is locked, and its bills were held before it.
    """
    notices = fees.notices(work.connection, work.tenant.id, [bundle_id])
    mine = [
        one for one in notices if one.application_id in application_ids and one.state in ("open", "settled")
    ]
    if not mine:
        return []
    money, facts = release(work, [one for one in mine if one.state == "settled"], words)
    facts += close_claims(work, notices, mine, words)
    return facts + refund_facts(work, owe_back(work, money, reason))
