"""A person has looked at a stuck task and sends it on its way again, under the same key."""

from uuid import UUID

from ptsp.domain import routes
from ptsp.flows.record_results import record_results
from ptsp.infra.work import Work
from ptsp.kernel.errors import Conflict, NotFound


def retry_task(work: Work, task_id: UUID) -> None:
    """Raises NotFound for a task of nobody here, Conflict for one that is not stuck."""
    task = routes.tasks_by_id(work.connection, [task_id]).get(task_id)
    if task is None:
        raise NotFound("this office has no such task")
    if task.state != routes.TaskState.STUCK:
        raise Conflict(f"the task is {task.state}, not stuck")
    note = {"reason": "sent again by a person"}
    result = routes.Result(task_id, routes.TaskState.READY, again_s=0.0, note=note)
    record_results(work, [task.bundle_id], [result])
