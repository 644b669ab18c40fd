"""A desk returns an application for correction: which fields, which documents, by when; and may take that back."""

from dataclasses import replace
from datetime import date, datetime
from uuid import UUID, uuid4

from ptsp.domain import applications, corrections, deadlines, routes
from ptsp.flows._corrections import Lodged, dropped, lodged, of_bundle, office_desks
from ptsp.flows._retiming import Happened, change_clocks
from ptsp.flows.correction_letter import correction_letter
from ptsp.flows.move_clock import put_mark, stop
from ptsp.flows.owe_messages import owe_messages
from ptsp.infra import ledger
from ptsp.infra.tenants import TenantBook
from ptsp.infra.work import Work
from ptsp.kernel.errors import Conflict, Invalid, NotFound
from ptsp.kernel.limits import end_of
from ptsp.kernel.reasons import fault
from ptsp.kernel.specs import ServiceSpec, StepKind, StopReason

KINDS = (StepKind.DESK, StepKind.ASK)


def ask_correction(
    work: Work, book: TenantBook, agency: str, task_id: UUID, ask: corrections.Ask
) -> corrections.Correction:
    """Return applications of a task to the applicant; the clocks stand until the answer, and a message is owed.

    `agency` is the desk that asks: the task's own, or the office's. Raises NotFound for a task that is none of
    its business, Conflict for one that is not under way or waits for an answer already, and Invalid with all
    faults: what the services do not have, no rounds left, a clock that may not stand for this.
    """
    task = _task(work, task_id)
    asked: list[corrections.Correction] = []

    def happen(clocks: deadlines.Clocks) -> Happened:
        members = _members(work, book, clocks, task)
        if agency not in {task.agency, task.hands}.union(
            *(office_desks(one.service) for one in members.values())
        ):
            raise NotFound("there is no such task at this desk")
        one, happened = _asked(work, clocks, agency, task, ask, members)
        asked.append(one)
        return happened

    change_clocks(work, [task.bundle_id], happen)
    reference = applications.bundles(work.connection, [task.bundle_id])[task.bundle_id].reference
    owe_messages(work, [correction_letter(reference, asked[0])])
    return asked[0]


def take_back_correction(work: Work, agency: str, task_id: UUID) -> None:
    """The desk does without the answer: the clocks go on, and the round does not count.

    Only the desk that asked may. Raises NotFound for a task of which it has asked nothing, Conflict where
    nothing waits for an answer any more.
    """
    task = _task(work, task_id)

    def happen(clocks: deadlines.Clocks) -> Happened:
        mine = [
            one for one in of_bundle(work, task.bundle_id) if (one.seq, one.asked_by) == (task.seq, agency)
        ]
        if not mine:
            raise NotFound("this desk has asked nothing of this task")
        waiting = [one for one in mine if one.state is corrections.CorrectionState.OPEN]
        if not waiting:
            raise Conflict("nothing waits for an answer any more")
        return dropped(work, clocks, waiting[0])

    change_clocks(work, [task.bundle_id], happen)


def _task(work: Work, task_id: UUID) -> routes.TaskRow:
    task = routes.tasks_by_id(work.connection, [task_id]).get(task_id)
    if task is None or task.kind not in KINDS:
        raise NotFound("there is no such task at this desk")
    return task


def _members(
    work: Work, book: TenantBook, clocks: deadlines.Clocks, task: routes.TaskRow
) -> dict[int, Lodged]:
    """The applications that this task may return."""
    positions = clocks.line.shape.steps[task.seq].members
    return {
        one.row.position: one
        for one in lodged(work, book, task.bundle_id)
        if one.row.position in positions and one.is_open
    }


def _asked(
    work: Work,
    clocks: deadlines.Clocks,
    agency: str,
    task: routes.TaskRow,
    ask: corrections.Ask,
    members: dict[int, Lodged],
) -> tuple[corrections.Correction, Happened]:
    before = of_bundle(work, task.bundle_id)
    services = {position: one.service for position, one in members.items()}
    _allow(clocks, task, before)
    _judge(ask, members, before)
    due_on, lapses_at = _deadline(work, ask, services)
    one = corrections.Correction(
        id=uuid4(),
        bundle_id=task.bundle_id,
        seq=task.seq,
        round=corrections.round_number(ask, before),
        fields=ask.fields,
        documents=ask.documents,
        message=ask.message.strip(),
        asked_at=work.now,
        asked_by=agency,
        due_on=due_on,
        lapses_at=lapses_at,
        stop=uuid4(),
    )
    corrections.add(work.connection, work.tenant.id, one)
    return one, _stopped(work, clocks, one, services)


def _allow(clocks: deadlines.Clocks, task: routes.TaskRow, before: list[corrections.Correction]) -> None:
    running = clocks.line.steps[task.seq]
    if running.started_at is None or running.ended_at is not None:
        raise Conflict("the task is not under way, so nothing can be returned by it")
    if any(one.seq == task.seq and one.state is corrections.CorrectionState.OPEN for one in before):
        raise Conflict("the task waits for the applicant's answer already")


def _judge(ask: corrections.Ask, members: dict[int, Lodged], before: list[corrections.Correction]) -> None:
    services = {position: one.service for position, one in members.items()}
    covered = {
        f"{position}.{requirement.code}"
        for position, one in members.items()
        for requirement in one.service.requirements
        if requirement.permit and requirement.code not in one.row.shown
    }
    faults = corrections.ask_faults(ask, services, covered, before)
    if wrong := applications.text_fault("message", ask.message):
        faults.append(wrong)
    elif not ask.message.strip():
        faults.append(fault("message", "blank"))
    if faults:
        raise Invalid(faults)


def _deadline(
    work: Work, ask: corrections.Ask, services: dict[int, ServiceSpec]
) -> tuple[date, datetime | None]:
    """The last day for an answer, by the standard that gives the most time; and when silence ends it, if ever."""
    asked = corrections.positions(ask.names)
    office = work.tenant.calendar
    end = max(
        end_of(services[position].standard.corrections.answer_within, office, work.now) for position in asked
    )
    return end.date(), end if corrections.ends_in_silence(asked, services) else None


def _stopped(
    work: Work, clocks: deadlines.Clocks, one: corrections.Correction, services: dict[int, ServiceSpec]
) -> Happened:
    """The task's clock stands, and the legal clocks of its applications where their standards allow it."""
    reason = StopReason.CLARIFICATION
    positions = [at for at, service in services.items() if reason in service.standard.clock.stops]
    happened = put_mark(work, clocks, [one.seq], positions, stop(work, reason, one.stop))
    data = {
        "seq": one.seq,
        "round": one.round,
        "fields": list(one.fields),
        "documents": list(one.documents),
        "due_on": one.due_on.isoformat(),
    }
    return replace(happened, facts=[ledger.Fact("correction.asked", work.actor, data), *happened.facts])
