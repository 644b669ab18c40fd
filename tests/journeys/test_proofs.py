"""The proofs of `ptsp prove` in short: fewer bundles, a sample of the steps. What they count is printed."""

import shutil
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from ptsp.domain.deliveries import OPENS_AFTER
from ptsp.jobs.asking import OF_AGENCY
from ptsp.main.prove.cast import cast
from ptsp.main.prove.chaos import CRASH, WIPE, drawn
from ptsp.main.prove.every_step import every_step
from ptsp.main.prove.fairness import Flood, fairness
from ptsp.main.prove.frozen import frozen
from ptsp.main.prove.fuse import Point
from ptsp.main.prove.lane import Walk, common
from ptsp.main.prove.office import REFUSED_SHARE, wishes
from ptsp.main.prove.zero_loss import Plan, zero_loss
from tests.checks import not_checked

SEED = 20261123
DEAD_TRY_S = 5.0  # so long a try at the dead agency lasts, by its options
NAMES = ("web", "relay", "worker-1", "worker-2", "consumer-1", "agency-ktp", "agency-ho")


@pytest.fixture
def home(tmp_path: Path, run_folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.delenv("PYTHONDONTWRITEBYTECODE", raising=False)
    monkeypatch.setenv("PYTHONPYCACHEPREFIX", str(run_folder / "bytecode"))
    yield tmp_path / "home"
    shutil.rmtree(tmp_path, ignore_errors=True)


@pytest.mark.journey
@pytest.mark.alone
def test_nothing_is_lost_and_nothing_doubled_while_everything_dies(
    home: Path, tell: Callable[[str], None]
) -> None:
    plan = Plan(bundles=200, seed=SEED, kills=40, wipes=3, cast=cast())
    found = zero_loss(home, plan, say=lambda words: None)
    tell(str(found))
    assert (found["lost"], found["doubled"], found["found"]) == (0, 0, [])
    assert found["bundles_done"] == plan.bundles
    assert found["effects"] == found["questions"] > 2 * plan.bundles
    assert found["requests"] > found["questions"], (
        "the agencies answered everything at once: nothing was tried"
    )
    assert (found["kills"], found["wipes"], found["crashes"]) == (plan.kills, plan.wipes, 1)
    assert set(found["kills_by_kind"]) == {name.partition("-")[0] for name in plan.processes} | {"agency"}


@pytest.mark.journey
@pytest.mark.alone
def test_a_process_that_dies_at_a_step_changes_nothing(home: Path, tell: Callable[[str], None]) -> None:
    found = every_step(home, Walk(cast(), SEED, sample=14), say=lambda words: None)
    tell(str(found))
    assert (found["lost"], found["doubled"], found["found"]) == (0, 0, [])
    assert found["covered"] == found["kill_points"] == 14
    assert found["steps_by_kind"].keys() == set(cast().names)


@pytest.mark.journey
@pytest.mark.alone
def test_who_wakes_up_late_changes_nothing(home: Path, tell: Callable[[str], None]) -> None:
    found = frozen(home, Walk(cast(), SEED, sample=8), say=lambda words: None)
    tell(str(found))
    assert (found["lost"], found["doubled"], found["found"]) == (0, 0, [])
    # On a busy machine a step may not come again: it is told, and most must be there.
    assert found["frozen"] + len(found["not_reached"]) == 8 <= found["frozen"] + 2
    assert found["stale_finishes_accepted"] == 0
    assert found["overtaken"] > 0


def test_the_broker_is_part_of_the_proofs() -> None:
    if cast().missing:
        not_checked(cast().missing, needed_in_ci=True)
    assert {"queue", "consumer"} <= {*cast().connectors, *cast().names}


# ------------------------------------------------------------------------------------ what chance decides


def test_a_seed_draws_the_same_blows_and_spares_nobody() -> None:
    blows = drawn(SEED, NAMES, kills=60, wipes=3)
    assert blows == drawn(SEED, NAMES, kills=60, wipes=3) != drawn(SEED + 1, NAMES, kills=60, wipes=3)
    counts = Counter(blows)
    assert set(counts) == {*NAMES, WIPE, CRASH}
    assert (counts[WIPE], counts[CRASH], len(blows)) == (3, 1, 64)
    assert blows[blows.index(CRASH) + 1] == WIPE


def test_a_seed_draws_the_same_orders_and_some_are_refused() -> None:
    some: list[Any] = list(wishes(SEED, 500))
    assert some == list(wishes(SEED, 500))
    assert len({wish.key for wish in some}) == len(some)
    share = sum(wish.outcome == "refused" for wish in some) / len(some)
    assert 0.5 * REFUSED_SHARE < share < 2 * REFUSED_SHARE


def test_only_steps_that_every_life_came_by_are_points() -> None:
    lives = [[(Point(place, number), "") for place, number in life] for life in LIVES]
    assert common(lives, most=2) == [Point("commit", 1), Point("sql", 1), Point("sql", 2)]


LIVES = (
    (("commit", 1), ("sql", 1), ("sql", 2), ("sql", 3), ("ring", 1)),
    (("sql", 1), ("sql", 2), ("commit", 1), ("commit", 2), ("sql", 3)),
)


@pytest.mark.journey
@pytest.mark.alone
def test_an_office_that_floods_and_has_a_dead_agency_does_not_hold_up_another(
    home: Path, tell: Callable[[str], None]
) -> None:
    """Its share of a shared machine is `ptsp prove fairness`'s to say; here nobody waits for the dead agency."""
    found = fairness(home, Flood(SEED, bundles=20, every_s=0.6), say=lambda words: None)
    tell(str(found))
    assert found["unanswered_b"] == 0
    assert found["tasks_a"] > 10 * found["tasks_b"] / 2
    assert found["flood_p95_ms"] < DEAD_TRY_S * 1000
    # Before its circuit opens each worker has at most so many in the air; later there are probes only.
    assert OPENS_AFTER <= found["dead_agency_tries"] <= 2 * (OF_AGENCY + OPENS_AFTER) + 12
