"""A group of child processes: started when ready, logged, stopped in order, and never left behind."""

import contextlib
import os
import secrets
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import requests

from ptsp.kernel.errors import PtspError

READY_S: Final = 20.0
STOP_S: Final = 10.0
LOG_TAIL_BYTES: Final = 2000
TAG: Final = "PROCESS_GROUP_OF"  # by this name in their environment the guard knows ours, grandchildren too


class ProcessFailed(PtspError):
    """A process ended early or did not become ready; the message holds the end of its log."""

    code = "process_failed"


@dataclass(frozen=True, slots=True)
class Member:
    """One running child. It leads a session of its own, so that all it started can be signalled with it."""

    name: str
    process: subprocess.Popen[bytes]
    log: Path
    log_before: int = 0  # bytes that former bearers of the name wrote

    @property
    def pid(self) -> int:
        return self.process.pid

    def is_running(self) -> bool:
        return self.process.poll() is None

    def log_text(self) -> str:
        """What this very process has said so far."""
        return self.log.read_bytes()[self.log_before :].decode(errors="replace")

    def log_tail(self) -> str:
        return self.log.read_bytes()[-LOG_TAIL_BYTES:].decode(errors="replace").strip()


class ProcessGroup:
    """Use it in a `with` block: whatever it started is gone when the block ends, however it ends.

    Should this process be killed, a guard (a small process of its own) sees the pipe between them break and
    ends the members. Nothing is started again by itself.
    """

    def __init__(self, home: Path, *, env: Mapping[str, str]) -> None:
        """`env` is the members' whole environment, for instance `settings.as_env(os.environ)`."""
        self._logs = home / "log"
        self._tag = secrets.token_hex(8)
        self._env = {**env, TAG: self._tag}
        self._members: dict[str, Member] = {}
        self._guard: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> "ProcessGroup":
        self._logs.mkdir(parents=True, exist_ok=True)
        self._guard = subprocess.Popen(
            [sys.executable, "-m", "ptsp.main.guard", TAG, self._tag],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            start_new_session=True,
        )
        return self

    def __exit__(self, *_: object) -> None:
        with _signals_held():
            self.stop()
            assert self._guard is not None
            assert self._guard.stdin is not None
            self._guard.stdin.close()
            self._guard.wait()

    def start(
        self,
        name: str,
        command: Sequence[str],
        *,
        env: Mapping[str, str] | None = None,
        ready: Callable[[Member], bool] | str | None = None,
        timeout_s: float = READY_S,
    ) -> Member:
        """Start a member and wait until `ready` holds: a function, or a URL that answers below 500.

        Raises ProcessFailed. The name may be used again once the former bearer has ended.
        """
        member = self.spawn(name, command, env=env)
        self.wait_ready(member, ready, timeout_s=timeout_s)
        return member

    def spawn(self, name: str, command: Sequence[str], *, env: Mapping[str, str] | None = None) -> Member:
        """Start a member and do not wait, so that several can come up side by side; see `wait_ready`."""
        former = self._members.get(name)
        if former is not None and former.is_running():
            raise ProcessFailed(f"{name} runs already as process {former.pid}")
        log = self._logs / f"{name}.log"
        with log.open("ab") as words:
            before = words.tell()
            process = subprocess.Popen(
                list(command),
                stdin=subprocess.DEVNULL,
                stdout=words,
                stderr=words,
                env={**self._env, **(env or {})},
                start_new_session=True,
            )
        self._members[name] = Member(name, process, log, before)
        return self._members[name]

    def wait_ready(
        self, member: Member, ready: Callable[[Member], bool] | str | None, *, timeout_s: float = READY_S
    ) -> None:
        """Raises ProcessFailed when the member ends first or the time is over."""
        holds = _answers(ready) if isinstance(ready, str) else ready
        deadline = time.monotonic() + timeout_s
        while holds is not None and not holds(member):
            if not member.is_running():
                code = member.process.returncode
                raise ProcessFailed(f"{member.name} ended with status {code}: {member.log_tail()}")
            if time.monotonic() > deadline:
                raise ProcessFailed(
                    f"{member.name} is not ready after {timeout_s:.0f} s: {member.log_tail()}"
                )
            time.sleep(0.02)

    def member(self, name: str) -> Member:
        return self._members[name]

    def members(self) -> tuple[Member, ...]:
        return tuple(self._members.values())

    def kill(self, name: str) -> None:
        """kill -9 for the member and all it started, waited for: what a power cut does to it."""
        _signal(self._members[name], signal.SIGKILL)
        self._members[name].process.wait()

    def stop(self) -> None:
        """SIGTERM to all, the last started first, and SIGKILL to who does not end within ten seconds."""
        newest_first = list(reversed(self._members.values()))
        for member in newest_first:
            _signal(member, signal.SIGTERM)
        deadline = time.monotonic() + STOP_S
        for member in newest_first:
            with contextlib.suppress(subprocess.TimeoutExpired):
                member.process.wait(max(0.0, deadline - time.monotonic()))
            _signal(member, signal.SIGKILL)  # what it left behind in its session, or itself
            member.process.wait()


def _signal(member: Member, number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(member.pid, number)


def _answers(url: str) -> Callable[[Member], bool]:
    def holds(_member: Member) -> bool:
        try:
            return requests.get(url, timeout=2, allow_redirects=False).status_code < 500
        except requests.RequestException:
            return False  # not yet; the caller keeps the time

    return holds


@contextlib.contextmanager
def _signals_held() -> Iterator[None]:
    """A second Ctrl-C while we stop must not leave half of the members running."""
    held = {signal.SIGINT, signal.SIGTERM}
    before = signal.pthread_sigmask(signal.SIG_BLOCK, held)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
