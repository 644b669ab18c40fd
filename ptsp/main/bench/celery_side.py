"""Celery: chords, with Redis as broker and as result store; PostgreSQL gets one row a bundle from the last task.

Celery's fair settings: acknowledged late with a prefetch of 16, JSON, the solo pool (each worker process does
the tasks itself, as RQ's SimpleWorker does), no gossip, mingle or heartbeats between workers, warnings only, a
database connection kept open in each worker. A chord's callback is itself a chord: Celery joins groups only so.
"""

from typing import Any

from celery import Celery, chain, chord
from celery.canvas import Signature
from celery.signals import worker_ready
from psycopg import Connection

from ptsp.main.bench import shape
from ptsp.main.bench.crew import worker_processes
from ptsp.main.bench.measure import Result, timed
from ptsp.main.bench.stores import connect, count_done, finish, redis_store, schema, server_processes
from ptsp.main.bench.worker import announce_ready
from ptsp.main.settings import broker_beside

SCHEMA = "ptsp_bench_celery"
QUEUE = "ptsp-bench"
_open: dict[str, Connection[Any]] = {}

app = Celery("ptsp-bench")
app.conf.update(
    task_default_queue=QUEUE,
    task_serializer="json",
    result_serializer="json",
    accept_content=["json"],
    task_acks_late=True,
    worker_prefetch_multiplier=16,
    worker_concurrency=1,
    broker_connection_retry_on_startup=True,
    worker_hijack_root_logger=False,
)


def run(*, bundles: int, workers: int, database_url: str, redis_url: str) -> Result:
    with schema(database_url, SCHEMA) as connection, redis_store(redis_url) as store_url:
        _point_to(store_url)
        try:
            with worker_processes("celery", workers, database_url=database_url, redis_url=store_url) as crew:
                return timed(
                    bundles=bundles,
                    submit=lambda: _submit_all(bundles),
                    done=lambda: count_done(connection, SCHEMA),
                    crew=crew,
                    servers=list(server_processes(database_url, store_url).values()),
                )
        finally:
            # Celery keeps a handle of each chord's task until somebody reads it, and nobody does here: dropped
            # only at the interpreter's end, each would still want to speak to Redis.
            for waiting in app.backend._pending_results:
                waiting.clear()
            app.close()


def work(*, number: int, database_url: str, redis_url: str) -> None:
    _point_to(redis_url)
    worker_ready.connect(lambda **_: announce_ready(), weak=False)
    quiet = ["--without-gossip", "--without-mingle", "--without-heartbeat", "--loglevel=WARNING"]
    with connect(database_url) as connection:
        _open["connection"] = connection
        app.worker_main(["worker", "--pool=solo", f"--hostname=bench-{number}", *quiet])


@app.task
def step(bundle: int, name: str) -> str:
    return shape.task(bundle, name)


@app.task
def sign(bundle: int) -> str:
    finish(_open["connection"], SCHEMA, bundle)
    return shape.task(bundle, shape.SIGN)


def _submit_all(bundles: int) -> None:
    for bundle in range(bundles):
        _graph(bundle).apply_async()


def _graph(bundle: int) -> Signature:
    """Immutable signatures: no task reads another's result, which spares Celery the passing on."""
    checks = chord(
        [step.si(bundle, name) for name in shape.MIDDLE],
        chain(step.si(bundle, shape.JOIN), sign.si(bundle)),
    )
    return chord([step.si(bundle, name) for name in shape.ROOTS], checks)


def _point_to(redis_url: str) -> None:
    address = broker_beside(redis_url)
    app.conf.update(broker_url=address, result_backend=address)
