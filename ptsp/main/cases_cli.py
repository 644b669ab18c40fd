"""Cases that the law will approve soon, or would have but for an outage; and moving cases to another version."""

import json
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from uuid import UUID

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table
from sqlalchemy import Engine

from ptsp.flows.decide_deemed import decide_deemed
from ptsp.flows.deemed_radar import RadarRow, deemed_radar, held_in_words
from ptsp.flows.move_cases import (
    PlannedMove,
    begin_move,
    move_case,
    moved_cases,
    open_cases,
    plan_moves,
    undo_case,
)
from ptsp.infra.tenants import Tenant, TenantBook
from ptsp.infra.vault import Vault
from ptsp.infra.work import begin
from ptsp.main.connections import doorbell_of, engine_for
from ptsp.main.runtime import running
from ptsp.main.settings import Settings

BY = "operator"
WIDE = 160  # of a table that no terminal shows


@click.group()
def cases() -> None:
    """Show and decide cases that silence approves, and move running ones to another version."""


@cases.command()
@click.option("--tenant", help="only this office")
@click.option("--days", default=3, show_default=True, type=click.IntRange(0, 250), help="working days ahead")
@click.option("--json", "as_json", is_flag=True, help="one JSON array")
def radar(*, tenant: str | None, days: int, as_json: bool) -> None:
    """List applications that the law approves within so many working days, with the step that is responsible."""
    found: list[tuple[str, RadarRow]] = []
    with _entered() as (_, engine, book):
        for office in book.all() if tenant is None else [book.get(tenant)]:
            with begin(engine, office, actor=BY) as work:
                found += [(office.code, row) for row in deemed_radar(work, book, days=days)]
    if as_json:
        rows = [{"tenant": code, **asdict(row)} for code, row in found]
        click.echo(json.dumps(rows, default=str, ensure_ascii=False, indent=2))
        return
    for code, row in found:
        click.echo(f"{code}  {_line(row)}")
    click.echo(f"{len(found)} applications are near" if found else "nothing is near")


@cases.command()
@click.argument("tenant")
@click.argument("reference")
@click.argument("service")
@click.option(
    "--approve/--refuse", "is_approved", required=True, help="let silence count, or give the days back"
)
@click.option("--ground", required=True, help="why; it is kept in the ledger and shown")
def deemed(*, tenant: str, reference: str, service: str, is_approved: bool, ground: str) -> None:
    """Decide of an approval by silence that an outage stood in the way of."""
    with _entered() as (settings, engine, book):
        with begin(engine, book.get(tenant), actor=BY) as work:
            decide_deemed(work, book, reference, service, approve_it=is_approved, ground=ground)
        doorbell_of(settings).ring()
    said = "is approved by law" if is_approved else "goes on, with the days of the outage given back"
    click.echo(f"{service} of {reference} {said}")


@cases.command()
@click.argument("tenant")
@click.option("--service", required=True, help="whose open cases")
@click.option("--to", "version", required=True, type=click.IntRange(1), help="the version of its standard")
@click.option("--plan", "is_plan", is_flag=True, help="only say what would happen")
@click.option("--json", "as_json", is_flag=True, help="one JSON object")
def move(*, tenant: str, service: str, version: int, is_plan: bool, as_json: bool) -> None:
    """Move open cases of TENANT to another version of a standard, each in its own transaction.

    What has begun stays as it is. A case that has no place for it in the other version says so and is left alone.
    """
    with _entered() as (settings, engine, book):
        office = book.get(tenant)
        with begin(engine, office, actor=BY) as work:
            references = open_cases(work, book, service, version)
        ident = None
        with _bar(f"{service} to version {version}", len(references)) as step:
            if is_plan:
                with begin(engine, office, actor=BY) as work:
                    done = plan_moves(work, book, service, version, progress=step)
            elif references:
                with begin(engine, office, actor=BY) as work:
                    ident = begin_move(work, book, service, version)
                done = _each(engine, office, book, ident, references, move_case, step)
                doorbell_of(settings).ring()
            else:
                done = []
    _show(ident, done, as_json=as_json, verb="can move" if is_plan else "moved")
    if ident and not as_json:
        click.echo(f"to take it back: ptsp cases undo {tenant} {ident}")


@cases.command()
@click.argument("tenant")
@click.argument("move_id", type=click.UUID)
@click.option("--json", "as_json", is_flag=True, help="one JSON object")
def undo(*, tenant: str, move_id: UUID, as_json: bool) -> None:
    """Take the cases of a move of TENANT back to the versions they came from, each in its own transaction.

    A case in which a step that only the newer version has began since stays where it is; then it ends with status 1.
    """
    with _entered() as (settings, engine, book):
        office = book.get(tenant)
        with begin(engine, office, actor=BY) as work:
            references = moved_cases(work, move_id)
        with _bar("back", len(references)) as step:
            done = _each(engine, office, book, move_id, references, undo_case, step)
        doorbell_of(settings).ring()
    _show(move_id, done, as_json=as_json, verb="taken back")
    sys.exit(0 if all(one.can_move for one in done) else 1)


Verb = Callable[..., PlannedMove]


def _each(
    engine: Engine,
    office: Tenant,
    book: TenantBook,
    ident: UUID,
    references: Sequence[str],
    verb: Verb,
    step: Callable[[], None],
) -> list[PlannedMove]:
    done = []
    for reference in references:
        with begin(engine, office, actor=BY) as work:
            done.append(verb(work, book, ident, reference))
        step()
    return done


@contextmanager
def _bar(title: str, total: int) -> Iterator[Callable[[], None]]:
    """A bar of the cases looked at, on stderr, where that is a terminal."""
    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, disable=not console.is_terminal, transient=True) as progress:
        task = progress.add_task(title, total=total)
        yield lambda: progress.advance(task)


def _show(ident: UUID | None, done: Sequence[PlannedMove], *, as_json: bool, verb: str) -> None:
    count = sum(one.can_move for one in done)
    if as_json:
        click.echo(json.dumps(_as_object(ident, done), default=str, ensure_ascii=False, indent=2))
        return
    if done:
        console = Console(width=None if sys.stdout.isatty() else WIDE)
        console.print(_table(done))
    click.echo(f"{count} of {len(done)} cases {verb}" if done else "no open case goes by another version")


def _as_object(ident: UUID | None, done: Sequence[PlannedMove]) -> dict[str, object]:
    return {
        "move": ident,
        "moved" if ident else "can_move": sum(one.can_move for one in done),
        "cases": [
            {**asdict(one), "reasons": [asdict(reason) for reason in one.reasons], "can_move": one.can_move}
            for one in done
        ],
    }


def _table(done: Sequence[PlannedMove]) -> Table:
    table = Table(
        "Case", "From", "To", "Promise", "Bundle", "Steps, or why it cannot", box=None, pad_edge=False
    )
    for one in done:
        why = "; ".join(reason.reason for reason in one.reasons)
        steps = ", ".join([*(f"-{name}" for name in one.dropped), *(f"+{name}" for name in one.added)])
        dates = (
            [_from_to(one.promised), _from_to(one.bundle_promised)] if one.can_move else ["stays", "stays"]
        )
        table.add_row(one.reference, str(one.from_version), str(one.to_version), *dates, why or steps)
    return table


def _from_to(dates: tuple[object, object] | None) -> str:
    """`2026-03-06`, or `2026-03-06 > 2026-03-09` where it moves."""
    return " > ".join(dict.fromkeys(map(str, dates or ())))


@contextmanager
def _entered() -> Iterator[tuple[Settings, Engine, TenantBook]]:
    with running(Settings.from_env(os.environ)) as settings:
        engine = engine_for(settings, "ptsp_app", pool_size=1)
        try:
            yield settings, engine, TenantBook(engine, Vault(settings.secret))
        finally:
            engine.dispose()


def _line(row: RadarRow) -> str:
    """`SDA-...  siup  due 2026-03-06, 2 working days left, business_check at trade`."""
    left = (
        f"{row.days_left} working days left" if row.days_left >= 0 else f"{-row.days_left} working days over"
    )
    who = "; ".join(f"{one.code} at {one.agency}" for one in row.responsible) or "no open step"
    held = held_in_words(row)
    return f"{row.reference}  {row.service}  due {row.due_on}, {left}, {who}" + (f" ({held})" if held else "")
