"""The measurement's own corners of the two servers, and the processes behind those servers."""

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Protocol
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

import psutil
import psycopg
import redis
from psycopg import sql

from ptsp.infra.broker.line import Line
from ptsp.main.bench.measure import NotMeasured

ONE_AT_A_TIME = 7_308_121  # any number; held for the session, so a measurement that dies lets go of it
REDIS_NUMBER = 15
AMQP_PORT = 5672
# PostgreSQL (pgstat.c): a session that rests tells its counts after ten seconds (PGSTAT_IDLE_INTERVAL), a busy one at
# most once a second, each at the end of a transaction.
TOLD_AFTER_S = 10.5
LONGEST_WAIT_S = 15.0
ASKED_EVERY_S = 0.2
REDIS_MARK = "ptsp-bench-is-here"
SETTINGS_THAT_MATTER = ("server_version", "synchronous_commit", "fsync")


def libpq_url(database_url: str) -> str:
    """The same address for psycopg, which does not know SQLAlchemy's driver names."""
    scheme, rest = database_url.split("://", 1)
    return f"{scheme.split('+')[0]}://{rest}"


def connect(database_url: str) -> psycopg.Connection[Any]:
    return psycopg.connect(libpq_url(database_url), autocommit=True)


@contextmanager
def schema(database_url: str, name: str) -> Iterator[psycopg.Connection[Any]]:
    """A fresh schema with the table `done`, dropped at the end; yields an autocommit connection.

    Raises NotMeasured while another measurement uses this database.
    """
    named = sql.Identifier(name)
    with connect(database_url) as connection:
        lock = connection.execute("SELECT pg_try_advisory_lock(%s)", (ONE_AT_A_TIME,)).fetchone()
        if lock is None or not lock[0]:
            raise NotMeasured("another measurement runs in this database; wait for its end")
        connection.execute(sql.SQL("DROP SCHEMA IF EXISTS {} CASCADE").format(named))
        connection.execute(sql.SQL("CREATE SCHEMA {}").format(named))
        connection.execute(sql.SQL("CREATE TABLE {}.done (bundle int PRIMARY KEY)").format(named))
        try:
            yield connection
        finally:
            connection.execute(sql.SQL("DROP SCHEMA IF EXISTS {} CASCADE").format(named))


@contextmanager
def own_database(database_url: str, name: str) -> Iterator[str]:
    """The address of a fresh database on the same server, gone afterwards."""
    named = sql.Identifier(name)
    with psycopg.connect(libpq_url(database_url), autocommit=True) as connection:
        connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(named))
        connection.execute(sql.SQL("CREATE DATABASE {}").format(named))
        try:
            address: Any = psycopg.conninfo.conninfo_to_dict(libpq_url(database_url))
            yield database_url.replace(f"/{address['dbname']}", f"/{name}", 1)
        finally:
            connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(named))


def finish(connection: psycopg.Connection[Any], schema_name: str, bundle: int) -> None:
    """Write the bundle's last row. A side that works at least once may come here twice."""
    statement = sql.SQL("INSERT INTO {}.done VALUES (%s) ON CONFLICT DO NOTHING")
    connection.execute(statement.format(sql.Identifier(schema_name)), (bundle,))


def count_done(connection: psycopg.Connection[Any], schema_name: str) -> int:
    row = connection.execute(
        sql.SQL("SELECT count(*) FROM {}.done").format(sql.Identifier(schema_name))
    ).fetchone()
    return int(row[0]) if row else 0


def peers_redis_url(redis_url: str) -> str:
    """The given server, but a numbered database of the measurement's own."""
    parts = urlsplit(redis_url)
    if parts.scheme == "unix":
        query = {**dict(parse_qsl(parts.query)), "db": str(REDIS_NUMBER)}
        return f"unix://{parts.path}?{urlencode(query)}"
    return urlunsplit((parts.scheme, parts.netloc, f"/{REDIS_NUMBER}", parts.query, ""))


@contextmanager
def redis_store(redis_url: str) -> Iterator[str]:
    """An empty numbered database, emptied again at the end; yields its address.

    Raises NotMeasured when somebody else's keys are in it: they are not ours to delete.
    """
    url = peers_redis_url(redis_url)
    with redis.Redis.from_url(url) as client:
        if client.dbsize() and not client.exists(REDIS_MARK):
            raise NotMeasured(f"Redis database {REDIS_NUMBER} holds keys of somebody else; empty it first")
        client.flushdb()
        client.set(REDIS_MARK, 1)
        try:
            yield url
        finally:
            client.flushdb()


def server_processes(database_url: str, redis_url: str) -> dict[str, psutil.Process]:
    """The servers' own processes by name; one that runs elsewhere, or out of our sight, is missing."""
    with connect(database_url) as connection:
        backend = _named(connection.info.backend_pid, ("postgres",))
        postmaster = backend.parent() if backend else None
    with redis.Redis.from_url(redis_url) as client:
        facts: Mapping[str, Any] = client.info("server")
    keeper = _named(int(facts["process_id"]), ("redis", "valkey"))
    found = {"postgres": postmaster, "redis": keeper}
    return {name: process for name, process in found.items() if process is not None}


def broker_process(broker_url: str) -> list[psutil.Process]:
    """The broker's own process, if it is here and we may see who listens."""
    port = urlsplit(broker_url).port or AMQP_PORT
    listening = [one for one in psutil.net_connections("tcp") if one.status == psutil.CONN_LISTEN and one.pid]
    pids = {one.pid for one in listening if one.laddr.port == port}
    return [process for pid in pids if (process := _named(pid, ("beam",)))]


def empty_queues(broker_url: str, queues: Sequence[str]) -> None:
    """Declare them, and throw away what an earlier run has left there."""
    line = Line(broker_url, patience_s=10.0)
    try:
        line.declare(queues)
        for queue in queues:
            line.channel.queue_purge(queue)
    finally:
        line.drop()


class Looking(Protocol):
    """What counts bundles that are done; each look is a transaction."""

    looks: int


class Commits:
    """How many transactions have committed in the database of this name; those of whoever only looks are left out.

    It is asked by way of another database of the server, `database_url`, where the asking itself counts.
    """

    def __init__(self, database_url: str, name: str, done: Looking) -> None:
        self._url = database_url
        self._name = name
        self._done = done

    def __call__(self) -> int:
        """Waits until every session there has told its counts, which takes it ten seconds of rest."""
        with connect(self._url) as connection:
            until = time.monotonic() + LONGEST_WAIT_S
            while not self._all_told(connection) and time.monotonic() < until:
                time.sleep(ASKED_EVERY_S)
            found = connection.execute(
                "SELECT xact_commit FROM pg_stat_database WHERE datname = %s", (self._name,)
            ).fetchone()
        return (int(found[0]) if found else 0) - self._done.looks

    def _all_told(self, connection: psycopg.Connection[Any]) -> bool:
        """False also where others' sessions are out of our sight: then it is waited for them without looking."""
        found = connection.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = %s AND backend_type = 'client backend'"
            " AND (state = 'idle' AND state_change < clock_timestamp() - make_interval(secs => %s)) IS NOT TRUE",
            (self._name, TOLD_AFTER_S),
        ).fetchone()
        return found is not None and found[0] == 0


def database_facts(database_url: str) -> dict[str, str]:
    with connect(database_url) as connection:
        rows = [connection.execute(f"SHOW {name}").fetchone() for name in SETTINGS_THAT_MATTER]
    return {name: row[0] for name, row in zip(SETTINGS_THAT_MATTER, rows, strict=True) if row}


def _named(pid: int, words: tuple[str, ...]) -> psutil.Process | None:
    """The process, if a process of that number here is the program that we mean."""
    if not psutil.pid_exists(pid):
        return None
    process = psutil.Process(pid)
    return process if any(word in process.name() for word in words) else None
