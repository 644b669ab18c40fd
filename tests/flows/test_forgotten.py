"""A transaction that nobody comes back to is ended by the database, and the process that forgot it works on."""

import time

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from ptsp.infra.database import FORGOTTEN_S, LOCK_WAIT_S, platform_transaction
from ptsp.main.connections import engine_for
from tests.flows.acts import SIUP, lodge

LOCKED = text("SELECT id FROM app.bundle FOR UPDATE")
SOON = text("SET LOCAL idle_in_transaction_session_timeout = '100ms'")
IMPATIENT = text("SET LOCAL lock_timeout = '100ms'")


@pytest.mark.parametrize("role", ["ptsp_app", "ptsp_worker", "ptsp_sweeper", "ptsp_owner"])
def test_every_role_enters_with_both_limits(office_settings, role):
    engine = engine_for(office_settings, role, pool_size=1)
    try:
        with platform_transaction(engine) as connection:
            shown = "SELECT current_setting('idle_in_transaction_session_timeout'), current_setting('lock_timeout')"
            assert tuple(connection.execute(text(shown)).one()) == ("1min", "30s")
    finally:
        engine.dispose()
    assert (FORGOTTEN_S, LOCK_WAIT_S) == (60, 30)


def test_a_forgotten_transaction_is_ended_its_locks_go_and_the_pool_survives(office):
    lodge(office, SIUP)
    before, engine = office.rows("SELECT last_event FROM app.bundle"), office.tools.engine
    with pytest.raises(DBAPIError) as caught:
        forget_and_come_back(office)
    assert caught.value.connection_invalidated
    assert engine.pool.checkedout() == 0
    assert office.rows("SELECT last_event FROM app.bundle") == before
    assert office.drain() > 0


def forget_and_come_back(office):
    with office.work() as forgetful:
        forgetful.connection.execute(SOON)
        (bundle,) = forgetful.connection.execute(LOCKED).scalars()
        forgetful.connection.execute(text("UPDATE app.bundle SET last_event = last_event + 1"))
        with office.work() as other:  # waits until the first one is ended
            assert other.connection.execute(LOCKED).scalars().all() == [bundle]
        forgetful.connection.execute(LOCKED)


def test_whoever_waits_for_a_lock_gives_up_and_keeps_his_connection(office):
    lodge(office, SIUP)
    with office.work() as holder:
        holder.connection.execute(LOCKED)
        started = time.monotonic()
        with pytest.raises(DBAPIError, match="lock timeout") as caught:
            wait_in_vain(office)
        assert time.monotonic() - started < 5
        assert not caught.value.connection_invalidated
    assert office.tools.engine.pool.checkedout() == 0
    assert office.drain() > 0


def wait_in_vain(office):
    with office.work() as waiting:
        waiting.connection.execute(IMPATIENT)
        waiting.connection.execute(LOCKED)
