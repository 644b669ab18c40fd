"""Open bundles follow a newer version of the calendars: their dates are worked out again, with the decree as cause."""

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import text

from ptsp.domain import deadlines
from ptsp.flows._retiming import Happened, change_clocks
from ptsp.infra import ledger
from ptsp.infra.work import Work

DECREE = text("SELECT decree FROM app.calendar WHERE version = :version")


@dataclass(frozen=True, slots=True)
class Followed:
    """How many bundles were carried over, and how many of their open deadlines are on another day now.

    A deadline is the limit of a task, the legal limit or the promised date of an application, or the bundle's
    own promised date.
    """

    bundles: int
    deadlines: int


def follow_calendar(work: Work, *, limit: int = 200) -> Followed:
    """Carry up to `limit` open bundles over to the newest version.

    Call it until there are none. The old dates and the decree stay in the ledger. Safe to repeat, and safe beside
    processes that have not heard of the version yet, since a bundle counts on the version its row names.
    """
    version = work.tenant.calendars.version
    ids = deadlines.behind(work.connection, work.tenant.id, version, limit=limit)
    if not ids:
        return Followed(0, 0)
    decree = work.connection.execute(DECREE, {"version": version}).scalar_one()
    before: dict[UUID, deadlines.Clocks] = {}

    def happen(clocks: deadlines.Clocks) -> Happened | None:
        if clocks.calendar >= version:
            return None
        before[clocks.bundle_id] = clocks
        data = {"from": clocks.calendar, "to": version, "decree": decree}
        fact = ledger.Fact("calendar.changed", work.actor, data)
        return Happened([fact], [{"kind": "calendar.changed", "legal_basis": decree}])

    change_clocks(work, ids, happen, calendar=version)
    after = deadlines.clocks(work.connection, work.tenant.id, before)
    return Followed(len(ids), sum(_moved(before[one], after[one]) for one in before))


def _moved(before: deadlines.Clocks, after: deadlines.Clocks) -> int:
    return sum(one != other for one, other in zip(_dates(before), _dates(after), strict=True))


def _dates(clocks: deadlines.Clocks) -> Iterable[object]:
    return (*clocks.due, *clocks.legal, *clocks.promised, clocks.promised_on)
