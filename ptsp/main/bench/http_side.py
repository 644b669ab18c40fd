"""Our own platform end to end: each bundle is posted over HTTP, goes through RabbitMQ, and ends with its permit.

As `broker_side`, with the web server in front. The clients are threads of a process of its own, whose processor time
is theirs and is not counted. At low load one bundle is posted at a time, with pauses: how long each takes from its POST
to its end is read off the ledger's own clock, which is this machine's as well.
"""

import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import requests
from sqlalchemy import text

from ptsp.infra.broker import REPLIES
from ptsp.infra.database import tenant_transaction
from ptsp.main.bench import broker_side, own_side
from ptsp.main.bench.crew import WorkerProcesses, worker_processes
from ptsp.main.bench.measure import NotMeasured, Result, timed
from ptsp.main.bench.stores import Commits, broker_process, empty_queues, server_processes
from ptsp.main.bench.worker import announce_ready
from ptsp.main.demo.platform import free_port

SCHEMA = "ptsp_bench_http"
WEB = 3  # number of this process; workers come after it
PORT = "_BENCH_WEB_PORT"  # in the environment of the processes of a run
READY_WITHIN_S = 30.0
CLIENTS = 16
LOW_BUNDLES, LOW_PAUSE_S = 60, 0.1

ENDED = text(
    "SELECT reference, extract(epoch FROM ended_at) FROM app.bundle WHERE reference = ANY(:references)"
)


@dataclass(frozen=True, slots=True)
class Latency:
    """Milliseconds from a bundle's POST to its end, at low load."""

    bundles: int
    p50_ms: float
    p95_ms: float


@dataclass(frozen=True, slots=True)
class _Running:
    office: own_side.OwnOffice
    base: str
    crew: WorkerProcesses


def run(*, bundles: int, workers: int, database_url: str, redis_url: str) -> Result:
    with _running(workers, database_url, redis_url) as here:
        settings = here.office.settings
        ended = own_side.Ended(here.office.tools, here.office.tenant_id)
        servers = [*server_processes(database_url, redis_url).values(), *broker_process(settings.broker_url)]
        return timed(
            bundles=bundles,
            submit=lambda: _post(here.base, bundles, CLIENTS, 0.0),
            done=ended,
            crew=here.crew,
            servers=servers,
            commits=Commits(database_url, SCHEMA, ended),
        )


def latency(*, workers: int, database_url: str, redis_url: str) -> Latency:
    """One bundle at a time, with pauses; the first few, which find everything cold, do not count."""
    with _running(workers, database_url, redis_url) as here:
        _post(here.base, 10, 1, LOW_PAUSE_S)
        posted = _post(here.base, LOW_BUNDLES, 1, LOW_PAUSE_S, start=10)
        ended = own_side.Ended(here.office.tools, here.office.tenant_id)
        until = time.monotonic() + READY_WITHIN_S
        while ended() < LOW_BUNDLES + 10:
            if time.monotonic() > until:
                raise NotMeasured("a bundle at low load did not end")
            time.sleep(0.05)
        with tenant_transaction(here.office.tools.engine, here.office.tenant_id) as connection:
            ends = dict(connection.execute(ENDED, {"references": list(posted)}).tuples().all())
        took = sorted(1000 * (float(ends[reference]) - at) for reference, at in posted.items())
    cuts = statistics.quantiles(took, n=20, method="inclusive")
    return Latency(len(took), round(cuts[9], 1), round(cuts[18], 1))


def work(*, number: int, database_url: str, redis_url: str) -> None:
    if number != WEB:
        broker_side.work(number=number, database_url=database_url, redis_url=redis_url)
        return
    settings = own_side.settings_at(database_url, redis_url)
    port = os.environ[PORT]
    command = [
        sys.executable, "-m", "granian", "--interface", "wsgi", "--host", "127.0.0.1", "--port", port,
        "--workers", "2", "--blocking-threads", "4", "--factory", "--no-ws", "--log-level", "warning",
        "ptsp.main.web:app_from_env",
    ]  # fmt: skip
    server = subprocess.Popen(command, env={**os.environ, **settings.as_env()})
    until = time.monotonic() + READY_WITHIN_S
    while not _answers(f"http://127.0.0.1:{port}/ready") and time.monotonic() < until:
        time.sleep(0.05)
    announce_ready()
    server.wait()


@contextmanager
def _running(workers: int, database_url: str, redis_url: str) -> Iterator[_Running]:
    with own_side.own_office(database_url, redis_url, schema_name=SCHEMA, connector="queue") as office:
        empty_queues(office.settings.broker_url, [broker_side.QUEUE, REPLIES])
        urls = {"database_url": office.settings.database_url, "redis_url": office.settings.redis_url}
        port = free_port(0)
        os.environ[PORT] = str(port)
        with (
            worker_processes("ours_http", 1, **urls),  # the agency
            worker_processes("ours_http", workers + 2, first=broker_side.CONSUMER, **urls) as crew,
        ):
            yield _Running(office, f"http://127.0.0.1:{port}", crew)


def _post(base: str, bundles: int, clients: int, pause_s: float, *, start: int = 0) -> dict[str, float]:
    """Reference of each bundle -> when it was posted, in Unix time."""
    url = f"{base}/api/v1/offices/{own_side.TENANT}/bundles"
    numbers = [str(one) for one in (start, bundles, clients, pause_s)]
    told = subprocess.run(
        [sys.executable, "-m", "ptsp.main.bench.clients", url, *numbers], capture_output=True, check=False
    )
    if told.returncode:
        raise NotMeasured(f"the clients ended with {told.returncode}: {told.stderr.decode()[-1000:]}")
    posted: dict[str, float] = json.loads(told.stdout)
    return posted


def _answers(url: str) -> bool:
    try:
        return requests.get(url, timeout=2).status_code < 500
    except requests.RequestException:
        return False  # not yet; the caller keeps the time
