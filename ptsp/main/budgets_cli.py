"""How much of each agency's budget is used today, and how to open a day that an agency has closed."""

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict

import click
from sqlalchemy import Engine

from ptsp.flows.open_budget import open_budget
from ptsp.flows.show_budgets import BudgetView, show_budgets
from ptsp.infra.tenants import TenantBook
from ptsp.infra.vault import Vault
from ptsp.infra.work import begin
from ptsp.main.connections import doorbell_of, engine_for
from ptsp.main.runtime import running
from ptsp.main.settings import Settings

BY = "operator"


@click.group()
def budgets() -> None:
    """Show how much agencies were asked today, of what they may be asked.

    A budget stands in the office's pack. What it is spent for waits for the office's midnight, or is answered by
    hand where the pack names a desk.
    """


@budgets.command("list")
@click.argument("tenant", required=False)
@click.option("--json", "as_json", is_flag=True, help="one JSON object an agency")
def list_budgets(*, tenant: str | None, as_json: bool) -> None:
    """List today's use of the office TENANT or of all offices, by agency with a budget."""
    total = 0
    with _counter() as (_, engine, book):
        for office in [book.get(tenant)] if tenant else book.all():
            with begin(engine, office, actor=BY) as work:
                found = show_budgets(work)
            total += len(found)
            for one in found:
                row = {"tenant": office.code, **asdict(one)}
                click.echo(json.dumps(row, default=str) if as_json else f"{office.code}  {_line(one)}")
    if not as_json and not total:
        click.echo("no agency has a budget")


@budgets.command("open")
@click.argument("tenant")
@click.argument("agency")
def open_command(*, tenant: str, agency: str) -> None:
    """Open the day of an AGENCY of the office TENANT that said: no more today."""
    with _counter() as (settings, engine, book):
        with begin(engine, book.get(tenant), actor=BY) as work:
            let_go = open_budget(work, agency)
        doorbell_of(settings).ring()
    click.echo(f"{agency} is open; {let_go} {'question goes' if let_go == 1 else 'questions go'} on")


@contextmanager
def _counter() -> Iterator[tuple[Settings, Engine, TenantBook]]:
    with running(Settings.from_env(os.environ)) as settings:
        engine = engine_for(settings, "ptsp_app", pool_size=1)
        try:
            yield settings, engine, TenantBook(engine, Vault(settings.secret))
        finally:
            engine.dispose()


def _line(one: BudgetView) -> str:
    day = f"{one.used} of {one.per_day} used today" if one.per_day else f"{one.used} used today"
    kept_back = f", {one.reserve} kept for urgent cases" if one.reserve else ""
    rate = f"at most {one.per_second} a second" if one.per_second else "no limit a second"
    renewed = f"new at {one.renewed_at:%Y-%m-%d %H:%M %z}"
    known = f"{one.kept} verdicts kept, which answered {one.hits} today"
    return f"{one.agency}: {day}{kept_back}; {rate}; {_state(one)}; {renewed}; {known}"


def _state(one: BudgetView) -> str:
    if one.closed_at:  # told by the office's clock, like the next day
        return f"closed by the agency since {one.closed_at.astimezone(one.renewed_at.tzinfo):%H:%M}"
    if one.per_day is None or one.used < one.per_day - one.reserve:
        return "open"
    return "used up" if one.used >= one.per_day else "open for urgent cases only"
