"""Which fees should have been paid by now, how far each was collected, and when it lapses."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from ptsp.domain import applications, collection, fees
from ptsp.flows._debts import debts
from ptsp.flows._demanding import CLAIMS, demands_on
from ptsp.infra.work import Work

FIRST = (date.min, UUID(int=0))
PAGE = 100


@dataclass(frozen=True, slots=True)
class Overdue:
    """An open notice whose due date is over. `demanded` is the interest demanded on it so far, in rupiah.

    `months` have begun since the due date; `lapses_after` is the last day on which it stands.
    """

    reference: str
    notice: fees.Notice
    months: int
    warned_on: date | None
    admitted_on: date | None
    demanded: int
    lapses_after: date


@dataclass(frozen=True, slots=True)
class OverduePage:
    """`last` is where to go on; None when there is nothing more."""

    overdue: Sequence[Overdue]
    last: tuple[date, UUID] | None


def overdue_fees(work: Work, *, after: tuple[date, UUID] = FIRST, most: int = PAGE) -> OverduePage:
    """What is overdue today, the longest first."""
    connection, tenant_id = work.connection, work.tenant.id
    found = fees.overdue(connection, tenant_id, work.today, after, most)
    bundle_ids = sorted({one.bundle_id for one in found})
    beside = fees.notices(connection, tenant_id, bundle_ids)
    bundles = applications.bundles(connection, bundle_ids)
    stand = debts(work, found)
    last = (found[-1].due_on, found[-1].id) if len(found) == most else None
    return OverduePage(
        [_overdue(work, bundles[one.bundle_id].reference, one, stand[one.id], beside) for one in found], last
    )


def _overdue(
    work: Work,
    reference: str,
    notice: fees.Notice,
    debt: collection.Debt,
    beside: Sequence[fees.Notice],
) -> Overdue:
    rules = work.tenant.standard_at(work.connection, notice.standard_id).fee.collection
    return Overdue(
        reference=reference,
        notice=notice,
        months=collection.months_late(notice.due_on, work.today) if notice.kind in CLAIMS else 0,
        warned_on=debt.warned_on,
        admitted_on=debt.admitted_on,
        demanded=sum(one.total for one in demands_on(beside, notice)),
        lapses_after=collection.lapses_after(rules, debt),
    )
