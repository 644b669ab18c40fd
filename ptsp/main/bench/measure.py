"""How a side is timed: the run's shape, whose processor time counts, and taking sides in turn."""

import statistics
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Protocol

import psutil

from ptsp.kernel.errors import PtspError

LOOK_EVERY_S = 0.02
LONGEST_RUN_S = 900.0


class NotMeasured(PtspError):
    """A side could not be run, and says why; it must never turn into a number."""

    code = "not_measured"


@dataclass(frozen=True, slots=True)
class Result:
    """One run of one side. `other_cores`: cores kept busy by processes that are no part of the run.

    `commits_per_bundle` is None where nobody counted them.
    """

    bundles: int
    seconds: float
    bundles_per_s: float
    cpu_ms_per_bundle: float
    other_cores: float
    commits_per_bundle: float | None = None


class Crew(Protocol):
    """The processes that work for a side while its driver submits and waits."""

    @property
    def pids(self) -> Sequence[int]: ...

    def check(self) -> None:
        """Raise when one of them has ended."""
        ...


Side = Callable[[], Result]


def cpu_seconds(trees: Iterable[psutil.Process]) -> float:
    """Processor time of these processes and all below them, those that ended and were reaped included.

    The driver must not be among `trees`: its reaped children are the workers of earlier runs.
    """
    members = {member.pid: member for tree in trees for member in [tree, *_children(tree)]}
    return sum(_lifetime(member) for member in members.values())


def timed(
    *,
    bundles: int,
    submit: Callable[[], None],
    done: Callable[[], int],
    crew: Crew,
    servers: Sequence[psutil.Process],
    commits: Callable[[], int] | None = None,
) -> Result:
    """Time from the first submit until `done()` sees all `bundles` committed; `submit` hands all of them over.

    `commits()` is how many there were in the side's database so far, those of `done` left out.
    Raises what `crew.check` raises when a worker ends early, and NotMeasured when a run takes too long.
    """
    trees = [psutil.Process(pid) for pid in crew.pids] + list(servers)
    # First, since it waits, and processes that rest use some time as well.
    commits_before = commits() if commits else 0
    cpu_before, busy_before = cpu_seconds(trees) + _driver_seconds(), _machine_seconds()
    began = time.perf_counter()
    submit()
    while (seen := done()) < bundles:
        crew.check()
        if time.perf_counter() - began > LONGEST_RUN_S:
            raise NotMeasured(f"only {seen} of {bundles} bundles were done after {LONGEST_RUN_S:.0f} s")
        time.sleep(LOOK_EVERY_S)
    seconds = time.perf_counter() - began
    cpu = cpu_seconds(trees) + _driver_seconds() - cpu_before
    busy = _machine_seconds() - busy_before
    return Result(
        bundles=bundles,
        seconds=seconds,
        bundles_per_s=bundles / seconds,
        cpu_ms_per_bundle=1000 * cpu / bundles,
        other_cores=max(0.0, (busy - cpu) / seconds),
        commits_per_bundle=(commits() - commits_before) / bundles if commits else None,
    )


@dataclass(frozen=True, slots=True)
class Outcome:
    """All rounds of one side, or why there are none."""

    results: tuple[Result, ...] = ()
    not_measured: str = ""

    def rates(self) -> list[float]:
        return [result.bundles_per_s for result in self.results]

    def middle(self) -> dict[str, float]:
        """The median of every figure, figure by figure; rounded for printing."""
        columns = [asdict(result) for result in self.results]
        counted = [name for name, figure in columns[0].items() if figure is not None]
        return {name: round(statistics.median(row[name] for row in columns), 3) for name in counted}


def alternate(sides: Mapping[str, Side], rounds: int, say: Callable[[str], None]) -> dict[str, Outcome]:
    """Run the sides in turn, `rounds` times over, so that a noisy minute does not fall on one side only.

    `say` gets a line for each run and the spread of each side. A side that raises NotMeasured is left out
    of the later rounds, and its earlier ones do not count.
    """
    results: dict[str, list[Result]] = {name: [] for name in sides}
    missing: dict[str, str] = {}
    for number in range(1, rounds + 1):
        for name in [side for side in sides if side not in missing]:
            try:
                result = sides[name]()
            except NotMeasured as why:
                missing[name] = str(why)
                say(f"{name}: not measured: {why}")
                continue
            results[name].append(result)
            say(_line(name, number, rounds, result))
    outcomes = {
        name: Outcome(not_measured=missing[name]) if name in missing else Outcome(tuple(results[name]))
        for name in sides
    }
    for name, outcome in outcomes.items():
        if rounds > 1 and outcome.results:
            rates = outcome.rates()
            say(
                f"{name}: {min(rates):.1f} - {max(rates):.1f}, median {statistics.median(rates):.1f} bundles/s"
            )
    return outcomes


def ratio(ours: Outcome, peer: Outcome) -> float:
    """How many times faster we are: the median over the rounds, each round against its own neighbour."""
    pairs = zip(ours.rates(), peer.rates(), strict=True)
    return round(statistics.median(mine / theirs for mine, theirs in pairs), 2)


def _line(name: str, number: int, rounds: int, result: Result) -> str:
    return (
        f"{name} {number}/{rounds}: {result.bundles} bundles in {result.seconds:.2f} s, "
        f"{result.bundles_per_s:.1f} bundles/s, {result.cpu_ms_per_bundle:.2f} ms CPU a bundle, "
        f"others used {result.other_cores:.1f} cores"
    )


def _children(tree: psutil.Process) -> list[psutil.Process]:
    try:
        return tree.children(recursive=True)
    except psutil.NoSuchProcess:
        return []


def _lifetime(member: psutil.Process) -> float:
    """Its own time and that of the children it has reaped; 0 when it is gone, as its parent then has it."""
    try:
        return sum(member.cpu_times()[:4])
    except psutil.NoSuchProcess:
        return 0.0


def _driver_seconds() -> float:
    own = psutil.Process().cpu_times()
    return own.user + own.system


def _machine_seconds() -> float:
    """Busy time of all cores. Guest time is inside user time, and waiting for a disk is idle time."""
    times = psutil.cpu_times()
    return times.user + times.nice + times.system + times.irq + times.softirq
