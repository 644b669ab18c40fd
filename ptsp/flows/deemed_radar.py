"""Applications that the law will approve soon: how soon, and with whom they lie."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from ptsp.domain import applications, outages, routes
from ptsp.flows._deeming import Case, cases
from ptsp.flows.show_outages import agency_name
from ptsp.infra.tenants import TenantBook, local_date
from ptsp.infra.work import Work
from ptsp.kernel.calendar import end_of_day
from ptsp.kernel.specs import StopReason, Text

MOST = 500


@dataclass(frozen=True, slots=True)
class ResponsibleStep:
    """An open task of the critical path."""

    seq: int
    code: str
    agency: str
    agency_name: Text


@dataclass(frozen=True, slots=True)
class RadarRow:
    """One application. `days_left` are working days of the office until `due_on`, negative once it is over.

    While the clock stands `held_by` says why, and `due_on` is the day it would be were it let go on now.
    `outages` are the agencies whose outage keeps the law from approving it (empty text: a central system);
    `waits_for_person`: its limit has ended, and somebody has to decide.
    """

    reference: str
    service: str
    service_name: Text
    due_on: date
    days_left: int
    held_by: tuple[str, ...]
    outages: tuple[str, ...]
    waits_for_person: bool
    legal_basis: str
    responsible: tuple[ResponsibleStep, ...]


def deemed_radar(work: Work, book: TenantBook, *, days: int) -> tuple[RadarRow, ...]:
    """Open applications whose limit ends within so many working days, the most urgent first, at most 500."""
    until = work.tenant.calendar.add_working_days(work.today, days)
    before = end_of_day(until, work.tenant.calendar.zone) + timedelta(seconds=1)
    found = applications.expiring(work.connection, work.tenant.id, before, limit=MOST)
    near = [
        case
        for case in cases(work, book, [(one.bundle_id, one.position) for one in found])
        if case.is_open() and _due(case, before) and not case.waits_for_applicant()
    ]
    rows = _rows(work, near)
    return tuple(sorted(rows, key=lambda row: (row.due_on, row.reference, row.service)))


def _due(case: Case, before: datetime) -> bool:
    return case.clock.expected_at is not None and case.clock.expected_at < before


def _rows(work: Work, near: Sequence[Case]) -> list[RadarRow]:
    if not near:
        return []
    ids = sorted({case.clocks.bundle_id for case in near})
    bundles = applications.bundles(work.connection, ids)
    tasks = routes.tasks_of(work.connection, ids)
    began = min(case.clock.started_at for case in near if case.clock.started_at)
    down = outages.outages_since(work.connection, work.tenant.id, began)
    return [
        _row(work, case, bundles[case.clocks.bundle_id].reference, tasks[case.clocks.bundle_id], down)
        for case in near
    ]


def _row(
    work: Work, case: Case, reference: str, tasks: Sequence[routes.TaskRow], down: Sequence[outages.Outage]
) -> RadarRow:
    assert case.clock.expected_at is not None
    due_on = local_date(case.clock.expected_at, work.tenant.pack)
    return RadarRow(
        reference=reference,
        service=case.service.code,
        service_name=case.service.name,
        due_on=due_on,
        days_left=case.office.working_days_between(work.today, due_on),
        held_by=tuple(reason.value for reason in case.clock.held_by),
        outages=tuple(dict.fromkeys(one.agency for one in case.in_the_way(down, work.now))),
        waits_for_person=outages.waiting(case.holds) is not None,
        legal_basis=case.legal_basis,
        responsible=tuple(
            ResponsibleStep(
                seq, tasks[seq].code, tasks[seq].agency, agency_name(work.tenant, tasks[seq].agency)
            )
            for seq in case.responsible
        ),
    )


def held_in_words(row: RadarRow) -> str:
    """What keeps it, in one phrase; empty while its clock runs."""
    if row.waits_for_person:
        return "waits for a person"
    if StopReason.OUTAGE in row.held_by or row.outages:
        return "outage"
    return ", ".join(row.held_by)
