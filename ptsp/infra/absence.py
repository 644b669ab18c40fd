"""What a process does while PostgreSQL is away: it waits, longer each time, and goes on when that is back."""

import random
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import structlog
from sqlalchemy.exc import DBAPIError, OperationalError

log = structlog.get_logger()

FIRST_WAIT_S, LONGEST_WAIT_S = 0.1, 2.0


def is_away(error: Exception) -> bool:
    """Did the line break, or could none be made? What a statement itself did wrong is something else."""
    if not isinstance(error, DBAPIError):
        return False
    return error.connection_invalidated or (isinstance(error, OperationalError) and error.statement is None)


class Absence:
    """As one thread of a process meets it: told in the log once as it begins and once as it ends, not for each try."""

    def __init__(self, pause: Callable[[float], object] = time.sleep) -> None:
        self._pause = pause
        self._failures = 0
        self._since = 0.0

    @property
    def is_on(self) -> bool:
        """Was the database away at the last try?"""
        return self._failures > 0

    @contextmanager
    def outlasted(self) -> Iterator[None]:
        """A block that is given up while the database is away, to be tried again; then this waits a moment.

        Any other error is raised on.
        """
        try:
            yield
        except DBAPIError as error:
            if not is_away(error):
                raise
            self._begin(error)
            self._pause(self._wait_s())
        else:
            self._end()

    def _begin(self, error: DBAPIError) -> None:
        if not self._failures:
            self._since = time.monotonic()
            log.warning("database_away", reason=type(error.orig).__name__, said=_said(error))
        self._failures += 1

    def _end(self) -> None:
        if self._failures:
            seconds = round(time.monotonic() - self._since, 1)
            log.info("database_back", seconds=seconds, tries=self._failures)
        self._failures = 0

    def _wait_s(self) -> float:
        longest = min(LONGEST_WAIT_S, FIRST_WAIT_S * 2.0 ** min(self._failures, 10))
        return longest * (0.5 + random.random() / 2)  # spreads load, guards nothing


def _said(error: DBAPIError) -> str:
    """The driver's last line: an address or a refusal, and of a line that broke no statement and no value."""
    return (str(error.orig).strip().splitlines() or [""])[-1][:200]
