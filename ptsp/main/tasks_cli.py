"""What is due."""

import os
from datetime import tzinfo

import click

from ptsp.flows.desk_queue import QueuedTask, tasks_due
from ptsp.infra.tenants import TenantBook
from ptsp.infra.vault import Vault
from ptsp.infra.work import begin
from ptsp.main.connections import engine_for
from ptsp.main.runtime import running
from ptsp.main.settings import Settings


@click.group()
def tasks() -> None:
    """Show what is due."""


@tasks.command()
@click.option("--tenant", help="only this office")
@click.option("--agency", help="only what lies with this agency")
@click.option("--days", default=2, show_default=True, type=click.IntRange(0, 250), help="working days ahead")
def due(*, tenant: str | None, agency: str | None, days: int) -> None:
    """List the open tasks whose limit ends within so many working days or is over, at most 500 an office."""
    with running(Settings.from_env(os.environ)) as settings:
        engine = engine_for(settings, "ptsp_app", pool_size=1)
        book = TenantBook(engine, Vault(settings.secret))
        count = 0
        for office in book.all() if tenant is None else [book.get(tenant)]:
            with begin(engine, office, actor="operator") as work:
                for task in tasks_due(work, agency=agency, days=days):
                    count += 1
                    click.echo(f"{office.code}  {_line(task, office.calendar.zone)}")
        engine.dispose()
    click.echo(f"{count} tasks are due" if count else "nothing is due")


def _line(task: QueuedTask, zone: tzinfo) -> str:
    assert task.due_at is not None
    assert task.left_working_days is not None
    left = f"{abs(task.left_working_days)} working days {'over' if task.is_overdue else 'left'}"
    held = f", on hold: {', '.join(task.held_by)}" if task.held_by else ""
    officer = f", taken by {task.officer}" if task.officer else ""
    due = f"{task.due_at.astimezone(zone):%Y-%m-%d %H:%M}"
    return f"{due}  {task.reference}  {task.code} at {task.agency}, {left}{held}{officer}"
