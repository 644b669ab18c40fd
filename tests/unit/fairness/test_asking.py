"""Bulkheads: what is slow keeps its own threads busy, and nobody else's."""

import threading
import time
from contextlib import contextmanager
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ptsp.domain import deliveries, routes
from ptsp.jobs import asking
from ptsp.jobs.asking import AT_ONCE, OF_AGENCY, Asking, Lane, may_start
from ptsp.kernel.specs import StepKind

LEASE_S = 48.0
APPROVED = routes.TaskState.APPROVED


def task(agency, *, crashes=0):
    return routes.Claimed(
        uuid4(), uuid4(), 0, "ask", StepKind.ASK, agency, uuid4(), 1, crashes, None, routes.TaskState.READY
    )


def well(one):
    return routes.Result(one.id, APPROVED, one.lease)


class Agency:
    """It answers once it is let go, and counts how many wait for it."""

    def __init__(self, result=well):
        self.free, self.count, self.most = threading.Event(), 0, 0
        self._lock, self._result = threading.Lock(), result
        self.asked = []

    def __call__(self, one):
        with self._lock:
            self.count += 1
            self.most = max(self.most, self.count)
            self.asked.append(one.id)
        assert self.free.wait(20)
        with self._lock:
            self.count -= 1
        return self._result(one)


@pytest.fixture
def pool():
    made = Asking()
    yield made
    made.close()


def put(pool, tenant, tasks, ask, within_s=LEASE_S):
    pool.put(tenant, tasks, ask, within_s=within_s, sought={})


def until(what):
    ends = time.monotonic() + 20
    while not what():
        assert time.monotonic() < ends, "it did not happen"
        time.sleep(0.002)


@contextmanager
def slow(pool, tenant, agencies, number=30):
    """Agencies of an office that do not answer before the block ends."""
    calls = Agency()
    for agency in agencies:
        put(pool, tenant, [task(agency) for _ in range(number)], calls)
    try:
        yield calls
    finally:
        calls.free.set()


def came(pool, tenant):
    return [answer for answer in pool.answered().get(tenant, []) if answer.result.state is APPROVED]


def test_a_dead_agency_has_its_few_threads_and_its_neighbours_are_asked_meanwhile(pool):
    with slow(pool, 1, ["dead"]) as dead:
        until(lambda: dead.count == OF_AGENCY)
        put(pool, 1, [task("alive") for _ in range(10)], well)
        put(pool, 2, [task("dead") for _ in range(10)], well)  # another office's agency of the same name
        found = {1: 0, 2: 0}

        def all_here():
            for tenant, answers in pool.answered().items():
                found[tenant] += len(answers)
            return found == {1: 10, 2: 10}

        until(all_here)
        assert (dead.count, dead.most) == (OF_AGENCY, OF_AGENCY)
    until(lambda: dead.count == 0 and pool.answered() is not None and pool.is_idle)


def test_however_many_agencies_are_dead_other_offices_find_threads(pool):
    with (
        slow(pool, 1, [f"dead{n}" for n in range(9)]) as first,
        slow(pool, 2, ["a", "b", "c", "d"]) as second,
    ):
        until(lambda: first.count == AT_ONCE // 2 and second.count == AT_ONCE // 4)
        for tenant in (3, 4):
            put(pool, tenant, [task("alive") for _ in range(20)], well)
            got = []
            until(lambda tenant=tenant, got=got: got.extend(came(pool, tenant)) or len(got) == 20)
    until(lambda: pool.answered() is not None and pool.is_idle)


@given(st.lists(st.integers(0, AT_ONCE), min_size=1, max_size=12))
def test_whoever_comes_finds_a_thread_as_long_as_five_offices_are_not_at_it(wishes):
    """Offices take what they may, one after another: the first four can never have all threads."""
    taken = []
    for wish in wishes[:4]:
        mine = 0
        while mine < wish and may_start(
            of_agency=mine % OF_AGENCY, of_tenant=mine, free=AT_ONCE - sum(taken) - mine
        ):
            mine += 1
        taken.append(mine)
    assert sum(taken) < AT_ONCE


def test_no_more_is_claimed_than_can_be_asked_within_a_lease():
    lane = Lane(takes_s=10.0)
    assert lane.room(48.0) == int(OF_AGENCY * 48 / 10)
    assert Lane(takes_s=1000.0).room(48.0) == OF_AGENCY
    assert Lane(takes_s=0.001).room(48.0) == asking.MOST_WAITING


def test_a_full_agency_is_not_claimed_for_until_half_of_it_is_answered(pool):
    pool.put(1, [task("quick")], well, within_s=LEASE_S, sought={})
    until(lambda: came(pool, 1))
    with slow(pool, 1, ["slow"], number=150) as calls:
        until(lambda: calls.count == OF_AGENCY)
        assert list(pool.room(1, LEASE_S).full) == ["slow"]
        assert list(pool.room(2, LEASE_S).full) == []
    until(lambda: list(pool.room(1, LEASE_S).full) == [])


def test_what_finds_no_room_is_handed_back_as_it_was_and_counts_as_no_try(pool):
    with slow(pool, 1, ["slow"], number=asking.MOST_WAITING + 7):
        back = pool.answered()[1]
        assert len(back) == 7
        assert {(one.result.state, one.result.is_try) for one in back} == {(routes.TaskState.READY, False)}
        pool.close()
    until(lambda: pool.answered() is not None and pool.is_idle)


def test_after_a_few_failures_in_a_row_what_waits_for_the_agency_is_handed_back(pool):
    agency = Agency(lambda one: routes.untried(one, cause=routes.Cause.AWAY, again_s=1.0))
    agency.free.set()
    put(pool, 1, [task("dead") for _ in range(100)], agency)
    until(lambda: pool._lanes[1, "dead"].running == 0)
    assert deliveries.OPENS_AFTER <= len(agency.asked) < deliveries.OPENS_AFTER + OF_AGENCY
    answers = pool.answered()[1]
    causes = [answer.result.cause for answer in answers]
    assert causes.count(routes.Cause.CIRCUIT) == 100 - len(agency.asked)
    assert pool.is_idle


def test_a_fault_of_ours_leaves_the_task_to_its_lease_and_frees_the_thread(pool):
    def breaks(one):
        raise RuntimeError("a bug")

    put(pool, 1, [task("x", crashes=1)], breaks)
    until(lambda: pool.is_idle)
    assert pool.answered() == {}
    assert not pool.has_suspect


def test_a_suspect_is_known_while_it_is_in_the_air(pool):
    with slow(pool, 1, []) as calls:
        put(pool, 1, [task("x", crashes=1)], calls)
        assert pool.has_suspect
    until(lambda: not pool.has_suspect)


def test_closing_hands_back_what_waits_and_lets_what_is_in_the_air_come_home(pool):
    with slow(pool, 1, ["slow"], number=20) as calls:
        until(lambda: calls.count == OF_AGENCY)
        pool.close()
        assert len(pool.answered()[1]) == 20 - OF_AGENCY
        assert not pool.is_idle
    until(lambda: calls.count == 0 and len(came(pool, 1)) >= 0 and pool.is_idle)


def test_an_agency_that_is_paused_is_not_claimed_for(pool):
    pool.pause(1, "limited", 60.0)
    assert list(pool.room(1, LEASE_S).full) == ["limited"]
    assert list(pool.room(2, LEASE_S).full) == []
    pool.pause(1, "limited", -1.0)
    assert list(pool.room(1, LEASE_S).full) == []
