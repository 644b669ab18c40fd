"""When an agency is left alone, when it is tried again, and when somebody is told. Pure."""

from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID

from ptsp.domain.deliveries.types import Circuit

# Five in a row are no accident, and cost a worker at most five time-outs.
OPENS_AFTER = 5
FIRST_WAIT_S, LONGEST_WAIT_S = (
    5.0,
    300.0,
)  # a probe every five minutes burdens nobody, and a recovery is seen soon
PROBE_S = 60.0  # so long a probe may take before another is sent in its place: its worker may have died
SPREAD = 0.1  # what was held back comes due within this part of the wait after the probe, not all at once

TELL_AFTER = timedelta(minutes=2)  # what recovers sooner is no reason to write to anybody
# A system that is restarted or a line that is changed over is back sooner; who waits longer may know it, and an
# officer's working hour must not be lost to it.
OUTAGE_AFTER = timedelta(minutes=15)


def failed(circuit: Circuit, failures: int, now: datetime, dice: float, *, was_probe: bool) -> Circuit:
    """After `failures` more in a row. Opens it, or lets the next probe wait twice as long."""
    circuit = replace(circuit, failures=circuit.failures + failures)
    if circuit.opened_at is None:
        if circuit.failures < OPENS_AFTER:
            return circuit
        return _waiting(replace(circuit, opened_at=now), FIRST_WAIT_S, now, dice)
    if not was_probe:
        return circuit  # it was asked before the circuit opened
    return _waiting(circuit, min(2 * circuit.wait_s, LONGEST_WAIT_S), now, dice)


def _waiting(circuit: Circuit, wait_s: float, now: datetime, dice: float) -> Circuit:
    """`dice` from 0 to 1 draws the moment from the second half of the wait."""
    probe_at = now + timedelta(seconds=wait_s * (0.5 + dice / 2))
    return replace(circuit, wait_s=wait_s, probe_at=probe_at, probe=None)


def may_probe(circuit: Circuit, now: datetime) -> bool:
    """Is it time to try one?"""
    return circuit.probe_at is not None and now >= circuit.probe_at


def probing(circuit: Circuit, task: UUID, now: datetime) -> Circuit:
    """One is tried; until that is over, or has taken too long, no other."""
    return replace(circuit, probe=task, probe_at=now + timedelta(seconds=PROBE_S))


def closed(circuit: Circuit) -> Circuit:
    """It has answered. The outage that was declared for it is still to be ended."""
    return Circuit(circuit.agency, outage_id=circuit.outage_id)


def is_worth_telling(circuit: Circuit, now: datetime) -> bool:
    return circuit.opened_at is not None and now - circuit.opened_at >= TELL_AFTER


def is_an_outage(circuit: Circuit, now: datetime) -> bool:
    """Open for so long that clocks should stand, and none was declared for it yet."""
    return (
        circuit.opened_at is not None
        and circuit.outage_id is None
        and now - circuit.opened_at >= OUTAGE_AFTER
    )
