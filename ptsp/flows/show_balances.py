"""The days that were balanced with each agency, and the gaps that are open, as the office reads them."""

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from ptsp.domain import balances
from ptsp.flows._names import agency_name
from ptsp.flows.delivery_texts import cause_text
from ptsp.infra.work import Work
from ptsp.kernel.specs import Text

DAYS = 14
MOST_GAPS = 50
MOST_AGENCIES = 100


@dataclass(frozen=True, slots=True)
class AgencyDays:
    """The last days of one agency, the newest first."""

    agency: str
    agency_name: Text
    days: tuple[balances.Balance, ...]


@dataclass(frozen=True, slots=True)
class GapView:
    """One open gap. `ours` and `theirs` are what each side says: `approved`, `rejected`, `open`, or else."""

    id: UUID
    agency_name: Text
    day: date
    kind_name: Text
    key: str
    number: str
    ours: str
    theirs: str
    is_for_a_person: bool


@dataclass(frozen=True, slots=True)
class BalancesView:
    """What was balanced, by agency, and up to 50 open gaps, the oldest days first."""

    agencies: tuple[AgencyDays, ...]
    gaps: tuple[GapView, ...]


def show_balances(work: Work) -> BalancesView:
    """The last 14 days of the office."""
    by_agency: dict[str, list[balances.Balance]] = {}
    for one in balances.balances(work.connection, limit=DAYS * MOST_AGENCIES):
        by_agency.setdefault(one.agency, []).append(one)
    agencies = tuple(
        AgencyDays(agency, agency_name(work.tenant, agency), tuple(days[:DAYS]))
        for agency, days in sorted(by_agency.items())
    )
    found = balances.open_gaps(work.connection, limit=MOST_GAPS)
    return BalancesView(agencies, tuple(_view(work, one) for one in found))


def _view(work: Work, one: balances.Gap) -> GapView:
    return GapView(
        id=one.id,
        agency_name=agency_name(work.tenant, one.agency),
        day=one.day,
        kind_name=cause_text(f"gap_{one.kind}"),
        key=one.key,
        number=one.number,
        ours=one.ours,
        theirs=one.theirs,
        is_for_a_person=one.is_for_a_person,
    )
