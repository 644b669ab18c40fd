"""Tokens that open a desk for an officer."""

import os

import click

from ptsp.flows.open_desk import open_desk
from ptsp.infra.tenants import TenantBook
from ptsp.infra.vault import Vault
from ptsp.infra.work import begin
from ptsp.main.runtime import running
from ptsp.main.settings import Settings
from ptsp.main.wiring import engine_for


@click.command()
@click.argument("tenant")
@click.argument("agency")
@click.option(
    "--officer", help="a label such as loket-2, by which its bearer takes tasks; not a person's name"
)
def desk(*, tenant: str, agency: str, officer: str | None) -> None:
    """Make a token for the desk AGENCY of the office TENANT and print it, once: only its keyed hash is kept.

    An officer shows it once at /TENANT/desk; a program sends it as `Authorization: Bearer TOKEN` to
    /api/v1/offices/TENANT/desk/tasks.
    """
    with running(Settings.from_env(os.environ)) as settings:
        owner = engine_for(settings, "ptsp_owner", pool_size=1)
        book = TenantBook(owner, Vault(settings.secret))
        with begin(owner, book.get(tenant), actor="operator") as work:
            token = open_desk(work, agency, officer)
        owner.dispose()
    click.echo(token)
