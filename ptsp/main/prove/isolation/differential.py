"""T2: every operation by every role of office A, in a world where office B is empty and in one where it has lived.

The answers have to be equal; then nothing that B has can be read from them, nor from how long or in what order they
are. Before the second world is asked, office B asks the same there, so that what a process remembers is remembered.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from ptsp.main.prove.isolation.answers import Answer, answer_of
from ptsp.main.prove.isolation.asking import FOREIGN, OWN, Operation, ask
from ptsp.main.prove.isolation.scene import Scene, World
from ptsp.main.prove.isolation.worlds import changed_rows, marks_of, prints_of

Case = tuple[str, str]  # role, variant
MOST_TOLD = 20
SENT_ON = 303
AT_DOOR = ("/<tenant>/desk", "/<tenant>/desk/leave")


@dataclass
class Compared:
    """`rows_changed` and `foreign_rows_seen` are of the second world, over all cases."""

    operations: int = 0
    roles: int = 0
    cases: int = 0
    differences: int = 0
    rows_changed: int = 0
    foreign_rows_seen: int = 0
    writing_cases: int = 0
    without_body: list[str] = field(default_factory=list)  # it is another at each call, even in one world
    successes: Counter[str] = field(default_factory=Counter)
    words: list[str] = field(default_factory=list)

    def tell(self, words: str) -> None:
        if len(self.words) < MOST_TOLD:
            self.words.append(words)

    def without_success(self, operations: Iterable[Operation]) -> list[str]:
        """Operations that nobody succeeded with and that should have: about them nothing is proved."""
        return [str(one) for one in operations if not self.successes[str(one)] and not one.never]


class Differential:
    """Both worlds, opened; `compare` may be called again, for instance after a fault was planted in the second."""

    def __init__(self, scene: Scene, empty: World, full: World) -> None:
        self.scene, self.empty, self.full = scene, empty, full
        self._marks = marks_of(scene.worlds, scene.worlds.there)
        with full.keeping.once():
            self._before = full.keeping.as_admin(lambda line: prints_of(line, scene.worlds.there))
        self._offered = repr(scene.foreign)

    def compare(
        self,
        operations: Sequence[Operation],
        roles: Sequence[str],
        say: Callable[[str], None] = lambda _: None,
    ) -> Compared:
        found = Compared(operations=len(operations), roles=len(roles))
        for number, operation in enumerate(operations, 1):
            cases = [(role, variant) for variant in operation.variants for role in roles]
            first = {case: self._asked(self.empty, operation, case) for case in cases}
            self._asked_there(operation)
            for case in cases:
                self._compare(operation, case, first[case], found)
            if number % 20 == 0:
                say(
                    f"{number} of {len(operations)} operations, {found.cases} cases, {found.differences} differences"
                )
        return found

    def _compare(self, operation: Operation, case: Case, first: Answer, found: Compared) -> None:
        found.cases += 1
        second = self._asked(self.full, operation, case, found)
        if first.is_success and case[1] == OWN and not _is_door(operation, first):
            found.successes[str(operation)] += 1
        if self._are_equal(first, second):
            return
        # Twice more, in case a minute has passed between the two.
        for _ in range(2):
            before, first = first, self._asked(self.empty, operation, case)
            second = self._asked(self.full, operation, case)
            if self._are_equal(first, second):
                return
        if not self._are_equal(before, first) and self._are_equal(_bare(first), _bare(second)):
            found.without_body.append(f"{operation} by {case[0]} with {case[1]} values")
            return
        found.differences += 1
        shown = [mark for mark in self._marks if mark in second.text and mark not in self._offered]
        found.foreign_rows_seen += len(shown)
        found.tell(
            f"{operation} by {case[0]} with {case[1]} values: {first.status}, {second.status}, {shown[:2]}"
        )

    def _are_equal(self, first: Answer, second: Answer) -> bool:
        return first.plainly(self._marks) == second.plainly(self._marks)

    def _asked(self, world: World, operation: Operation, case: Case, found: Compared | None = None) -> Answer:
        role, variant = case
        scene = self.scene
        with world.keeping.once():
            caller = scene.callers[role]
            answer = answer_of(ask(world.app, operation, caller, variant, scene.own, scene.foreign))
            if found is not None and world.keeping.written:
                found.writing_cases += 1
                after = world.keeping.as_admin(lambda line: prints_of(line, scene.worlds.there))
                changed = changed_rows(self._before, after)
                found.rows_changed += len(changed)
                if changed:
                    found.tell(f"{operation} by {role} with {variant} values changed {changed} of office B")
        return answer

    def _asked_there(self, operation: Operation) -> None:
        """Office B asks for its own at its own address; what comes of it is undone too."""
        scene = self.scene
        with self.full.keeping.once():
            ask(self.full.app, operation, scene.theirs, FOREIGN, scene.own, scene.foreign)


def _bare(answer: Answer) -> Answer:
    """Status and headers."""
    return replace(answer, body=b"")


def _is_door(operation: Operation, answer: Answer) -> bool:
    """Whether somebody was sent to the door of the desks, which is no success but for who knocks there."""
    is_at_door = operation.rule in AT_DOOR
    return not is_at_door and answer.status == SENT_ON and answer.leads_to.endswith("/desk")


def figures(found: Compared, missing: Sequence[str]) -> Mapping[str, object]:
    return {
        "operations": found.operations,
        "roles": found.roles,
        "cases": found.cases,
        "differences": found.differences,
        "cases_without_body": found.without_body,
        "writing_cases": found.writing_cases,
        "operations_without_success": list(missing),
    }
