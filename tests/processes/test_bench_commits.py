"""Commits are counted to the last one, with sessions that end and sessions that rest."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
from sqlalchemy.engine import make_url

from ptsp.main.bench.stores import Commits, connect
from ptsp.main.settings import Settings

ENTERED = 1  # opening a session is a transaction as well


class Looks:
    """What only looked, so many times."""

    looks = 0


@contextmanager
def session(database_url: str, commits: int) -> Iterator[psycopg.Connection[Any]]:
    """An open session of so many transactions, all within the second in which nothing is told."""
    with connect(database_url) as connection:
        for _ in range(commits):
            # to prepare the statement would be one more
            connection.execute("SELECT count(*) FROM app.tenant", prepare=False)
        yield connection


def test_every_commit_is_counted_and_looks_are_not(servers: Settings, database_url: str) -> None:
    looking = Looks()
    counted = Commits(servers.database_url, str(make_url(database_url).database), looking)
    with session(database_url, 3):
        pass
    before = counted()  # nobody is there: nothing to wait for
    with session(database_url, 40), session(database_url, 20):
        with session(database_url, 7):
            pass
        looking.looks = 5
        assert counted() - before == 40 + 20 + 7 + 3 * ENTERED - 5
