"""Each process dies once at every step of a bundle's life; it is started again, and the bundle ends as in calm."""

import signal
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ptsp.main.prove.findings import Findings, compare
from ptsp.main.prove.fuse import Point
from ptsp.main.prove.lane import LOOK_EVERY_S, Lane, NotThrough, Walk, common, side_by_side
from ptsp.main.prove.office import OUTCOMES, Wish, wishes

CALM_LIVES = 5  # the first finds everything cold
MOST_OF_A_PLACE = 5
LIVES, AFTERWARDS_S = 5, 3.0
TRIES = 10  # a step that timing left out is tried again later: a turn that the last death left open ends by its lease
Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Death:
    """Who dies, and where."""

    name: str
    at: Point


@dataclass
class Tally:
    """What the lanes have seen; shared by them."""

    deaths: list[Death]
    tries: Counter[Death] = field(default_factory=Counter)
    covered: set[Death] = field(default_factory=set)
    findings: list[Findings] = field(default_factory=list)


def every_step(home: Path, walk: Walk, say: Say) -> dict[str, Any]:
    """Count the steps of calm lives, then die at each of them."""
    began = time.monotonic()
    with side_by_side(home, walk) as lanes:
        for one in lanes:
            one.people(walk.cast.names)
        points = steps_of(lanes[0], granted(walk.seed), most=MOST_OF_A_PLACE)
        chosen = walk.chosen(points)
        say(f"{len(points)} steps: {dict(Counter(one.name for one in points))}; {len(chosen)} deaths")
        tally = Tally(list(chosen))
        with ThreadPoolExecutor(walk.lanes) as pool:
            for played in [pool.submit(_die_through, one, walk.seed, tally, say) for one in lanes]:
                played.result()
    return _report(walk.seed, points, chosen, tally) | {"took_s": round(time.monotonic() - began, 1)}


def _report(seed: int, points: Sequence[Death], chosen: Sequence[Death], tally: Tally) -> dict[str, Any]:
    missed = set(chosen) - tally.covered
    return {
        "seed": seed,
        "steps": len(points),
        "steps_by_kind": dict(Counter(one.name for one in points)),
        "kill_points": len(chosen),
        "covered": len(tally.covered),
        "not_covered": sorted(f"{one.name}: {one.at.place} #{one.at.number}" for one in missed),
        **{
            name: total(tally, name)
            for name in ("bundles_done", "questions", "effects", "requests", "lost", "doubled")
        },
        "found": sorted({words for one in tally.findings for words in one.words}),
    }


def total(tally: Tally, name: str) -> int:
    return sum(getattr(one, name) for one in tally.findings)


def granted(seed: int) -> Iterator[Wish]:
    """Without end, and all of them approved: of a refusal nobody but the register is asked."""
    return (wish for wish in wishes(seed, sys.maxsize) if wish.outcome == OUTCOMES[True])


def steps_of(one: Lane, orders: Iterator[Wish], *, most: int) -> list[Death]:
    """Every step that each of some calm lives came by, by process."""
    lives: dict[str, list[list[tuple[Point, str]]]] = {name: [] for name in one.names}
    for number in range(CALM_LIVES):
        for name in one.names:
            one.end(name)
            one.start(name, fuse=signal.SIGKILL)
        for forked in one.living.values():
            forked.light()
        live(one, next(orders))
        for name, forked in one.living.items():
            forked.put_out()
            if number:
                lives[name].append(forked.steps())
    for name in one.names:
        one.end(name)
        one.start(name)
    return [Death(name, point) for name in one.names for point in common(lives[name], most=most)]


def _die_through(one: Lane, seed: int, tally: Tally, say: Say) -> None:
    """One lane's part of the deaths, and what its agencies' books say in the end."""
    orders = granted(seed + 1)
    with seen_to_the_end(one, tally, say):
        for death in taken(tally):
            tally.tries[death] += 1
            if _die(one, death, orders):
                tally.covered.add(death)
            elif tally.tries[death] < TRIES:
                tally.deaths.insert(0, death)
            else:
                say(f"not reached: {death}")
            if len(tally.deaths) % 20 == 0:
                say(f"{len(tally.deaths)} deaths to go")


@contextmanager
def seen_to_the_end(one: Lane, tally: Tally, say: Say) -> Iterator[None]:
    """Compare in the end, also where a bundle did not come through; the other lanes end as well then."""
    try:
        yield
    except NotThrough as stuck:
        say(str(stuck))
        tally.deaths.clear()
    except BaseException:
        tally.deaths.clear()
        raise
    for slot in list(one.living):
        one.end(slot)
    tally.findings.append(compare(one.here.settings, one.log, one.here.agencies))


def taken(tally: Tally) -> Iterator[Death]:
    while True:
        try:
            yield tally.deaths.pop()
        except IndexError:
            return


def _die(one: Lane, death: Death, orders: Iterator[Wish]) -> bool:
    """A life with one death in it, or some lives. False where the process did not come by.

    What goes on by the clock, such as a look for a new pack, comes by its steps only later: so it is waited for, and
    then another bundle finds the process no longer new. Who publishes an event is a matter of whose turn it is.
    """
    one.end(death.name)
    doomed = one.start(death.name, death.at, fuse=signal.SIGKILL)
    doomed.light()
    for _ in range(LIVES):
        live(one, next(orders))
        deadline = time.monotonic() + AFTERWARDS_S
        while doomed.is_running() and time.monotonic() < deadline:
            time.sleep(LOOK_EVERY_S)
        if not doomed.is_running():
            break
    doomed.put_out()
    return not doomed.is_running()


def live(one: Lane, wish: Wish) -> None:
    """Lodge it until it is acknowledged, and wait for its end; whoever is down is started again."""
    deadline = time.monotonic() + one.longest_s
    is_lodged = False
    while not (is_lodged and one.is_through()):
        if time.monotonic() > deadline:
            raise NotThrough(f"{wish.key} does not end: {one.here.waiting()}")
        is_lodged = is_lodged or one.lodge(wish)
        for slot, forked in list(one.living.items()):
            if not forked.is_running():
                one.start(forked.name, slot=slot)
        time.sleep(LOOK_EVERY_S)
