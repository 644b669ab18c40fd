"""What central systems have sent us, and what they know of a number."""

import json
from collections.abc import Mapping
from typing import Any
from uuid import UUID

import click

from ptsp.domain import tellings as room
from ptsp.flows.take_filing import filed_body
from ptsp.infra.work import begin
from ptsp.main.tellings_cli import entered
from ptsp.main.wiring import partners_of
from ptsp.sdk.errors import ConnectorError
from ptsp.sdk.manifest import Style


@click.group()
def central() -> None:
    """Show what central systems have sent us, and ask them about a number."""


@central.command("filings")
@click.argument("tenant")
@click.option("--number", help="only about this number, such as a NIB")
def list_filings(*, tenant: str, number: str | None) -> None:
    """List what was sent to the office TENANT, the newest first, at most 100."""
    with entered() as (_, engine, book):
        office = book.get(tenant)
        with begin(engine, office, actor="operator") as work:
            found = room.filings(work.connection, number=number)
    for one in found:
        at = one.received_at.astimezone(office.calendar.zone)
        odd = "" if one.state == "read" else f"  {one.state}"
        click.echo(f"{at:%Y-%m-%d %H:%M}  {one.id}  {one.kind} {one.number or '-'} from {one.source}{odd}")
    click.echo(f"{len(found)} {'filing' if len(found) == 1 else 'filings'}" if found else "no filings")


@central.command("filing")
@click.argument("tenant")
@click.argument("filing", type=click.UUID)
def show_filing(*, tenant: str, filing: UUID) -> None:
    """Print one FILING of the office TENANT as it came. It holds personal data."""
    with entered() as (_, engine, book), begin(engine, book.get(tenant), actor="operator") as work:
        body = filed_body(work, filing)
    click.echo(body, nl=False)


@central.command("nib")
@click.argument("tenant")
@click.argument("agency")
@click.argument("number")
def show_nib(*, tenant: str, agency: str, number: str) -> None:
    """Ask the central system AGENCY of the office TENANT what it knows under NUMBER. Nothing is kept."""
    known: Mapping[str, object] = _asked(tenant, agency, "inquire", number)
    click.echo(json.dumps(known, indent=1, ensure_ascii=False))


@central.command("status")
@click.argument("tenant")
@click.argument("agency")
@click.argument("nib")
@click.argument("licence")
def show_status(*, tenant: str, agency: str, nib: str, licence: str) -> None:
    """Ask OSS how a LICENCE (id_izin) of a NIB stands. A code that nobody knows is shown as it is."""
    known: Mapping[str, str] = _asked(tenant, agency, "status", nib, licence)
    click.echo(f"{known['kd_status'] or '-'}  {known['meaning'] or 'a code that we do not know'}")


def _asked(tenant: str, agency: str, what: str, *about: str) -> Any:
    """What the connector says; no transaction is open. ClickException where it cannot, or has no such question."""
    with entered() as (settings, _, book):
        try:
            connector = partners_of(settings).of_style(book.get(tenant), agency, Style.CENTRAL)
            ask = getattr(connector, what, None)
            if ask is None:
                raise click.ClickException(f"{agency} cannot be asked about this")
            return ask(*about)
        except ConnectorError as error:
            raise click.ClickException(f"{agency}: {error}") from error
