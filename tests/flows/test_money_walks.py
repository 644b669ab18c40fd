"""Whatever happens to money in whatever order: no rupiah unexplained, none twice, and no permit without its payment."""

import os
import random

import pytest

from ptsp.kernel.specs import Gate, Pattern
from tests.flows.money import with_fees
from tests.flows.walks import Walk

# More of them: MONEY_WALKS=200 pytest tests/flows/test_money_walks.py
SEEDS = range(int(os.environ.get("MONEY_WALKS", "8")))
STEPS = 60
SIDES = [(gate, pattern) for gate in (Gate.BEFORE_SIGNATURE, Gate.AFTER_SIGNATURE) for pattern in Pattern]


def check_workers(log: str) -> None:
    """A worker goes on after a fault of ours; here none may happen."""
    assert "batch_done" in log
    assert [line for line in log.splitlines() if "_failed" in line] == []


@pytest.mark.parametrize("seed", SEEDS)
def test_after_any_walk_the_books_are_whole(offices, seed, tell, capsys):
    gate, pattern = SIDES[seed % len(SIDES)]
    office = with_fees(offices("sidoarjo"), ho_waits=seed % 3 > 0, gate=gate, pattern=pattern)
    walk = Walk(office, random.Random(seed))
    try:
        walk.go(STEPS)
        walk.finish()
        told = walk.check()
        check_workers(capsys.readouterr().out)
    except Exception as error:
        error.add_note("\n".join([f"seed {seed}, {gate}, {pattern}:", *walk.log]))
        raise
    tell(f"seed {seed}, {gate}, {pattern}: {told}; unreconciled 0, permits without payment 0")
