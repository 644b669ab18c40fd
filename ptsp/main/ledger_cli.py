"""Check the ledger: fold every chain again from its rows alone."""

import json
import os
import sys

import click

from ptsp.infra.database import tenant_transaction
from ptsp.infra.ledger import ChainReport, check_chains
from ptsp.infra.tenants import TenantBook
from ptsp.infra.vault import Vault
from ptsp.main.connections import engine_for
from ptsp.main.runtime import running
from ptsp.main.settings import Settings


@click.group()
def ledger() -> None:
    """Check the chain of events."""


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
