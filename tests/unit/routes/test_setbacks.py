"""What follows from a question that does not come through, as properties and tables."""

import math
from dataclasses import replace
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ptsp.domain.routes import Cause, Claimed, Memory, Setback, TaskState, sent_again, set_back, untried
from ptsp.domain.routes.setbacks import (
    DOWN,
    FIRST_WAIT_S,
    LONGEST_WAIT_S,
    LONGEST_WISH_S,
    MOST_FAULTS,
    wait_s,
)
from ptsp.kernel.specs import StepKind

NONE = Memory(knows_keys=False, finds=False)
KEYS, FINDS = replace(NONE, knows_keys=True), replace(NONE, finds=True)
CLAIMABLE = (TaskState.READY, TaskState.RUNNING, TaskState.ASKED, TaskState.UNKNOWN)

memories = st.builds(Memory, st.booleans(), st.booleans())
setbacks = st.builds(
    Setback,
    st.sampled_from(Cause),
    st.just({"error": "E", "reason": "r"}),
    st.booleans(),
    st.none() | st.floats(allow_nan=True),
)
dice = st.floats(0, 1)


def claimed(was=TaskState.READY, *, ref=None, attempts=1, failures=0, is_over=False):
    return Claimed(
        id=UUID(int=1),
        bundle_id=UUID(int=2),
        seq=0,
        code="x",
        kind=StepKind.ASK,
        agency="a",
        lease=UUID(int=3),
        attempts=attempts,
        crashes=0,
        agency_ref=ref,
        was=was,
        failures=failures,
        is_over=is_over,
    )


tasks = st.builds(
    claimed,
    st.sampled_from(CLAIMABLE),
    ref=st.none() | st.just("K-1"),
    attempts=st.integers(1, 60),
    failures=st.integers(0, 60),
    is_over=st.booleans(),
)


@given(tasks, setbacks, memories, dice)
def test_nothing_is_forgotten_and_nothing_waits_unseen(task, setback, memory, drawn):
    """Stuck with a cause, or due again at a moment; what may have arrived is never taken for what was not sent."""
    result = set_back(task, setback, memory, drawn)
    assert result.cause is not None
    if result.state is TaskState.STUCK:
        assert result.again_s is None
        return
    assert result.again_s is not None
    assert 0 <= result.again_s <= LONGEST_WISH_S
    was_sent = setback.is_unknown or task.was in (TaskState.RUNNING, TaskState.UNKNOWN)
    expected = TaskState.ASKED if task.agency_ref else TaskState.UNKNOWN if was_sent else TaskState.READY
    assert result.state is expected


@given(tasks, setbacks, dice)
def test_an_agency_without_memory_is_never_asked_twice(task, setback, drawn):
    if task.agency_ref is None and (task.is_unsure or setback.is_unknown):
        assert set_back(task, setback, NONE, drawn).state is TaskState.STUCK


@given(tasks, setbacks, memories, dice)
def test_a_limit_that_is_over_ends_what_never_came_through(task, setback, memory, drawn):
    result = set_back(task, setback, memory, drawn)
    if task.agency_ref is None and task.is_over:
        assert result.state is TaskState.STUCK
    if result.cause is Cause.TOO_OLD and setback.cause is not Cause.TOO_OLD:
        assert task.is_over


@pytest.mark.parametrize(
    ("task", "cause", "unknown", "memory", "state", "said"),
    [
        (claimed(), Cause.AWAY, False, NONE, TaskState.READY, Cause.AWAY),
        (claimed(), Cause.LINE, True, KEYS, TaskState.UNKNOWN, Cause.LINE),
        (claimed(), Cause.LINE, True, FINDS, TaskState.UNKNOWN, Cause.LINE),
        (claimed(), Cause.LINE, True, NONE, TaskState.STUCK, Cause.NEEDS_CHECK),
        (claimed(TaskState.UNKNOWN), Cause.AWAY, False, FINDS, TaskState.UNKNOWN, Cause.AWAY),
        (claimed(TaskState.RUNNING), Cause.AWAY, False, KEYS, TaskState.UNKNOWN, Cause.AWAY),
        (claimed(TaskState.ASKED, ref="K"), Cause.LINE, True, NONE, TaskState.ASKED, Cause.LINE),
        (
            claimed(TaskState.ASKED, ref="K", is_over=True),
            Cause.AWAY,
            False,
            KEYS,
            TaskState.ASKED,
            Cause.AWAY,
        ),
        (claimed(), Cause.REFUSED, False, KEYS, TaskState.STUCK, Cause.REFUSED),
        (claimed(failures=MOST_FAULTS - 1), Cause.FAULT, True, KEYS, TaskState.STUCK, Cause.FAULT),
        (claimed(failures=MOST_FAULTS - 2), Cause.FAULT, True, KEYS, TaskState.UNKNOWN, Cause.FAULT),
        (claimed(attempts=500), Cause.FAULT, True, KEYS, TaskState.UNKNOWN, Cause.FAULT),
        (claimed(is_over=True), Cause.AWAY, False, KEYS, TaskState.STUCK, Cause.TOO_OLD),
    ],
)
def test_what_becomes_of_it(task, cause, unknown, memory, state, said):
    result = set_back(task, Setback(cause, {}, unknown), memory, 0.5)
    assert (result.state, result.cause) == (state, said)


def test_waits_double_with_full_jitter_up_to_a_longest_and_an_agencys_wish_is_the_least():
    for failures in range(40):
        longest = min(LONGEST_WAIT_S, FIRST_WAIT_S * 2**failures)
        for dice in (0.0, 0.25, 1.0):
            assert wait_s(failures, Setback(Cause.AWAY, {}), dice) == FIRST_WAIT_S + longest * dice
    least = FIRST_WAIT_S
    for wish, kept in (
        (3600.0, 3600.0),
        (1e9, LONGEST_WISH_S),
        (math.nan, least),
        (math.inf, least),
        (-5.0, least),
    ):
        assert wait_s(1, Setback(Cause.BUSY, {}, after_s=wish), 0.0) == kept


@pytest.mark.parametrize("attempts", [1, 50, 5_000])
@pytest.mark.parametrize(("failures", "longest"), [(0, 1.0), (1, 2.0), (4, 16.0), (30, LONGEST_WAIT_S)])
def test_the_wait_follows_failures_in_a_row_and_not_how_often_it_was_looked(attempts, failures, longest):
    task = claimed(TaskState.ASKED, ref="K-1", attempts=attempts, failures=failures)
    result = set_back(task, Setback(Cause.AWAY, {}), KEYS, 1.0)
    assert result.again_s == FIRST_WAIT_S + longest


@given(tasks)
def test_what_was_not_tried_is_handed_back_as_it_was(task):
    result = untried(task, cause=None, again_s=1.0)
    assert not result.is_try
    assert not result.is_news
    assert result.state is not TaskState.RUNNING
    assert (result.state is TaskState.UNKNOWN) == task.is_unsure


@pytest.mark.parametrize("cause", [None, *Cause])
def test_a_stuck_question_goes_on_only_where_it_cannot_count_twice(cause):
    assert sent_again(cause, NONE, has_ref=True) is TaskState.ASKED
    assert sent_again(cause, NONE, has_ref=False, sent_nothing=True) is TaskState.READY
    known = TaskState.READY if cause is Cause.REFUSED else TaskState.UNKNOWN
    assert sent_again(cause, KEYS, has_ref=False) is known
    assert sent_again(cause, FINDS, has_ref=False) is known
    is_sure = cause in (Cause.REFUSED, Cause.TOO_OLD)
    assert sent_again(cause, NONE, has_ref=False) is (TaskState.READY if is_sure else None)


def test_only_what_says_that_an_agency_is_down_counts_against_it():
    assert sorted(DOWN) == ["away", "line", "nonsense"]
