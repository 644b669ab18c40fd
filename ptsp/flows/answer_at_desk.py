"""An officer at a desk gives a verdict on a task that waits there."""

from uuid import UUID

from ptsp.domain import applications, routes
from ptsp.domain.people import Right
from ptsp.flows._corrections import of_bundle
from ptsp.flows._duties import check_duties
from ptsp.flows.record_results import record_results
from ptsp.infra.work import Work
from ptsp.kernel.errors import Conflict, Invalid, NotFound
from ptsp.kernel.reasons import fault


def answer_at_desk(
    work: Work, agency: str, task_id: UUID, *, is_approved: bool, reasons: tuple[str, ...]
) -> None:
    """Approve, or reject with reasons: a task of this desk, or what it answers by hand in the place of an agency.

    Raises NotFound for a task of another desk, Conflict for an ended one and while the applicant's answer to a
    correction is awaited, Invalid where it is for somebody else to answer (see `ptsp.flows._duties`).
    """
    reasons = tuple(reason.strip() for reason in reasons if reason.strip())
    if not is_approved and not reasons:
        raise Invalid([fault("reasons", "missing")])
    judged = (applications.text_fault(f"reasons[{at}]", reason) for at, reason in enumerate(reasons))
    if faults := [wrong for wrong in judged if wrong]:
        raise Invalid(faults)
    task = routes.tasks_by_id(work.connection, [task_id]).get(task_id)
    if task is None or task.hands != agency:
        raise NotFound("there is no such task at this desk")
    if task.state == routes.TaskState.BLOCKED:
        raise Conflict("the task waits for others and cannot be answered yet")
    routes.lock(work.connection, work.tenant.id, [task.bundle_id])
    check_duties(work, [task], Right.ANSWER, "verdict")
    if any(one.seq == task.seq and one.state == "open" for one in of_bundle(work, task.bundle_id)):
        raise Conflict("the task waits for the applicant's answer: wait for it, or take the correction back")
    state = routes.TaskState.APPROVED if is_approved else routes.TaskState.REJECTED
    said = () if is_approved else reasons
    result = routes.Result(task_id, state, reasons=said, is_by_hand=task.is_by_hand)
    if not record_results(work, [task.bundle_id], [result]):
        raise Conflict("the task has been answered already")
    if work.officer and work.officer.label:
        routes.note_officer(work.connection, work.tenant.id, task_id, work.officer.label)
