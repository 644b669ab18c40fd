"""An officer puts on record that a debt was admitted: from that day on the time after which it lapses runs anew."""

from datetime import date

from ptsp.domain import applications, collection, fees, routes
from ptsp.flows._debts import debts
from ptsp.flows._settling import tell
from ptsp.flows._taking_back import hold_money
from ptsp.infra import ledger
from ptsp.infra.work import Work
from ptsp.kernel.errors import Conflict, Fault, Invalid, NotFound
from ptsp.kernel.reasons import fault


def admit_debt(work: Work, number: str, admitted_on: date, note: str) -> bool:
    """Keep an admission of an open notice; `note` says how it was made. False where one of that day stands already.

    Raises NotFound, Invalid without a note or for a day before the notice or after today, and Conflict where the
    claim is not open or had lapsed by that day: what has lapsed is not revived.
    """
    named = fees.notice(work.connection, work.tenant.id, number)
    if named is None:
        raise NotFound(f"there is no fee notice {number!r}")
    _judge(work, named, admitted_on, note)
    hold_money(work, [named.bundle_id])
    routes.lock(work.connection, work.tenant.id, [named.bundle_id])
    (claim,) = fees.notices_by_id(work.connection, work.tenant.id, [named.id])
    if claim.state != "open":
        raise Conflict(f"{number} is {claim.state}: there is nothing to admit")
    service = work.tenant.standard_at(work.connection, claim.standard_id)
    end = collection.lapses_after(service.fee.collection, debts(work, [claim])[claim.id])
    if admitted_on > end:
        raise Conflict(f"{number} lapsed after {end}: an admission does not revive it")
    admission = collection.Admission(claim.id, admitted_on, note.strip(), work.actor, work.now)
    is_new = collection.admit(work.connection, work.tenant.id, admission)
    if is_new:
        said = {"number": number, "on": str(admitted_on)}
        tell(work, claim.bundle_id, [ledger.Fact("fee.admitted", work.actor, said)])
    return is_new


def _judge(work: Work, notice: fees.Notice, admitted_on: date, note: str) -> None:
    wrong: list[Fault | None] = [applications.text_fault("note", note)]
    if not note.strip():
        wrong.append(fault("note", "blank"))
    if not notice.issued_on <= admitted_on <= work.today:
        wrong.append(fault("admitted_on", "day_range", earliest=str(notice.issued_on)))
    if faults := [one for one in wrong if one]:
        raise Invalid(faults)
