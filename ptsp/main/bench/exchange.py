"""What `ptsp bench exchange` says of its sides, held against the bars that were set."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from ptsp.infra.servers.rabbitmq import RabbitMQ
from ptsp.main.bench import shape
from ptsp.main.bench.http_side import Latency
from ptsp.main.bench.measure import Outcome, ratio
from ptsp.main.bench.sides import BROKER, HTTP, RQ
from ptsp.main.settings import Settings

TASKS = len(shape.AFTER)
PEERS = {"celery_pg": 8.0, "dbos": 10.0, RQ: 10.0}  # how many times faster we mean to be, at least
MOST = {"commits_per_bundle": 2.0, "cpu_ms_per_bundle": 4.0, "p95_ms": 100.0}


@contextmanager
def broker_for(settings: Settings) -> Iterator[str]:
    """The broker that is set, or one of the measurement's own."""
    if settings.broker_url:
        yield settings.broker_url
        return
    with TemporaryDirectory(prefix="ptsp-bench-") as folder:
        broker = RabbitMQ(Path(folder))
        broker.start()
        try:
            yield broker.url
        finally:
            broker.stop()


def exchange_report(outcomes: Mapping[str, Outcome], took: Latency) -> dict[str, Any]:
    """Figures of each side, ratios to the peers, and which bars hold; `bars` is true, false or null (not measured)."""
    report: dict[str, Any] = {"low_load": asdict(took)}
    bars: dict[str, bool | None] = {"p95_ms": took.p95_ms <= MOST["p95_ms"]}
    ours = outcomes[BROKER]
    for name, outcome in outcomes.items():
        if outcome.not_measured:
            report[name] = {"not_measured": outcome.not_measured}
            bars |= {f"ratio_{name}": None} if name in PEERS else {}
            continue
        report[name] = outcome.middle()
        if name in (BROKER, HTTP):
            report[name]["tasks_per_s"] = round(report[name]["bundles_per_s"] * TASKS, 1)
        if name in PEERS and ours.results:
            report[name]["ratio"] = ratio(ours, outcome)
            bars[f"ratio_{name}"] = report[name]["ratio"] >= PEERS[name]
    if ours.results:
        for figure in ("commits_per_bundle", "cpu_ms_per_bundle"):
            bars[figure] = report[BROKER][figure] <= MOST[figure]
    return report | {"bars": bars}


def exchange_lines(report: Mapping[str, Any]) -> Iterator[str]:
    """The same to read."""
    for name in (BROKER, HTTP, *PEERS):
        figures = report[name]
        if "not_measured" in figures:
            yield f"{name:12} not measured: {figures['not_measured']}"
            continue
        line = f"{name:12}{figures['bundles_per_s']:8.1f} bundles/s{figures['cpu_ms_per_bundle']:8.2f} ms CPU a bundle"
        if "commits_per_bundle" in figures:
            line += f"{figures['commits_per_bundle']:7.2f} commits a bundle"
        yield line + (f"   we are {figures['ratio']} times faster" if "ratio" in figures else "")
    low = report["low_load"]
    yield f"low load: p50 {low['p50_ms']} ms, p95 {low['p95_ms']} ms from POST to the end ({low['bundles']} bundles)"
    words = {True: "holds", False: "does not hold", None: "not measured"}
    yield from (f"bar {name}: {words[held]}" for name, held in report["bars"].items())
    yield "machine: " + ", ".join(f"{name} {value}" for name, value in report["machine"].items())
