"""What may start after each verdict."""

from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ptsp.domain.routes import (
    FINAL,
    BundleOutcome,
    Graph,
    TaskState,
    advance,
    graph_as_text,
    graph_from_text,
    is_refusal,
    merge,
)
from tests.unit.routes.graphs import bundles

B, R, OK, NO, CUT = (
    TaskState.BLOCKED,
    TaskState.ASKED,
    TaskState.APPROVED,
    TaskState.REJECTED,
    TaskState.CUT,
)

# 0 check -> 1 site, 2 fire -> 3 decision of application 0; 0 check -> 4 trade -> 5 decision of application 1
GRAPH = Graph(
    after=((), (0,), (0,), (1, 2), (0,), (4,)),
    members=((0, 1), (0,), (0,), (0,), (1,), (1,)),
    decides=(3, 5),
)


@pytest.mark.parametrize(
    ("states", "start", "cut", "ended", "outcome"),
    [
        pytest.param((OK, B, B, B, B, B), (1, 2, 4), (), {}, None, id="opens all branches"),
        pytest.param((OK, OK, R, B, R, B), (), (), {}, None, id="waits for the last branch"),
        pytest.param((OK, OK, OK, B, R, B), (3,), (), {}, None, id="then decides"),
        pytest.param((OK, NO, R, B, R, B), (), (), {}, None, id="a refusal waits for the other reasons"),
        pytest.param((OK, NO, OK, B, R, B), (3,), (), {}, None, id="and is decided with all of them"),
        pytest.param((OK, NO, OK, NO, OK, B), (5,), (), {0: False}, None, id="the other permit goes on"),
        pytest.param(
            (OK, NO, OK, NO, OK, OK),
            (),
            (),
            {0: False, 1: True},
            BundleOutcome.PARTLY_APPROVED,
            id="and comes out",
        ),
        pytest.param((NO, B, B, B, B, B), (3, 5), (1, 2, 4), {}, None, id="a shared no cuts both"),
        pytest.param(
            (NO, CUT, CUT, NO, CUT, NO),
            (),
            (),
            {0: False, 1: False},
            BundleOutcome.REFUSED,
            id="and refuses both",
        ),
        pytest.param(
            (OK, OK, OK, OK, OK, OK), (), (), {0: True, 1: True}, BundleOutcome.APPROVED, id="all yes is yes"
        ),
    ],
)
def test_advance(states, start, cut, ended, outcome):
    what = advance(GRAPH, states)
    assert (what.start, what.cut, what.ended, what.outcome) == (start, cut, ended, outcome)


def test_a_permit_is_not_over_before_its_later_payment():
    graph = Graph(after=((), (0,), (1,), (2,)), members=((0,),) * 4, decides=(1,))
    assert advance(graph, (OK, OK, B, B)).ended == {}
    assert advance(graph, (OK, OK, OK, OK)).ended == {0: True}


def test_a_refused_permit_is_never_billed():
    graph = Graph(after=((), (0,), (1,), (2,)), members=((0,),) * 4, decides=(1,))
    what = advance(graph, (NO, NO, B, B))
    assert what.cut == (2, 3)
    assert what.ended == {0: False}


def test_a_decision_is_a_refusal_when_anything_before_it_was_lost():
    assert is_refusal(GRAPH, (OK, OK, CUT, B, B, B), 3)
    assert not is_refusal(GRAPH, (OK, OK, OK, B, B, B), 3)


@given(bundles(), st.randoms(use_true_random=False), st.integers(0, 100))
@settings(max_examples=150)
def test_every_order_of_verdicts_ends_the_bundle_in_the_same_way(bundle, order, share):
    """Whatever the order of the answers: nothing runs twice, only what depends on a no is lost, all ends."""
    plan = merge(bundle)
    refused = {node.seq for node in plan.nodes if order.randrange(100) < share // 3}
    assert _play(plan.graph, refused, order.shuffle) == _play(plan.graph, refused, lambda ready: ready.sort())


def _play(graph, refused, shuffle):
    states = [TaskState.BLOCKED if after else TaskState.READY for after in graph.after]
    ready = [seq for seq, state in enumerate(states) if state is TaskState.READY]
    started = set(ready)
    outcome = None
    while ready:
        shuffle(ready)
        seq = ready.pop()
        is_lost = is_refusal(graph, states, seq) if seq in graph.decides else seq in refused
        states[seq] = TaskState.REJECTED if is_lost else TaskState.APPROVED
        what = advance(graph, states)
        for cut in what.cut:
            states[cut] = TaskState.CUT
        for begun in what.start:
            assert begun not in started
            started.add(begun)
            states[begun] = TaskState.READY
            ready.append(begun)
        outcome = what.outcome
    assert all(state in FINAL for state in states)
    lost = _depends_on(graph, refused)
    assert {seq for seq, state in enumerate(states) if state is not TaskState.APPROVED} == lost
    assert outcome is not None
    return tuple(states), outcome


def _depends_on(graph, refused):
    """By hand: refused tasks, and whatever has one of them among all that it waits for."""

    @cache
    def lost(seq):
        own = seq in refused and seq not in graph.decides
        return own or any(lost(earlier) for earlier in graph.after[seq])

    return {seq for seq in range(len(graph.after)) if lost(seq)}


@given(bundles())
@settings(max_examples=50)
def test_a_graph_is_stored_and_read_back_as_it_was(bundle):
    graph = merge(bundle).graph
    assert graph_from_text(graph_as_text(graph)) == graph


def test_a_refusal_waits_for_a_check_under_way_behind_what_was_cut():
    """Two checks before a third, and the decision after it: one is rejected while the other is still under way."""
    graph = Graph(after=((), (), (0, 1), (2,)), members=((0,),) * 4, decides=(3,))
    states = [TaskState.REJECTED, TaskState.ASKED, TaskState.BLOCKED, TaskState.BLOCKED]
    assert advance(graph, states).cut == (2,)
    assert advance(graph, states).start == ()
    states[2] = TaskState.CUT
    assert advance(graph, states).start == ()
    states[1] = TaskState.REJECTED
    assert advance(graph, states).start == (3,)
