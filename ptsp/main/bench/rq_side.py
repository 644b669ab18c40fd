"""Plain RQ: one job a task, joined by `depends_on`, with SimpleWorker, which is RQ at its quickest.

RQ's fair settings: no fork for each job (the default worker forks and is about four times slower), JSON
instead of pickle, no log lines for jobs, one database connection kept open in each worker. Its state is in
Redis only, as RQ keeps it; PostgreSQL gets one row a bundle, from the last job.

RQ 3.0.0 with two or more workers parks a job whose dependencies are met when another worker touches the same
registry at that moment (`ReadyJobRegistry.enqueue_jobs`: "a later cleanup pass revisits it"), and its workers
make that pass every ten minutes. Of 100 bundles some 20 then stand still. So the driver makes the pass itself
while it waits: otherwise RQ would be measured at its ten minutes and not at its speed.
"""

import logging
import time
from typing import Any

from psycopg import Connection
from redis import Redis
from rq import Queue, SimpleWorker
from rq.serializers import JSONSerializer

from ptsp.main.bench import shape
from ptsp.main.bench.crew import worker_processes
from ptsp.main.bench.measure import Result, timed
from ptsp.main.bench.stores import connect, count_done, finish, redis_store, schema, server_processes
from ptsp.main.bench.worker import announce_ready

SCHEMA = "ptsp_bench_rq"
QUEUE = "ptsp-bench"
SWEEP_EVERY_S = 0.2
_open: dict[str, Connection[Any]] = {}


def run(*, bundles: int, workers: int, database_url: str, redis_url: str) -> Result:
    with (
        schema(database_url, SCHEMA) as connection,
        redis_store(redis_url) as store_url,
        worker_processes("rq", workers, database_url=database_url, redis_url=store_url) as crew,
    ):
        queue = Queue(QUEUE, connection=Redis.from_url(store_url), serializer=JSONSerializer)
        return timed(
            bundles=bundles,
            submit=lambda: _submit_all(queue, bundles),
            done=_Sweep(queue, connection),
            crew=crew,
            servers=list(server_processes(database_url, store_url).values()),
        )


def work(*, number: int, database_url: str, redis_url: str) -> None:
    logging.getLogger("rq").setLevel(logging.WARNING)
    redis = Redis.from_url(redis_url)
    queue = Queue(QUEUE, connection=redis, serializer=JSONSerializer)
    worker = SimpleWorker(
        [queue],
        name=f"bench-{number}",
        connection=redis,
        serializer=JSONSerializer,
        log_job_description=False,
    )
    with connect(database_url) as connection:
        _open["connection"] = connection
        announce_ready()
        worker.work(logging_level="WARNING")


def sign(bundle: int, step: str) -> str:
    """The last job. The connection belongs to the process: opening one a job would slow RQ down."""
    finish(_open["connection"], SCHEMA, bundle)
    return shape.task(bundle, step)


class _Sweep:
    """Counts what is done and, now and then, lets RQ take up the jobs that it had parked."""

    def __init__(self, queue: Queue, connection: Connection[Any]) -> None:
        self._queue = queue
        self._connection = connection
        self._next = 0.0

    def __call__(self) -> int:
        if time.monotonic() >= self._next:
            self._queue.ready_job_registry.cleanup()
            self._next = time.monotonic() + SWEEP_EVERY_S
        return count_done(self._connection, SCHEMA)


def _submit_all(queue: Queue, bundles: int) -> None:
    for bundle in range(bundles):
        for step, before in shape.AFTER.items():
            # References are text, not functions: the worker must import this module under the same name.
            function = f"{__name__}.sign" if step == shape.SIGN else f"{shape.__name__}.task"
            queue.enqueue(
                function,
                args=(bundle, step),
                job_id=_job_id(bundle, step),
                depends_on=[_job_id(bundle, name) for name in before] or None,
            )


def _job_id(bundle: int, step: str) -> str:
    return f"{bundle}-{step}"
