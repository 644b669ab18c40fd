"""A process freezes longer than its lease, another one takes over, and the first wakes up: too late for everything."""

import signal
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ptsp.main.demo.platform import free_port
from ptsp.main.prove.balancer import Balancer
from ptsp.main.prove.every_step import TRIES, Death, Tally, granted, seen_to_the_end, steps_of, taken, total
from ptsp.main.prove.lane import LEASE_S, LOOK_EVERY_S, Forked, Lane, NotThrough, Walk, side_by_side
from ptsp.main.prove.office import Wish

KINDS = ("worker", "web", "consumer")
MOST_OF_A_PLACE = 2
PATIENCE_S = LEASE_S + 3.0  # nobody takes over what is locked in an open transaction
QUIET_S = 0.8  # without a step: whoever woke up has done what it was about to do
# The statements by which something comes to its end, and which find nothing to end when they come too late.
FINISHES = (
    "sql UPDATE app.task t SET state = r.state, lease_token = NULL",
    "sql SELECT t.id FROM json_to_recordset(CAST(%(rows)s AS json)) AS h",
    "sql WITH b AS ( INSERT INTO app.bundle",
)
STATE = """
    SELECT (SELECT md5(string_agg(concat(bundle_id, seq, hash), ' ' ORDER BY bundle_id, seq)) FROM app.event) AS ledger,
           (SELECT md5(string_agg(concat(id, state, sha256), ' ' ORDER BY id)) FROM app.decision) AS decisions,
           (SELECT md5(string_agg(concat(id, state), ' ' ORDER BY id)) FROM app.task) AS tasks"""
Say = Callable[[str], None]


@dataclass
class Thaws:
    """What those who woke up have done."""

    frozen: int = 0
    not_reached: list[str] = field(
        default_factory=list
    )  # where no process came by, however often it was tried
    overtaken: int = 0  # a successor had brought the bundle to its end
    refused: int = 0
    accepted: int = 0
    by_kind: dict[str, int] = field(default_factory=dict)
    words: list[str] = field(default_factory=list)


@dataclass
class Pair:
    """A lane whose web is reached by way of a balancer."""

    one: Lane
    balancer: Balancer
    ports: tuple[int, int]


def frozen(home: Path, walk: Walk, say: Say) -> dict[str, Any]:
    """Freeze at each step of a calm life."""
    began = time.monotonic()
    thaws = Thaws()
    with side_by_side(home, walk) as lanes, ExitStack() as held:
        pairs = [held.enter_context(_pair(one, walk.cast.names)) for one in lanes]
        every = steps_of(lanes[0], granted(walk.seed), most=MOST_OF_A_PLACE)
        points = [point for point in every if point.name in KINDS]
        chosen = walk.chosen(points)
        say(f"{len(points)} steps; {len(chosen)} freezes")
        tally = Tally(list(chosen))
        with ThreadPoolExecutor(walk.lanes) as pool:
            for played in [
                pool.submit(_freeze_through, pair, walk.seed, tally, thaws, say) for pair in pairs
            ]:
                played.result()
    return {
        "seed": walk.seed,
        "freeze_points": len(chosen),
        "frozen": thaws.frozen,
        "not_reached": thaws.not_reached,
        "frozen_by_kind": thaws.by_kind,
        "overtaken": thaws.overtaken,
        "stale_finishes_refused": thaws.refused,
        "stale_finishes_accepted": thaws.accepted,
        **{
            name: total(tally, name)
            for name in ("bundles_done", "questions", "effects", "requests", "lost", "doubled")
        },
        "found": sorted({words for one in tally.findings for words in one.words} | set(thaws.words)),
        "took_s": round(time.monotonic() - began, 1),
    }


@contextmanager
def _pair(one: Lane, names: tuple[str, ...]) -> Iterator[Pair]:
    ports = (free_port(0), free_port(0))
    balancer = Balancer(int(one.here.base.rpartition(":")[2]), ports[0])
    one.web_port = ports[0]
    one.people(names)
    try:
        yield Pair(one, balancer, ports)
    finally:
        balancer.close()


def _freeze_through(pair: Pair, seed: int, tally: Tally, thaws: Thaws, say: Say) -> None:
    orders = granted(seed + 1)
    with seen_to_the_end(pair.one, tally, say):
        for point in taken(tally):
            if not any(_freeze(pair, point, next(orders), thaws) for _ in range(TRIES)):
                thaws.not_reached.append(str(point))
                say(f"not reached: {point}")
            if len(tally.deaths) % 20 == 0:
                say(f"{len(tally.deaths)} freezes to go")


def _freeze(pair: Pair, point: Death, wish: Wish, thaws: Thaws) -> bool:
    """One bundle, with one freeze in it. False where the process did not come by."""
    one, name = pair.one, point.name
    one.end(name)
    doomed = one.start(name, point.at, fuse=signal.SIGSTOP)
    doomed.light()
    applicant = threading.Thread(target=_lodge, args=(one, wish), daemon=True)
    applicant.start()
    try:
        is_frozen = _wait(one, applicant, doomed.is_frozen)
        if is_frozen:
            _succeed(pair, name)
            is_over = _wait(one, applicant, lambda: False, PATIENCE_S)
            _thaw(one, doomed, point, thaws, is_over=is_over)
        if not _wait(one, applicant, lambda: False) and not _is_over(one, applicant):
            raise NotThrough(f"{wish.key} does not end: {one.here.waiting()}")
    finally:
        doomed.put_out()
    _alone_again(pair, name)
    return is_frozen


def _lodge(one: Lane, wish: Wish) -> None:
    while not one.lodge(wish):
        time.sleep(0.1)


def _is_over(one: Lane, applicant: threading.Thread) -> bool:
    return not applicant.is_alive() and one.is_through()


def _wait(
    one: Lane, applicant: threading.Thread, holds: Callable[[], bool], longest_s: float | None = None
) -> bool:
    """Until it holds, or the bundle is at its end (then: whether it is, unless something was to hold)."""
    deadline = time.monotonic() + (longest_s or one.longest_s)
    while time.monotonic() < deadline:
        if holds():
            return True
        if _is_over(one, applicant):
            return longest_s is not None
        time.sleep(LOOK_EVERY_S)
    return False


def _succeed(pair: Pair, name: str) -> None:
    """Another one of its kind, to which everything goes from now on."""
    if name != "web":
        pair.one.start(name, slot=f"{name}-2")
        return
    pair.one.start(name, slot="web-2", port=pair.ports[1])
    pair.balancer.lead_to(pair.ports[1])


def _alone_again(pair: Pair, name: str) -> None:
    pair.one.end(f"{name}-2")
    pair.one.end(name)
    pair.one.start(name)
    pair.balancer.lead_to(pair.ports[0])


def _thaw(one: Lane, doomed: Forked, point: Death, thaws: Thaws, *, is_over: bool) -> None:
    """Wake it up, and see what it still does. What ends after the bundle's end is stale."""
    before, seen = one.here.rows(STATE), len(doomed.steps())
    doomed.send(signal.SIGCONT)
    _until_quiet(doomed)
    thaws.frozen += 1
    thaws.by_kind[point.name] = thaws.by_kind.get(point.name, 0) + 1
    if not is_over:
        return
    thaws.overtaken += 1
    late = [int(told) for step, told in doomed.steps()[seen:] if step.place.startswith(FINISHES)]
    thaws.refused += sum(count == 0 for count in late)
    accepted = sum(count > 0 for count in late) or int(one.here.rows(STATE) != before)
    thaws.accepted += accepted
    if accepted:
        thaws.words.append(
            f"{point.name} woke up after {point.at.place} #{point.at.number} and changed something"
        )


def _until_quiet(doomed: Forked) -> None:
    deadline = time.monotonic() + 10 * QUIET_S
    count, since = -1, 0.0
    while time.monotonic() < deadline and not (count >= 0 and time.monotonic() - since > QUIET_S):
        if (now := len(doomed.steps())) != count:
            count, since = now, time.monotonic()
        time.sleep(LOOK_EVERY_S)
