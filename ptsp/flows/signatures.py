"""Decisions that a person signs through a service: they wait at the signer's desk until an officer signs them.

Nothing is numbered or written before: the number, the day and the signature of a paper are of one moment.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from ptsp.domain import routes
from ptsp.domain.people import Right
from ptsp.flows._duties import check_duties
from ptsp.flows.issue_decisions import undrawn_papers
from ptsp.flows.papers import SERVICE_NOTE, Paper
from ptsp.flows.record_results import record_results
from ptsp.infra.tenants import TenantBook
from ptsp.infra.work import Work
from ptsp.kernel.errors import Invalid, NotFound
from ptsp.kernel.reasons import fault
from ptsp.kernel.specs import Outcome, Text

WAITS = "waits for a signature"  # instead of an agency's number
LOOKED_AT_S = 86_400.0  # the row is looked at once a day all the same
MOST = 25  # at once: a browser waits for all of them
MOST_SHOWN = 200


@dataclass(frozen=True, slots=True)
class WaitingSignature:
    """A decision that waits. `kind` as in `permits.Decision`; `reasons` are those of a refusal."""

    id: UUID
    reference: str
    service: Text
    kind: str
    reasons: tuple[str, ...]
    since: datetime | None
    due_at: datetime | None
    is_over: bool


def wait_for_signature(work: Work, book: TenantBook, tasks: Sequence[routes.Claimed]) -> list[routes.Claimed]:
    """Lay claimed decide tasks before the signer; those that end without a paper are given back."""
    routes.lock(work.connection, work.tenant.id, {task.bundle_id for task in tasks})
    ours = routes.held(work.connection, work.tenant.id, tasks)
    mine = [task for task in tasks if task.id in ours]
    papers = undrawn_papers(work, book, mine)
    unwritten = [task for task in mine if papers[task.id].decision.kind == Outcome.REGISTRATION]
    waiting = [task for task in mine if task not in unwritten]
    results = [
        routes.Result(
            task.id,
            routes.TaskState.ASKED,
            task.lease,
            agency_ref=WAITS,
            again_s=LOOKED_AT_S,
            is_news=task.agency_ref is None,
        )
        for task in waiting
    ]
    record_results(work, sorted({task.bundle_id for task in waiting}), results)
    return unwritten


def show_signatures(work: Work, book: TenantBook, agency: str) -> tuple[WaitingSignature, ...]:
    """What waits at a desk, what is due next first."""
    rows = routes.to_sign(work.connection, agency, limit=MOST_SHOWN)
    papers = undrawn_papers(work, book, rows)
    return tuple(
        WaitingSignature(
            id=row.id,
            reference=row.reference,
            service=papers[row.id].service.name,
            kind=papers[row.id].decision.kind,
            reasons=papers[row.id].decision.reasons,
            since=row.started_at,
            due_at=row.due_at,
            is_over=row.due_at is not None and row.due_at < work.now,
        )
        for row in rows
    )


def paper_to_sign(work: Work, book: TenantBook, agency: str, task_id: UUID, *, public_url: str) -> Paper:
    """What a signature would be put under, without its number. Raises NotFound for what does not wait there."""
    task = routes.tasks_by_id(work.connection, [task_id]).get(task_id)
    waits = task is not None and (task.kind, task.state, task.agency) == ("decide", "asked", agency)
    if task is None or not waits:
        raise NotFound("there is no such decision at this desk")
    return undrawn_papers(work, book, [task], public_url=public_url, note=SERVICE_NOTE)[task_id]


def claim_signatures(
    work: Work, agency: str, task_ids: Sequence[UUID], *, lease_s: float
) -> list[routes.Claimed]:
    """Take in hand what an officer has ticked.

    Raises Invalid for nothing, for too many at once, and where another has to sign (see `ptsp.flows._duties`).
    """
    if not task_ids:
        raise Invalid([fault("tasks", "missing")])
    if len(task_ids) > MOST:
        raise Invalid([fault("tasks", "too_many_at_once", most=MOST)])
    found = routes.tasks_by_id(work.connection, task_ids)
    ours = [one for one in found.values() if one.agency == agency]
    check_duties(work, ours, Right.SIGN, "tasks")
    return routes.claim_to_sign(work.connection, work.tenant.id, agency, task_ids, lease_s=lease_s)


def give_back_signatures(work: Work, tasks: Sequence[routes.Claimed]) -> None:
    """What was not issued waits again, as if nobody had taken it."""
    results = [
        routes.Result(task.id, routes.TaskState.ASKED, task.lease, again_s=LOOKED_AT_S) for task in tasks
    ]
    routes.give_back(work.connection, work.tenant.id, results)
