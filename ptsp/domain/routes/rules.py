"""Decide what may start after each verdict, and when everything will be done."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date

from ptsp.domain.routes.types import FINAL, LOST, Advance, BundleOutcome, Graph, Node, Plan, TaskState
from ptsp.kernel.calendar import Calendar


def advance(graph: Graph, states: Sequence[TaskState]) -> Advance:
    """Decide what follows from the tasks' states; `states[seq]`.

    A task starts when all it waits for were approved, and is cut as soon as one was rejected or cut.
    A decision starts when all it waits for have ended, however they ended: it writes the permit or,
    with all reasons together, the refusal. Nothing that does not depend on a rejection is touched.
    """
    after_now = list(states)
    start: list[int] = []
    cut: list[int] = []
    for seq, waits_for in enumerate(graph.after):
        if after_now[seq] is not TaskState.BLOCKED:
            continue
        before = [after_now[earlier] for earlier in waits_for]
        if seq in graph.decides:
            if all(state in FINAL for state in before):
                start.append(seq)
        elif any(state in LOST for state in before):
            after_now[seq] = TaskState.CUT
            cut.append(seq)
        elif all(state is TaskState.APPROVED for state in before):
            start.append(seq)
    ended = _ended(graph, after_now)
    return Advance(tuple(start), tuple(cut), ended, _outcome(graph, ended))


def is_refusal(graph: Graph, states: Sequence[TaskState], decide: int) -> bool:
    """Must this decision be a refusal: was anything it waits for rejected or cut?"""
    return any(states[seq] in LOST for seq in graph.after[decide])


def finish_dates(
    nodes: Sequence[Node], lodged_on: date, calendar_of: Callable[[str], Calendar]
) -> tuple[date, ...]:
    """The day on which each task ends if everybody keeps to the standard.

    Each task counts its working days on the calendar of the agency that does it, from the day on which the
    last of what it waits for ends; day 1 is the next working day.
    """
    ends: list[date] = []
    for node in nodes:
        begins = max((ends[seq] for seq in node.after), default=lodged_on)
        ends.append(calendar_of(node.agency).add_working_days(begins, node.days))
    return tuple(ends)


def promises(plan: Plan, ends: Sequence[date]) -> Mapping[int, date]:
    """Application position -> the day on which its last task ends."""
    promised: dict[int, date] = {}
    for node in plan.nodes:
        for member in node.members:
            promised[member] = max(ends[node.seq], promised.get(member, ends[node.seq]))
    return promised


def _ended(graph: Graph, states: Sequence[TaskState]) -> dict[int, bool]:
    """Application position -> approved or not, for those whose decision and own bill have both ended."""
    ended: dict[int, bool] = {}
    for member, decide in enumerate(graph.decides):
        own = [seq for seq, members in enumerate(graph.members) if member in members and seq >= decide]
        if all(states[seq] in FINAL for seq in own):
            ended[member] = all(states[seq] is TaskState.APPROVED for seq in own)
    return ended


def _outcome(graph: Graph, ended: Mapping[int, bool]) -> BundleOutcome | None:
    if len(ended) < len(graph.decides):
        return None
    if all(ended.values()):
        return BundleOutcome.APPROVED
    return BundleOutcome.PARTLY_APPROVED if any(ended.values()) else BundleOutcome.REFUSED
