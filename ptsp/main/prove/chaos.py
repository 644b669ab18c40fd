"""Blows at moments drawn from one seed: kills of every kind of process, memories that forget, a database that falls."""

import random
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

from ptsp.main.prove.stage import Stage

WIPE, CRASH = "wipe", "crash"
# How the kills are spread over the kinds of processes.
SHARES = {"worker": 0.3, "agency": 0.3, "relay": 0.15, "consumer": 0.15, "web": 0.1}
SHORTEST_S, LONGEST_S = 0.2, 2.5
# What is just starting is not killed again, since such a kill hits the same line of code every time: one of the next
# blows comes before it, but none before a wipe.
AHEAD = 10
DURING_RECOVERY_S = 0.5


def drawn(seed: int, names: tuple[str, ...], *, kills: int, wipes: int) -> list[str]:
    """The blows in their order. Every name is killed at least once; the wipes lie apart, one right after the crash."""
    dice = random.Random(f"blows {seed}")
    shares = {name: _share(name, names) for name in names}
    more = dice.choices(list(shares), list(shares.values()), k=max(0, kills - len(names)))
    blows = [*names, *more]
    dice.shuffle(blows)
    for number in range(1, wipes):
        blows.insert(len(blows) * number // wipes + dice.randint(-3, 3), WIPE)
    middle = len(blows) // 2 + dice.randint(-5, 5)
    blows[middle:middle] = [CRASH, WIPE]
    return blows


def _share(name: str, names: tuple[str, ...]) -> float:
    kind = name.partition("-")[0]
    return SHARES[kind] / sum(one.partition("-")[0] == kind for one in names)


@dataclass
class Chaos:
    """Call `strike` often, with the part of all work that is done. It does what is due.

    Blows keep pace with the work: a kill while nothing is under way proves little.
    """

    stage: Stage
    seed: int
    blows: list[str]
    done: list[str] = field(default_factory=list)
    wiped: list[float] = field(default_factory=list)  # monotonic

    def __post_init__(self) -> None:
        self._dice = random.Random(f"moments {self.seed}")
        self._total = len(self.blows)
        self._last = time.monotonic()
        self._pause = 1.0

    @property
    def is_over(self) -> bool:
        return not self.blows

    @property
    def share(self) -> float:
        return len(self.done) / self._total

    @property
    def kills(self) -> Mapping[str, int]:
        """By kind of process."""
        return Counter(one.partition("-")[0] for one in self.done if one not in (WIPE, CRASH))

    def strike(self, done_share: float) -> None:
        if self.is_over:
            return
        waited = time.monotonic() - self._last
        is_early = self.share > done_share and waited < LONGEST_S
        if waited < self._pause or is_early:
            return
        for at, blow in enumerate(self.blows[:AHEAD]):
            if blow in (WIPE, CRASH):
                if at == 0:
                    self._do(self.blows.pop(0))
                return
            if self.stage.is_up(blow):
                self._do(self.blows.pop(at))
                return

    def _do(self, blow: str) -> None:
        if blow == WIPE:
            self.stage.wipe()
            self.wiped.append(time.monotonic())
        elif blow == CRASH:
            self.stage.crash_postgres()
        else:
            self.stage.kill(blow)
        self.done.append(blow)
        self._last = time.monotonic()
        self._pause = DURING_RECOVERY_S if blow == CRASH else self._dice.uniform(SHORTEST_S, 1.0)
