"""What is left of a bundle when some of its applications end without a decision."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ptsp.domain.routes import (
    FINAL,
    BundleOutcome,
    Graph,
    TaskState,
    advance,
    dependents,
    is_refusal,
    left_alone,
    merge,
)
from tests.unit.routes.graphs import bundles

B, R, OK, NO, CUT = (
    TaskState.BLOCKED,
    TaskState.READY,
    TaskState.APPROVED,
    TaskState.REJECTED,
    TaskState.CUT,
)

# 0 check of all three; 1, 2, 3 decisions of 0, 1 and 2; 2 waits for 1, and 3 for 2
CHAIN = Graph(after=((), (0,), (0, 1), (0, 2)), members=((0, 1, 2), (0,), (1,), (2,)), decides=(1, 2, 3))


@pytest.mark.parametrize(
    ("gone", "expected"),
    [((), ()), ((0,), (1, 2)), ((1,), (2,)), ((2,), ()), ((0, 1), (2,)), ((0, 2), (1,)), ((0, 1, 2), ())],
)
def test_what_waits_for_it_is_named_to_the_end_of_the_chain(gone, expected):
    assert dependents(CHAIN, gone) == expected


@pytest.mark.parametrize(
    ("states", "over", "expected"),
    [
        ((R, B, B, B), (0,), (1,)),
        ((R, B, B, B), (0, 1), (1, 2)),
        ((R, B, B, B), (0, 1, 2), (0, 1, 2, 3)),
        ((OK, OK, R, B), (0, 1), (2,)),  # what has ended is left as it is
        ((R, B, B, B), (), ()),
    ],
)
def test_only_what_nobody_needs_any_more_is_cut(states, over, expected):
    assert left_alone(CHAIN, states, over) == expected


def to_the_end(graph: Graph, states: list[TaskState], gone: frozenset[int]):
    """Everything is approved that is not refused by itself; the last advance."""
    for _ in range(len(states) * 3 + 3):
        what = advance(graph, states, gone=gone)
        for seq in what.cut:
            states[seq] = CUT
        for seq in what.start:
            states[seq] = R
        if what.outcome is not None:
            return what
        for seq, state in enumerate(states):
            if state is R:
                refused = seq in graph.decides and is_refusal(graph, states, seq)
                states[seq] = NO if refused else OK
    raise AssertionError("it never ended")


@settings(max_examples=300)
@given(bundle=bundles(), data=st.data())
def test_exactly_the_dependents_are_refused_and_everything_else_is_approved(bundle, data):
    """Withdrawn at any moment before its decision, of any bundle."""
    graph = merge(bundle).graph
    positions = range(len(graph.decides))
    gone = data.draw(st.frozensets(st.sampled_from(positions)))
    states = [B if after else R for after in graph.after]
    for _ in range(data.draw(st.integers(0, 6))):
        what = advance(graph, states)
        for seq in what.start:
            states[seq] = R
        ready = [seq for seq, state in enumerate(states) if state is R and seq not in graph.decides]
        if ready:
            states[data.draw(st.sampled_from(ready))] = OK
    for seq in left_alone(graph, states, gone):
        states[seq] = CUT
    what = to_the_end(graph, states, gone)
    assert all(state in FINAL for state in states)
    lost = set(dependents(graph, gone))
    assert what.ended == {position: position not in lost for position in positions if position not in gone}
    assert (what.outcome is BundleOutcome.WITHDRAWN) == (len(gone) == len(positions))
