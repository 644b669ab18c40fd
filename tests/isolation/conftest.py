"""Two offices with rows in every table, and a place for the figures that a proof comes to."""

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import text

from ptsp.flows.open_desk import open_desk
from ptsp.flows.submit_bundle import submit_bundle
from ptsp.infra.work import begin
from ptsp.main.settings import Settings
from ptsp.main.wiring import engine_for, tools_of
from tests.isolation.worlds import BUNDLES, HERE, ONE_PERMIT, THERE, Worlds, finish, known_tables
from tests.offices import CONNECTORS, Agencies, Office

FIGURE = "figure"
MESSAGE = text("""
    INSERT INTO app.inbox (tenant_id, source, message_id, fingerprint, outcome)
    VALUES (:tenant, 'ktp', :message, 'x', 'recorded')""")


@pytest.fixture
def figure(record_property: Callable[[str, object], None]) -> Callable[[str], None]:
    """`figure("planted 6, killed 6")` is shown at the end of the run."""
    return lambda words: record_property(FIGURE, words)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    figures = [
        (report.nodeid.rpartition("/")[2], words)
        for reports in terminalreporter.stats.values()
        for report in reports
        if getattr(report, "when", "") == "call"
        for name, words in report.user_properties
        if name == FIGURE
    ]
    if figures:
        terminalreporter.section("isolation: figures")
        for nodeid, words in figures:
            terminalreporter.line(f"{nodeid}: {words}")


@pytest.fixture(scope="session")
def worlds(
    servers: Settings,
    office_template: str,
    copy_database: Callable[[str], contextlib.AbstractContextManager[str]],
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Worlds]:
    """A database in which two offices have rows in every table. Tests leave it as they found it."""
    with copy_database(office_template) as url:
        files = str(tmp_path_factory.mktemp("isolation"))
        settings = replace(servers, database_url=url, files_url=files)
        agencies = Agencies()
        tools = tools_of(settings, ring=lambda: None, local=dict.fromkeys(CONNECTORS, agencies))
        owner = engine_for(settings, "ptsp_owner", pool_size=1)
        try:
            here, there = (
                _live(Office(settings, tools, tools.book.get(code), agencies), owner)
                for code in (HERE, THERE)
            )
        finally:
            for engine in (tools.engine, tools.sweeper, owner):
                engine.dispose()
        made = Worlds(settings, here, there)
        with made.admin() as connection:
            for table in known_tables(connection):
                count = f"SELECT count(*) FROM app.{table} WHERE tenant_id = %s"
                for tenant in (here, there):
                    rows = connection.execute(count, (tenant,)).fetchone()
                    assert rows != (0,), f"tenant {tenant} has no row in {table}, so nothing would be proved"
        yield made


def _live(office: Office, owner: Any) -> int:
    """Bundles from lodging to their permits, and a row in the tables that they do not touch."""
    with office.work() as work:
        for _ in range(BUNDLES):
            submit_bundle(work, office.order(ONE_PERMIT))
        work.connection.execute(MESSAGE, {"tenant": office.tenant.id, "message": uuid4().hex})
    with begin(owner, office.tenant, actor="test") as work:
        desk = next(code for code, agency in office.tenant.pack.agencies.items() if agency.desk)
        open_desk(work, desk)
    finish(office)
    return office.tenant.id
