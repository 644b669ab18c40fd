"""An agency has answered, and the database is away just then: the answer is kept, and nobody is asked twice."""

import contextlib
import time

import pytest
from sqlalchemy.exc import DBAPIError

from ptsp.infra.absence import is_away
from ptsp.infra.gateway import Registry
from ptsp.jobs.drain import drain_once
from ptsp.main.settings import ROOT
from ptsp.main.wiring import tools_of
from ptsp.sdk.simulator import running
from tests.flows.acts import SIUP, approve_desks, as_admin, lodge
from tests.offices import Agencies, Office

BREAK_LINES = """
    SELECT pg_terminate_backend(pid) FROM pg_stat_activity
     WHERE datname = current_database() AND pid <> pg_backend_pid()"""


@pytest.fixture
def far(office, tmp_path):
    """An office whose population register is asked by threads, over HTTP; and the register."""
    kind = Registry(ROOT / "connectors").fake_agency("ktp")
    with contextlib.ExitStack() as stack:
        service = stack.enter_context(
            running(kind, books=tmp_path / "ktp.sqlite", master=office.settings.secret)
        )
        settings = office.settings.with_simulators({"ktp": f"http://127.0.0.1:{service.port}"})
        tools = tools_of(settings, ring=lambda: None, local=dict.fromkeys(("permits", "ho"), Agencies()))
        stack.callback(tools.sweeper.dispose)
        stack.callback(tools.engine.dispose)
        yield Office(settings, tools, tools.book.get("sidoarjo"), office.agencies), service


@pytest.mark.parametrize("fresh_s", [0.0, 60.0], ids=["seen as the office is read", "seen as it is recorded"])
def test_an_answer_that_finds_no_database_counts_when_it_is_back(far, fresh_s, monkeypatch):
    office, service = far
    monkeypatch.setattr("ptsp.infra.tenants.FRESH_S", fresh_s)
    lodge(office, SIUP)
    office.drain()
    approve_desks(office)
    drain_once(office.tools, office.tenant)
    wait_for_the_answer(office)
    as_admin(office, BREAK_LINES)
    with pytest.raises(DBAPIError) as caught:
        office.drain()
    assert is_away(caught.value)
    while not office.tools.asking.is_idle:  # each line of the pool is found broken once
        with contextlib.suppress(DBAPIError):
            office.drain()
    ((state, attempts, crashes),) = office.rows(
        "SELECT state, attempts, crashes FROM app.task WHERE code = 'identity'"
    )
    assert (state, attempts, crashes) == ("approved", 1, 0)
    assert len(service.desk.books.effects()) == 1


def wait_for_the_answer(office):
    deadline = time.monotonic() + 10
    while office.tools.asking._running.total():
        assert time.monotonic() < deadline
        time.sleep(0.005)
