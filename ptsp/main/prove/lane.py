"""One installation in which one process at a time carries a fuse, bundle after bundle."""

import json
import os
import random
import signal
import socket
import sys
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import requests

from ptsp.kernel.errors import PtspError
from ptsp.main.demo.orders import TENANT
from ptsp.main.prove.broker import private_broker
from ptsp.main.prove.cast import Cast
from ptsp.main.prove.fuse import LIT, Point
from ptsp.main.prove.lodging import keep
from ptsp.main.prove.office import Wish
from ptsp.main.prove.stage import Stage, stage

START_S = 30.0
TIMEOUT_S = 5.0
LOOK_EVERY_S = 0.02
THINKS_S = 0.05
LEASE_S = 1.0
PATIENCE_S = (
    300.0  # longer than a bundle may take: what is lost on its way back is not to be found by asking again
)
T = TypeVar("T")
OPEN = "SELECT 1 FROM app.bundle WHERE state = 'open'"


class NotThrough(PtspError):
    """A bundle did not come to its end."""

    code = "not_through"


@dataclass(frozen=True, slots=True)
class Walk:
    """A proof that goes from step to step: through all of them, or a `sample` drawn from the seed."""

    cast: Cast
    seed: int
    lanes: int = 1
    sample: int | None = None

    def chosen(self, points: Sequence[T]) -> list[T]:
        return random.Random(self.seed).sample(points, min(self.sample or len(points), len(points)))


@dataclass
class Forked:
    """One process of the nursery. It belongs to the nursery, which buries it."""

    name: str
    pid: int
    log: Path
    log_before: int
    trace: Path | None

    def is_running(self) -> bool:
        return self._state() not in "Z"

    def is_frozen(self) -> bool:
        return self._state() == "T"

    def _state(self) -> str:
        """A letter as the kernel gives it; empty once it is buried."""
        try:
            return (Path("/proc") / str(self.pid) / "stat").read_text().rpartition(")")[2].split()[0]
        except (FileNotFoundError, ProcessLookupError):
            return ""

    def is_ready(self) -> bool:
        return b"ready" in self.log.read_bytes()[self.log_before :]

    def send(self, number: int) -> None:
        with suppress(ProcessLookupError):  # its fuse may have been quicker
            os.kill(self.pid, number)

    def light(self) -> None:
        assert self.trace is not None
        Path(f"{self.trace}{LIT}").touch()

    def put_out(self) -> None:
        Path(f"{self.trace}{LIT}").unlink(missing_ok=True)

    def steps(self) -> list[tuple[Point, str]]:
        """What it has come by since it was lit, and what was told of it (a statement's number of rows)."""
        if self.trace is None or not self.trace.exists():
            return []
        lines = [line.split("\t", 2) for line in self.trace.read_text().splitlines()]
        return [(Point(place, int(number)), told) for number, told, place in lines]


@dataclass
class Lane:
    """`names` are the kinds of processes; each of them is there once, and calm unless a fuse is asked for."""

    here: Stage
    door: Path
    log: Path
    names: tuple[str, ...] = ()
    longest_s: float = (
        28.0  # shorter than the patience of whoever waits for a callback, which would hide a loss
    )
    web_port: int | None = None  # where it is not the public one
    living: dict[str, Forked] = field(default_factory=dict)
    _number: int = 0

    def people(self, names: tuple[str, ...]) -> None:
        """Start one of each, calm."""
        self.names = names
        for name in names:
            self.start(name)

    def start(
        self,
        name: str,
        at: Point | None = None,
        *,
        fuse: signal.Signals | None = None,
        slot: str = "",
        port: int | None = None,
    ) -> Forked:
        """Fork it and wait until it is ready. With a signal for the `fuse` it writes down its steps once lit."""
        self._number += 1
        log = self.here.settings.home / "log" / f"{slot or name}.log"
        log.touch()
        trace = log.with_name(f"{name}-{self._number}.steps") if fuse else None
        command = self.here.command(name)
        if name == "web" and (port or self.web_port):
            command[-1] = str(port or self.web_port)
        wanted = (
            {"log": str(trace), "at": [at.place, at.number] if at else None, "signal": fuse} if fuse else None
        )
        order = {"command": command, "env": self.here.settings.as_env(), "log": str(log), "fuse": wanted}
        before = log.stat().st_size
        made = Forked(name, self._fork(order), log, before, trace)
        self.living[slot or name] = made
        deadline = time.monotonic() + START_S
        while not made.is_ready():
            if not made.is_running() or time.monotonic() > deadline:
                raise NotThrough(f"{name} does not come up: {log.read_text()[-2000:]}")
            time.sleep(LOOK_EVERY_S)
        return made

    def end(self, slot: str) -> None:
        """kill -9, waited for."""
        forked = self.living.pop(slot, None)
        while forked is not None and forked.is_running():
            forked.send(signal.SIGKILL)
            time.sleep(0.005)

    def lodge(self, wish: Wish) -> bool:
        """Try once; True when it is acknowledged, which is written down first."""
        url = f"{self.here.base}/api/v1/offices/{TENANT}/bundles"
        try:
            answer = requests.post(
                url, json=wish.body, headers={"Idempotency-Key": wish.key}, timeout=TIMEOUT_S
            )
        except requests.RequestException:
            return False
        if answer.status_code < 300:
            keep(self.log, wish, answer.json()["reference"])
        return answer.status_code < 300

    def is_through(self) -> bool:
        return not self.here.rows(OPEN)

    def _fork(self, order: Mapping[str, Any]) -> int:
        with socket.socket(socket.AF_UNIX) as line:
            line.connect(str(self.door))
            line.sendall(json.dumps(order).encode())
            return int(line.recv(64))


@contextmanager
def lane(home: Path, connectors: tuple[str, ...], broker_url: str) -> Iterator[Lane]:
    """An installation with its agencies up and calm; the processes are the caller's to start."""
    home.mkdir(parents=True, exist_ok=True)
    scripts = {code: json.dumps({"delay_s": THINKS_S}) for code in connectors}
    bounds = {"lease_s": LEASE_S, "patience_s": PATIENCE_S}
    with stage(home, connectors=connectors, scripts=scripts, broker_url=broker_url, **bounds) as here:
        door = here.settings.home / "run" / "nursery"
        door.unlink(missing_ok=True)
        command = [sys.executable, "-m", "ptsp.main.prove.nursery", str(door)]
        here.group.start("nursery", command, ready=lambda _: door.exists(), timeout_s=START_S)
        yield Lane(here, door, home / "acknowledged.jsonl")


@contextmanager
def side_by_side(home: Path, walk: Walk) -> Iterator[list[Lane]]:
    """The lanes of a walk. They share one broker, and have corners of their own in it."""
    with ExitStack() as held:
        broker = held.enter_context(private_broker(home / "rabbitmq", walk.cast))
        homes = [home / f"lane-{number}" for number in range(walk.lanes)]
        yield [held.enter_context(lane(one, walk.cast.connectors, broker.corner(one.name))) for one in homes]


def common(lives: Sequence[Sequence[tuple[Point, str]]], *, most: int) -> list[Point]:
    """The points that every life came by, at most so many of a place: who waits comes by some for ever."""
    counts = [Counter(point.place for point, _ in life) for life in lives]
    places = list(dict.fromkeys(point.place for point, _ in lives[0]))
    return [
        Point(place, number + 1)
        for place in places
        for number in range(min(most, *(count[place] for count in counts)))
    ]
