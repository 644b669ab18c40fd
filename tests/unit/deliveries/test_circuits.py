"""When an agency is left alone and tried again: a model of the circuit over any history."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from ptsp.domain.deliveries import (
    OPENS_AFTER,
    Circuit,
    closed,
    failed,
    is_an_outage,
    is_worth_telling,
    may_probe,
    probing,
)
from ptsp.domain.deliveries.rules import FIRST_WAIT_S, LONGEST_WAIT_S, OUTAGE_AFTER, PROBE_S, TELL_AFTER

START = datetime(2026, 3, 2, 3, tzinfo=UTC)
ONE = UUID(int=1)
steps = st.lists(
    st.tuples(st.sampled_from(["fail", "stray", "answer", "wait"]), st.floats(0, 1), st.floats(0, 900)),
    max_size=60,
)


def seconds(number: float) -> timedelta:
    return timedelta(seconds=number)


@given(steps)
def test_a_dead_agency_costs_one_try_a_wait_and_any_answer_closes(history):
    """`stray`: a failure that was asked before the circuit opened. Nothing is sent while it is open but probes."""
    circuit, now, tries = Circuit("a"), START, 0
    for what, dice, passed in history:
        now += seconds(passed)
        is_open = circuit.opened_at is not None
        if what == "answer":
            circuit = closed(circuit)
            assert (circuit.failures, circuit.opened_at, circuit.wait_s) == (0, None, 0.0)
        elif what == "stray":
            before = circuit
            circuit = failed(circuit, 1, now, dice, was_probe=False)
            assert not is_open or circuit.probe_at == before.probe_at
        elif what == "fail" and not is_open:
            circuit = failed(circuit, 1, now, dice, was_probe=False)
        elif what == "fail" and may_probe(circuit, now):
            circuit = probing(circuit, ONE, now)
            assert not may_probe(circuit, now)
            assert may_probe(circuit, now + seconds(PROBE_S))  # its worker may have died
            before, tries = circuit, tries + 1
            circuit = failed(circuit, 1, now, dice, was_probe=True)
            assert circuit.wait_s == min(2 * before.wait_s, LONGEST_WAIT_S)
        is_open = circuit.opened_at is not None
        assert is_open == (circuit.failures >= OPENS_AFTER)
        if is_open and what != "wait" and circuit.probe is None:
            assert circuit.wait_s >= FIRST_WAIT_S
            assert circuit.probe_at <= now + seconds(circuit.wait_s) or what == "stray"


def test_waits_double_to_a_longest_and_never_end():
    circuit, now = failed(Circuit("a"), OPENS_AFTER, START, 1.0, was_probe=False), START
    waits = []
    for _ in range(12):
        waits.append((circuit.probe_at - now).total_seconds())
        now = circuit.probe_at
        assert may_probe(circuit, now)
        circuit = failed(probing(circuit, ONE, now), 1, now, 1.0, was_probe=True)
    assert waits == [min(FIRST_WAIT_S * 2**n, LONGEST_WAIT_S) for n in range(12)]


def test_somebody_is_told_before_clocks_stand_and_an_outage_is_declared_once():
    circuit = failed(Circuit("a"), OPENS_AFTER, START, 0.0, was_probe=False)
    assert TELL_AFTER < OUTAGE_AFTER
    assert not is_worth_telling(circuit, START + TELL_AFTER - seconds(1))
    assert is_worth_telling(circuit, START + TELL_AFTER)
    assert not is_an_outage(circuit, START + OUTAGE_AFTER - seconds(1))
    assert is_an_outage(circuit, START + OUTAGE_AFTER)
    declared = Circuit("a", 9, START, 5.0, START, None, ONE)
    assert not is_an_outage(declared, START + OUTAGE_AFTER * 2)
    assert closed(declared).outage_id == ONE  # so that whoever looks next ends it
    assert not is_worth_telling(closed(declared), START + OUTAGE_AFTER)
