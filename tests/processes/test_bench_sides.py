"""A peer's run with real worker processes and real servers: small, for its shape and not for its speed."""

import json

import psutil
import psycopg
import pytest
import redis
from click.testing import CliRunner

from ptsp.main.bench import crew, measure, sides, stores
from ptsp.main.bench.measure import NotMeasured
from ptsp.main.bench_cli import bench

FEW = 6


def test_rq_finishes_every_bundle_and_leaves_nothing_behind(database_url: str, redis_url: str) -> None:
    before = {child.pid for child in psutil.Process().children(recursive=True)}
    result = sides.load("rq").run(bundles=FEW, workers=2, database_url=database_url, redis_url=redis_url)
    assert result.bundles == FEW
    assert result.cpu_ms_per_bundle > 0
    assert {child.pid for child in psutil.Process().children(recursive=True)} <= before
    with redis.Redis.from_url(stores.peers_redis_url(redis_url)) as client:
        assert client.dbsize() == 0
    with psycopg.connect(stores.libpq_url(database_url)) as connection:
        left = connection.execute(
            "SELECT nspname FROM pg_namespace WHERE nspname LIKE 'ptsp_bench%'"
        ).fetchall()
    assert left == []


def test_keys_of_somebody_else_are_not_deleted(redis_url: str) -> None:
    with redis.Redis.from_url(stores.peers_redis_url(redis_url)) as client:
        client.set("precious", 1)
        try:
            with pytest.raises(NotMeasured, match="somebody else"), stores.redis_store(redis_url):
                pass
            assert client.get("precious") == b"1"
        finally:
            client.delete("precious")


def test_two_measurements_at_once_are_refused(database_url: str) -> None:
    with (
        stores.schema(database_url, "ptsp_bench_a"),
        pytest.raises(NotMeasured, match="another measurement"),
        stores.schema(database_url, "ptsp_bench_b"),
    ):
        pass


def test_a_worker_that_dies_at_once_says_why(database_url: str) -> None:
    with (
        pytest.raises(NotMeasured, match=r"a worker of rq ended with code 1: (?s:.*)Redis URL must specify"),
        crew.worker_processes("rq", 1, database_url=database_url, redis_url="nonsense"),
    ):
        pass


def test_a_worker_that_is_killed_ends_the_run(database_url: str, redis_url: str) -> None:
    with crew.worker_processes("rq", 1, database_url=database_url, redis_url=redis_url) as workers:

        def kill() -> None:
            psutil.Process(workers.pids[0]).kill()

        with pytest.raises(NotMeasured, match="a worker of rq ended with code -9"):
            measure.timed(bundles=1, submit=kill, done=lambda: 0, crew=workers, servers=[])


def test_the_command_refuses_an_unknown_peer_before_it_starts_anything() -> None:

    outcome = CliRunner().invoke(bench, ["route", "--against", "nobody"])
    assert outcome.exit_code == 1
    assert "there is no peer 'nobody'" in str(outcome.exception)


def test_the_promise_is_timed_beside_walking_and_both_give_the_same_dates() -> None:
    told = CliRunner().invoke(bench, ["promise", "--json"])
    report = json.loads(told.stdout)
    assert list(report["steps"]) == ["20", "50", "100", "200"]
    assert all(row["us"] > 0 and row["walked_us"] > 0 for row in report["steps"].values())
