"""What stands in the broker, what died there, and how to send it on."""

import json
import os
from dataclasses import asdict
from pathlib import Path

import click

from ptsp.infra.broker import REPLIES, counts, dead_letters, replay
from ptsp.main.message_documents import NAME, asyncapi
from ptsp.main.settings import ROOT, Settings

queue_option = click.option(
    "--queue", default=REPLIES, show_default=True, help="The queue in which they died."
)


@click.group()
def broker() -> None:
    """Show what stands in the broker, and send on what died there."""


@broker.command("counts")
@click.argument("queues", nargs=-1)
def show_counts(queues: tuple[str, ...]) -> None:
    """Say how many messages wait and how many died, in the queue of replies or in the QUEUES named."""
    for queue, (waiting, dead) in counts(_url(), queues or (REPLIES,)).items():
        click.echo(f"{queue}: {waiting} wait, {dead} died")


@broker.command()
@queue_option
@click.option("--json", "as_json", is_flag=True, help="Print one JSON list.")
def dead(*, queue: str, as_json: bool) -> None:
    """List the first hundred messages that nobody could use, and why. Their content stays where it is."""
    letters = dead_letters(_url(), queue)
    if as_json:
        click.echo(json.dumps([asdict(letter) for letter in letters]))
        return
    for letter in letters:
        click.echo(f"{letter.id}  {letter.tenant}/{letter.agency}  {letter.bytes} bytes: {letter.reason}")
    click.echo(f"{len(letters)} messages are dead" if letters else "nothing is dead")


@broker.command("replay")
@queue_option
@click.option(
    "--limit", default=100, show_default=True, type=click.IntRange(1, 10_000), help="At most so many."
)
def send_on(*, queue: str, limit: int) -> None:
    """Put dead messages back into their queue, oldest first. What was recorded before stays as it is."""
    count = replay(_url(), queue, limit=limit)
    click.echo(f"{count} messages go on" if count else "nothing is dead")


@broker.command()
@click.option(
    "--out",
    default=ROOT / "schemas",
    type=click.Path(file_okay=False, path_type=Path),
    show_default=False,
    help="The folder to write to; schemas/ of the platform if left out.",
)
def docs(*, out: Path) -> None:
    """Write the AsyncAPI document: queues, messages, signatures and events."""
    out.mkdir(parents=True, exist_ok=True)
    (out / NAME).write_text(asyncapi(), encoding="utf-8")
    click.echo(str(out / NAME))


def _url() -> str:
    url = Settings.from_env(os.environ).broker_url
    if not url:
        raise click.ClickException(
            "PTSP_BROKER_URL: names no broker; set it to its amqp:// or amqps:// address"
        )
    return url
