"""Decide what may start after each verdict."""

from collections.abc import Collection, Mapping, Sequence

from ptsp.domain.routes.types import FINAL, LOST, PASSED, Advance, BundleOutcome, Graph, TaskState

NONE: frozenset[int] = frozenset()


def advance(
    graph: Graph,
    states: Sequence[TaskState],
    *,
    deemed: frozenset[int] = NONE,
    gone: frozenset[int] = NONE,
) -> Advance:
    """Decide what follows from the tasks' states; `states[seq]`.

    A task starts when all it waits for were approved, and is cut as soon as one was rejected or cut.
    A decision starts when all it waits for have ended, however they ended: it writes the permit or,
    with all reasons together, the refusal. Nothing that does not depend on a rejection is touched.

    `deemed` are applications that the law has approved: what is only theirs no longer waits for a task that
    others still need, however that ends; it waits for its own bill as ever. `gone` are those withdrawn or lapsed:
    they have ended, and not by a decision; what others still need no longer waits for what was only theirs.
    """
    after_now = list(states)
    start: list[int] = []
    cut: list[int] = []
    for seq, waits_for in enumerate(graph.after):
        if after_now[seq] is not TaskState.BLOCKED:
            continue
        if deemed or gone:
            waits_for = _waited_for(graph, seq, deemed, gone)
        before = [after_now[earlier] for earlier in waits_for]
        if seq in graph.decides:
            if all(state in FINAL for state in before) and _is_quiet(graph, after_now, waits_for):
                start.append(seq)
        elif any(state in LOST for state in before):
            after_now[seq] = TaskState.CUT
            cut.append(seq)
        elif all(state in PASSED for state in before):
            start.append(seq)
    ended = {position: state for position, state in _ended(graph, after_now).items() if position not in gone}
    return Advance(tuple(start), tuple(cut), ended, _outcome(graph, ended, gone))


def _is_quiet(graph: Graph, states: Sequence[TaskState], waits_for: Collection[int]) -> bool:
    """Has everything ended that stands behind what was cut?

    A cut comes at once, though another check before it may still be under way: its reasons belong in the refusal.
    """
    open_ends = [seq for seq in waits_for if states[seq] is TaskState.CUT]
    seen: set[int] = set()
    while open_ends:
        seq = open_ends.pop()
        if states[seq] not in FINAL:
            return False
        if states[seq] is TaskState.CUT and seq not in seen:
            seen.add(seq)
            open_ends += graph.after[seq]
    return True


def _waited_for(graph: Graph, seq: int, deemed: frozenset[int], gone: frozenset[int]) -> tuple[int, ...]:
    """What a task still waits for. Whoever needs the permit of one that is gone waits for it in vain."""
    members, waits_for = graph.members[seq], graph.after[seq]
    if deemed and deemed.issuperset(members):
        return tuple(one for one in waits_for if deemed.issuperset(graph.members[one]))
    if gone.issuperset(members):
        return waits_for
    return tuple(one for one in waits_for if one in graph.decides or not gone.issuperset(graph.members[one]))


def is_refusal(graph: Graph, states: Sequence[TaskState], decide: int) -> bool:
    """Must this decision be a refusal: was anything it waits for rejected or cut?"""
    return any(states[seq] in LOST for seq in graph.after[decide])


def left_alone(graph: Graph, states: Sequence[TaskState], over: Collection[int]) -> tuple[int, ...]:
    """Tasks under way or to come that nobody needs, once the applications `over` have ended."""
    return tuple(
        seq
        for seq, members in enumerate(graph.members)
        if states[seq] not in FINAL and set(over).issuperset(members)
    )


def dependents(graph: Graph, gone: Collection[int]) -> tuple[int, ...]:
    """The other applications that cannot be approved without these: those that wait for them, and so on."""
    lost = set(gone)
    while more := _waiting_for(graph, lost) - lost:
        lost |= more
    return tuple(sorted(lost - set(gone)))


def _waiting_for(graph: Graph, positions: Collection[int]) -> set[int]:
    decides = {graph.decides[position] for position in positions}
    return {
        member
        for seq, after in enumerate(graph.after)
        if decides.intersection(after)
        for member in graph.members[seq]
    }


def _ended(graph: Graph, states: Sequence[TaskState]) -> dict[int, bool]:
    """Application position -> approved or not, for those whose decision and own bill have both ended."""
    ended: dict[int, bool] = {}
    for member, decide in enumerate(graph.decides):
        own = [seq for seq, members in enumerate(graph.members) if member in members and seq >= decide]
        if all(states[seq] in FINAL for seq in own):
            ended[member] = all(states[seq] in PASSED for seq in own)
    return ended


def _outcome(graph: Graph, ended: Mapping[int, bool], gone: frozenset[int]) -> BundleOutcome | None:
    """What became of the whole; applications that are gone do not count beside those that were decided."""
    if len(ended) + len(gone) < len(graph.decides):
        return None
    if not ended:
        return BundleOutcome.WITHDRAWN
    if all(ended.values()):
        return BundleOutcome.APPROVED
    return BundleOutcome.PARTLY_APPROVED if any(ended.values()) else BundleOutcome.REFUSED
