"""What is owed to people, what failed and why, and how to send it on."""

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from uuid import UUID

import click
from sqlalchemy import Engine

from ptsp.domain.messages import MessageRow, MessageState, counts, in_states
from ptsp.flows.retry_message import retry_message
from ptsp.infra.tenants import TenantBook
from ptsp.infra.vault import Vault
from ptsp.infra.work import begin
from ptsp.main.connections import doorbell_of, engine_for
from ptsp.main.runtime import running
from ptsp.main.settings import Settings

TO_LOOK_AT = (MessageState.FAILED, MessageState.DROPPED, MessageState.SENDING, MessageState.OWED)
MOST = 100
STATES = click.Choice([state.value for state in MessageState])


@click.group()
def messages() -> None:
    """Show what is owed to people, and send it on."""


@messages.command("list")
@click.option("--tenant", help="only this office")
@click.option("--state", "wanted", type=STATES, multiple=True, help="only these; otherwise all but sent ones")
def list_messages(*, tenant: str | None, wanted: Sequence[str]) -> None:
    """List messages with the reason why they are not sent, the oldest of a state first, at most 100 a state."""
    states = [MessageState(one) for one in wanted] or TO_LOOK_AT
    with running(Settings.from_env(os.environ)) as settings, _entered(settings) as (engine, book):
        for office in book.all() if tenant is None else [book.get(tenant)]:
            with begin(engine, office, actor="operator") as work:
                standing = counts(work.connection)
                found = [one for state in states for one in in_states(work.connection, [state], limit=MOST)]
            click.echo(f"{office.code}: {_counted(standing)}")
            for message in found:
                click.echo(f"  {_line(message)}")


@messages.command()
@click.argument("tenant")
@click.argument("message", type=click.UUID, required=False)
@click.option("--all", "is_all", is_flag=True, help="every failed message of the office, at most 100")
def retry(*, tenant: str, message: UUID | None, is_all: bool) -> None:
    """Send a failed MESSAGE of the office TENANT, or one that waits, on its way now. It keeps its id."""
    if (message is None) != is_all:
        raise click.UsageError("name one message, or say --all")
    with running(Settings.from_env(os.environ)) as settings, _entered(settings) as (engine, book):
        with begin(engine, book.get(tenant), actor="operator") as work:
            failed = in_states(work.connection, [MessageState.FAILED], limit=MOST) if is_all else ()
            chosen = [message] if message else [one.id for one in failed]
            for one in chosen:
                retry_message(work, one)
        doorbell_of(settings).ring()
    click.echo(f"{message} goes on" if message else f"{len(chosen)} messages go on")


@contextmanager
def _entered(settings: Settings) -> Iterator[tuple[Engine, TenantBook]]:
    engine = engine_for(settings, "ptsp_app", pool_size=1)
    try:
        yield engine, TenantBook(engine, Vault(settings.secret))
    finally:
        engine.dispose()


def _counted(standing: Mapping[MessageState, int]) -> str:
    """`2 failed, 1 owed, 40 sent`."""
    return ", ".join(f"{standing[one]} {one}" for one in MessageState if one in standing) or "no messages"


def _line(message: MessageRow) -> str:
    """Without the address, which is looked up only to send."""
    tried = f"tried {message.attempts} times" if message.attempts else "not tried yet"
    why = f": {message.last_error}" if message.last_error else ""
    what = f"{message.id}  {message.kind} to {message.recipient} by {message.channel}"
    return f"{message.state}  {what}, {tried}{why}"
