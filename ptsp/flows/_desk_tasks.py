"""Which tasks of a desk are open to an officer who holds it for some services only."""

from collections.abc import Iterable, Sequence
from uuid import UUID

from ptsp.domain import applications, corrections, routes
from ptsp.domain.people import Right
from ptsp.flows.desk_queue import Queue, desk_queue
from ptsp.flows.open_desk import Desk
from ptsp.infra.work import Work
from ptsp.kernel.errors import NotFound, NotYours


def require_task(work: Work, desk: Desk, right: Right, task_id: UUID) -> None:
    """Raises NotYours without the right, and NotFound for a task of services that are not this officer's.

    A task that several applications share has to be open for each of them.
    """
    desk.require(right)
    if desk.grants is None:
        return
    task = routes.tasks_by_id(work.connection, [task_id]).get(task_id)
    if task is None:
        return  # the flow says so itself
    services = services_of(work, [(task.bundle_id, task.seq)])[task.bundle_id, task.seq]
    if not desk.may(Right.SEE, services):
        raise NotFound("there is no such task at this desk")
    if not desk.may(right, services):
        raise NotYours(f"{desk.officer} may not {right.value} for {', '.join(sorted(services))}")


def own_tasks(work: Work, desk: Desk, right: Right, task_ids: Sequence[UUID]) -> set[UUID]:
    """Those of these tasks that are open to this officer."""
    if desk.may(right, ()):
        return set(task_ids)
    found = routes.tasks_by_id(work.connection, task_ids)
    services = services_of(work, [(one.bundle_id, one.seq) for one in found.values()])
    return {ident for ident, one in found.items() if desk.may(right, services[one.bundle_id, one.seq])}


def own_corrections(
    work: Work, desk: Desk, found: Sequence[corrections.Correction]
) -> list[corrections.Correction]:
    """Those of tasks that are open to this officer."""
    if desk.may(Right.SEE, ()):
        return list(found)
    services = services_of(work, [(one.bundle_id, one.seq) for one in found])
    return [one for one in found if desk.may(Right.SEE, services[one.bundle_id, one.seq])]


def own_queue(work: Work, desk: Desk, *, officer: str | None = None, after: str | None = None) -> Queue:
    """One page of what waits at the desk and is open to this officer; it may be shorter than others."""
    page = desk_queue(work, desk.agency, officer=officer, after=after)
    if desk.may(Right.SEE, ()):
        return page
    while True:
        found = services_of(work, [(task.bundle_id, task.seq) for task in page.tasks])
        mine = tuple(task for task in page.tasks if desk.may(Right.SEE, found[task.bundle_id, task.seq]))
        if mine or page.next is None:
            return Queue(mine, page.next)
        page = desk_queue(work, desk.agency, officer=officer, after=page.next)


def services_of(work: Work, tasks: Iterable[tuple[UUID, int]]) -> dict[tuple[UUID, int], frozenset[str]]:
    """The services that tasks belong to, by bundle and seq."""
    wanted = list(tasks)
    ids = list({bundle_id for bundle_id, _ in wanted})
    bundles = applications.bundles(work.connection, ids)
    lodged = applications.applications(work.connection, ids)
    graphs = {ident: routes.graph_from_text(one.graph) for ident, one in bundles.items()}
    return {
        (ident, seq): frozenset(lodged[ident][at].service for at in graphs[ident].members[seq])
        for ident, seq in wanted
    }
