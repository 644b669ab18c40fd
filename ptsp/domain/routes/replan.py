"""Carry a running bundle over to another plan: what has begun stays as it is, and what has not follows the new plan.

A task has begun once its own clock runs; before that nobody outside knows of it and it can be replaced. Pure.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from ptsp.domain.routes.types import FINAL, LOST, PASSED, Graph, Node, Plan, TaskRow, TaskState
from ptsp.kernel.errors import Fault, Invalid
from ptsp.kernel.limits import Limit
from ptsp.kernel.reasons import fault
from ptsp.kernel.specs import StepKind

Step = tuple[int, str]  # (application position, what its own route calls the step)
NONE: frozenset[int] = frozenset()
NO_STEPS: frozenset[Step] = frozenset()


@dataclass(frozen=True, slots=True)
class Replanned:
    """What the bundle becomes.

    `graph` keeps every seq there was; those in `cut` belong to nobody any more, `added` come after the last one,
    so that the order of seqs stays topological. `places` says which task does a step of an application, `limits`
    how long each task may take that has not ended.
    """

    graph: Graph
    cut: tuple[int, ...]
    added: tuple[Node, ...]
    places: Mapping[Step, int]
    limits: Mapping[int, Limit]


def replan(
    graph: Graph,
    tasks: Sequence[TaskRow],
    plan: Plan,
    *,
    ended: frozenset[int] = NONE,
    deemed: frozenset[int] = NONE,
    anew: frozenset[Step] = NO_STEPS,
) -> Replanned:
    """Weave what there is into the plan of all applications of the bundle, by position.

    A task of the plan is one that there is when agency and kind are the same and an application of both calls it
    by the same code. What has begun has to have its place in the plan and may wait there for nothing that has
    not begun. An application that comes to a shared task joins it if it has not begun, or was approved with all
    done that this application wants before it; else it gets one of its own. Steps in `anew` are its own in any
    case once theirs has begun, and what follows waits for them. For applications that have `ended`, or that the
    law has approved (`deemed`), nothing is added and nothing has to fit.

    Raises Invalid naming every step that is in the way.
    """
    weaving = _Weaving(graph, tasks, plan, ended, deemed, anew)
    for node in plan.nodes:
        weaving.weave(node)
    weaving.look_for_left_out()
    if weaving.faults:
        raise Invalid(weaving.faults)
    return weaving.result()


@dataclass(slots=True)
class _Weaving:
    """The work in hand. By seq: `after` and `members` of blocked tasks that stay, and of those that were joined.

    `places` says by (node of the plan, application) which task it became; `owed` what an application still
    waits for before a task of its that began without it.
    """

    graph: Graph
    tasks: Sequence[TaskRow]
    plan: Plan
    ended: frozenset[int]
    deemed: frozenset[int]
    anew: frozenset[Step]
    after: dict[int, tuple[int, ...]] = field(default_factory=dict)
    members: dict[int, tuple[int, ...]] = field(default_factory=dict)
    limits: dict[int, Limit] = field(default_factory=dict)
    added: list[Node] = field(default_factory=list)
    claimed: set[int] = field(default_factory=set)
    fresh: set[int] = field(default_factory=set)
    places: dict[tuple[int, int], int] = field(default_factory=dict)
    owed: dict[tuple[int, int], frozenset[int]] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)

    def weave(self, node: Node) -> None:
        """Find the tasks that do this node's work; add one for applications that have none."""
        found = [task for task in self.tasks if self._does(task, node)]
        self.claimed.update(task.seq for task in found)
        left = [
            member
            for member in node.members
            if not self._is_over(member) and not any(member in self.graph.members[task.seq] for task in found)
        ]
        for task in found:
            mine = tuple(member for member in self.graph.members[task.seq] if member in node.members)
            joining = tuple(member for member in left if self._may_join(task, node, member))
            left = [member for member in left if member not in joining]
            if task.state == TaskState.BLOCKED:
                self._keep(task, node, (*mine, *joining))
            else:
                self._hold(task, node, mine, joining)
        if left:
            self._add(node, tuple(left))

    def look_for_left_out(self) -> None:
        """What has begun and is nowhere in the plan."""
        for task in self.tasks:
            is_known = task.seq in self.claimed or task.state == TaskState.BLOCKED
            if not is_known and self._open(self.graph.members[task.seq]):
                self._refuse(task)

    def result(self) -> Replanned:
        seqs = range(len(self.tasks))
        cut = tuple(
            seq
            for seq in seqs
            if self.tasks[seq].state == TaskState.BLOCKED
            and seq not in self.after
            and self.graph.members[seq]
        )
        gone = set(cut)
        after = [self.after.get(seq, self._without(self.graph.after[seq], gone)) for seq in seqs]
        members = [self.members.get(seq, self.graph.members[seq]) for seq in seqs]
        for seq in cut:
            after[seq] = members[seq] = ()
        graph = Graph(
            after=(*after, *(node.after for node in self.added)),
            members=(*members, *(node.members for node in self.added)),
            decides=tuple(self.places[seq, position] for position, seq in enumerate(self.plan.graph.decides)),
        )
        nodes = self.plan.nodes
        places = {(member, _called(nodes[at], member)): seq for (at, member), seq in self.places.items()}
        return Replanned(graph, cut, tuple(self.added), places, self.limits)

    @staticmethod
    def _without(after: tuple[int, ...], gone: set[int]) -> tuple[int, ...]:
        return tuple(seq for seq in after if seq not in gone)

    def _is_over(self, member: int) -> bool:
        return member in self.ended or member in self.deemed

    def _open(self, members: Sequence[int]) -> set[int]:
        return {member for member in members if not self._is_over(member)}

    def _does(self, task: TaskRow, node: Node) -> bool:
        return (
            task.seq not in self.claimed
            and task.kind == node.kind
            and task.agency == node.agency
            and any(
                member in self.graph.members[task.seq] and code == task.code
                for member, code in zip(node.members, node.codes, strict=True)
            )
        )

    def _may_join(self, task: TaskRow, node: Node, member: int) -> bool:
        if task.state == TaskState.BLOCKED:
            return True
        if task.state != TaskState.APPROVED or (member, _called(node, member)) in self.anew:
            return False
        waits = self._waits(node, (member,))
        return all(self._state(seq) in PASSED or seq in self.fresh for seq in waits)

    def _hold(self, task: TaskRow, node: Node, mine: tuple[int, ...], joining: tuple[int, ...]) -> None:
        """It has begun or ended, so it stays."""
        if self._open(self.graph.members[task.seq]) - set(node.members):
            self._refuse(task)
        if task.state not in FINAL:
            self.limits[task.seq] = node.limit
        if joining:
            self.members[task.seq] = (*self.graph.members[task.seq], *joining)
        for member in (*mine, *joining):
            waits = NONE if self._is_over(member) else self._waits(node, (member,))
            if member not in joining and task.state != TaskState.CUT:
                self._refuse_waiting(task, waits)
            is_owing = task.state not in LOST and node.kind is not StepKind.DECIDE
            owed = frozenset(seq for seq in waits if self._state(seq) not in PASSED) if is_owing else NONE
            self.places[node.seq, member], self.owed[node.seq, member] = task.seq, owed

    def _keep(self, task: TaskRow, node: Node, members: tuple[int, ...]) -> None:
        """It has not begun: it stays if all that it is to wait for comes before it, else it is made anew."""
        if self.ended.issuperset(members):
            return
        waits = self._waits(node, members)
        if any(seq >= task.seq for seq in waits):
            self._add(node, members)
            return
        self.after[task.seq] = tuple(sorted(waits))
        self.members[task.seq] = members
        self._place(task.seq, node, members)

    def _add(self, node: Node, members: tuple[int, ...]) -> None:
        seq = len(self.tasks) + len(self.added)
        codes = tuple(_called(node, member) for member in members)
        after = tuple(sorted(self._waits(node, members)))
        wants = tuple(tuple(sorted(self._waits(node, (member,)))) for member in members)
        made = replace(node, seq=seq, code=codes[0], members=members, codes=codes, after=after, wants=wants)
        self.added.append(made)
        if not self.anew.isdisjoint(zip(members, codes, strict=True)):
            self.fresh.add(seq)
        self._place(seq, node, members)

    def _place(self, seq: int, node: Node, members: tuple[int, ...]) -> None:
        self.limits[seq] = node.limit
        for member in members:
            self.places[node.seq, member], self.owed[node.seq, member] = seq, NONE

    def _waits(self, node: Node, members: tuple[int, ...]) -> frozenset[int]:
        """What a task of these applications is to wait for; those that have ended want nothing any more."""
        found: set[int] = set()
        for member in members:
            for earlier in () if member in self.ended else node.wants[node.members.index(member)]:
                found |= self._ends_of(earlier, member)
        return frozenset(found)

    def _ends_of(self, earlier: int, member: int) -> set[int]:
        """What stands for a node of the plan where this application waits for it."""
        before = self.plan.nodes[earlier]
        owner = member if member in before.members else before.members[0]  # a permit that this one needs
        place = earlier, owner
        return {self.places[place], *self.owed[place]} if place in self.places else set()

    def _state(self, seq: int) -> str:
        return self.tasks[seq].state if seq < len(self.tasks) else TaskState.BLOCKED

    def _refuse(self, task: TaskRow) -> None:
        self.faults.append(fault(f"steps.{task.code}", "step_left_out", step=task.code, agency=task.agency))

    def _refuse_waiting(self, task: TaskRow, waits: frozenset[int]) -> None:
        codes = [self._code(seq) for seq in sorted(waits) if self._state(seq) == TaskState.BLOCKED]
        if codes:
            before, path = ", ".join(dict.fromkeys(codes)), f"steps.{task.code}"
            self.faults.append(
                fault(path, "step_must_wait", step=task.code, agency=task.agency, before=before)
            )

    def _code(self, seq: int) -> str:
        known = len(self.tasks)
        return self.tasks[seq].code if seq < known else self.added[seq - known].code


def _called(node: Node, member: int) -> str:
    return node.codes[node.members.index(member)]
