"""DBOS: one workflow a bundle with eight steps, taken from its PostgreSQL queue, state in PostgreSQL.

DBOS's fair settings: the queue polled every 0.1 s with 32 workflows at once in each worker (the default of one
poll a second would leave it idle), an executor id of its own for each worker, a fixed application version, no
tracing, warnings only. The steps of a bundle run one after the other in the order of the graph: its gather
variant did half as well. The last step writes the bundle's row by a pool of open connections.
"""

import threading

from dbos import DBOS, DBOSClient, DBOSConfig
from psycopg_pool import ConnectionPool

from ptsp.main.bench import shape
from ptsp.main.bench.crew import worker_processes
from ptsp.main.bench.measure import Result, timed
from ptsp.main.bench.stores import count_done, finish, libpq_url, schema, server_processes
from ptsp.main.bench.worker import announce_ready

SCHEMA = "ptsp_bench_dbos"
APPLICATION = "ptsp-bench"
VERSION = "1"
QUEUE = "bundles"
POLL_EVERY_S = 0.1
AT_ONCE = 32
_open: dict[str, ConnectionPool] = {}


def run(*, bundles: int, workers: int, database_url: str, redis_url: str) -> Result:
    with schema(database_url, SCHEMA) as connection:
        _make_tables_and_queue(database_url)
        client = DBOSClient(
            system_database_url=libpq_url(database_url),
            dbos_system_schema=SCHEMA,
            application_name=APPLICATION,
        )
        try:
            with worker_processes("dbos", workers, database_url=database_url, redis_url=redis_url) as crew:
                return timed(
                    bundles=bundles,
                    submit=lambda: _submit_all(client, bundles),
                    done=lambda: count_done(connection, SCHEMA),
                    crew=crew,
                    servers=list(server_processes(database_url, redis_url).values()),
                )
        finally:
            client.destroy()


def work(*, number: int, database_url: str, redis_url: str) -> None:
    with ConnectionPool(libpq_url(database_url), min_size=2, max_size=8, kwargs={"autocommit": True}) as pool:
        _open["pool"] = pool
        DBOS(config=_config(database_url, executor=f"bench-{number}"))
        DBOS.launch()
        announce_ready()
        threading.Event().wait()


@DBOS.step()
def step(bundle: int, name: str) -> str:
    return shape.task(bundle, name)


@DBOS.step()
def sign(bundle: int) -> str:
    with _open["pool"].connection() as connection:
        finish(connection, SCHEMA, bundle)
    return shape.task(bundle, shape.SIGN)


@DBOS.workflow()
def permit_bundle(bundle: int) -> str:
    for name in (*shape.ROOTS, *shape.MIDDLE, shape.JOIN):
        step(bundle, name)
    return sign(bundle)


def _make_tables_and_queue(database_url: str) -> None:
    """Before any worker starts: a worker that finds no queue looks again only a second later."""
    DBOS(config=_config(database_url, executor="bench-driver"))
    DBOS.listen_queues([])
    DBOS.launch()
    DBOS.register_queue(QUEUE, worker_concurrency=AT_ONCE, polling_interval_sec=POLL_EVERY_S)
    DBOS.destroy()


def _config(database_url: str, *, executor: str) -> DBOSConfig:
    return DBOSConfig(
        name=APPLICATION,
        system_database_url=libpq_url(database_url),
        dbos_system_schema=SCHEMA,
        executor_id=executor,
        application_version=VERSION,
        log_level="WARNING",
    )


def _submit_all(client: DBOSClient, bundles: int) -> None:
    for bundle in range(bundles):
        client.enqueue(
            {"workflow_name": permit_bundle.__qualname__, "queue_name": QUEUE, "app_version": VERSION}, bundle
        )
