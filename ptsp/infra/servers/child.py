"""A server process of ours: it dies when we die, and its words go to a file."""

import ctypes
import fcntl
import signal
import subprocess
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from ptsp.kernel.errors import PtspError

PR_SET_PDEATHSIG: Final = 1
LOG_TAIL_BYTES: Final = 2000
PREDECESSOR_S: Final = 20.0


class ServerFailed(PtspError):
    """A server did not come up; the message holds the end of its log."""

    code = "server_failed"


class Child:
    """Started at once, after a predecessor that is still ending has gone. Raises ServerFailed.

    The kernel sends it `at_our_end` when the thread that made it ends, kill -9 included. The file `alive` is locked
    until the process and all it forked are gone, so that no two servers work on the same files.
    """

    def __init__(
        self,
        name: str,
        command: list[str],
        *,
        log: Path,
        alive: Path,
        env: Mapping[str, str] | None = None,
        at_our_end: signal.Signals = signal.SIGINT,
    ) -> None:
        libc = ctypes.CDLL(None, use_errno=True)  # loaded here: after the fork it would be too late

        def die_with_parent() -> None:
            libc.prctl(PR_SET_PDEATHSIG, at_our_end, 0, 0, 0)

        self.name = name
        self._log = log
        with log.open("ab") as words, alive.open("ab") as lock:
            _wait_for(lock.fileno(), name)
            self._process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=words,
                stderr=words,
                cwd=log.parent,
                env=env,
                pass_fds=(lock.fileno(),),
                preexec_fn=die_with_parent,  # safe here: the supervisor has one thread
            )

    @property
    def pid(self) -> int:
        return self._process.pid

    def finished_well(self) -> bool:
        """Waits for a process that ends by itself."""
        return self._process.wait() == 0

    def is_running(self) -> bool:
        return self._process.poll() is None

    def stop(self, gently: signal.Signals, *, harder: signal.Signals, patience_s: float) -> None:
        for word in (gently, harder, signal.SIGKILL):
            if not self.is_running():
                return
            self._process.send_signal(word)
            self.wait(patience_s)

    def log_tail(self) -> str:
        return self._log.read_bytes()[-LOG_TAIL_BYTES:].decode(errors="replace").strip()

    def wait(self, seconds: float) -> None:
        deadline = time.monotonic() + seconds
        while self.is_running() and time.monotonic() < deadline:
            time.sleep(0.02)


def _wait_for(lock: int, name: str) -> None:
    deadline = time.monotonic() + PREDECESSOR_S
    while True:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > deadline:
                raise ServerFailed(f"an older {name} of the same folder does not end") from None
            time.sleep(0.05)
        else:
            return
