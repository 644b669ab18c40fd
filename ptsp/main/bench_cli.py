"""`ptsp bench`: the platform beside other engines, doing the same work on the same machine in the same minutes."""

import json
import os
import platform
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import click

from ptsp.main.bench import fees_side, http_side, promise_side, tenants_side
from ptsp.main.bench.exchange import broker_for, exchange_lines, exchange_report
from ptsp.main.bench.measure import NotMeasured, Outcome, Side, alternate, ratio
from ptsp.main.bench.sides import BROKER, HTTP, ONE_BY_ONE, OWN, RQ, load, parse_names
from ptsp.main.bench.stores import database_facts, server_processes
from ptsp.main.runtime import running
from ptsp.main.settings import Settings

# A peer does some 30 bundles a second, so more than this would take minutes and change nothing: RQ was seen
# to be as quick with 1,500 bundles queued as with 100.
MOST_FOR_A_PEER = 2000


@click.group()
def bench() -> None:
    """Measure the platform beside others."""


@bench.command("route")
@click.option("--bundles", type=click.IntRange(1), default=500, show_default=True, help="Bundles a run.")
@click.option("--workers", type=click.IntRange(1), default=2, show_default=True, help="Worker processes.")
@click.option(
    "--rounds", type=click.IntRange(1), default=1, show_default=True, help="Runs of each side, in turn."
)
@click.option("--against", default="", help="More peers than RQ: any of dbos,spiff,celery.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object; progress goes to stderr.")
def route(*, bundles: int, workers: int, rounds: int, against: str, as_json: bool) -> None:
    """Do bundles of eight tasks by our own engine, by plain RQ and by the peers asked for.

    bundles/s counts from the first submit to the last committed 'done'; the processor time is that of all
    processes concerned: driver, workers, PostgreSQL and Redis. A peer that is not installed is not measured.
    """
    names = (OWN, ONE_BY_ONE, RQ, *parse_names(against))
    say = partial(click.echo, err=True)
    with running(Settings.from_env(os.environ)) as settings:
        outcomes = alternate(
            {name: _side(name, bundles=bundles, workers=workers, settings=settings) for name in names},
            rounds,
            say,
        )
        machine = _machine(settings)
    report = _report(outcomes) | {
        "machine": machine,
        "bundles": bundles,
        "workers": workers,
        "rounds": rounds,
    }
    if as_json:
        click.echo(json.dumps(report))
    else:
        _show(report, say=click.echo)
    for name in (OWN, RQ):
        if outcomes[name].not_measured:
            raise NotMeasured(f"{name}: {outcomes[name].not_measured}")


@bench.command("exchange")
@click.option("--bundles", type=click.IntRange(1), default=500, show_default=True, help="Bundles a run.")
@click.option("--workers", type=click.IntRange(1), default=2, show_default=True, help="Worker processes.")
@click.option(
    "--rounds", type=click.IntRange(1), default=1, show_default=True, help="Runs of each side, in turn."
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object; progress goes to stderr.")
def exchange(*, bundles: int, workers: int, rounds: int, as_json: bool) -> None:
    """Bundles of eight tasks through RabbitMQ, and from HTTP POST to the end, beside Celery, DBOS and RQ.

    Celery keeps its state in PostgreSQL here as well (a row a task) and goes through the same broker. Without
    PTSP_BROKER_URL a private RabbitMQ is started for the measurement.
    """
    say = partial(click.echo, err=True)
    names = (BROKER, HTTP, "celery_pg", "dbos", RQ)
    with running(Settings.from_env(os.environ)) as settings, broker_for(settings) as broker_url:
        os.environ["PTSP_BROKER_URL"] = broker_url  # the sides' processes read it
        sides = {name: _side(name, bundles=bundles, workers=workers, settings=settings) for name in names}
        outcomes = alternate(sides, rounds, say)
        took = http_side.latency(
            workers=workers, database_url=settings.database_url, redis_url=settings.redis_url
        )
        machine = _machine(settings)
    report = exchange_report(outcomes, took) | {
        "machine": machine,
        "bundles": bundles,
        "workers": workers,
        "rounds": rounds,
    }
    for line in [json.dumps(report)] if as_json else exchange_lines(report):
        click.echo(line)
    for name in (BROKER, HTTP):
        if outcomes[name].not_measured:
            raise NotMeasured(f"{name}: {outcomes[name].not_measured}")


@bench.command("promise")
@click.option("--seed", type=int, default=20, show_default=True, help="Of the graphs.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def promise(*, seed: int, as_json: bool) -> None:
    """Time the promise of a bundle: every deadline of a graph of 20 to 200 steps, on a warm calendar."""
    report = promise_side.measure(seed=seed)
    for line in [json.dumps(report)] if as_json else promise_side.lines(report):
        click.echo(line)


@bench.command("fees")
@click.option("--seconds", type=click.FloatRange(0.1), default=3.0, show_default=True, help="To measure for.")
@click.option("--seed", type=int, default=20, show_default=True, help="Of the answers.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def fees(*, seconds: float, seed: int, as_json: bool) -> None:
    """Time a building permit's bill with its receipts, beside the same formula written by hand in Python."""
    report = fees_side.measure(seed=seed, seconds=seconds)
    for line in [json.dumps(report)] if as_json else fees_side.lines(report):
        click.echo(line)


@bench.command("tenants")
@click.option("--bundles", type=click.IntRange(1), default=40, show_default=True, help="Bundles a run.")
@click.option(
    "--rounds", type=click.IntRange(1), default=7, show_default=True, help="Runs of each side, in turn."
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object; progress goes to stderr.")
def tenants(*, bundles: int, rounds: int, as_json: bool) -> None:
    """Load an office for every region, and see what a bundle costs among them, and with row-level security.

    Both are ratios of processor time: among 552 offices to one alone, and with the policies to without them.
    """
    with running(Settings.from_env(os.environ)) as settings:
        report = tenants_side.measure(
            bundles=bundles,
            rounds=rounds,
            tenants_dir=settings.tenants_dir,
            database_url=settings.database_url,
            redis_url=settings.redis_url,
            say=partial(click.echo, err=True),
        ) | {"machine": _machine(settings)}
    for line in [json.dumps(report)] if as_json else tenants_side.lines(report):
        click.echo(line)


def _side(name: str, *, bundles: int, workers: int, settings: Settings) -> Side:
    asked = bundles if name in (OWN, ONE_BY_ONE, BROKER, HTTP) else min(bundles, MOST_FOR_A_PEER)

    def once() -> Any:
        return load(name).run(
            bundles=asked,
            workers=workers,
            database_url=settings.database_url,
            redis_url=settings.redis_url,
        )

    return once


def _report(outcomes: Mapping[str, Outcome]) -> dict[str, Any]:
    """Figures of each side; the ratio to RQ stands at the top, that to another peer beside its figures."""
    ours = outcomes[OWN]
    report: dict[str, Any] = {}
    for name, outcome in outcomes.items():
        if outcome.not_measured:
            report[name] = {"not_measured": outcome.not_measured}
            continue
        report[name] = outcome.middle() | {"bundles": outcome.results[0].bundles}
        if name != OWN and ours.results:
            (report if name == RQ else report[name])["ratio"] = ratio(ours, outcome)
    return report


def _machine(settings: Settings) -> dict[str, Any]:
    facts = database_facts(settings.database_url)
    counted = server_processes(settings.database_url, settings.redis_url)
    return {
        "cores": os.cpu_count(),
        "python": platform.python_version(),
        "postgres": facts["server_version"],
        "synchronous_commit": facts["synchronous_commit"],
        "fsync": facts["fsync"],
        # A server on another machine, or out of sight in a container, is not in the processor time.
        "cpu_counted_of": ["driver", "workers", *counted],
    }


def _show(report: Mapping[str, Any], *, say: Callable[[str], None]) -> None:
    for name, figures in report.items():
        if isinstance(figures, dict) and "bundles_per_s" in figures:
            say(
                f"{name:7}{figures['bundles_per_s']:10.1f} bundles/s"
                f"{figures['cpu_ms_per_bundle']:9.2f} ms CPU a bundle"
                + (f"   we are {figures['ratio']} times faster" if "ratio" in figures else "")
            )
        elif isinstance(figures, dict) and "not_measured" in figures:
            say(f"{name:7} not measured: {figures['not_measured']}")
    if "ratio" in report:
        say(f"we are {report['ratio']} times faster than plain RQ")
    say("machine: " + ", ".join(f"{name} {value}" for name, value in report["machine"].items()))
