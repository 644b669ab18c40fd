"""Start a side's worker processes, know when they are ready or have died, and end them by process id."""

import json
import os
import select
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from typing import IO

import psutil

from ptsp.main.bench.measure import NotMeasured

READY = "ready"
READY_WITHIN_S = 60.0
END_WITHIN_S = 5.0
SHOWN_OF_A_LOG = 2000


class WorkerProcesses:
    """Running workers of one side: a `Crew` whose dead say what they last wrote."""

    def __init__(self, side: str, started: Sequence[tuple[subprocess.Popen[bytes], IO[bytes]]]) -> None:
        self._side = side
        self._started = started

    @property
    def pids(self) -> tuple[int, ...]:
        return tuple(process.pid for process, _ in self._started)

    def check(self) -> None:
        for process, log in self._started:
            if process.poll() is not None:
                raise self._dead(process, log)

    def wait_until_ready(self) -> None:
        deadline = time.monotonic() + READY_WITHIN_S
        for process, log in self._started:
            assert process.stdout is not None
            left = max(0.0, deadline - time.monotonic())
            readable, _, _ = select.select([process.stdout], [], [], left)
            if not readable:
                raise NotMeasured(f"a worker of {self._side} was not ready after {READY_WITHIN_S:.0f} s")
            if process.stdout.readline().decode().strip() != READY:
                process.wait(END_WITHIN_S)
                raise self._dead(process, log)

    def _dead(self, process: subprocess.Popen[bytes], log: IO[bytes]) -> NotMeasured:
        log.seek(0)
        last_words = log.read().decode(errors="replace")[-SHOWN_OF_A_LOG:].strip()
        return NotMeasured(f"a worker of {self._side} ended with code {process.returncode}: {last_words}")


@contextmanager
def worker_processes(
    side: str, workers: int, *, database_url: str, redis_url: str, first: int = 1
) -> Iterator[WorkerProcesses]:
    """`workers` processes, numbered from `first`, that run the `work` of this side; yielded when all are ready,
    ended in any case.
    """
    with ExitStack() as stack:
        started: list[tuple[subprocess.Popen[bytes], IO[bytes]]] = []
        stack.callback(_end_all, started)
        for number in range(first, first + workers):
            log = stack.enter_context(tempfile.TemporaryFile())
            process = subprocess.Popen(
                [sys.executable, "-m", "ptsp.main.bench.worker"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                env=dict(os.environ),
            )
            started.append((process, log))
            _tell(process, side=side, number=number, database_url=database_url, redis_url=redis_url)
        crew = WorkerProcesses(side, started)
        crew.wait_until_ready()
        yield crew


def _tell(process: subprocess.Popen[bytes], **order: str | int) -> None:
    """Addresses may hold passwords, so they go through a pipe and not through the command line.

    The pipe stays open: when this process is gone, however it went, the worker reads the end and goes too.
    """
    assert process.stdin is not None
    process.stdin.write(json.dumps(order).encode() + b"\n")
    process.stdin.flush()


def _end_all(started: Sequence[tuple[subprocess.Popen[bytes], IO[bytes]]]) -> None:
    """End the workers and whatever they have started; all are told before any is waited for."""
    alive = [process for process, _ in started if process.poll() is None]
    below = [child for process in alive for child in psutil.Process(process.pid).children(recursive=True)]
    for process in alive:
        process.terminate()
    _, stubborn = psutil.wait_procs([psutil.Process(process.pid) for process in alive], timeout=END_WITHIN_S)
    for member in [*stubborn, *(child for child in below if child.is_running())]:
        member.kill()
    for process, _ in started:
        process.wait()
        for pipe in (process.stdin, process.stdout):
            if pipe is not None:
                pipe.close()
