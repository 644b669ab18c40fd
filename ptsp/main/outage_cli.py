"""What is down: put it on record, end it, and let the clocks follow."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from uuid import UUID

import click
from sqlalchemy import Engine

from ptsp.domain import outages
from ptsp.flows.declare_outage import declare_outage
from ptsp.flows.end_outage import end_outage
from ptsp.flows.follow_outages import follow_outages
from ptsp.infra.tenants import Tenant, TenantBook
from ptsp.infra.vault import Vault
from ptsp.infra.work import begin
from ptsp.main.connections import engine_for
from ptsp.main.runtime import running
from ptsp.main.settings import Settings

BY = "operator"


@click.group()
def outage() -> None:
    """Put outages on record: clocks stand meanwhile, and the law approves nothing without a person."""


@outage.command()
@click.argument("tenant")
@click.argument("agency", required=False)
@click.option("--central", is_flag=True, help="a central system that all depend on, instead of one agency")
@click.option("--note", required=True, help="what is down, in words for everybody")
def declare(*, tenant: str, agency: str | None, central: bool, note: str) -> None:
    """AGENCY of the office TENANT is down from now on. The clocks of all its tasks stand."""
    if central == (agency is not None):
        raise click.UsageError("name one agency, or say --central")
    with _entered() as (engine, book):
        office = book.get(tenant)
        with begin(engine, office, actor=BY) as work:
            ident = declare_outage(work, agency or outages.CENTRAL, note)
        count = _follow(engine, office)
    click.echo(f"{ident} is on record; clocks of {count} bundles stand")


@outage.command()
@click.argument("tenant")
@click.argument("ident", metavar="OUTAGE", type=click.UUID)
def end(*, tenant: str, ident: UUID) -> None:
    """OUTAGE of the office TENANT is over. What it held goes on."""
    with _entered() as (engine, book):
        office = book.get(tenant)
        with begin(engine, office, actor=BY) as work:
            end_outage(work, ident)
        count = _follow(engine, office)
    click.echo(f"{ident} has ended; clocks of {count} bundles go on")


@outage.command("list")
@click.option("--tenant", help="only this office")
def list_outages(*, tenant: str | None) -> None:
    """List the newest outages, at most 100 an office."""
    with _entered() as (engine, book):
        for office in book.all() if tenant is None else [book.get(tenant)]:
            with begin(engine, office, actor=BY) as work:
                found = outages.recent(work.connection, office.id)
            for one in found:
                click.echo(f"{office.code}  {_line(office, one)}")


@contextmanager
def _entered() -> Iterator[tuple[Engine, TenantBook]]:
    with running(Settings.from_env(os.environ)) as settings:
        engine = engine_for(settings, "ptsp_app", pool_size=1)
        try:
            yield engine, TenantBook(engine, Vault(settings.secret))
        finally:
            engine.dispose()


def _follow(engine: Engine, office: Tenant) -> int:
    """Let the clocks follow, a batch a transaction. What a crash leaves here, a worker finishes."""
    total = 0
    while True:
        with begin(engine, office, actor=BY) as work:
            count = follow_outages(work)
        total += count
        if not count:
            return total


def _line(office: Tenant, one: outages.Outage) -> str:
    zone = office.calendar.zone
    began = f"{one.began_at.astimezone(zone):%Y-%m-%d %H:%M}"
    over = f"until {one.ended_at.astimezone(zone):%Y-%m-%d %H:%M}" if one.ended_at else "lasts"
    return f"{one.id}  {one.agency or 'central'}  from {began}, {over}: {one.note}"
