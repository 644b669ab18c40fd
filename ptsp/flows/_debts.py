"""Unpaid claims with what has happened to them so far, as the rules of collection take them."""

from collections.abc import Sequence
from uuid import UUID

from ptsp.domain import collection, fees
from ptsp.infra.work import Work


def debts(work: Work, notices: Sequence[fees.Notice]) -> dict[UUID, collection.Debt]:
    """By notice. An admission of a claim interrupts the lapse of the interest on it, too."""
    ids = {ident for one in notices for ident in _admitted_with(one)}
    warned = collection.warnings(work.connection, work.tenant.id, ids)
    admitted = collection.admissions(work.connection, work.tenant.id, ids)
    found = {}
    for one in notices:
        days = [row.admitted_on for ident in _admitted_with(one) for row in admitted.get(ident, [])]
        warned_on = warned[one.id].issued_on if one.id in warned else None
        found[one.id] = collection.Debt(one.due_on, warned_on, max(days, default=None))
    return found


def _admitted_with(notice: fees.Notice) -> list[UUID]:
    """The notices whose admission is one of this, too."""
    if notice.kind is fees.NoticeKind.DEMAND and notice.about is not None:
        return [notice.id, notice.about]
    return [notice.id]
