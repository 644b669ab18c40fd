"""A whole platform with agencies that misbehave, and a hand that kills its processes and empties its Redis."""

import os
import random
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import redis
import requests

from ptsp.main.demo.client import CallFailed, Client, Lodged
from ptsp.main.demo.platform import Platform, says_ready
from ptsp.main.demo.run import pay_bills, waiting

ANSWERS_S = 30.0


@dataclass
class Chaos:
    """Kills and wipes at moments drawn from one seed. Call `strike` often; it does what is due."""

    here: Platform
    seed: int
    kills_left: list[str]
    pause_s: tuple[float, float] = (0.3, 1.6)
    done: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._dice = random.Random(self.seed)
        self._next = self._when()

    @property
    def is_over(self) -> bool:
        return not self.kills_left

    def strike(self) -> None:
        """One blow, once its moment has come and what was killed before is up again."""
        if self.is_over or time.monotonic() < self._next or not all(map(self._is_up, ("relay", "worker"))):
            return
        what = self.kills_left.pop(0)
        if what == "redis":
            with redis.Redis.from_url(self.here.settings.redis_url) as line:
                line.flushall()
        else:
            self.here.group.kill(what)
            self.here.spawn(what)
        self.done.append(what)
        self._next = self._when()

    def count(self, what: str) -> int:
        return self.done.count(what)

    def _is_up(self, name: str) -> bool:
        member = self.here.group.member(name)
        assert member.is_running(), f"{name} ended by itself: {member.log_tail()}"
        return says_ready(member)

    def _when(self) -> float:
        return time.monotonic() + self._dice.uniform(*self.pause_s)


def drawn(seed: int, *, kills: Mapping[str, int]) -> list[str]:
    """What is killed, in an order drawn from the seed."""
    wanted = [what for what, count in kills.items() for _ in range(count)]
    random.Random(seed).shuffle(wanted)
    return wanted


def play_through(
    client: Client,
    here: Platform,
    tokens: Mapping[str, str],
    bundles: list[Lodged],
    chaos: Chaos,
    longest_s: float,
) -> list[dict[str, Any]]:
    """Officers and payer at work while the chaos goes on; the last views. What is cut off is done again."""
    deadline = time.monotonic() + longest_s
    paid: set[str] = set()
    views: list[dict[str, Any]] = []
    while time.monotonic() < deadline:
        chaos.strike()
        try:
            views = [client.track(bundle) for bundle in bundles]
            if chaos.is_over and all(view["state"] == "ended" for view in views):
                return views
            approve_one(client, tokens, is_hasty=chaos.is_over)
            pay_bills(client, here.bank, views, paid)
        except requests.RequestException:
            wait_for_pages(here)  # web was killed; whatever was under way is done again
        time.sleep(0.1)
    raise CallFailed(f"the bundles did not end in {longest_s:.0f} s; {waiting(views)}")


def approve_one(client: Client, tokens: Mapping[str, str], *, is_hasty: bool) -> None:
    """One task at each desk, so that there is work as long as the chaos lasts; all of them afterwards."""
    for token in tokens.values():
        for task in client.desk_tasks(token)[: None if is_hasty else 1]:
            client.approve(token, task["id"])


def wait_for_pages(here: Platform) -> None:
    web = here.group.member("web")
    here.group.wait_ready(web, f"{here.base}/ready", timeout_s=ANSWERS_S)


def processes_of(home: Path) -> Iterator[tuple[int, str]]:
    """Id and command of what was started for a PTSP_HOME, known by its environment or its command."""
    mark = str(home).encode()
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit() or int(entry.name) == os.getpid():
            continue
        try:
            told = (entry / "environ").read_bytes() + (entry / "cmdline").read_bytes()
            state = (entry / "stat").read_text().rpartition(")")[2].split()[0]
        except OSError:  # ended while we looked, or nobody's business of ours
            continue
        if mark in told and state != "Z":
            command = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
            yield int(entry.name), command


def wait_nobody(home: Path, *, seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while left := list(processes_of(home)):
        assert time.monotonic() < deadline, f"left behind after {seconds:.0f} s: {left}"
        time.sleep(0.1)
