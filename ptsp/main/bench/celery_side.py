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

SCHEMA = "ptsp_bench_celery"
STEP, SIGN = "bench.step", "bench.sign"
SETTINGS: dict[str, Any] = {
    "task_default_queue": "bundles",
    "task_serializer": "json",
    "result_serializer": "json",
    "accept_content": ["json"],
    "task_acks_late": True,
    "worker_prefetch_multiplier": 16,
    "worker_concurrency": 1,
    "broker_connection_retry_on_startup": True,
    "worker_hijack_root_logger": False,
}


def run(*, bundles: int, workers: int, database_url: str, redis_url: str) -> Result:
    with schema(database_url, SCHEMA) as connection, redis_store(redis_url) as store_url:
        app = _application(store_url)
        try:
            with worker_processes("celery", workers, database_url=database_url, redis_url=store_url) as crew:
                return timed(
                    bundles=bundles,
                    submit=lambda: submit_all(app, bundles),
                    done=lambda: count_done(connection, SCHEMA),
                    crew=crew,
                    servers=list(server_processes(database_url, store_url).values()),
                )
        finally:
            close(app)


def work(*, number: int, database_url: str, redis_url: str) -> None:
    quiet = ["--without-gossip", "--without-mingle", "--without-heartbeat", "--loglevel=WARNING"]
    with connect(database_url) as connection:
        app = _application(redis_url)
        _add_tasks(app, connection)
        worker_ready.connect(lambda **_: announce_ready(), weak=False)
        app.worker_main(["worker", "--pool=solo", f"--hostname=bench-{number}", *quiet])


def _application(redis_url: str) -> Celery:
    """A new one for each run: a Celery application that was closed and used again was seen to hang."""
    address = broker_beside(redis_url)
    app = Celery("ptsp-bench", broker=address, backend=address)
    app.conf.update(SETTINGS)
    return app


def broker_beside(redis_url: str) -> str:
    """kombu's name for a Redis named as redis-py names it."""
    if redis_url.startswith("unix://"):
        path, _, query = redis_url.removeprefix("unix://").partition("?")
        database = query.removeprefix("db=") or "0"
        return f"redis+socket://{path}?virtual_host={database}"
    return redis_url


def _add_tasks(app: Celery, connection: Connection[Any]) -> None:
    @app.task(name=STEP)
    def step(bundle: int, name: str) -> str:
        return shape.task(bundle, name)

    @app.task(name=SIGN)
    def sign(bundle: int) -> str:
        finish(connection, SCHEMA, bundle)
        return shape.task(bundle, shape.SIGN)


def submit_all(app: Celery, bundles: int) -> None:
    for bundle in range(bundles):
        _graph(app, bundle).apply_async()


def _graph(app: Celery, bundle: int) -> Signature:
    """Immutable signatures: no task reads another's result, which spares Celery the passing on."""

    def step(name: str) -> Signature:
        return app.signature(STEP, args=(bundle, name), immutable=True)

    checks = chord(
        [step(name) for name in shape.MIDDLE],
        chain(step(shape.JOIN), app.signature(SIGN, args=(bundle,), immutable=True)),
    )
    return chord([step(name) for name in shape.ROOTS], checks)


def close(app: Celery) -> None:
    """Celery keeps a handle of each chord's task until somebody reads it, and nobody does here: dropped only at
    the interpreter's end, each would still want to speak to Redis.
    """
    for waiting in app.backend._pending_results:
        waiting.clear()
    app.close()
