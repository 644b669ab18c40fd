"""Celery with its state in PostgreSQL: chords through RabbitMQ, results in Redis, and a committed row for each task.

Settings as in `celery_side`, with publisher confirms, since a question that is lost must not count as put.
"""

from typing import Any

from celery import Celery
from celery.signals import worker_ready
from psycopg import Connection, sql

from ptsp.main.bench import celery_side, shape
from ptsp.main.bench.crew import worker_processes
from ptsp.main.bench.measure import NotMeasured, Result, timed
from ptsp.main.bench.own_side import settings_at
from ptsp.main.bench.stores import (
    broker_process,
    connect,
    count_done,
    finish,
    redis_store,
    schema,
    server_processes,
)
from ptsp.main.bench.worker import announce_ready

SCHEMA = "ptsp_bench_celery_pg"
QUEUE = "ptsp-bench-celery"
SETTINGS: dict[str, Any] = {
    **celery_side.SETTINGS,
    "task_default_queue": QUEUE,
    "broker_transport_options": {"confirm_publish": True},
}


def run(*, bundles: int, workers: int, database_url: str, redis_url: str) -> Result:
    broker_url = settings_at(database_url, redis_url).broker_url
    if not broker_url:
        raise NotMeasured("no broker is set (PTSP_BROKER_URL)")
    with schema(database_url, SCHEMA) as connection, redis_store(redis_url) as store_url:
        states = sql.Identifier(SCHEMA, "state")
        connection.execute(
            sql.SQL("CREATE TABLE {} (bundle int, step text, PRIMARY KEY (bundle, step))").format(states)
        )
        app = _application(broker_url, store_url)
        app.control.purge()
        try:
            with worker_processes(
                "celery_pg", workers, database_url=database_url, redis_url=store_url
            ) as crew:
                return timed(
                    bundles=bundles,
                    submit=lambda: celery_side.submit_all(app, bundles),
                    done=lambda: count_done(connection, SCHEMA),
                    crew=crew,
                    servers=[
                        *server_processes(database_url, store_url).values(),
                        *broker_process(broker_url),
                    ],
                )
        finally:
            celery_side.close(app)


def work(*, number: int, database_url: str, redis_url: str) -> None:
    quiet = ["--without-gossip", "--without-mingle", "--without-heartbeat", "--loglevel=WARNING"]
    with connect(database_url) as connection:
        app = _application(settings_at(database_url, redis_url).broker_url, redis_url)
        _add_tasks(app, connection)
        worker_ready.connect(lambda **_: announce_ready(), weak=False)
        app.worker_main(["worker", "--pool=solo", f"--hostname=bench-pg-{number}", *quiet])


def _application(broker_url: str, redis_url: str) -> Celery:
    app = Celery("ptsp-bench-pg", broker=broker_url, backend=celery_side.broker_beside(redis_url))
    app.conf.update(SETTINGS)
    return app


def _add_tasks(app: Celery, connection: Connection[Any]) -> None:
    keep = sql.SQL("INSERT INTO {} VALUES (%s, %s) ON CONFLICT DO NOTHING").format(
        sql.Identifier(SCHEMA, "state")
    )

    @app.task(name=celery_side.STEP)
    def step(bundle: int, name: str) -> str:
        connection.execute(keep, (bundle, name))
        return shape.task(bundle, name)

    @app.task(name=celery_side.SIGN)
    def sign(bundle: int) -> str:
        connection.execute(keep, (bundle, shape.SIGN))
        finish(connection, SCHEMA, bundle)
        return shape.task(bundle, shape.SIGN)
