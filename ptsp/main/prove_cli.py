"""`ptsp prove`: the promises of the platform, tried on this machine with real processes and real servers."""

import json
import sys
import tempfile
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import click

from ptsp.main.logs import log_to_stderr
from ptsp.main.prove import addresses
from ptsp.main.prove.cast import cast
from ptsp.main.prove.every_step import every_step
from ptsp.main.prove.fairness import Flood, fairness
from ptsp.main.prove.frozen import frozen
from ptsp.main.prove.isolation import proof
from ptsp.main.prove.lane import Walk
from ptsp.main.prove.zero_loss import Plan, zero_loss
from ptsp.main.runtime import running
from ptsp.main.settings import Settings

WORST_RATIO = 1.5  # of the delay under another office's flood to that in quiet


@click.group()
def prove() -> None:
    """Prove that nothing is lost and nothing is done twice.

    Everything runs in a folder of its own, with servers of its own, on this machine only; nothing is left behind.
    """


@prove.command("zero-loss")
@click.option(
    "--bundles", type=click.IntRange(1), default=1000, show_default=True, help="So many are sent through."
)
@click.option("--seed", type=int, default=2026, show_default=True, help="Of everything that chance decides.")
@click.option("--kills", type=click.IntRange(0), help="kill -9 in all; 300 for 1,000 bundles if left out.")
@click.option(
    "--wipes", type=click.IntRange(1), default=3, show_default=True, help="Of Redis and of RabbitMQ."
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object; progress goes to stderr.")
def zero_loss_command(*, bundles: int, seed: int, kills: int | None, wipes: int, as_json: bool) -> None:
    """Kill every kind of process, empty Redis and RabbitMQ, let PostgreSQL fall, while bundles are in flight.

    recovery_s is the longest time from a wipe to the next task that came to its end.
    """
    plan = Plan(bundles, seed, round(bundles * 0.3) if kills is None else kills, wipes, cast())
    with tempfile.TemporaryDirectory(prefix="ptsp-prove-") as folder:
        found = zero_loss(Path(folder) / "home", plan, partial(click.echo, err=True))
    _tell(found, as_json=as_json, is_good=not found["lost"] and not found["doubled"])


@prove.command("fairness")
@click.option("--seed", type=int, default=2026, show_default=True, help="Of the moments and the people.")
@click.option(
    "--bundles", type=click.IntRange(20), default=60, show_default=True, help="Of the quiet office."
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object; progress goes to stderr.")
def fairness_command(*, seed: int, bundles: int, as_json: bool) -> None:
    """One office lodges ten times as much as another and has a dead agency; how long do the other's bundles take?

    p95 is of the time from lodging to the last answer of the quiet office's agencies, without and with the flood.
    """
    with tempfile.TemporaryDirectory(prefix="ptsp-prove-") as folder:
        found = fairness(Path(folder) / "home", Flood(seed, bundles), partial(click.echo, err=True))
    _tell(found, as_json=as_json, is_good=found["ratio"] <= WORST_RATIO and not found["unanswered_b"])


def _sampled(command: click.Command) -> click.Command:
    """Options of the proofs that go from step to step."""
    for option in reversed(
        (
            click.option(
                "--seed", type=int, default=2026, show_default=True, help="Of the sample and the orders."
            ),
            click.option(
                "--sample", type=click.IntRange(1), help="So many steps, drawn from the seed; else all."
            ),
            click.option(
                "--lanes", type=click.IntRange(1), default=3, show_default=True, help="Side by side."
            ),
            click.option(
                "--json", "as_json", is_flag=True, help="Print one JSON object; progress on stderr."
            ),
        )
    ):
        command = option(command)
    return command


@prove.command("every-step")
@_sampled
def every_step_command(*, seed: int, sample: int | None, lanes: int, as_json: bool) -> None:
    """Kill each kind of process after each statement, commit, call, ring, publish and ack of a bundle's life.

    The steps are counted in calm lives first; kill_points are those tried, covered those at which it really died.
    """
    found = _stepped(every_step, seed, sample, lanes)
    is_covered = found["covered"] == found["kill_points"]
    _tell(found, as_json=as_json, is_good=is_covered and not found["lost"] and not found["doubled"])


@prove.command("frozen")
@_sampled
def frozen_command(*, seed: int, sample: int | None, lanes: int, as_json: bool) -> None:
    """Freeze web, worker and consumer longer than the lease at each step; what they finish late has to be refused.

    overtaken: a successor had ended the bundle meanwhile. The others froze inside a transaction, whose locks let
    nobody take over: they wake up and go on.
    """
    found = _stepped(frozen, seed, sample, lanes)
    is_good = not found["stale_finishes_accepted"] and not found["lost"] and not found["doubled"]
    _tell(found, as_json=as_json, is_good=is_good)


def _stepped(
    proof: Callable[..., dict[str, Any]], seed: int, sample: int | None, lanes: int
) -> dict[str, Any]:
    with tempfile.TemporaryDirectory(prefix="ptsp-prove-") as folder:
        return proof(Path(folder), Walk(cast(), seed, lanes, sample), partial(click.echo, err=True))


@prove.command("addresses")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def addresses_command(*, as_json: bool) -> None:
    """Call hostile addresses, and names that lead inwards; nothing on this machine may be reached."""
    found = addresses.addresses()
    _tell(found, as_json=as_json, is_good=addresses.is_good(found))


@prove.command("isolation")
@click.option("--seed", type=int, default=2026, show_default=True, help="Of everything that chance decides.")
@click.option(
    "--samples",
    type=click.IntRange(100),
    default=20_000,
    show_default=True,
    help="Of each kind, for the timing.",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object; progress goes to stderr.")
def isolation_command(*, seed: int, samples: int, as_json: bool) -> None:
    """Two offices in one database: nothing of one is seen, changed or told by the other, by any way in.

    Every operation and page is asked by every role of one office, in a world where the other is empty and in one
    where it has lived: differences counts unequal answers. auc is the chance that looking up what the other has takes
    longer than what nobody has; binding compares ways to bind a transaction to its tenant.
    """
    log_to_stderr()
    with tempfile.TemporaryDirectory(prefix="ptsp-prove-") as folder:
        given = Settings.from_env({"PTSP_HOME": str(Path(folder) / "home")})
        with running(given, durable=False) as settings:
            size = proof.Size(seed=seed, samples=samples)
            found = proof.isolation(settings, size, partial(click.echo, err=True))
    _tell(found, as_json=as_json, is_good=proof.is_good(found))


def _tell(found: Mapping[str, Any], *, as_json: bool, is_good: bool) -> None:
    """Print it, and end with status 1 unless it is good."""
    if as_json:
        click.echo(json.dumps(found))
    else:
        for name, value in found.items():
            click.echo(f"{name.replace('_', ' ')}: {value}")
    sys.exit(0 if is_good else 1)
