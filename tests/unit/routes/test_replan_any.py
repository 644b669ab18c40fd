"""Any route, any progress, any other version: what may move ends right, and what may not is refused."""

import random
from dataclasses import replace

from hypothesis import event, given, settings
from hypothesis import strategies as st

from ptsp.domain.routes import FINAL, LOST, PASSED, TaskState, advance, is_refusal, merge, replan
from ptsp.kernel.errors import Invalid
from ptsp.kernel.limits import Limit
from ptsp.kernel.specs import Gate
from tests.unit.routes.graphs import bundles, lodged, step
from tests.unit.routes.rows import CUT, NO, OK, B, rows


class Run:
    """A bundle on its way, and when each task began and ended."""

    def __init__(self, graph, tasks, chance, refused):
        self.graph, self.chance, self.refused = graph, chance, refused
        self.tasks = tasks
        self.began, self.ended, self.moment = {}, {}, 0
        self.go_on()

    def go_on(self):
        what = advance(self.graph, [task.state for task in self.tasks])
        for seq in what.cut:
            self.set(seq, CUT)
        for seq in what.start:
            self.set(seq, TaskState.READY)
            self.began[seq] = self.moment
        self.outcome = what.outcome
        self.by_position = what.ended

    def set(self, seq, state):
        self.tasks[seq] = replace(self.tasks[seq], state=state)

    def step(self):
        ready = [task.seq for task in self.tasks if task.state is TaskState.READY]
        if not ready:
            return False
        self.moment += 1
        seq = self.chance.choice(ready)
        if seq in self.graph.decides:
            is_lost = is_refusal(self.graph, [task.state for task in self.tasks], seq)
        else:
            is_lost = self.chance.random() < self.refused
        self.set(seq, NO if is_lost else OK)
        self.ended[seq] = self.moment
        self.go_on()
        return True


def fresh(plan):
    return rows(plan.nodes, [B] * len(plan.nodes))


def changed(chance, spec):
    """Another version of a service: steps dropped and added, another order, other limits, another gate."""
    steps = [one for one in spec.route if chance.random() > 0.2]
    if chance.random() < 0.5:
        steps.append(step(f"n{chance.randrange(3)}", agency=chance.choice(["works", "land"])))
    made, codes = [], []
    for one in steps:
        after = tuple(code for code in one.after if code in codes)
        if codes and chance.random() < 0.3:
            after = tuple(dict.fromkeys((*after, chance.choice(codes))))
        made.append(replace(one, after=after, limit=Limit(chance.randrange(9))))
        codes.append(one.code)
    gate = chance.choice(list(Gate)) if chance.random() < 0.3 else spec.gate
    return replace(spec, route=tuple(made), gate=gate)


@given(bundles(), st.integers(0, 2**32))
@settings(max_examples=400)
def test_any_running_bundle_that_may_move_still_ends_right(bundle, seed):
    chance = random.Random(seed)
    plan = merge(bundle)
    run = Run(plan.graph, fresh(plan), chance, refused=0.05)
    for _ in range(chance.randrange(len(plan.nodes) + 1)):
        run.step()
    mover = chance.randrange(len(bundle))
    spec = changed(chance, bundle[mover].service)
    after = [*bundle]
    after[mover] = lodged(spec, *bundle[mover].shown)
    is_added = chance.random() < 0.3
    if is_added:
        after = [*bundle, lodged(changed(chance, replace(bundle[0].service, code="late")))]
    elif any(state in LOST for state in _own(run, mover)):
        return  # it will be refused whatever its way
    _carried_over(run, bundle, after)


def _carried_over(run, bundle, after):
    ended = frozenset(run.by_position)
    before, target = list(run.tasks), merge(after)
    made = _if_it_may(run.graph, before, target, ended)
    event("moved" if made else "refused")
    if made is None:
        assert len(after) == len(bundle), "an application may always be added"
        return
    _is_whole(run, before, made)
    _has_its_place(run, before, target, made, ended)
    for seq in made.cut:
        run.set(seq, CUT)
    run.tasks += rows(made.added, [B] * len(made.added))
    run.graph = made.graph
    run.moved_at, run.moment = run.moment, run.moment + 1
    run.go_on()
    while run.step():
        pass
    _ends_right(run, after, target, made, ended)


def _if_it_may(graph, before, target, ended):
    try:
        return replan(graph, before, target, ended=ended)
    except Invalid:
        return None


def _is_whole(run, before, made):
    """Topological; what has begun or ended is where it was, with all it had, and waits for nothing unbegun."""
    for seq, waits in enumerate(made.graph.after):
        assert all(one < seq for one in waits)
        assert all(made.graph.members[one] for one in waits), "waits for a task of nobody"
    for task in before:
        if task.state is B:
            continue
        assert set(run.graph.members[task.seq]) <= set(made.graph.members[task.seq])
        assert task.seq not in made.cut
    states = [task.state for task in before] + [B] * len(made.added)
    for task in before:
        if task.state not in (B, CUT):
            assert all(states[one] is not B for one in made.graph.after[task.seq])


def _has_its_place(run, before, target, made, ended):
    """Whoever had a task that began or ended has it still, and what the plan puts before it has begun, too."""
    taken = {}
    for (at, _), seq in made.places.items():
        taken.setdefault(seq, set()).add(at)
    for task in before:
        if task.state is not B:
            assert set(run.graph.members[task.seq]) - ended <= taken.get(task.seq, set())
    states = dict(enumerate(task.state for task in before))
    for node in target.nodes:
        for at, code, wants in zip(node.members, node.codes, node.wants, strict=True):
            seq = made.places.get((at, code))
            had_begun = states.get(seq, B) not in (B, CUT) and at in run.graph.members[seq]
            for earlier in wants if had_begun and at not in ended else ():
                owner = target.nodes[earlier]
                whose = at if at in owner.members else owner.members[0]
                place = made.places[whose, owner.codes[owner.members.index(whose)]]
                assert states.get(place, B) is not B


def _ends_right(run, after, target, made, ended):
    states = [task.state for task in run.tasks]
    assert all(state in FINAL for state in states)
    assert run.outcome is not None
    for at, is_approved in run.by_position.items():
        if at in ended:
            continue
        assert is_approved == all(state in PASSED for state in _own(run, at))
        for node in target.nodes:
            if at in node.members:
                _came_after(run, made, target, node, at)
    assert set(run.by_position) == set(range(len(after)))


def _own(run, at):
    return [task.state for task in run.tasks if at in run.graph.members[task.seq]]


def _came_after(run, made, target, node, at):
    """Every step of the plan is somebody's task, and began when all before it had ended, unless it had begun before."""
    seq = made.places[at, node.codes[node.members.index(at)]]
    assert at in run.graph.members[seq]
    began = run.began.get(seq)
    for earlier in node.after:
        before = target.nodes[earlier]
        if at not in before.members or began is None:
            continue
        pred = made.places[at, before.codes[before.members.index(at)]]
        if run.ended.get(pred, 0) > began:
            _still_waited_for(run, pred, at)


def _still_waited_for(run, pred, at):
    """It had begun before its new predecessor ended: then at least the decision came after both."""
    decide = run.graph.decides[at]
    if pred < decide and run.began.get(decide, 0) > run.moved_at:
        assert run.began[decide] >= run.ended[pred]
