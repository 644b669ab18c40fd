"""What was promised, why, and whether it still follows from the events."""

import os
from datetime import date

import click
from babel.dates import format_date, format_datetime

from ptsp.flows.clock_texts import UNITS, reason_text
from ptsp.flows.explain_promise import Explained, ExplainedStep, Skipped, explain_promise
from ptsp.flows.refold import Recomputed, recompute
from ptsp.infra.tenants import Tenant, TenantBook
from ptsp.infra.vault import Vault
from ptsp.infra.work import begin
from ptsp.kernel.errors import NotFound
from ptsp.main.connections import engine_for
from ptsp.main.differences import tell
from ptsp.main.runtime import running
from ptsp.main.settings import Settings


@click.group()
def promise() -> None:
    """Explain promised dates, and fold every deadline again."""


@promise.command()
@click.argument("reference")
@click.option("--tenant", help="the office; needed only where two have such a reference")
def explain(reference: str, tenant: str | None) -> None:
    """Print the path that makes the promised date of REFERENCE, and the days skipped on it with their reasons."""
    with running(Settings.from_env(os.environ)) as settings:
        engine = engine_for(settings, "ptsp_app", pool_size=1)
        book = TenantBook(engine, Vault(settings.secret))
        for office in [book.get(tenant)] if tenant else book.all():
            if not tenant and not reference.startswith(f"{office.pack.prefix}-"):
                continue
            with begin(engine, office, actor="operator") as work:
                explained = explain_promise(work, book, reference)
            for line in lines(explained):
                click.echo(line)
            break
        else:
            raise NotFound(f"no office has references like {reference!r}")
        engine.dispose()


@promise.command(name="recompute")
@click.option("--tenant", help="only this office")
@click.option("--json", "as_json", is_flag=True, help="one JSON object")
def recompute_all(*, tenant: str | None, as_json: bool) -> None:
    """Fold every deadline again from the ledger alone. Ends with status 1 where one differs from what is stored."""
    with running(Settings.from_env(os.environ)) as settings:
        engine = engine_for(settings, "ptsp_app", pool_size=1)
        book = TenantBook(engine, Vault(settings.secret))
        offices = [book.get(tenant)] if tenant else book.all()
        found = {office.code: _recomputed(engine, office) for office in offices}
        engine.dispose()
    total = {
        "bundles": sum(one.bundles for one in found.values()),
        "deadlines": sum(one.deadlines for one in found.values()),
        "promises_moved": sum(one.moves for one in found.values()),
    }
    tell(total, {code: one.differences for code, one in found.items()}, as_json=as_json)


def _recomputed(engine: object, office: Tenant) -> Recomputed:
    with begin(engine, office, actor="operator") as work:  # type: ignore[arg-type]
        return recompute(work.connection, office)


def lines(one: Explained) -> list[str]:
    """The explanation as it is read aloud, in Indonesian."""
    said = [
        f"{one.reference}: dijanjikan {_day(one.promised_on)}"
        + (f" (semula {_day(one.first_promised_on)})" if one.promised_on != one.first_promised_on else "")
        + (" - sementara, cuti bersama tahun itu belum ditetapkan" if one.is_provisional else "")
    ]
    if one.held_by:
        said.append("  tertahan: " + "; ".join(reason_text(reason)["id"] for reason in one.held_by))
    said.append(f"  jalur terpanjang (kalender versi {one.calendar}):")
    for step in one.path:
        said += _step_lines(step)
    loose = [f"{name['id']} {days}" for _, name, days in one.slack if days]
    if loose:
        said.append("  kelonggaran langkah lain, dalam hari kerja: " + "; ".join(loose))
    if one.moves:
        said.append("  perubahan janji:")
    said += [
        f"    {format_datetime(at, 'd MMM y HH.mm', locale='id_ID')}  {told['id']}" for at, told in one.moves
    ]
    return said


def _step_lines(step: ExplainedStep) -> list[str]:
    took = f"{step.limit.amount} {UNITS[step.limit.unit]['id']}"
    line = (
        f"    {step.name['id']} ({step.agency_name['id']}): {took},"
        f" {_day(step.begins_on)} sampai {_day(step.ends_on)} [{step.state}]"
    )
    return [line, *(f"      dilewati {_days(one)}: {one.reason}" for one in step.skipped)]


def _days(one: Skipped) -> str:
    return _day(one.first) if one.first == one.last else f"{_day(one.first)} sampai {_day(one.last)}"


def _day(day: date) -> str:
    return str(format_date(day, "d MMM y", locale="id_ID"))
