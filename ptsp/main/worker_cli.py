"""`ptsp worker`: answers the doorbell. All job code is imported before the first ring."""

import logging

import click
from rq import SimpleWorker
from rq.serializers import JSONSerializer

from ptsp.jobs.drain import equip, stop
from ptsp.jobs.tools import LEASE_S
from ptsp.main.connections import queue_of
from ptsp.main.standing import settle, standing
from ptsp.main.wiring import tools_of

SHORTEST_LEASE_S = 1.0


class Answering(SimpleWorker):
    """At the first signal it ends its job soon, rather than when nothing is due any more."""

    def handle_warm_shutdown_request(self) -> None:
        stop()
        super().handle_warm_shutdown_request()


@click.command()
@click.option("--burst", is_flag=True, help="end when the queue is empty")
@click.option(
    "--lease",
    "lease_s",
    default=LEASE_S,
    show_default=True,
    type=click.FloatRange(min=SHORTEST_LEASE_S),
    help="seconds until another worker takes over what this one has not finished",
)
def worker(*, burst: bool, lease_s: float) -> None:
    """Answer the doorbell: drain what is due."""
    with standing() as settings:
        equip(tools_of(settings, lease_s=lease_s))
        queue = queue_of(settings)
        answering = Answering([queue], connection=queue.connection, serializer=JSONSerializer)
        answering.log.setLevel(logging.WARNING)
        settle()
        click.echo("worker: ready")
        answering.work(burst=burst, logging_level="WARNING", with_scheduler=False)
