"""A database in which everything that is asked is undone, so that each question finds the same offices."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
from sqlalchemy import Engine, create_engine, event
from sqlalchemy.pool import StaticPool

from ptsp.infra.database import open_engine
from ptsp.main.prove.isolation.worlds import Line, plain

ROLE = "ptsp_app"
OPTIONS = "-c timezone=UTC -c lock_timeout=5s"


class Keeping:
    """An engine whose transactions all lie in one that is never committed, and are savepoints of it.

    The connection is the administrator's and plays `ptsp_app` (SET SESSION AUTHORIZATION), for which row security
    holds as for a log-in of its own; in between it becomes itself again and sees the rows of everybody.
    """

    def __init__(self, admin_url: str) -> None:
        self._raw: Line = psycopg.connect(plain(admin_url), options=OPTIONS)
        self.engine: Engine = create_engine(
            "postgresql+psycopg://",
            creator=lambda: self._raw,
            poolclass=StaticPool,
            pool_reset_on_return=None,
            hide_parameters=True,
        )
        with self.engine.connect():  # the driver is made ready before its verbs are replaced
            pass
        self._raw.rollback()
        for listener in _begins(admin_url):
            event.listen(self.engine, "begin", listener)
        self.written = 0
        dialect: Any = self.engine.dialect
        dialect.do_begin = lambda line: line.execute("SAVEPOINT one")
        dialect.do_commit = self._keep
        dialect.do_rollback = lambda line: line.execute("ROLLBACK TO SAVEPOINT one; RELEASE SAVEPOINT one")

    def _keep(self, line: Any) -> None:
        row = self._raw.execute("SELECT pg_current_xact_id_if_assigned() IS NOT NULL").fetchone()
        self.written += bool(row and row[0])
        line.execute("RELEASE SAVEPOINT one")

    @contextmanager
    def once(self) -> Iterator[None]:
        """What is done in the block is undone."""
        self.written = 0
        try:
            self._raw.execute(f"SET LOCAL SESSION AUTHORIZATION {ROLE}")
            yield
        finally:
            self._raw.rollback()

    def as_admin(self, question: Callable[[Line], Any]) -> Any:
        """Ask inside the open transaction, with what was written in it so far and past row security."""
        self._raw.execute("SET LOCAL SESSION AUTHORIZATION DEFAULT")
        try:
            return question(self._raw)
        finally:
            self._raw.execute(f"SET LOCAL SESSION AUTHORIZATION {ROLE}")

    def close(self) -> None:
        self.engine.dispose()
        self._raw.close()


def _begins(admin_url: str) -> list[Callable[..., None]]:
    """What the application's own engines do when a transaction begins: bind the tenant."""
    engine = open_engine(admin_url, pool_size=1)
    engine.dispose()
    return list(engine.dispatch.begin)
