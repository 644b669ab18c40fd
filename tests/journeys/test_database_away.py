"""PostgreSQL goes away under a relay and a worker: both wait, say so once, and work on when it is back."""

import json
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import create_engine

from ptsp.infra.migrations import migrate
from ptsp.infra.servers.places import prepare
from ptsp.infra.servers.postgres import Postgres
from ptsp.main.connections import doorbell_of, queue_of
from ptsp.main.demo.platform import PTSP, says_ready
from ptsp.main.processes import Member, ProcessGroup
from ptsp.main.settings import Settings

pytestmark = pytest.mark.journey

AWAY_S = 1.0  # several tries of each
LONGEST_S = 15.0


@pytest.fixture
def postgres(tmp_path: Path, servers: Settings) -> Iterator[Postgres]:
    """A server of this test's own."""
    made = Postgres(prepare(tmp_path), durable=False, programs=servers.pg_bin)
    made.start()
    yield made
    made.stop()


@pytest.fixture
def away_settings(postgres: Postgres, servers: Settings, redis_url: str, tmp_path: Path) -> Settings:
    """A migrated database in it, without an office."""
    settings = replace(servers, home=tmp_path, database_url=postgres.url, redis_url=redis_url)
    admin = create_engine(settings.admin_database_url)
    migrate(admin, settings.database_password)
    admin.dispose()
    return settings


def told(member: Member, event: str) -> list[dict[str, object]]:
    lines = (line for line in member.log_text().splitlines() if line.startswith("{"))
    return [line for line in map(json.loads, lines) if line["event"] == event]


def wait_until(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + LONGEST_S
    while not holds():
        assert time.monotonic() < deadline, "it did not come to pass in time"
        time.sleep(0.02)


def test_relay_and_worker_wait_until_it_is_back(away_settings: Settings, postgres: Postgres) -> None:
    bell, queue = doorbell_of(away_settings), queue_of(away_settings)
    with ProcessGroup(away_settings.home, env=away_settings.as_env()) as group:
        members = [group.spawn(name, [*PTSP, name]) for name in ("relay", "worker")]
        for member in members:
            group.wait_ready(member, says_ready)
        postgres.stop()
        bell.ring()  # somebody wakes the worker up just now
        wait_until(lambda: all(told(member, "database_away") for member in members))
        time.sleep(AWAY_S)
        assert all(member.is_running() for member in members)
        postgres.start()
        wait_until(lambda: all(told(member, "database_back") for member in members))
        for member in members:
            (away,), (back,) = told(member, "database_away"), told(member, "database_back")
            assert away["reason"] in ("OperationalError", "AdminShutdown")
            assert int(str(back["tries"])) >= 2
            assert "Traceback" not in member.log_text()
        bell.ring()
        wait_until(lambda: queue.count == 0)  # the worker answers the doorbell again
        assert queue.failed_job_registry.count == 0
        assert all(member.is_running() for member in members)
