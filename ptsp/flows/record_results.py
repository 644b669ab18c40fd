"""What came of tasks is written down, and every bundle concerned moves on, in one transaction.

The one place where verdicts become state: workers, replies, payments and officers all end here.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from uuid import UUID

from ptsp.domain import applications, deadlines, outages, routes
from ptsp.flows._corrections import drop_needless, of_stopped
from ptsp.flows._outage_stops import hold_up
from ptsp.flows._retiming import Cause, Happened, Retimed, append_facts, causes_of, joined
from ptsp.flows._stops import release
from ptsp.flows._straight_on import StraightOn
from ptsp.infra import ledger
from ptsp.infra.work import Work

Facts = dict[UUID, list[ledger.Fact]]

EVENTS = {
    routes.TaskState.ASKED: "task.asked",
    routes.TaskState.UNKNOWN: "task.unknown",
    routes.TaskState.READY: "task.put_off",
    routes.TaskState.STUCK: "task.stuck",
    routes.TaskState.APPROVED: "task.approved",
    routes.TaskState.REJECTED: "task.rejected",
    routes.TaskState.DEEMED: "task.deemed",
}


@dataclass(frozen=True, slots=True)
class Moved:
    """What all bundles of one batch have to change."""

    retimed: Retimed
    is_recounted: bool = False  # another standard may warn otherwise
    straight: StraightOn | None = None
    moves: list[routes.Move] = field(default_factory=list)
    outcomes: dict[UUID, str] = field(default_factory=dict)

    def begin(self, work: Work, clocks: deadlines.Clocks, seq: int) -> routes.Move:
        """How a task begins whose turn has come: it waits for a worker, or goes straight on."""
        if self.straight is None:
            return routes.Move(clocks.bundle_id, seq, routes.TaskState.READY)
        return self.straight.begun(work, clocks, seq)


def record_results(
    work: Work,
    bundle_ids: Iterable[UUID],
    results: Sequence[routes.Result],
    extra: Mapping[UUID, Sequence[ledger.Fact]] | None = None,
    *,
    straight: StraightOn | None = None,
) -> list[routes.Settled]:
    """Write results that still count, advance their bundles, and return what counted.

    `bundle_ids` are the bundles of the results: they are locked first, in one order. `extra` are facts by
    task id that belong to the ledger if the task's result counts (a notice, a permit). `straight` is given by who
    publishes questions after the commit.
    """
    connection, tenant_id = work.connection, work.tenant.id
    held = routes.lock(connection, tenant_id, bundle_ids)
    settled = routes.finish(connection, tenant_id, results, work.now)
    by_task = {result.task_id: result for result in results}
    facts: Facts = {}
    ended: dict[UUID, list[routes.Settled]] = {}
    for task in settled:
        result = by_task[task.id]
        if result.is_news:
            told = facts.setdefault(task.bundle_id, [])
            told += extra.get(task.id, ()) if extra else ()
            told.append(_fact(work, task, result))
        if task.state in routes.FINAL:
            ended.setdefault(task.bundle_id, []).append(task)
    go_on(work, held, ended, facts, straight=straight)
    return settled


def go_on(
    work: Work,
    held: Mapping[UUID, routes.Held],
    ended: Mapping[UUID, Sequence[routes.Settled]],
    facts: Facts,
    causes: Mapping[UUID, Sequence[Cause]] | None = None,
    *,
    is_recounted: bool = False,
    straight: StraightOn | None = None,
) -> None:
    """Move locked bundles on after tasks of theirs ended, work out their dates again, and write the ledger.

    `facts` are what is to be told first; what follows from it is added. `causes` say by bundle why dates move,
    where it is more than the ends of the tasks. What begins at an agency that is down is stopped at once.
    """
    moved = Moved(Retimed(work), is_recounted, straight)
    clocks = deadlines.clocks(work.connection, work.tenant.id, ended)
    advances = {bundle_id: _advanced(held[bundle_id], one) for bundle_id, one in clocks.items()}
    closed = _close_applications(work, advances)
    down, asked = _down(work, advances), of_stopped(work, clocks.values())
    if straight:
        starts = [clocks[one].line.shape.steps[seq] for one, what in advances.items() for seq in what.start]
        straight.look(work, starts, down)
    for bundle_id, one in clocks.items():
        what = advances[bundle_id]
        told = facts.setdefault(bundle_id, [])
        told += _happened(work, one, ended[bundle_id], what, closed.get(bundle_id, {}))
        dropped = drop_needless(work, one, asked.get(bundle_id, ()))
        held_up = joined(dropped, hold_up(work, one, what.start, down))
        held_up = joined(held_up, release(work, one))
        told += held_up.facts
        why = (causes or {}).get(bundle_id) or causes_of(work, ended[bundle_id], one)
        _move(work, moved, one, what, replace(held_up, causes=[*why, *held_up.causes]), told)
    begun = routes.move(work.connection, work.tenant.id, moved.moves, work.now)
    moved.retimed.write()
    for bundle_id, fact in straight.put(work, begun) if straight else ():
        facts[bundle_id].append(fact)
    append_facts(work, held, facts, moved.outcomes, moved.retimed.bundles)


def _advanced(held: routes.Held, clocks: deadlines.Clocks) -> routes.Advance:
    gone = frozenset(at for at, state in enumerate(clocks.outcomes) if state in ("withdrawn", "lapsed"))
    states = [routes.TaskState(state) for state in clocks.states]
    what = routes.advance(held.graph, states, deemed=clocks.deemed, gone=gone)
    if what.outcome is routes.BundleOutcome.WITHDRAWN and set(clocks.outcomes) == {"lapsed"}:
        return replace(what, outcome=routes.BundleOutcome.LAPSED)
    return what


def _down(work: Work, advances: Mapping[UUID, routes.Advance]) -> list[outages.Outage]:
    """What is down, if that matters here: something begins."""
    matters = any(what.start for what in advances.values())
    return outages.share(work.connection, work.tenant.id) if matters else []


def _close_applications(work: Work, advances: Mapping[UUID, routes.Advance]) -> dict[UUID, dict[int, str]]:
    """Only what was still open is news: `advance` names every application that has ended so far."""
    ends = {
        (bundle_id, position): "approved" if is_approved else "rejected"
        for bundle_id, what in advances.items()
        for position, is_approved in what.ended.items()
    }
    closed: dict[UUID, dict[int, str]] = {}
    for bundle_id, position in sorted(applications.end_applications(work.connection, ends, work.now)):
        closed.setdefault(bundle_id, {})[position] = ends[bundle_id, position]
    return closed


def _happened(
    work: Work,
    clocks: deadlines.Clocks,
    ended: Sequence[routes.Settled],
    what: routes.Advance,
    closed: Mapping[int, str],
) -> list[ledger.Fact]:
    """Put what happened on the bundle's clocks, and say what is news of it."""
    line, now, told = clocks.line, work.now, []
    for task in ended:
        (line.cut if task.state is routes.TaskState.DEEMED else line.end)(task.seq, now)
        if task.state in routes.PASSED:
            for position in line.found_complete(task.seq, now):
                told.append(ledger.Fact("clock.started", work.actor, {"position": position, "seq": task.seq}))
    for seq in what.cut:
        line.cut(seq, now)
    if what.cut:
        told.append(ledger.Fact("tasks.cut", work.actor, {"seqs": list(what.cut)}))
    for seq in what.start:
        line.begin(seq, now)
    for position, state in closed.items():
        line.end_permit(position, now)
        told.append(ledger.Fact("application.ended", work.actor, {"position": position, "state": state}))
    return told


def _move(
    work: Work,
    moved: Moved,
    clocks: deadlines.Clocks,
    what: routes.Advance,
    happened: Happened,
    told: list[ledger.Fact],
) -> None:
    ready = {seq: moved.begin(work, clocks, seq) for seq in what.start}
    facts, moves = moved.retimed.retime(
        clocks,
        happened.causes,
        begun=ready,
        marked=happened.steps,
        marked_permits=happened.permits,
        is_recounted=moved.is_recounted,
    )
    moved.moves.extend(moves)
    moved.moves.extend(routes.Move(clocks.bundle_id, seq, routes.TaskState.CUT) for seq in what.cut)
    told += facts
    if what.outcome:
        moved.outcomes[clocks.bundle_id] = what.outcome.value
        told.append(ledger.Fact("bundle.ended", work.actor, {"outcome": what.outcome.value}))


def _fact(work: Work, task: routes.Settled, result: routes.Result) -> ledger.Fact:
    data: dict[str, object] = {"seq": task.seq, "task": task.code, "agency": task.agency}
    if result.reasons:
        data["reasons"] = list(result.reasons)
    if result.agency_ref:
        data["agency_ref"] = result.agency_ref
    if result.note:
        data["note"] = dict(result.note)
    if result.desk:
        data["desk"] = result.desk
    if result.is_by_hand:
        data["by_hand"] = True
    return ledger.Fact(EVENTS[task.state], work.actor, data)
