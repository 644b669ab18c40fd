"""Embedded servers: shared, durable, and gone with the last command that used them, however it ended."""

import contextlib
import os
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest
import redis

from ptsp.infra.servers import ServersDown, lease, status
from ptsp.infra.servers.child import ServerFailed
from ptsp.infra.servers.places import LONGEST_SOCKET_PATH, UnsafeFolder, prepare
from ptsp.infra.servers.postgres import Postgres
from ptsp.infra.servers.programs import AS_NOBODY_FOR_REAL, NoProgram, postgres_folder, postgres_prefix
from tests.checks import not_checked

GONE_S = 20.0
HOLDER = """
import sys, time
from pathlib import Path
from ptsp.infra.servers import lease
with lease(Path(sys.argv[1]), durable=False):
    print("up", flush=True)
    time.sleep(600)
"""


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Path]:
    """A folder whose servers have stopped when the test is over, or the test fails."""
    yield tmp_path
    wait_until(lambda: servers_of(tmp_path) == [])


def servers_of(home: Path) -> list[int]:
    """Every process whose command line or working folder names `home`: servers and supervisors."""
    found = []
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit() or int(entry.name) == os.getpid():
            continue
        try:
            words = (entry / "cmdline").read_bytes()
            inside = os.fsencode(home) in words or str(home) in str((entry / "cwd").readlink())
        except OSError:
            continue  # it ended while we looked
        if inside and words:
            found.append(int(entry.name))
    return found


def wait_until(holds: Callable[[], bool], seconds: float = GONE_S) -> None:
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, "it did not come to pass in time"
        time.sleep(0.05)


def holder(home: Path) -> "subprocess.Popen[bytes]":
    """Another command that uses the servers of `home` until it is killed."""
    command = [sys.executable, "-c", HOLDER, str(home)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, cwd="/")
    assert process.stdout is not None
    with process.stdout as words:
        assert words.readline() == b"up\n"
    return process


def ended(process: "subprocess.Popen[bytes]") -> None:
    process.kill()
    process.wait()


def rows(url: str) -> list[int]:
    with psycopg.connect(url) as connection:
        return [row[0] for row in connection.execute("SELECT n FROM seen ORDER BY n").fetchall()]


def remember(url: str, number: int) -> None:
    with psycopg.connect(url) as connection:
        connection.execute("CREATE TABLE IF NOT EXISTS seen (n int)")
        connection.execute("INSERT INTO seen VALUES (%s)", (number,))


def postmaster(home: Path) -> int:
    return int((home / "postgres" / "postmaster.pid").read_text().splitlines()[0])


def test_both_servers_answer_and_only_on_sockets_that_are_ours(home: Path) -> None:
    with lease(home, durable=False) as urls:
        with psycopg.connect(urls.database) as connection:
            listening = connection.execute("SHOW listen_addresses").fetchone()
        assert listening == ("",)
        with redis.Redis.from_url(urls.redis) as line:
            assert line.ping()
            assert line.config_get("port") == {"port": "0"}
        assert stat.S_IMODE((home / "run").stat().st_mode) == 0o700
        assert status(home).running
    wait_until(lambda: not status(home).running)


def test_what_was_committed_is_there_at_the_next_start(home: Path) -> None:
    with lease(home) as urls:
        remember(urls.database, 1)
        with redis.Redis.from_url(urls.redis) as line:
            line.set("kept", "yes")
        with psycopg.connect(urls.database) as connection:
            settings = "SELECT current_setting('fsync'), current_setting('synchronous_commit')"
            assert connection.execute(settings).fetchone() == ("on", "on")
    with lease(home) as urls:
        assert rows(urls.database) == [1]
        with redis.Redis.from_url(urls.redis) as line:
            assert line.get("kept") == b"yes"


def test_a_second_command_shares_the_servers_and_the_first_may_leave_before_it(home: Path) -> None:
    with lease(home, durable=False) as first:
        other = holder(home)
        try:
            assert status(home).urls == first
        except BaseException:
            ended(other)
            raise
    try:
        time.sleep(0.5)
        remember(first.database, 7)
        assert rows(first.database) == [7]
    finally:
        ended(other)


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGINT, signal.SIGTERM])
def test_the_servers_stop_when_the_only_command_is_killed(home: Path, number: signal.Signals) -> None:
    process = holder(home)
    assert len(servers_of(home)) > 3
    process.send_signal(number)
    process.wait()
    wait_until(lambda: servers_of(home) == [])
    assert not status(home).running


def test_the_servers_stop_when_the_supervisor_is_killed_and_come_back_whole(home: Path) -> None:
    with lease(home) as urls:
        remember(urls.database, 1)
        os.kill(urls.supervisor, signal.SIGKILL)
        wait_until(lambda: servers_of(home) == [])
    with lease(home) as urls:
        assert rows(urls.database) == [1]


def test_a_killed_supervisor_is_replaced_at_once_under_commands_that_go_on(home: Path) -> None:
    with lease(home) as urls:
        remember(urls.database, 1)
        os.kill(urls.supervisor, signal.SIGKILL)
        wait_until(lambda: not status(home).running)
        with lease(home) as again:
            assert again.supervisor != urls.supervisor
            assert rows(again.database) == [1]
            with redis.Redis.from_url(again.redis) as line:
                assert line.ping()


def test_a_postgres_that_crashes_is_started_again_with_every_committed_row(home: Path) -> None:
    with lease(home) as urls:
        for number in range(20):
            remember(urls.database, number)
        crashed = postmaster(home)
        os.kill(crashed, signal.SIGKILL)
        wait_until(lambda: postmaster(home) != crashed and answers(urls.database))
        assert rows(urls.database) == list(range(20))


@pytest.mark.parametrize("victims", ["the command", "all of them"])
def test_a_kill_while_the_servers_are_being_made_leaves_nothing_half_made(home: Path, victims: str) -> None:
    process = subprocess.Popen([sys.executable, "-c", HOLDER, str(home)], stdout=subprocess.DEVNULL, cwd="/")
    wait_until(lambda: any(home.glob("postgres*/base")))
    for pid in servers_of(home) if victims == "all of them" else []:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    ended(process)
    with lease(home, durable=False) as urls:
        remember(urls.database, 1)
        assert rows(urls.database) == [1]


def test_a_long_home_gets_a_short_folder_for_its_sockets(tmp_path: Path) -> None:
    places = prepare(tmp_path / ("long" * 20) / "home")
    assert places.sockets.parent == Path("/tmp")
    assert len(f"{places.sockets}/.s.PGSQL.5432.lock") <= LONGEST_SOCKET_PATH
    assert stat.S_IMODE(places.sockets.stat().st_mode) == 0o700
    places.sockets.chmod(0o755)
    with pytest.raises(UnsafeFolder, match=places.sockets.name):
        prepare(places.home)
    places.sockets.rmdir()
    places.sockets.symlink_to(tmp_path)
    with pytest.raises(UnsafeFolder):
        prepare(places.home)
    places.sockets.unlink()


def test_programs_that_are_not_there_are_named(tmp_path: Path) -> None:
    with pytest.raises(NoProgram, match=str(tmp_path)):
        postgres_folder(tmp_path)
    with (
        pytest.raises(ServersDown, match="no PostgreSQL programs"),
        lease(tmp_path / "home", pg_bin=tmp_path),
    ):
        pass


def test_a_database_folder_that_is_broken_is_a_clear_error(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ptsp.infra.servers.postgres.START_TRIES_S", 0.5)
    (home / "postgres").mkdir(mode=0o700)
    with pytest.raises(ServerFailed, match="could not access the server configuration file"):
        Postgres(prepare(home), durable=False).start()


def test_root_without_namespaces_becomes_nobody_for_real(home: Path) -> None:
    if os.geteuid() != 0:
        not_checked("the way of root where namespaces are forbidden: these tests do not run as root")
    home.chmod(0o700)
    assert postgres_prefix(namespaces=False) == AS_NOBODY_FOR_REAL
    server = Postgres(prepare(home), durable=False, namespaces=False)
    for _ in range(2):
        server.start()
        assert answers(server.url)
        assert Path(f"/proc/{postmaster(home)}").stat().st_uid == 65534
        server.stop()
        assert not server.is_running()


def answers(url: str) -> bool:
    try:
        with psycopg.connect(url):
            return True
    except psycopg.OperationalError:
        return False
