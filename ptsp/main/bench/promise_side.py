"""What a bundle's promise costs: all deadlines of a graph on a warm calendar, from 20 steps to 200.

Beside it, in the same run, the same dates by walking day by day, as is usually done.
"""

import random
import statistics
import time
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any

import holidays

from ptsp.domain import deadlines
from ptsp.kernel.calendar import Calendar, end_of_day
from ptsp.kernel.limits import Limit
from ptsp.kernel.specs import StepKind, StopReason

SIZES = (20, 50, 100, 200)
BEGUN = 5  # so many first steps have ended, and the next five are under way
LODGED = datetime(2026, 3, 2, 3, tzinfo=UTC)


def measure(*, seed: int, repeats: int = 300) -> dict[str, Any]:
    """Microseconds a promise, by size of the graph; `growth` is the largest over the smallest."""
    calendar = _calendar()
    rows: dict[str, Any] = {}
    for size in SIZES:
        shape, times = graph(size, random.Random(seed))
        ours = _timed(
            lambda shape=shape, times=times: deadlines.dates(shape, times, lambda _: calendar), repeats
        )
        walked = _timed(lambda shape=shape, times=times: _walk(shape, times, calendar), max(repeats // 10, 3))
        assert _walk(shape, times, calendar) == deadlines.dates(shape, times, lambda _: calendar).ends
        rows[str(size)] = {
            "us": round(ours, 1),
            "walked_us": round(walked, 1),
            "ratio": round(walked / ours, 1),
        }
    first, last = rows[str(SIZES[0])]["us"], rows[str(SIZES[-1])]["us"]
    return {"seed": seed, "steps": rows, "growth": round(last / first, 1)}


def graph(size: int, chance: random.Random) -> tuple[deadlines.Shape, deadlines.Times]:
    """A bundle of four permits: each step waits for up to three before it."""
    steps = tuple(
        deadlines.StepShape(
            agency=f"agency_{chance.randrange(6)}",
            kind=StepKind.ASK,
            limit=Limit(chance.randint(1, 9)),
            after=tuple(sorted(chance.sample(range(seq), min(seq, chance.randint(1, 3))))) if seq else (),
            members=(chance.randrange(4),) if seq >= 4 else (seq,),
        )
        for seq in range(size)
    )
    permits = (deadlines.PermitShape(Limit(30), None, frozenset(StopReason)),) * 4
    line = deadlines.Timeline.at_lodging(deadlines.Shape(steps, permits), LODGED)
    for seq in range(min(2 * BEGUN, size)):
        line.begin(seq, LODGED + timedelta(days=seq))
        if seq < BEGUN:
            line.end(seq, LODGED + timedelta(days=seq + 2))
    return line.shape, line.times()


def _calendar() -> Calendar:
    off = holidays.country_holidays("ID", years=range(2024, 2029), categories=("public", "government"))
    return Calendar(frozenset(range(5)), frozenset(off))


def _walk(shape: deadlines.Shape, times: deadlines.Times, calendar: Calendar) -> tuple[datetime, ...]:
    """The same ends, one day after another."""
    ends: list[datetime] = []
    for step, running in zip(shape.steps, times.steps, strict=True):
        if running.ended_at:
            ends.append(running.ended_at)
            continue
        begins = running.started_at or max((ends[seq] for seq in step.after), default=times.lodged_at)
        day: date = begins.date()
        left = step.limit.amount
        while left:
            day += timedelta(days=1)
            left -= calendar.is_working(day)
        ends.append(end_of_day(day, calendar.zone))
    return tuple(ends)


def _timed(act: Callable[[], object], repeats: int) -> float:
    """The median of so many runs, in microseconds."""
    act()
    took = []
    for _ in range(repeats):
        started = time.perf_counter()
        act()
        took.append(time.perf_counter() - started)
    return statistics.median(took) * 1e6


def lines(report: Mapping[str, Any]) -> list[str]:
    """The report for people."""
    said = [
        f"{size:>4} steps: {row['us']:8.1f} us a promise; walked day by day {row['walked_us']:10.1f} us,"
        f" {row['ratio']} times as long"
        for size, row in report["steps"].items()
    ]
    return [
        *said,
        f"from {SIZES[0]} to {SIZES[-1]} steps it grows {report['growth']} times (seed {report['seed']})",
    ]
