"""What waits at a desk, as its officers read it: what is due next first, with the promise it belongs to."""

from collections.abc import Iterable
from uuid import UUID

from ptsp.domain import applications, deadlines
from ptsp.flows._desk_tasks import own_queue
from ptsp.flows._names import agency_name, task_name
from ptsp.flows.case_views import QueueView, WaitingTask
from ptsp.flows.desk_queue import HELD, MARK, QueuedTask
from ptsp.flows.open_desk import Desk
from ptsp.infra.work import Work
from ptsp.kernel.errors import Invalid
from ptsp.kernel.reasons import fault

ALL, MINE, ON_HOLD = TABS = ("all", "mine", "held")
BEFORE_HELD = f"{HELD}{MARK}{UUID(int=0)}"  # what has a due date comes before it, what has none after it


def show_queue(work: Work, desk: Desk, tab: str, after: str | None) -> QueueView:
    """One page of a desk's queue: all of it, what this officer has taken, or what is on hold.

    Raises Invalid for a tab that there is not, for `mine` with a token that names no officer, and for an `after`
    that is no page's `next`.
    """
    if tab not in TABS:
        raise Invalid([fault("tab", "choice", choices=", ".join(TABS))])
    if tab == MINE and desk.officer is None:
        raise Invalid([fault("tab", "no_officer")])
    page = own_queue(
        work,
        desk,
        officer=desk.officer if tab == MINE else None,
        after=after or (BEFORE_HELD if tab == ON_HOLD else None),
    )
    return QueueView(
        tenant=work.tenant.code,
        time_zone=work.tenant.pack.time_zone,
        now=work.now,
        agency=desk.agency,
        agency_name=agency_name(work.tenant, desk.agency),
        officer=desk.officer,
        tab=tab,
        tasks=tuple(_waiting(work, desk.agency, page.tasks)),
        next=page.next,
    )


def _waiting(work: Work, desk: str, tasks: Iterable[QueuedTask]) -> Iterable[WaitingTask]:
    ids = list({task.bundle_id for task in tasks})
    bundles = applications.bundles(work.connection, ids)
    clocks = deadlines.clocks(work.connection, work.tenant.id, ids)
    for task in tasks:
        bundle, known = bundles[task.bundle_id], clocks[task.bundle_id]
        services = [work.tenant.standard_at(work.connection, one) for one in known.standards]
        members = known.line.shape.steps[task.seq].members
        yield WaitingTask(
            id=task.id,
            name=task_name(task.code, members, services),
            reference=task.reference,
            services=tuple(services[member].name for member in members),
            due_at=task.due_at,
            left_days=task.left_working_days,
            is_over=task.is_overdue,
            held_by=task.held_by,
            promised_on=bundle.promised_on,
            first_promised_on=bundle.first_promised_on,
            officer=task.officer,
            instead_of=agency_name(work.tenant, task.agency) if task.agency != desk else None,
        )
