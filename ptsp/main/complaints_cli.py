"""Complaints that are handed over to the national system (SP4N-LAPOR), and the numbers they have there."""

from typing import TextIO

import click

from ptsp.domain import tellings as room
from ptsp.domain.tellings import TellingState
from ptsp.flows.hand_over_complaint import KIND, hand_over_complaint
from ptsp.infra.work import begin
from ptsp.main.connections import doorbell_of
from ptsp.main.tellings_cli import entered, line_of


@click.group()
def complaints() -> None:
    """Hand complaints over to the national complaints system."""


@complaints.command("hand-over")
@click.argument("tenant")
@click.option(
    "--text",
    "text_file",
    type=click.File(encoding="utf-8"),
    default="-",
    help="a file; - reads from here until Ctrl-D",
)
@click.option("--secret/--public", default=True, show_default=True, help="the text is not published there")
@click.option("--anonymous", is_flag=True, help="nobody is named, and nothing of the reporter kept")
@click.option("--name", default="", help="the reporter's, unless anonymous")
@click.option("--email", default="", help="the reporter's")
@click.option("--phone", default="", help="the reporter's")
def hand_over(
    *,
    tenant: str,
    text_file: TextIO,
    secret: bool,
    anonymous: bool,
    name: str,
    email: str,
    phone: str,
) -> None:
    """Hand a complaint of the office TENANT over to the national system, and print its id.

    It goes out by itself; `ptsp complaints list` shows the number it has there.
    """
    person = {"name": name, "email": email, "phone": phone}
    if anonymous and any(person.values()):
        raise click.UsageError("--anonymous leaves no place for --name, --email or --phone")
    text = text_file.read()  # before the transaction begins: somebody may be typing it
    with entered() as (settings, engine, book):
        with begin(engine, book.get(tenant), actor="operator") as work:
            made = hand_over_complaint(
                work,
                text,
                is_secret=secret,
                is_anonymous=anonymous,
                reporter=None if anonymous else person,
            )
        doorbell_of(settings).ring()
    click.echo(str(made))


@complaints.command("list")
@click.argument("tenant")
def list_complaints(*, tenant: str) -> None:
    """List the complaints of the office TENANT with their tracking numbers, at most 100."""
    with entered() as (_, engine, book), begin(engine, book.get(tenant), actor="operator") as work:
        found = room.in_states(work.connection, list(TellingState), kind=KIND)
    for one in found:
        click.echo(line_of(one))
    click.echo(
        f"{len(found)} {'complaint' if len(found) == 1 else 'complaints'}" if found else "no complaints"
    )
