"""Import the history of another system from an event log, with its deadlines."""

import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn
from sqlalchemy import create_engine, text

from ptsp.domain.history import Naming, Throughput
from ptsp.flows.import_history import Imported, find_target, import_history
from ptsp.infra.xes import read_cases
from ptsp.main.connections import engine_for
from ptsp.main.migrate_cli import bring_up
from ptsp.main.runtime import running
from ptsp.main.settings import Settings

HAS_TABLES = text("""
    SELECT EXISTS (SELECT FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
                    WHERE n.nspname = 'app' AND c.relname = 'past_case')""")
NOTHING_ENDED = "no case of the log says when it ended, so none is completed, on time or late"


@click.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--tenant", help="the office or archive it belongs to; without it an archive of the file's name"
)
@click.option("--json", "as_json", is_flag=True, help="one JSON object")
@click.option("--deadline-attribute", help="the attribute of a case that is its deadline")
@click.option("--end-attribute", help="the attribute of a case that is its end")
def replay(
    *,
    file: Path,
    tenant: str | None,
    as_json: bool,
    deadline_attribute: str | None,
    end_attribute: str | None,
) -> None:
    """Import the cases of FILE (.xes or .xes.gz) as a tenant's history and show what they come to.

    A second time nothing is doubled: a case is left as it is, or replaced if it changed. Attributes are found
    whether written in capitals or not.
    """
    naming = Naming()
    if deadline_attribute:
        naming = replace(naming, deadline=(deadline_attribute,))
    if end_attribute:
        naming = replace(naming, end=(end_attribute,))
    with running(Settings.from_env(os.environ)) as settings:
        imported = import_file(settings, file, tenant, naming, shows_progress=not as_json)
    click.echo(json.dumps(as_object(imported)) if as_json else "\n".join(as_lines(imported)))


def import_file(
    settings: Settings, file: Path, tenant: str | None, naming: Naming, *, shows_progress: bool = False
) -> Imported:
    """Import a log, into tables that are made if they are not there."""
    if not _has_tables(settings):
        bring_up(settings)
    owner = engine_for(settings, "ptsp_owner", pool_size=1)
    try:
        target = find_target(owner, file.name, tenant)
        with _progress(file, is_shown=shows_progress) as progress:
            return import_history(owner, target, read_cases(file, progress), naming)
    finally:
        owner.dispose()


def as_object(imported: Imported) -> dict[str, Any]:
    """What `--json` prints."""
    figures = asdict(imported.figures)
    throughput = figures.pop("throughput") or dict.fromkeys(Throughput.__slots__)
    return {
        "tenant": imported.target.tenant,
        "source": imported.target.source,
        **figures,
        "throughput_days": throughput,
        "imported": asdict(imported.saved),
        "notes": notes(imported),
    }


def notes(imported: Imported) -> list[str]:
    """Why a figure is missing."""
    return [NOTHING_ENDED] if imported.figures.completed is None else []


def as_lines(imported: Imported) -> Iterator[str]:
    """The same for people."""
    target, saved, figures = imported.target, imported.saved, imported.figures
    yield (
        f"{target.tenant}, {target.source}: {saved.added} cases new, {saved.replaced} replaced,"
        f" {saved.unchanged} as they were"
    )
    yield f"{figures.cases} cases with {figures.events} events"
    if figures.completed is not None:
        yield (
            f"{figures.completed} completed: {figures.on_time} on time, {figures.late} late,"
            f" {figures.without_deadline} without a deadline"
        )
    yield from notes(imported)
    if figures.throughput is not None:
        days = figures.throughput
        yield (
            f"days from the first event to the last: median {days.median:.2f}, mean {days.mean:.2f},"
            f" 90% within {days.p90:.2f}"
        )


def _has_tables(settings: Settings) -> bool:
    admin = create_engine(settings.admin_database_url)
    try:
        with admin.connect() as connection:
            return bool(connection.execute(HAS_TABLES).scalar_one())
    finally:
        admin.dispose()


@contextmanager
def _progress(file: Path, *, is_shown: bool) -> Iterator[Callable[[int], None]]:
    """A bar of the bytes read, on stderr, where that is a terminal."""
    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TimeRemainingColumn())
    disabled = not (is_shown and console.is_terminal)
    with Progress(*columns, console=console, disable=disabled, transient=True) as progress:
        task = progress.add_task(file.name, total=file.stat().st_size)
        yield lambda read: progress.update(task, completed=read)
