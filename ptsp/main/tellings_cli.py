"""What central systems are told, what did not come through and why, and how to send it on."""

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from uuid import UUID

import click
from sqlalchemy import Engine

from ptsp.domain import tellings as room
from ptsp.domain.tellings import TellingRow, TellingState
from ptsp.flows.replay_telling import replay_telling
from ptsp.infra.tenants import TenantBook
from ptsp.infra.vault import Vault
from ptsp.infra.work import begin
from ptsp.main.connections import doorbell_of, engine_for
from ptsp.main.runtime import running
from ptsp.main.settings import Settings

TO_LOOK_AT = (TellingState.DEAD, TellingState.UNKNOWN, TellingState.SENDING, TellingState.OWED)
STATES = click.Choice([state.value for state in TellingState])


@click.group()
def tellings() -> None:
    """Show what central systems are told, and send on what is dead."""


@tellings.command("list")
@click.option("--tenant", help="only this office")
@click.option("--state", "wanted", type=STATES, multiple=True, help="only these; otherwise all but sent ones")
def list_tellings(*, tenant: str | None, wanted: Sequence[str]) -> None:
    """List tellings with the reason why they were not taken, the oldest of a state first, at most 100 a state."""
    states = [TellingState(one) for one in wanted] or TO_LOOK_AT
    with entered() as (_, engine, book):
        for office in book.all() if tenant is None else [book.get(tenant)]:
            with begin(engine, office, actor="operator") as work:
                standing = room.counts(work.connection)
                found = [one for state in states for one in room.in_states(work.connection, [state])]
            counted = ", ".join(f"{standing[one]} {one}" for one in TellingState if one in standing)
            click.echo(f"{office.code}: {counted or 'no tellings'}")
            for one in found:
                click.echo(f"  {line_of(one)}")


@tellings.command()
@click.argument("tenant")
@click.argument("telling", type=click.UUID)
@click.option("--checked", is_flag=True, help="somebody made sure there that it did not arrive")
def replay(*, tenant: str, telling: UUID, checked: bool) -> None:
    """Send a dead TELLING of the office TENANT on its way again. It keeps its key."""
    with entered() as (settings, engine, book):
        with begin(engine, book.get(tenant), actor="operator") as work:
            replay_telling(work, telling, is_checked=checked)
        doorbell_of(settings).ring()
    click.echo(f"{telling} goes on")


@contextmanager
def entered() -> Iterator[tuple[Settings, Engine, TenantBook]]:
    """The offices, as the pages enter them."""
    with running(Settings.from_env(os.environ)) as settings:
        engine = engine_for(settings, "ptsp_app", pool_size=1)
        try:
            yield settings, engine, TenantBook(engine, Vault(settings.secret))
        finally:
            engine.dispose()


def line_of(one: TellingRow) -> str:
    """Without its content, which may be a person's."""
    times = "once" if one.attempts == 1 else f"{one.attempts} times"
    tried = f"tried {times}" if one.attempts else "not tried yet"
    why = f": {one.cause} ({one.last_error})" if one.cause else ""
    number = f", there {one.agency_ref}" if one.agency_ref else ""
    return f"{one.state}  {one.id}  {one.kind} to {one.agency}, {tried}{number}{why}"
