"""Child processes: ready before we go on, logged, and never left behind."""

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from ptsp.main.processes import Member, ProcessFailed, ProcessGroup

SLEEPER = [sys.executable, "-c", "import time; print('words', flush=True); time.sleep(600)"]
STUBBORN_CODE = """
import signal, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
print("on", flush=True)
time.sleep(600)
"""
STUBBORN = [sys.executable, "-c", STUBBORN_CODE]
WITH_GRANDCHILD_CODE = """
import subprocess, sys, time
sleeper = [sys.executable, "-c", "import time; time.sleep(600)"]
print(subprocess.Popen(sleeper, start_new_session=True).pid, flush=True)
time.sleep(600)
"""
WITH_GRANDCHILD = [sys.executable, "-c", WITH_GRANDCHILD_CODE]
OWNER = """
import os, sys, time
from pathlib import Path
from ptsp.main.processes import ProcessGroup
with ProcessGroup(Path(sys.argv[1]), env=os.environ) as group:
    for name in ("one", "two"):
        group.spawn(name, [sys.executable, "-c", "import time; time.sleep(600)"])
    print(*(member.pid for member in group.members()), flush=True)
    time.sleep(600)
"""


def lives(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


def wait_gone(*pids: int) -> None:
    deadline = time.monotonic() + 20
    while any(lives(pid) for pid in pids):
        assert time.monotonic() < deadline, "a process was left behind"
        time.sleep(0.05)


def said(member: Member) -> bool:
    return bool(member.log_text())


def test_members_are_ready_logged_and_gone_after_the_block(tmp_path: Path) -> None:
    with ProcessGroup(tmp_path, env=os.environ) as group:
        member = group.start("sleeper", SLEEPER, ready=said)
        assert lives(member.pid)
        assert (tmp_path / "log" / "sleeper.log").read_text() == "words\n"
    assert not lives(member.pid)


def test_a_member_that_answers_over_http_is_waited_for(tmp_path: Path) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "http.server", str(port), "--bind", "127.0.0.1"]
    with ProcessGroup(tmp_path, env=os.environ) as group:
        member = group.start("server", command, ready=f"http://127.0.0.1:{port}/")
        assert member.is_running()


def test_the_environment_of_one_member_is_added_to_the_groups(tmp_path: Path) -> None:
    command = [sys.executable, "-c", "import os; print(os.environ['ONE'], os.environ['TWO'])"]
    with ProcessGroup(tmp_path, env={"ONE": "1", "TWO": "1"}) as group:
        member = group.start("teller", command, env={"TWO": "2"}, ready=said)
        assert member.log_text() == "1 2\n"


def test_a_member_that_ends_before_it_is_ready_shows_its_last_words(tmp_path: Path) -> None:
    command = [sys.executable, "-c", "raise SystemExit('no such table')"]
    with ProcessGroup(tmp_path, env=os.environ) as group, pytest.raises(ProcessFailed, match="no such table"):
        group.start("loser", command, ready=lambda _member: False)


def test_a_member_that_never_gets_ready_is_an_error_and_is_stopped(tmp_path: Path) -> None:
    with ProcessGroup(tmp_path, env=os.environ) as group:
        with pytest.raises(ProcessFailed, match="not ready after"):
            group.start("sleeper", SLEEPER, ready=lambda _member: False, timeout_s=0.3)
        pid = group.member("sleeper").pid
    assert not lives(pid)


def test_a_killed_member_may_be_started_again_and_a_running_one_not(tmp_path: Path) -> None:
    with ProcessGroup(tmp_path, env=os.environ) as group:
        first = group.start("sleeper", SLEEPER, ready=said)
        with pytest.raises(ProcessFailed, match="runs already"):
            group.spawn("sleeper", SLEEPER)
        group.kill("sleeper")
        assert first.process.returncode == -signal.SIGKILL
        assert group.start("sleeper", SLEEPER, ready=said).pid != first.pid


def test_who_does_not_listen_is_killed_and_so_is_what_it_started(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ptsp.main.processes.STOP_S", 0.5)
    with ProcessGroup(tmp_path, env=os.environ) as group:
        stubborn = group.start("stubborn", STUBBORN, ready=said)
        parent = group.start("parent", WITH_GRANDCHILD, ready=said)
        grandchild = int(parent.log_text())
    assert not lives(stubborn.pid)
    wait_gone(grandchild)


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGINT, signal.SIGTERM])
def test_members_end_when_their_owner_is_killed(tmp_path: Path, number: signal.Signals) -> None:
    owner = subprocess.Popen(
        [sys.executable, "-c", OWNER, str(tmp_path)],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        cwd="/",
    )
    assert owner.stdout is not None
    with owner.stdout as words:
        pids = [int(word) for word in words.readline().split()]
    assert len(pids) == 2
    assert all(lives(pid) for pid in pids)
    owner.send_signal(number)
    owner.wait()
    wait_gone(*pids)
