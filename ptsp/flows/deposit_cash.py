"""A day's cash is brought to the treasury's account, within 1 x 24 hours where the by-law says no other."""

from dataclasses import dataclass
from datetime import date, timedelta
from uuid import uuid4

from ptsp.domain import treasury
from ptsp.infra.work import Work
from ptsp.kernel.errors import Conflict, Invalid
from ptsp.kernel.reasons import fault
from ptsp.kernel.specs import TenantPack

LONGEST = 100


@dataclass(frozen=True, slots=True)
class CashToDeposit:
    """Cash of one day that is not deposited yet, and the day by which it has to be."""

    day: date
    payments: int
    amount: int
    due_on: date
    is_late: bool


def cash_to_deposit(work: Work) -> list[CashToDeposit]:
    """All cash that is not deposited yet, by the office's own day, the oldest first.

    Services may give different times; the shortest of those that charge counts for the whole till.
    """
    days = timedelta(days=_deposit_days(work.tenant.pack))
    found = treasury.cash_days(work.connection, work.tenant.id, work.tenant.pack.time_zone)
    return [
        CashToDeposit(one.day, one.payments, one.amount, one.day + days, work.today > one.day + days)
        for one in found
    ]


def deposit_cash(work: Work, day: date, reference: str, *, by: str) -> treasury.Deposit:
    """All cash of a day that is not deposited yet, in one act, under the bank's reference.

    Raises Invalid for a reference that is blank, too long or another deposit's, and Conflict where nothing is left.
    """
    reference = reference.strip()
    if not reference:
        raise Invalid([fault("reference", "missing")])
    if len(reference) > LONGEST:
        raise Invalid([fault("reference", "too_long", most=LONGEST)])
    connection, tenant = work.connection, work.tenant
    treasury.hold(connection, tenant.id)
    cash = treasury.cash_of_day(connection, tenant.id, tenant.pack.time_zone, day)
    if not cash:
        raise Conflict(f"no cash of {day} waits to be deposited")
    deposit = treasury.Deposit(uuid4(), day, reference, sum(cash.values()), work.now, by)
    if not treasury.add_deposit(connection, tenant.id, deposit, list(cash)):
        raise Invalid([fault("reference", "deposit_reference_used")])
    return deposit


def _deposit_days(pack: TenantPack) -> int:
    return min(
        (one.fee.collection.deposit_days for one in pack.services.values() if one.fee.lines), default=1
    )
