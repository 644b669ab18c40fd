"""`ptsp consumer`: takes what agencies answer by messages, and publishes events. Any number of them may run."""

import threading
from functools import partial

import click
import structlog

from ptsp.infra.absence import Absence
from ptsp.infra.broker import REPLIES, Consumer
from ptsp.jobs.publish_events import publish_events
from ptsp.jobs.take_messages import take_messages
from ptsp.jobs.tools import Tools
from ptsp.main.standing import settle, standing, stop_on_signal
from ptsp.main.wiring import tools_of

log = structlog.get_logger()

EVERY_S = 1.0  # how often each office's events are looked for


@click.command()
@click.option("--no-events", is_flag=True, help="Take messages only; another one publishes the events.")
def consumer(*, no_events: bool) -> None:
    """Record what agencies answer by messages, and acknowledge it once that is on disk; publish what happens here."""
    with standing() as settings:
        if not settings.broker_url:
            raise click.ClickException("PTSP_BROKER_URL: names no broker, so there is nothing to consume")
        stop, tools = stop_on_signal(), tools_of(settings)
        telling = threading.Thread(target=_tell, args=(tools, stop), name="events")
        if not no_events:
            telling.start()
        taking = Consumer(settings.broker_url, REPLIES, partial(take_messages, tools))
        settle()
        try:
            taking.run(stop, ready=lambda: click.echo("consumer: ready"))
        finally:
            stop.set()
            if not no_events:
                telling.join()


def _tell(tools: Tools, stop: threading.Event) -> None:
    """A fault in one office's feed must not hold up the others: it is looked at again in a moment."""
    absence = Absence(stop.wait)
    while not stop.wait(EVERY_S):
        try:
            with absence.outlasted():
                for tenant in tools.book.all():
                    publish_events(tools, tenant)
        except Exception as error:
            log.error("events_failed", reason=type(error).__name__, exc_info=error)
