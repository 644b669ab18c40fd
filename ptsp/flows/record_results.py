"""What came of tasks is written down, and every bundle concerned moves on, in one transaction.

The one place where verdicts become state: workers, replies, payments and officers all end here.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from ptsp.domain import applications, routes
from ptsp.infra import ledger
from ptsp.infra.work import Work

Facts = dict[UUID, list[ledger.Fact]]

EVENTS = {
    routes.TaskState.ASKED: "task.asked",
    routes.TaskState.READY: "task.put_off",
    routes.TaskState.STUCK: "task.stuck",
    routes.TaskState.APPROVED: "task.approved",
    routes.TaskState.REJECTED: "task.rejected",
}


@dataclass(frozen=True, slots=True)
class Moved:
    """What all bundles of one batch have to change."""

    moves: dict[tuple[UUID, int], routes.TaskState] = field(default_factory=dict)
    ends: dict[tuple[UUID, int], str] = field(default_factory=dict)
    outcomes: dict[UUID, str] = field(default_factory=dict)


def record_results(
    work: Work,
    bundle_ids: Sequence[UUID],
    results: Sequence[routes.Result],
    extra: Mapping[UUID, Sequence[ledger.Fact]] | None = None,
) -> list[routes.Settled]:
    """Write results that still count, advance their bundles, and return what counted.

    `bundle_ids` are the bundles of the results: they are locked first, in one order. `extra` are facts by
    task id that belong to the ledger if the task's result counts (a notice, a permit).
    """
    connection, tenant_id = work.connection, work.tenant.id
    held = routes.lock(connection, tenant_id, bundle_ids)
    settled = routes.finish(connection, tenant_id, results)
    by_task = {result.task_id: result for result in results}
    facts: Facts = {}
    for task in settled:
        result = by_task[task.id]
        if result.is_news:
            told = facts.setdefault(task.bundle_id, [])
            told += (extra or {}).get(task.id, ())
            told.append(_fact(work, task, result))
    ended = {task.bundle_id for task in settled if task.state in routes.FINAL}
    moved = Moved()
    for bundle_id, states in routes.states(connection, tenant_id, ended).items() if ended else ():
        _advance(work, held[bundle_id], states, moved, facts)
    _close_applications(work, moved, facts)
    routes.move(connection, tenant_id, moved.moves)
    _write_ledger(work, held, moved, facts)
    return settled


def _advance(work: Work, held: routes.Held, states: routes.States, moved: Moved, facts: Facts) -> None:
    what = routes.advance(held.graph, states)
    for seq in what.start:
        moved.moves[held.bundle_id, seq] = routes.TaskState.READY
    for seq in what.cut:
        moved.moves[held.bundle_id, seq] = routes.TaskState.CUT
    if what.cut:
        told = facts.setdefault(held.bundle_id, [])
        told.append(ledger.Fact("tasks.cut", work.actor, {"seqs": list(what.cut)}))
    for position, is_approved in what.ended.items():
        moved.ends[held.bundle_id, position] = "approved" if is_approved else "rejected"
    if what.outcome:
        moved.outcomes[held.bundle_id] = what.outcome.value


def _close_applications(work: Work, moved: Moved, facts: Facts) -> None:
    """Only what was still open is news: `advance` names every application that has ended so far."""
    for bundle_id, position in sorted(applications.end_applications(work.connection, moved.ends, work.now)):
        data = {"position": position, "state": moved.ends[bundle_id, position]}
        facts.setdefault(bundle_id, []).append(ledger.Fact("application.ended", work.actor, data))


def _write_ledger(work: Work, held: Mapping[UUID, routes.Held], moved: Moved, facts: Facts) -> None:
    rows: list[ledger.EventRow] = []
    heads: dict[UUID, tuple[int, bytes, str | None]] = {}
    for bundle_id, told in facts.items():
        bundle, outcome = held[bundle_id], moved.outcomes.get(bundle_id)
        if outcome:
            told.append(ledger.Fact("bundle.ended", work.actor, {"outcome": outcome}))
        head = ledger.Head(bundle.last_event, bundle.head)
        chained, end = ledger.chained(work.tenant.id, bundle_id, head, work.now, told)
        rows += chained
        heads[bundle_id] = (end.seq, end.hash, outcome)
    ledger.append(work.connection, work.tenant.id, rows)
    routes.set_heads(work.connection, work.tenant.id, heads)


def _fact(work: Work, task: routes.Settled, result: routes.Result) -> ledger.Fact:
    data: dict[str, object] = {"seq": task.seq, "task": task.code, "agency": task.agency}
    if result.reasons:
        data["reasons"] = list(result.reasons)
    if result.agency_ref:
        data["agency_ref"] = result.agency_ref
    if result.note:
        data["note"] = dict(result.note)
    return ledger.Fact(EVENTS[task.state], work.actor, data)
