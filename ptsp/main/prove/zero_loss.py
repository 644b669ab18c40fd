"""Bundles in flight while everything that can die dies: none is lost, and no agency is asked for anything twice."""

import json
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import psycopg

from ptsp.main.prove.broker import Broker, private_broker
from ptsp.main.prove.cast import Cast
from ptsp.main.prove.chaos import Chaos, drawn
from ptsp.main.prove.findings import Findings, compare
from ptsp.main.prove.lodging import Lodgers
from ptsp.main.prove.office import wishes
from ptsp.main.prove.stage import FINAL, Stage, stage

LEASE_S = 5.0
SHARED = ("worker", "consumer")
AT_FIRST = 0.5  # of all bundles are lodged at once, the others while the blows go on
LOOK_EVERY_S = 0.1
COUNT_EVERY_S = 0.5
LONGEST_STILL_S = 400.0  # longer than an agency is left alone, and than its circuit stays open
CALM_S = 3.0  # after the restart: whoever still found something to do would do it now

# Each agency loses, delays, doubles and reverses in its own way; always the same one for one seed.
RULES: dict[str, list[dict[str, object]]] = {
    "ktp": [
        {"do": "500_after_effect", "share": 0.05},
        {"do": "cut_after_effect", "share": 0.05},
        {"do": "slow", "share": 0.05, "seconds": 0.7},
        {"do": "503", "share": 0.03},
    ],
    "permits": [
        {"do": "cut_after_effect", "share": 0.07},
        {"do": "500_after_effect", "share": 0.05},
        {"do": "reply_before_answer", "share": 0.05},
        {"do": "duplicate_reply", "share": 0.2},
        {"do": "late", "share": 0.1, "seconds": 2},
        {"do": "wrong_key", "share": 0.05},
        {"do": "timeout", "share": 0.01, "seconds": 2},
    ],
    "ho": [
        {"do": "cut_after_effect", "share": 0.07},
        {"do": "500", "share": 0.05},
        {"do": "html", "share": 0.03, "on": "look"},
        {"do": "503", "share": 0.05, "on": "look"},
    ],
    "queue": [
        {"do": "cut_after_effect", "share": 0.05},
        {"do": "duplicate_reply", "share": 0.1},
        {"do": "reversed", "share": 0.2, "seconds": 2},
        {"do": "late", "share": 0.1, "seconds": 3},
        {"do": "reply_before_answer", "share": 0.05},
        {"do": "lost_reply", "share": 0.05},
        {"do": "wrong_key", "share": 0.03},
        {"do": "unknown_question", "share": 0.03},
        {"do": "wrong_task", "share": 0.03},
    ],
}
THINKS_S = {"ktp": 0.0, "permits": 3.0, "ho": 0.6, "queue": 2.0}
Say = Callable[[str], None]


@dataclass(frozen=True)
class Plan:
    """What a run is to be."""

    bundles: int
    seed: int
    kills: int
    wipes: int
    cast: Cast

    @property
    def processes(self) -> tuple[str, ...]:
        """Two of those that share their work."""
        shared = [name for name in self.cast.names if name in SHARED]
        alone = [name for name in self.cast.names if name not in SHARED]
        return (*alone, *(f"{name}-{number}" for name in shared for number in (1, 2)))

    @property
    def scripts(self) -> dict[str, str]:
        return {
            code: json.dumps({"seed": self.seed, "delay_s": THINKS_S[code], "rules": RULES.get(code, [])})
            for code in self.cast.connectors
        }


@dataclass
class Watch:
    """How far the work is, and how long it stood still after each wipe."""

    here: Stage
    wanted: int
    ended: int = 0
    done: int = 0
    recovery_s: float = 0.0

    def __post_init__(self) -> None:
        self._moved = self._looked = self._counted = time.monotonic()
        self._waiting: list[float] = []  # wipes after which no look has yet seen more than the look before

    @property
    def is_stuck(self) -> bool:
        return time.monotonic() - self._moved > LONGEST_STILL_S

    def look(self, wiped: list[float]) -> None:
        """Count, once it is time to."""
        self._waiting += wiped
        wiped.clear()
        now = time.monotonic()
        if now - self._looked < COUNT_EVERY_S:
            return
        self._looked = now
        ended = self._count()
        if ended > self.ended:
            moved = [since for since in self._waiting if since < self._counted]
            self.recovery_s = max([self.recovery_s, *(now - since for since in moved)])
            self._waiting = [since for since in self._waiting if since not in moved]
            self.ended, self._moved = ended, now
        self._counted = now

    def _count(self) -> int:
        """Tasks at their end; none more while PostgreSQL is down."""
        try:
            ((tasks, self.done),) = self.here.rows(
                f"""SELECT (SELECT count(*) FROM app.task WHERE state IN ({FINAL})) AS tasks,
                           (SELECT count(*) FROM app.bundle WHERE state = 'ended') AS done"""
            )
        except psycopg.OperationalError:
            return self.ended
        return int(tasks)


def zero_loss(home: Path, plan: Plan, say: Say) -> dict[str, Any]:
    """Play it, hold it against the agencies' books, restart everything and do so again."""
    began = time.monotonic()
    log = home / "acknowledged.jsonl"
    home.mkdir(parents=True, exist_ok=True)
    connectors = plan.cast.connectors
    with private_broker(home / "rabbitmq", plan.cast) as broker:
        with _staged(home, plan, plan.scripts, broker) as here:
            say(f"up after {time.monotonic() - began:.0f} s: {', '.join(here.names)}")
            chaos, watch, tries = _play(here, plan, log, say)
            here.group.stop()  # so that nobody is at work while everything is held against everything
            first = compare(here.settings, log, connectors, plan.bundles)
        broker.restart()
        with _staged(home, plan, {}, broker) as again:
            time.sleep(CALM_S)
            again.group.stop()
            second = compare(again.settings, log, connectors, plan.bundles)
    for words in (first.words, second.words):
        say("; ".join(words) or "nothing lost, nothing doubled")
    return _report(plan, chaos, watch, first, second, tries) | {"took_s": round(time.monotonic() - began, 1)}


@contextmanager
def _staged(home: Path, plan: Plan, scripts: Mapping[str, str], broker: Broker) -> Iterator[Stage]:
    """Everything up. What the broker has to forget, it forgets together with Redis."""
    connectors = plan.cast.connectors
    with stage(home, connectors=connectors, scripts=scripts, lease_s=LEASE_S, broker_url=broker.url) as here:
        here.forgets = broker.reset
        here.start(*plan.processes)
        yield here


def _play(here: Stage, plan: Plan, log: Path, say: Say) -> tuple[Chaos, Watch, int]:
    chaos = Chaos(here, plan.seed, drawn(plan.seed, here.names, kills=plan.kills, wipes=plan.wipes))
    watch = Watch(here, plan.bundles)
    lodgers = Lodgers(
        here.base,
        wishes(plan.seed, plan.bundles),
        log,
        may_go=lambda taken: taken <= plan.bundles * (AT_FIRST + (1 - AT_FIRST) * 2 * chaos.share),
    )
    told = 0.0
    try:
        while not (chaos.is_over and watch.done >= plan.bundles and lodgers.acknowledged >= plan.bundles):
            if watch.is_stuck:
                say(f"nothing moves any more: {here.waiting()}")
                break
            if lodgers.fault is not None:
                raise lodgers.fault
            here.tend()
            chaos.strike(watch.done / plan.bundles)
            watch.look(chaos.wiped)
            if time.monotonic() - told > 5:
                told = time.monotonic()
                say(
                    f"{lodgers.acknowledged} acknowledged, {watch.done} of {plan.bundles} done,"
                    f" {sum(chaos.kills.values())} kills, by themselves {len(here.ended)}"
                )
            time.sleep(LOOK_EVERY_S)
    finally:
        lodgers.stop()
    return chaos, watch, lodgers.tries


def _report(
    plan: Plan, chaos: Chaos, watch: Watch, first: Findings, second: Findings, tries: int
) -> dict[str, Any]:
    found = asdict(
        replace(first, lost=max(first.lost, second.lost), doubled=max(first.doubled, second.doubled))
    )
    words = found.pop("words")
    return {
        "seed": plan.seed,
        "bundles": plan.bundles,
        **found,
        "lodging_tries": tries,
        "kills": sum(chaos.kills.values()),
        "kills_by_kind": dict(chaos.kills),
        "wipes": chaos.done.count("wipe"),
        "crashes": chaos.done.count("crash"),
        "recovery_s": round(watch.recovery_s, 1),
        "found": sorted({*words, *second.words}),
        "not_checked": plan.cast.missing,
    }
