"""The long-running processes: web, relay and worker."""

import logging
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import click
from rq import SimpleWorker
from rq.serializers import JSONSerializer

from ptsp.jobs import drain, tools
from ptsp.main.logs import log_to_stderr
from ptsp.main.runtime import running
from ptsp.main.settings import Settings
from ptsp.main.wiring import doorbell_of, queue_of, tools_of

EVERY_S = 0.25  # how often the relay looks whether something is due


@click.command()
@click.option("--port", default=8080, show_default=True)
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--workers", default=1, show_default=True, help="processes")
@click.option("--threads", default=8, show_default=True, help="threads per process")
def web(port: int, host: str, workers: int, threads: int) -> None:
    """Serve the pages and the API."""
    with _settings() as settings:
        command = [
            sys.executable, "-m", "granian", "--interface", "wsgi", "--host", host, "--port", str(port),
            "--workers", str(workers), "--blocking-threads", str(threads), "--factory", "--no-ws",
            "--log-level", "warning", "ptsp.main.web:app_from_env",
        ]  # fmt: skip
        server = subprocess.Popen(command, env={**os.environ, **settings.as_env()})
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *_: server.terminate())
        sys.exit(server.wait())


@click.command()
def relay() -> None:
    """Ring the doorbell for whatever is due: what was just lodged, what is to be tried again, what a crash left.

    It keeps nothing itself, so any number of relays may run, or none for a while.
    """
    with _settings() as settings:
        bell, stop = doorbell_of(settings), _stop_on_signal()
        equipment = tools_of(settings, ring=bell.ring)
        click.echo("relay: ready")
        while not stop.wait(EVERY_S):
            if drain.due_tenants(equipment):
                bell.ring()


@click.command()
@click.option("--burst", is_flag=True, help="end when the queue is empty")
def worker(*, burst: bool) -> None:
    """Answer the doorbell: drain what is due."""
    with _settings() as settings:
        tools.equip(tools_of(settings))
        queue = queue_of(settings)
        answering = SimpleWorker([queue], connection=queue.connection, serializer=JSONSerializer)
        answering.log.setLevel(logging.WARNING)
        click.echo("worker: ready")
        answering.work(burst=burst, logging_level="WARNING", with_scheduler=False)


@contextmanager
def _settings() -> Iterator[Settings]:
    log_to_stderr()
    with running(Settings.from_env(os.environ)) as settings:
        yield settings


def _stop_on_signal() -> threading.Event:
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    return stop
