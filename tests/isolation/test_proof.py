"""`ptsp prove isolation` in its short form: all layers, some operations and roles, and faults only two worlds show."""

import contextlib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from ptsp.main.prove.isolation.binding import WAYS
from ptsp.main.prove.isolation.mutants import IN_PROCESS
from ptsp.main.prove.isolation.proof import WATCHED, Size, is_good, isolation
from ptsp.main.prove.isolation.timing import compared
from ptsp.main.settings import Settings

SHORT = Size(
    operations=(
        *WATCHED,
        "POST /api/v1/offices/<tenant>/desk/tasks/<uuid:task>",
        "POST /api/v1/offices/<tenant>/bundles",
    ),
    roles=("nobody", "applicant", "front office", "front office of office B"),
    samples=300,
    calls=20,
    steps=150,
    transactions=20,
    mutants=("M2 a policy that checks no writes", *(fault.name for fault in IN_PROCESS)),
)
PRINTED = {
    "tables",
    "violations",
    "operations",
    "roles",
    "cases",
    "differences",
    "rows_changed",
    "foreign_rows_seen",
    "auc",
    "mutants_planted",
    "mutants_killed",
}


@pytest.mark.journey
def test_no_layer_sees_anything_and_each_fault_is_seen(
    servers: Settings,
    make_database: Callable[[], contextlib.AbstractContextManager[str]],
    tmp_path: Path,
    figure: Callable[[str], None],
) -> None:
    with make_database() as url:
        settings = replace(servers, database_url=url, files_url=str(tmp_path / "files"))
        found = isolation(settings, SHORT, lambda _: None)
    figure(f"{ {name: value for name, value in found.items() if name not in ('killed_by', 'words')} }")
    assert found.keys() >= PRINTED
    assert found["words"] == []
    assert is_good(found), found
    assert found["cases"] > 40
    assert found["writing_cases"] > 2, "nothing wrote, so no row could have been changed"
    assert found["statements"] >= 120
    assert found["killed_by"].keys() == set(SHORT.mutants or ())
    ways = {name: found["binding"][name]["switched_within_a_statement"] for name in WAYS}
    assert ways == {"plain": True, "literal": False, "signed": False}


@pytest.mark.parametrize(
    "spoilt",
    [
        {"violations": 1},
        {"differences": 1},
        {"rows_changed": 1},
        {"foreign_rows_seen": 1},
        {"auc_tells": True},
        {"mutants_killed": 2},
        {"operations_without_success": ["GET /"]},
    ],
    ids=str,
)
def test_any_fault_makes_it_red(spoilt: dict[str, object]) -> None:
    nothing = dict.fromkeys(
        ("violations", "context_violations", "differences", "rows_changed", "foreign_rows_seen"), 0
    )
    well = {
        **nothing,
        "attacks_that_told": 0,
        "auc_tells": False,
        "words": [],
        "operations_without_success": [],
        "mutants_planted": 3,
        "mutants_killed": 3,
    }
    assert is_good(well)
    assert not is_good({**well, **spoilt})


def test_a_slower_look_up_is_seen() -> None:
    """Ranks, with ties as halves: 0.5 for two samples that are the same, and 1 where one is always slower."""
    assert compared([1, 2, 3, 3], [1, 2, 3, 3]).auc == 0.5
    assert compared([4, 5], [1, 2]).auc == 1.0
    slower = compared([one + 40 for one in range(2000)], list(range(2000)))
    assert 0.51 < slower.auc < 0.53
    assert compared([one + 400 for one in range(2000)], list(range(2000))).tells
