"""What follows in the graph when the law has approved one permit of a bundle."""

import pytest

from ptsp.domain.routes import Graph, TaskState, advance

B, A, D, R, X = TaskState.BLOCKED, TaskState.ASKED, TaskState.DEEMED, TaskState.REJECTED, TaskState.APPROVED

# 0 is shared by both permits, 1 is the first one's own; then its bill, payment and decision; 5 decides the second.
GRAPH = Graph(
    after=((), (), (0, 1), (2,), (0, 1, 3), (0,)),
    members=((0, 1), (0,), (0,), (0,), (0,), (1,)),
    decides=(4, 5),
)
FIRST = frozenset({0})


@pytest.mark.parametrize(
    ("states", "deemed", "start", "cut"),
    [
        pytest.param((A, A, B, B, B, B), frozenset(), (), (), id="nothing is deemed: all wait"),
        pytest.param((A, D, B, B, B, B), FIRST, (2,), (), id="the bill no longer waits for the shared task"),
        pytest.param((A, D, A, B, B, B), FIRST, (), (), id="payment and decision wait for the bill"),
        pytest.param((A, D, X, A, B, B), FIRST, (), (), id="the decision waits to be paid"),
        pytest.param(
            (A, D, X, X, B, B), FIRST, (4,), (), id="paid: it is decided, with the shared task still open"
        ),
        pytest.param(
            (R, D, X, A, B, B), FIRST, (5,), (), id="the shared task is rejected: the second is refused"
        ),
        pytest.param((R, D, B, B, B, B), FIRST, (2, 5), (), id="and the first is not cut for it"),
        pytest.param((D, D, B, B, B, B), frozenset({0, 1}), (2, 5), (), id="both deemed"),
    ],
)
def test_what_starts(states, deemed, start, cut):
    found = advance(GRAPH, states, deemed=deemed)
    assert (found.start, found.cut) == (start, cut)
