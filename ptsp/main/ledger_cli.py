"""Check the ledger, show what left the house of it, and write it out for whoever checks it without us."""

import json
import os
import sys
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

import click

from ptsp.flows.show_heads import HeadView, show_heads
from ptsp.infra.database import tenant_transaction
from ptsp.infra.ledger import ChainReport, check_chains
from ptsp.infra.signing import ensure_trust
from ptsp.infra.tenants import Tenant, TenantBook
from ptsp.infra.vault import Vault
from ptsp.infra.work import begin
from ptsp.main.connections import engine_for
from ptsp.main.ledger_export import export_ledger
from ptsp.main.runtime import running
from ptsp.main.settings import Settings
from ptsp.main.wiring import keys_folder


@click.group()
def ledger() -> None:
    """Check the chain of events, and what holds it from outside."""


@ledger.command()
@click.option("--tenant", help="only this office")
@click.option("--json", "as_json", is_flag=True, help="one JSON object")
def verify(*, tenant: str | None, as_json: bool) -> None:
    """Compute every hash again. Ends with status 1 when a chain is broken."""
    with running(Settings.from_env(os.environ)) as settings:
        reports = check_all(settings, tenant)
    broken = {code: list(report.broken) for code, report in reports.items() if report.broken}
    totals = {
        "bundles": sum(report.bundles for report in reports.values()),
        "events": sum(report.events for report in reports.values()),
        "chain_ok": not broken,
        "broken": broken,
    }
    if as_json:
        click.echo(json.dumps(totals))
    else:
        click.echo(
            f"{totals['bundles']} bundles, {totals['events']} events, {len(broken)} tenants with a broken chain"
        )
        for code, faults in broken.items():
            for fault in faults:
                click.echo(f"  {code}: {fault}")
    sys.exit(1 if broken else 0)


@ledger.command()
@click.argument("tenant", required=False)
@click.option(
    "--last", default=14, show_default=True, type=click.IntRange(1, 10_000), help="so many days an office"
)
@click.option("--json", "as_json", is_flag=True, help="one JSON object a day")
def heads(*, tenant: str | None, last: int, as_json: bool) -> None:
    """Show the daily heads of TENANT or of all offices, the newest first: signed, time-stamped, and who has them.

    Ends with status 1 when a signature does not hold, or a head tells of broken chains.
    """
    is_wrong = False
    with running(Settings.from_env(os.environ)) as settings:
        for office, views in _heads(settings, tenant, last):
            for view in views:
                is_wrong |= not view.is_signed or view.breaks > 0
                click.echo(_as_json(office, view) if as_json else f"{office.code}  {_line(view)}")
            if not views and not as_json:
                click.echo(f"{office.code}  no head yet")
    sys.exit(1 if is_wrong else 0)


@ledger.command()
@click.argument("tenant")
@click.option(
    "-o", "--output", required=True, type=click.Path(path_type=Path, dir_okay=False), help="a new file"
)
def export(*, tenant: str, output: Path) -> None:
    """Write the whole ledger of TENANT with its heads to a file for `ptsp-verify`. It holds no personal data."""
    with running(Settings.from_env(os.environ)) as settings:
        engine = engine_for(settings, "ptsp_app", pool_size=1)
        try:
            office = TenantBook(engine, Vault(settings.secret)).get(tenant)
            done = export_ledger(engine, office, output)
        except FileExistsError as error:
            raise click.ClickException(f"{output} is there already") from error
        finally:
            engine.dispose()
    click.echo(f"{done.bundles} bundles, {done.events} events, {done.heads} heads in {output}")


def _heads(
    settings: Settings, tenant: str | None, last: int
) -> Iterator[tuple[Tenant, tuple[HeadView, ...]]]:
    engine = engine_for(settings, "ptsp_app", pool_size=1)
    book = TenantBook(engine, Vault(settings.secret))
    try:
        for office in book.all() if tenant is None else [book.get(tenant)]:
            with begin(engine, office, actor="operator") as work:
                trust = ensure_trust(keys_folder(settings), work.now)
                yield office, show_heads(work, trust, settings.holder_roles, limit=last)
    finally:
        engine.dispose()


def _as_json(office: Tenant, view: HeadView) -> str:
    return json.dumps({"tenant": office.code, **asdict(view)}, default=str)


def _line(view: HeadView) -> str:
    stamp = f"stamped {view.stamped_at:%Y-%m-%d %H:%M:%S}Z" if view.stamped_at else "not_stamped"
    holders = ", ".join(f"{name} {state}" for name, state in view.holders.items()) or "handed over to nobody"
    signed = "signed" if view.is_signed else "SIGNATURE DOES NOT HOLD"
    broken = f", {view.breaks} CHAINS BROKEN" if view.breaks else ""
    counts = f"{view.bundles} bundles, {view.events} events"
    return f"{view.day}  {view.root[:16]}  {counts}{broken}; {signed}; {stamp}; {holders}"


def check_all(settings: Settings, tenant: str | None = None) -> dict[str, ChainReport]:
    """The verifier's report per tenant."""
    engine = engine_for(settings, "ptsp_app", pool_size=1)
    book = TenantBook(engine, Vault(settings.secret))
    reports = {}
    for one in book.all() if tenant is None else [book.get(tenant)]:
        with tenant_transaction(engine, one.id) as connection:
            reports[one.code] = check_chains(connection, one.id)
    engine.dispose()
    return reports
