"""A person ends a gap between an agency's list and what we asked, with a reason; the day is signed again."""

from collections.abc import Sequence
from dataclasses import replace
from uuid import UUID

from ptsp.domain import balances
from ptsp.flows._balances import sign_day
from ptsp.infra.signing import Signer
from ptsp.infra.work import Work
from ptsp.kernel.errors import Conflict, Invalid, NotFound
from ptsp.kernel.reasons import fault

LONGEST = 500


def end_gap(work: Work, signer: Signer, ident: UUID, reason: str, *, by: str) -> balances.Gap:
    """End an open gap, for good: found again, it stays ended.

    Raises Invalid for a blank or long reason, NotFound for no gap of this office, Conflict for one that has ended.
    """
    reason = reason.strip()
    if not reason:
        raise Invalid([fault("reason", "missing")])
    if len(reason) > LONGEST:
        raise Invalid([fault("reason", "too_long", most=LONGEST)])
    connection, tenant_id = work.connection, work.tenant.id
    seen = balances.gap(connection, ident)
    if seen is None:
        raise NotFound("this office has no such gap")
    balances.hold(connection, tenant_id, seen.agency)
    gaps = balances.gaps_of(connection, seen.agency, seen.day)
    one = next(gap for gap in gaps if gap.id == ident)
    if one.ended_at is not None:
        raise Conflict("the gap has ended")
    ended = replace(one, ended_at=work.now, ended_how=balances.How.BY_HAND, reason=reason, ended_by=by)
    balances.save_gaps(connection, tenant_id, [ended])
    _settle(work, signer, [ended if gap.id == ident else gap for gap in gaps])
    return ended


def _settle(work: Work, signer: Signer, gaps: Sequence[balances.Gap]) -> None:
    """A day whose last gap has ended is balanced; what was counted stands."""
    (balance,) = balances.balances(work.connection, agency=gaps[0].agency, day=gaps[0].day)
    if balance.state is balances.State.GAPS and all(gap.ended_at for gap in gaps):
        balance = replace(balance, state=balances.State.BALANCED, next_at=None)
        balances.save(work.connection, work.tenant.id, balance)
    sign_day(work, signer, balance, gaps)
