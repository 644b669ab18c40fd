"""A year of one office through the real flows: every date follows from the ledger, and chance repeats itself."""

from collections.abc import Callable

import pytest

from ptsp.main.settings import Settings
from ptsp.main.year.chance import Chance
from ptsp.main.year.command import MUST_BE_ZERO
from ptsp.main.year.run import run_year

SEED, BUNDLES = 20261122, 150


@pytest.mark.journey
def test_a_year_ends_without_a_difference_a_move_without_cause_or_an_approval_in_an_outage(
    servers: Settings, tell: Callable[[str], None]
) -> None:
    found = run_year(servers, bundles=BUNDLES, seed=SEED, progress=lambda day: None)
    tell(f"seed {SEED}: {found}")
    assert {name: found[name] for name in MUST_BE_ZERO} == dict.fromkeys(MUST_BE_ZERO, 0), found[
        "first_differences"
    ]
    assert found["bundles"] == BUNDLES
    assert found["deadlines"] > 10 * BUNDLES
    events = found["events"]
    for kind in ("clock.stopped", "clock.reset", "clock.extended", "calendar.changed", "application.deemed"):
        assert events[kind] > 0, f"no {kind} in the year: it proves nothing of them"
    assert found["outages"] > 0


def test_the_same_seed_decides_alike() -> None:
    one, other = (Chance(7) for _ in range(2))
    assert [one.fate("ask", 3) for _ in range(200)] == [other.fate("ask", 3) for _ in range(200)]
    assert [one.wanted() for _ in range(50)] == [other.wanted() for _ in range(50)]
