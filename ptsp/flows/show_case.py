"""A case for the officer of one of its tasks: what is asked, whose days were used, and what the date hangs on."""

import json
from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal
from uuid import UUID

from ptsp.domain import applications, corrections, deadlines
from ptsp.flows._afterwards import correction_views
from ptsp.flows._by_hand import by_hand
from ptsp.flows._case import Case, clock_of_task, legal_clock, read_case
from ptsp.flows._case_acts import allowed
from ptsp.flows._corrections import Lodged, of_bundle
from ptsp.flows._names import APPLICANT_NAME, agency_name
from ptsp.flows.case_views import (
    AnswerView,
    CaseApplication,
    CaseView,
    OpenStep,
    OwnTask,
    PaperView,
    PartyView,
    PromiseMove,
)
from ptsp.flows.clock_texts import causes_text
from ptsp.flows.views import CorrectionView
from ptsp.infra import ledger
from ptsp.infra.tenants import Tenant, TenantBook, local_date
from ptsp.infra.work import Work
from ptsp.kernel.formulas import Value
from ptsp.kernel.identity import mask_nik
from ptsp.kernel.specs import FieldSpec, StopReason, Text
from ptsp.sdk.manifest import RECEIVABLE

Receives = Callable[[Tenant, str], Collection[str]]
OUTAGE_NAME: Text = {"id": "Gangguan sistem", "en": "System outage"}
NOBODY_NAME: Text = {"id": "Keadaan kahar", "en": "Force majeure"}
CAUSES = {"applicant": APPLICANT_NAME, "outage": OUTAGE_NAME, StopReason.FORCE_MAJEURE.value: NOBODY_NAME}


def show_case(
    work: Work, book: TenantBook, agency: str, task_id: UUID, receives: Receives = lambda *_: RECEIVABLE
) -> CaseView:
    """The case of a task that is, or was, at this desk. Raises NotFound for any other task.

    `receives` says what the agency may see of a question that this desk answers in its place.
    """
    case = read_case(work, book, agency, task_id)
    seen = receives(work.tenant, case.task.agency) if case.task.is_by_hand else RECEIVABLE
    tenant, bundle, found = work.tenant, case.bundle, of_bundle(work, case.bundle.id)
    person = tenant.vault.open(tenant.id, f"bundle.applicant:{bundle.id}", bundle.applicant)
    return CaseView(
        tenant=tenant.code,
        tenant_name=tenant.pack.name,
        time_zone=tenant.pack.time_zone,
        now=work.now,
        reference=bundle.reference,
        lodged_at=bundle.lodged_at,
        applicant_name=person["name"],
        applicant_nik=mask_nik(person["nik"]),
        state=bundle.state,
        outcome=bundle.outcome,
        promised_on=bundle.promised_on,
        first_promised_on=bundle.first_promised_on,
        held_by=bundle.held_by,
        is_provisional=bundle.state == "open" and case.calendars.office.is_provisional(bundle.promised_on),
        moves=_moves(work, case),
        task=replace(_own(work, case), by_hand=by_hand(work, case, person, seen)),
        applications=tuple(_application(work, case, one, has_answers="answers" in seen) for one in case.ones),
        papers=papers_of(case, applications.documents(work.connection, bundle.id)),
        steps=_open_steps(work, case),
        corrections=_corrections(work, case, found),
        may=allowed(work, case, found),
    )


def _own(work: Work, case: Case) -> OwnTask:
    task = case.task
    return OwnTask(
        id=task.id,
        seq=task.seq,
        code=task.code,
        name=case.names[task.seq],
        agency=task.hands or task.agency,
        agency_name=agency_name(work.tenant, task.hands or task.agency),
        state=task.shown_state,
        reasons=task.reasons,
        officer=task.officer,
        clock=clock_of_task(work, case, task.seq),
    )


def _moves(work: Work, case: Case) -> tuple[PromiseMove, ...]:
    events = ledger.events(work.connection, case.bundle.id)
    told = [(event.at, json.loads(event.body)["data"]) for event in events if event.type == "promise.moved"]
    return tuple(
        PromiseMove(
            at=at,
            old=date.fromisoformat(data["old"]),
            new=date.fromisoformat(data["new"]),
            held_by=tuple(data["held_by"]),
            why=causes_text(data["causes"], case.names),
        )
        for at, data in told
    )


def _application(work: Work, case: Case, one: Lodged, *, has_answers: bool) -> CaseApplication:
    row, service, at = one.row, one.service, one.row.position
    is_mine = at in case.members
    since = local_date(case.bundle.lodged_at, work.tenant.pack)
    until = local_date(row.ended_at or work.now, work.tenant.pack)
    args = (case.shape, case.times, case.found, case.calendars.of, at, work.now)
    begins = case.shape.permits[at].starts_after
    return CaseApplication(
        position=at,
        service=service.code,
        name=service.name,
        state=row.state,
        is_mine=is_mine,
        answers=_answers(one) if is_mine and has_answers else (),
        legal=legal_clock(work, case, at),
        legal_basis=service.standard.time_limit.source,
        starts_after=None if begins is None else case.names.get(begins),
        elapsed_days=(until - since).days,
        elapsed_working_days=case.calendars.office.working_days_between(since, until),
        promised_on=row.promised_on,
        first_promised_on=row.first_promised_on,
        held_by=case.found.held[at],
        late_days=deadlines.late_days(*args),
        parties=tuple(_party(work, one) for one in deadlines.party_days(*args)),
    )


def _party(work: Work, one: deadlines.PartyDays) -> PartyView:
    kind = one.party if one.party in CAUSES else "agency"
    name = CAUSES.get(one.party) or agency_name(work.tenant, one.party)
    return PartyView(one.party, kind, name, one.share, one.used, one.late)


def _answers(one: Lodged) -> tuple[AnswerView, ...]:
    """What was answered, in the order in which it was asked."""
    given = applications.answers_from_text(one.row.answers)
    return tuple(
        _answer(one.row.position, spec, given[spec.code]) for spec in one.service.fields if spec.code in given
    )


def _answer(position: int, spec: FieldSpec, value: Value) -> AnswerView:
    text = _plain(value)
    choice = next((choice.label for choice in spec.choices if choice.code == text), None)
    return AnswerView(f"{position}.{spec.code}", spec.label, spec.type, text, choice, spec.unit)


def _plain(value: Value) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return format(value, "f") if isinstance(value, Decimal) else value


def papers_of(case: Case, rows: Sequence[applications.DocumentRow]) -> tuple[PaperView, ...]:
    """What was handed in for the applications that the officer's own task is for, each document once.

    A document belongs to a requirement of the bundle, whichever of its applications have it.
    """
    found: list[PaperView] = []
    for code, label, services in _requirements(case):
        papers = [
            PaperView(row.id, row.name, label, row.media_type, row.size, row.uploaded_at, services)
            for row in rows
            if row.requirement == code and row.uploaded_at
        ]
        found += sorted(papers, key=lambda paper: (paper.uploaded_at, paper.id), reverse=True)
    return tuple(found)


def _requirements(case: Case) -> list[tuple[str, Text, tuple[str, ...]]]:
    """The requirements that were met with documents: code, label, and the services that have them."""
    found: dict[str, tuple[Text, list[str]]] = {}
    for one in (case.ones[at] for at in case.members):
        for spec in one.service.requirements:
            if spec.code in one.row.shown:
                found.setdefault(spec.code, (spec.label, []))[1].append(one.service.code)
    return [(code, label, tuple(services)) for code, (label, services) in found.items()]


def _open_steps(work: Work, case: Case) -> tuple[OpenStep, ...]:
    path = deadlines.critical_path(case.shape, case.times, case.found)
    slacks = deadlines.slack(case.shape, case.times, case.calendars.of)
    return tuple(
        _step(work, case, seq, slack, is_on_path=seq in path)
        for seq, slack in enumerate(slacks)
        if slack is not None and case.shape.steps[seq].members
    )


def _step(work: Work, case: Case, seq: int, slack: int, *, is_on_path: bool) -> OpenStep:
    task, step, running = case.tasks[seq], case.shape.steps[seq], case.times.steps[seq]
    calendar = case.calendars.of(step.agency)
    clock = deadlines.fold(step.limit, calendar, running)
    left = slack - deadlines.lag(step.limit, calendar, running, work.now)
    return OpenStep(
        seq=seq,
        name=case.names[seq],
        agency=step.agency,
        agency_name=agency_name(work.tenant, step.agency),
        services=tuple(case.ones[member].service.code for member in step.members),
        state=task.shown_state,
        is_mine=seq == case.task.seq,
        is_critical=is_on_path or left <= 0,
        slack=left,
        expected_on=local_date(case.found.ends[seq], work.tenant.pack),
        due_at=case.found.due[seq],
        over_days=deadlines.reading(step.limit, calendar, clock, running.marks, work.now).over_days,
        held_by=clock.held_by,
    )


def _corrections(work: Work, case: Case, found: list[corrections.Correction]) -> tuple[CorrectionView, ...]:
    mine = {one.id for one in found if one.seq == case.task.seq}
    if not mine:
        return ()
    views = correction_views(
        work, [one.row for one in case.ones], [one.service for one in case.ones], case.names
    )
    return tuple(view for view in views if view.id in mine)
