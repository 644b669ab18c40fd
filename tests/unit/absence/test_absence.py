"""A process outlasts an absence of PostgreSQL: which errors mean that, how long it waits, what the log says."""

import psycopg
import pytest
from sqlalchemy.exc import IntegrityError, InterfaceError, InternalError, OperationalError
from structlog.testing import capture_logs

from ptsp.infra.absence import FIRST_WAIT_S, LONGEST_WAIT_S, Absence, is_away

REFUSED = OperationalError(None, None, psycopg.OperationalError("first line\nconnection refused"))
BROKE = OperationalError("SELECT 1", {}, psycopg.errors.AdminShutdown("gone"), connection_invalidated=True)
LOCKED = OperationalError("SELECT 1", {}, psycopg.errors.LockNotAvailable("lock timeout"))


@pytest.mark.parametrize(
    ("error", "away"),
    [
        pytest.param(REFUSED, True, id="no line could be made"),
        pytest.param(BROKE, True, id="the line broke"),
        pytest.param(
            InternalError(
                "SELECT 1",
                {},
                psycopg.errors.IdleInTransactionSessionTimeout(),
                connection_invalidated=True,
            ),
            True,
            id="the database ended a forgotten transaction",
        ),
        pytest.param(LOCKED, False, id="somebody holds the row"),
        pytest.param(
            OperationalError("SELECT 1", {}, psycopg.errors.DeadlockDetected()), False, id="a deadlock"
        ),
        pytest.param(IntegrityError("INSERT", {}, psycopg.errors.UniqueViolation()), False, id="a rule"),
        pytest.param(InterfaceError("SELECT 1", {}, psycopg.InterfaceError()), False, id="misuse"),
        pytest.param(ConnectionRefusedError(), False, id="another server"),
    ],
)
def test_only_a_missing_database_is_outlasted(error, away):
    assert is_away(error) is away
    waits = []
    absence = Absence(waits.append)
    if away:
        outlast(absence, error)
    else:
        with pytest.raises(type(error)):
            outlast(absence, error)
    assert (absence.is_on, len(waits)) == (away, int(away))


def outlast(absence, error=None):
    with absence.outlasted():
        if error is not None:
            raise error


def test_waits_grow_with_jitter_to_a_longest_and_begin_anew():
    waits = []
    absence = Absence(waits.append)
    for _ in range(30):
        outlast(absence, REFUSED)
    outlast(absence)
    outlast(absence, BROKE)
    for number, wait_s in enumerate(waits[:30], start=1):
        longest = min(LONGEST_WAIT_S, FIRST_WAIT_S * 2**number)
        assert longest / 2 <= wait_s <= longest
    assert len(set(waits[10:30])) > 10
    assert waits[30] <= 2 * FIRST_WAIT_S


def test_the_log_tells_of_its_beginning_and_its_end_and_not_of_each_try():
    absence = Absence(lambda _: None)
    with capture_logs() as told:
        outlast(absence)
        for _ in range(100):
            outlast(absence, REFUSED)
        outlast(absence)
        outlast(absence)
        outlast(absence, BROKE)
        outlast(absence)
    assert [(line["event"], line.get("reason"), line.get("said"), line.get("tries")) for line in told] == [
        ("database_away", "OperationalError", "connection refused", None),
        ("database_back", None, None, 100),
        ("database_away", "AdminShutdown", "gone", None),
        ("database_back", None, None, 1),
    ]
