"""A person has looked at stuck tasks and sends them on their way again, each under its own key."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from ptsp.domain import deliveries, routes
from ptsp.flows._circuits import REMINDER_S
from ptsp.flows.record_results import record_results
from ptsp.infra.gateway import Partners
from ptsp.infra.tenants import Tenant
from ptsp.infra.work import Work
from ptsp.kernel.errors import Conflict, Invalid, NotFound
from ptsp.kernel.reasons import fault
from ptsp.kernel.specs import StepKind
from ptsp.sdk.errors import Misconfigured

SENT_AGAIN = {"reason": "sent again by a person"}
CHECKED = {"reason": "sent again by a person, who saw that the agency has nothing"}
MOST = 200


@dataclass(frozen=True, slots=True)
class Replayed:
    """What goes on, and what stays stuck since the agency may have it. `next`: there may be more after this one."""

    going: tuple[UUID, ...]
    unsure: tuple[UUID, ...]
    next: deliveries.Place | None = None


def replay_task(work: Work, partners: Partners, task_id: UUID, *, sent_nothing: bool = False) -> None:
    """Send one on. `sent_nothing`: somebody has looked, and the agency has nothing of it.

    Raises NotFound for a task of nobody here, and Conflict for one that is not stuck or that the agency may have.
    """
    task = routes.tasks_by_id(work.connection, [task_id]).get(task_id)
    if task is None:
        raise NotFound("this office has no such task")
    found = _stuck(work, [task.bundle_id], {task_id})
    if not found:
        raise Conflict(f"the task is {task.state}, not stuck")
    if not _sent(work, partners, found, sent_nothing=sent_nothing).going:
        raise Conflict(
            "the agency may have it already and cannot be asked: look there first, or hand it to a desk"
        )


def replay_deliveries(
    work: Work,
    partners: Partners,
    *,
    cause: str | None = None,
    agency: str | None = None,
    sent_nothing: bool = False,
    is_plan: bool = False,
    after: deliveries.Place | None = None,
) -> Replayed:
    """Send on up to 200 of those of one cause, of one agency, or of all. `is_plan`: only say what would be."""
    page = deliveries.dead(
        work.connection, kind=deliveries.TASK, cause=cause, agency=agency, after=after, limit=MOST
    )
    if not page:
        return Replayed((), ())
    last = deliveries.Place(page[-1].since, page[-1].id) if len(page) == MOST else None
    bundles = [one.bundle_id for one in page if one.bundle_id]
    found = _stuck(work, bundles, {one.id for one in page})
    return _sent(work, partners, found, sent_nothing=sent_nothing, is_plan=is_plan, last=last)


def hand_to_desk(work: Work, task_id: UUID, desk: str) -> None:
    """A stuck question is answered by hand from now on, at a desk of this office.

    Raises NotFound, Conflict for what is no stuck question, and Invalid for a desk that there is not.
    """
    desks = [code for code, one in work.tenant.pack.agencies.items() if one.desk]
    if desk not in desks:
        raise Invalid([fault("desk", "choice", choices=", ".join(desks))])
    task = routes.tasks_by_id(work.connection, [task_id]).get(task_id)
    if task is None:
        raise NotFound("this office has no such task")
    if not _stuck(work, [task.bundle_id], {task_id}) or task.kind != StepKind.ASK:
        raise Conflict("only a stuck question to an agency is handed to a desk")
    note = {"reason": "handed to a desk by a person", "desk": desk}
    result = routes.Result(task_id, routes.TaskState.ASKED, again_s=REMINDER_S, note=note, desk=desk)
    record_results(work, [task.bundle_id], [result])


def memory_of(partners: Partners, tenant: Tenant, agency: str) -> routes.Memory:
    """What an agency can do about a question that it may have; nothing where the pack names no connector."""
    try:
        manifest = partners.manifest(tenant, agency)
    except Misconfigured:
        return routes.Memory(knows_keys=False, finds=False)
    return routes.Memory(manifest.supports_idempotency, manifest.finds)


def goes_on_as(
    dead: deliveries.Dead, memory: routes.Memory, *, sent_nothing: bool
) -> routes.TaskState | None:
    """The state in which a stuck task goes on, None where somebody has to look at the agency first."""
    if dead.step != StepKind.ASK:
        return routes.TaskState.READY
    cause = routes.Cause(dead.cause)
    return routes.sent_again(cause, memory, has_ref=dead.has_ref, sent_nothing=sent_nothing)


def _stuck(work: Work, bundles: Sequence[UUID], wanted: set[UUID]) -> list[deliveries.Dead]:
    """Those that are stuck once their bundles are locked: of two persons who send one on, one does."""
    routes.lock(work.connection, work.tenant.id, bundles)
    return deliveries.dead_tasks(work.connection, sorted(wanted))


def _sent(
    work: Work,
    partners: Partners,
    found: Sequence[deliveries.Dead],
    *,
    sent_nothing: bool,
    is_plan: bool = False,
    last: deliveries.Place | None = None,
) -> Replayed:
    memories: Mapping[str, routes.Memory] = {
        agency: memory_of(partners, work.tenant, agency) for agency in {one.agency for one in found}
    }
    states = {one.id: goes_on_as(one, memories[one.agency], sent_nothing=sent_nothing) for one in found}
    note = CHECKED if sent_nothing else SENT_AGAIN
    results = [
        routes.Result(task, state, again_s=0.0, note=note)
        for task, state in states.items()
        if state is not None
    ]
    if results and not is_plan:
        record_results(work, [one.bundle_id for one in found if one.bundle_id], results)
    unsure = tuple(task for task, state in states.items() if state is None)
    return Replayed(tuple(result.task_id for result in results), unsure, last)
