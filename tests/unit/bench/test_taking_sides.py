"""Timing sides in turn, and saying so when one could not be measured."""

import sys
from collections.abc import Callable

import psutil
import pytest

from ptsp.kernel.errors import Invalid
from ptsp.main.bench import shape, sides
from ptsp.main.bench.measure import NotMeasured, Outcome, Result, alternate, cpu_seconds, ratio, timed
from ptsp.main.bench.stores import libpq_url, peers_redis_url


def result(rate: float) -> Result:
    return Result(
        bundles=100, seconds=100 / rate, bundles_per_s=rate, cpu_ms_per_bundle=1000 / rate, other_cores=0.0
    )


def side(name: str, rates: list[float], seen: list[str]) -> Callable[[], Result]:
    def once() -> Result:
        seen.append(name)
        return result(rates[seen.count(name) - 1])

    return once


def missing() -> Result:
    raise NotMeasured("the package x is not installed")


def test_sides_run_in_turn_and_the_spread_is_said() -> None:
    seen: list[str] = []
    said: list[str] = []
    outcomes = alternate(
        {"ours": side("ours", [10, 30, 20], seen), "rq": side("rq", [1, 2, 4], seen)}, 3, said.append
    )
    assert seen == ["ours", "rq"] * 3
    assert outcomes["ours"].middle()["bundles_per_s"] == 20
    assert said[-2:] == [
        "ours: 10.0 - 30.0, median 20.0 bundles/s",
        "rq: 1.0 - 4.0, median 2.0 bundles/s",
    ]


def test_the_ratio_compares_each_round_with_its_own_neighbour() -> None:
    ours = Outcome(tuple(map(result, [10, 30, 40])))
    peer = Outcome(tuple(map(result, [1, 2, 4])))
    assert ratio(ours, peer) == 10  # the median of 10, 15 and 10; their mean is 11.67, that of the medians 15


def test_a_side_that_was_not_measured_never_becomes_a_number() -> None:
    outcomes = alternate({"x": missing}, 2, lambda _: None)
    assert outcomes["x"] == Outcome(not_measured="the package x is not installed")


def test_a_missing_package_is_named_with_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sides.EXTRA, "dbos", "surely_not_installed")
    with pytest.raises(
        NotMeasured, match=r"surely_not_installed is not installed.*pip install ptsp\[bench\]"
    ):
        sides.load("dbos")


def test_every_unknown_peer_is_named() -> None:
    assert sides.parse_names(" dbos, spiff,dbos,") == ("dbos", "spiff")
    with pytest.raises(Invalid, match=r"'rx'.*'temporal'"):
        sides.parse_names("rx,dbos,temporal")


def test_every_side_is_asked_for_the_same_eight_tasks() -> None:
    assert len(shape.AFTER) == 8
    assert [len(before) for before in shape.AFTER.values()] == [0, 0, 2, 2, 2, 2, 4, 1]


@pytest.mark.parametrize(
    ("given", "own"),
    [
        ("redis://127.0.0.1:6379", "redis://127.0.0.1:6379/15"),
        ("redis://u:p@cache:6379/3?protocol=3", "redis://u:p@cache:6379/15?protocol=3"),
        ("unix:///run/v.sock?db=2", "unix:///run/v.sock?db=15"),
        ("unix:///run/v.sock", "unix:///run/v.sock?db=15"),
    ],
)
def test_peers_get_a_numbered_redis_of_their_own(given: str, own: str) -> None:
    assert peers_redis_url(given) == own


def test_psycopg_is_given_a_url_that_it_knows() -> None:
    assert libpq_url("postgresql+psycopg://a@/b?host=/run") == "postgresql://a@/b?host=/run"


def test_the_time_of_a_child_that_has_ended_counts() -> None:
    burn = "sum(range(6_000_000))"
    parent = psutil.Popen(
        [
            sys.executable,
            "-c",
            f"import subprocess, sys; subprocess.run([sys.executable, '-c', '{burn}']); print(1, flush=True); input()",
        ],
        stdin=-1,
        stdout=-1,
    )
    with parent:
        parent.stdout.readline()
        own = psutil.Process(parent.pid).cpu_times()
        assert cpu_seconds([psutil.Process(parent.pid)]) >= own.user + own.system + 0.02
        parent.communicate(b"\n")


class Nobody:
    """A crew of no processes: only the driver works."""

    pids: tuple[int, ...] = ()

    def check(self) -> None: ...


def test_counting_commits_is_no_part_of_the_work_that_is_timed() -> None:
    counts = iter([100, 130])

    def commits() -> int:
        sum(range(6_000_000))
        return next(counts)

    outcome = timed(
        bundles=10, submit=lambda: None, done=lambda: 10, crew=Nobody(), servers=[], commits=commits
    )
    assert outcome.commits_per_bundle == 3
    assert outcome.cpu_ms_per_bundle < 2  # to count once takes 5 and more
