"""Ends a group of processes when the one that started them is gone: `python -m ptsp.main.guard NAME VALUE`.

It reads its stdin, the end of a pipe that nobody else holds, until that breaks; kill -9 breaks it as well.
Members are known by NAME=VALUE in the environment they were started with, which their children inherit.
"""

import contextlib
import os
import signal
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final

STOP_S: Final = 10.0


def main(mark: bytes) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    while sys.stdin.buffer.read(4096):
        pass
    deadline = time.monotonic() + STOP_S
    told: set[int] = set()
    while left := set(_marked(mark)):
        number = signal.SIGTERM if time.monotonic() < deadline else signal.SIGKILL
        for pid in left if number is signal.SIGKILL else left - told:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, number)
        told |= left
        time.sleep(0.05)


def _marked(mark: bytes) -> Iterator[int]:
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and int(entry.name) != os.getpid():
            # Others' processes cannot be read, and any may end while we look.
            with contextlib.suppress(OSError):
                if mark in (entry / "environ").read_bytes().split(b"\0"):
                    yield int(entry.name)


if __name__ == "__main__":
    main(f"{sys.argv[1]}={sys.argv[2]}".encode())
