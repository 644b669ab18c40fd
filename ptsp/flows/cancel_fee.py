"""An officer takes back a claim that should never have been made: an additional notice, or interest."""

from ptsp.domain import fees, routes
from ptsp.flows._settling import tell
from ptsp.flows._taking_back import close_claims, hold_money, read_reason
from ptsp.infra.work import Work
from ptsp.kernel.errors import Conflict, NotFound


def cancel_fee(work: Work, number: str, reason: str) -> None:
    """Cancel an unpaid additional notice or demand, with the interest on it.

    An assessment is what a permit is paid by, so it goes only by a correction, a withdrawal or a refusal. Raises
    NotFound, Invalid without a reason, and Conflict for an assessment and for what is not open.
    """
    why = read_reason(reason)
    named = fees.notice(work.connection, work.tenant.id, number)
    if named is None:
        raise NotFound(f"there is no fee notice {number!r}")
    if named.kind is fees.NoticeKind.ASSESSMENT:
        raise Conflict("a fee is not waived: correct it, or withdraw the application")
    hold_money(work, [named.bundle_id])
    routes.lock(work.connection, work.tenant.id, [named.bundle_id])
    notices = fees.notices(work.connection, work.tenant.id, [named.bundle_id])
    claim = next(one for one in notices if one.id == named.id)
    if claim.state != "open":
        raise Conflict(f"{number} is {claim.state}: there is nothing to cancel")
    tell(work, claim.bundle_id, close_claims(work, notices, [claim], why))
