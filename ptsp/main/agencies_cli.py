"""`ptsp agencies`: the secrets by which partners know an office, where the partner gave them out."""

import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import tzinfo
from typing import BinaryIO

import click
from sqlalchemy import Engine

from ptsp.flows.set_agency_secret import remove_agency_secret, secret_as_given, set_agency_secret
from ptsp.flows.show_agency_secrets import SecretView, show_agency_secrets
from ptsp.infra.tenants import TenantBook
from ptsp.infra.vault import Vault
from ptsp.infra.work import begin
from ptsp.main.runtime import running
from ptsp.main.settings import Settings
from ptsp.main.wiring import engine_for

BY = "operator"


@click.group()
def agencies() -> None:
    """Keep the secrets that agencies issue: a user_key, a password, a salt.

    Without one an agency is told the secret that both sides derive from PTSP_SECRET.
    """


@agencies.command()
@click.argument("tenant")
@click.argument("agency")
@click.option("--file", "source", type=click.File("rb"), help="read it from here instead of standard input")
@click.option("--remove", "is_removal", is_flag=True, help="go back to the derived one")
def secret(*, tenant: str, agency: str, source: BinaryIO | None, is_removal: bool) -> None:
    """Set the secret of AGENCY of the office TENANT. It is read from standard input, and never shown again.

    One line of text; {"apikey", "token", "salt"} as JSON for the service bus; or bytes as base64 after whsec_.
    Processes that run take it up within two seconds.
    """
    if is_removal and source:
        raise click.UsageError("--remove and --file exclude each other")
    given = b"" if is_removal else secret_as_given(_read(source))
    with _entered() as (engine, book), begin(engine, book.get(tenant), actor=BY) as work:
        if is_removal:
            remove_agency_secret(work, agency)
        else:
            set_agency_secret(work, agency, given)
    told = "is derived again" if is_removal else "is set"
    click.echo(f"the secret of {agency} {told}")


@agencies.command()
@click.argument("tenant")
@click.option("--json", "as_json", is_flag=True, help="one JSON object an agency")
def secrets(*, tenant: str, as_json: bool) -> None:
    """List of which kind the secret of each agency of the office TENANT is, and since when; never a value."""
    with _entered() as (engine, book):
        office = book.get(tenant)
        with begin(engine, office, actor=BY) as work:
            found = show_agency_secrets(work)
    for one in found:
        line = json.dumps(asdict(one), default=str) if as_json else _line(one, office.calendar.zone)
        click.echo(line)


def _read(source: BinaryIO | None) -> bytes:
    """From a terminal it is typed unseen."""
    if source is not None:
        return source.read()
    if sys.stdin.isatty():
        typed: str = click.prompt("Secret", hide_input=True, err=True)
        return typed.encode()
    return sys.stdin.buffer.read()


@contextmanager
def _entered() -> Iterator[tuple[Engine, TenantBook]]:
    """The offices, as their owner: pages and workers only read secrets."""
    with running(Settings.from_env(os.environ)) as settings:
        engine = engine_for(settings, "ptsp_owner", pool_size=1)
        try:
            yield engine, TenantBook(engine, Vault(settings.secret))
        finally:
            engine.dispose()


def _line(one: SecretView, zone: tzinfo) -> str:
    kind = "given" if one.is_given else "derived"
    since = f" since {one.since.astimezone(zone):%Y-%m-%d %H:%M %Z} by {one.by}" if one.since else ""
    return f"{one.agency:<24} {one.connector:<10} {kind}{since}"
