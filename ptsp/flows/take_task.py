"""An officer takes a task of his desk into his hands, or lays it back. The case itself does not move."""

from uuid import UUID

from ptsp.domain import routes
from ptsp.flows.open_desk import Desk
from ptsp.infra.work import Work
from ptsp.kernel.errors import Conflict, Invalid, NotFound
from ptsp.kernel.reasons import fault


def take_task(work: Work, desk: Desk, task_id: UUID) -> None:
    """Taken twice by the same officer is taken once.

    Raises Invalid for a token that names no officer, NotFound for a task of another desk, Conflict for one that
    another officer has or that is not under way.
    """
    officer = _officer(desk)
    _check(work, desk, task_id)
    if not routes.take(work.connection, work.tenant.id, task_id, officer):
        raise Conflict("another officer has taken the task, or it is not under way")


def release_task(work: Work, desk: Desk, task_id: UUID) -> None:
    """Raises as `take_task`, and Conflict for a task that this officer does not have."""
    officer = _officer(desk)
    _check(work, desk, task_id)
    if not routes.release(work.connection, work.tenant.id, task_id, officer):
        raise Conflict("this officer has not taken the task")


def _officer(desk: Desk) -> str:
    if desk.officer is None:
        raise Invalid([fault("Authorization", "no_officer")])
    return desk.officer


def _check(work: Work, desk: Desk, task_id: UUID) -> None:
    task = routes.tasks_by_id(work.connection, [task_id]).get(task_id)
    if task is None or task.hands != desk.agency:
        raise NotFound("there is no such task at this desk")
