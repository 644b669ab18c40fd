"""`ptsp time year`: a year of one office in a minute or two."""

import json
import os
import sys
from datetime import date

import click
from rich.console import Console
from rich.progress import Progress

from ptsp.main.runtime import running
from ptsp.main.settings import Settings
from ptsp.main.year.play import FIRST, LAST
from ptsp.main.year.run import run_year

MUST_BE_ZERO = ("differences", "without_cause", "deemed_in_outage", "fee_differences", "unreconciled")


@click.command()
@click.option(
    "--bundles", type=click.IntRange(1), default=10_000, show_default=True, help="Lodged over the year."
)
@click.option("--seed", type=int, default=2026, show_default=True, help="Of everything that chance decides.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def year(*, bundles: int, seed: int, as_json: bool) -> None:
    """Play a year of one office: bundles, stops, extensions, decrees, outages, approvals by law.

    In a database of its own, which is gone afterwards. Ends with status 1 where a date does not follow from the
    ledger, a promise moved without a cause, the law approved during an outage, a fee comes out otherwise when it is
    worked out again, or a rupiah is neither booked nor owed back.
    """
    with (
        running(Settings.from_env(os.environ)) as settings,
        Progress(
            console=Console(stderr=True), transient=True, disable=as_json or not sys.stderr.isatty()
        ) as bar,
    ):
        task = bar.add_task(str(FIRST.year), total=(LAST - FIRST).days + 1)

        def progress(day: date) -> None:
            bar.update(task, advance=1, description=day.isoformat())

        found = run_year(settings, bundles=bundles, seed=seed, progress=progress)
    if as_json:
        click.echo(json.dumps(found))
    else:
        for name, value in found.items():
            click.echo(f"{name.replace('_', ' ')}: {value}")
    sys.exit(1 if any(found[name] for name in MUST_BE_ZERO) else 0)
