"""Two offices with rows in every table, and a place for the figures that a proof comes to."""

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import text

from ptsp.domain import tellings
from ptsp.domain.corrections import Ask
from ptsp.domain.history import Naming
from ptsp.domain.messages import NewMessage
from ptsp.domain.outages import CENTRAL
from ptsp.flows.ask_correction import ask_correction, take_back_correction
from ptsp.flows.close_difference import close_difference
from ptsp.flows.correct_fee import correct_fee
from ptsp.flows.declare_outage import declare_outage
from ptsp.flows.deposit_cash import deposit_cash
from ptsp.flows.end_outage import end_outage
from ptsp.flows.import_history import Target, import_history
from ptsp.flows.match_statement import reconciliation
from ptsp.flows.move_cases import begin_move
from ptsp.flows.open_desk import open_desk
from ptsp.flows.owe_messages import owe_messages
from ptsp.flows.owe_tellings import sealed
from ptsp.flows.pay_back import pay_back, refunds_owed
from ptsp.flows.submit_bundle import submit_bundle
from ptsp.flows.take_filing import take_filing
from ptsp.infra.work import begin
from ptsp.infra.xes import LoggedCase, LoggedEvent
from ptsp.main.prove.isolation.worlds import Worlds, known_tables
from ptsp.main.settings import Settings
from ptsp.main.wiring import engine_for, tools_of
from ptsp.sdk.central import Filing, Keeping
from tests.flows.treasurers import cash_on, imported, moved
from tests.isolation.lives import Life, with_files
from tests.isolation.worlds import BUNDLES, HERE, ONE_PERMIT, THERE, finish
from tests.offices import CONNECTORS, Agencies, Office

FIGURE = "figure"
MESSAGE = text("""
    INSERT INTO app.inbox (tenant_id, source, message_id, fingerprint, outcome)
    VALUES (:tenant, 'ktp', :message, 'x', 'recorded')""")

DECREED = text("""
    INSERT INTO app.decreed_day (tenant_id, id, agency, on_day, kind, name, decree, added_by)
    VALUES (:tenant, 1, '', '2027-01-04', 'off', 'Uji', 'Keputusan uji', 'test')""")

OBJECTION = text("""
    INSERT INTO app.objection (tenant_id, id, bundle_id, application_id, decision_id, lodged_at, grounds, due_at, state)
    SELECT :tenant, :id, bundle_id, application_id, id, issued_at, 'x', issued_at, 'open'
      FROM app.decision ORDER BY id LIMIT 1""")

MOVED = text("""
    INSERT INTO app.moved_case (tenant_id, move_id, application_id, bundle_id, from_standard, moved_at)
    SELECT :tenant, :move, id, bundle_id, standard_id, ended_at FROM app.application ORDER BY id LIMIT 1""")

BUDGET_USE = text("INSERT INTO app.budget_use (tenant_id, agency, day) VALUES (:tenant, 'uji', current_date)")
KEPT_VERDICT = text("""
    INSERT INTO app.kept_verdict (tenant_id, agency, purpose, key, state, reasons, found_at, expires_at)
    VALUES (:tenant, 'uji', 'uji', sha256(convert_to(CAST(:tenant AS text), 'UTF8')), 'approved', '{}',
            clock_timestamp(), 'infinity')""")
FEED = text("""
    INSERT INTO app.event_feed (tenant_id, started_at, looked_to, swept_at, lease, lease_until)
    VALUES (:tenant, clock_timestamp(), clock_timestamp(), clock_timestamp(), gen_random_uuid(), clock_timestamp())""")
FED = text("""
    INSERT INTO app.event_position (tenant_id, bundle_id, published)
    SELECT :tenant, id, 1 FROM app.bundle ORDER BY id LIMIT 1""")
BALANCE = text("""
    INSERT INTO app.balance (tenant_id, agency, day, state, next_at)
    VALUES (:tenant, 'uji', current_date, 'due', 'infinity')""")
BALANCE_GAP = text("""
    INSERT INTO app.balance_gap (tenant_id, id, agency, day, kind, key, number, ours, theirs, act, tries, found_at)
    VALUES (:tenant, gen_random_uuid(), 'uji', current_date, 'missing_here', '', 'K-1', '', 'open', 'person', 0,
            clock_timestamp())""")
BALANCE_STATEMENT = text("""
    INSERT INTO app.balance_statement (tenant_id, agency, seq, day, body, signature, made_at)
    VALUES (:tenant, 'uji', 1, current_date, '\\x7b7d', '\\x00', clock_timestamp())""")
SECRET = text("""
    INSERT INTO app.agency_secret (tenant_id, agency, version, act, sealed, set_by)
    VALUES (:tenant, 'uji', 1, 'set', '\\x00', 'test')""")
# A key that is a day alone must be another one in each world: the attack can only make texts and numbers differ.
HEADS = (
    "INSERT INTO app.ledger_head VALUES (:tenant, DATE '2026-01-01' + :tenant, '{}', '\\x00')",
    """INSERT INTO app.ledger_leaf (tenant_id, bundle_id, seq, hash, day)
       SELECT :tenant, id, last_event, head, DATE '2026-01-01' + :tenant FROM app.bundle ORDER BY id LIMIT 1""",
    "INSERT INTO app.ledger_stamp VALUES (:tenant, DATE '2026-01-01' + :tenant, '\\x00', clock_timestamp())",
    "INSERT INTO app.ledger_handover VALUES (:tenant, DATE '2026-01-01' + :tenant, 'uji', 0, clock_timestamp())",
)
PERSON = text("""
    INSERT INTO app.person (tenant_id, id, login, name, password, added_by)
    VALUES (:tenant, :id, 'uji-' || :tenant, '\\x00', 'x', 'test')""")
STAFF = (
    text("""
    INSERT INTO app.holding (tenant_id, id, person_id, role, since, granted_by)
    VALUES (:tenant, gen_random_uuid(), :id, 'auditor', clock_timestamp(), 'test')"""),
    text("""
    INSERT INTO app.session (tenant_id, id, person_id, token_hash, awaits_code, places, started_at, seen_at, ends_at)
    VALUES (:tenant, gen_random_uuid(), :id, sha256(convert_to(CAST(:tenant AS text), 'UTF8')), false, '{}',
            clock_timestamp(), clock_timestamp(), 'infinity')"""),
    text("""
    INSERT INTO app.recovery_code (tenant_id, person_id, hash)
    VALUES (:tenant, :id, sha256(convert_to(CAST(:tenant AS text), 'UTF8')))"""),
    text("""
    INSERT INTO app.sign_in_wait (tenant_id, place, failures, last_at, until)
    VALUES (:tenant, :tenant, 1, clock_timestamp(), clock_timestamp())"""),
)
CIRCUIT = text("INSERT INTO app.circuit (tenant_id, agency, failures) VALUES (:tenant, 'uji', 1)")
ALERT = text("""
    INSERT INTO app.alert (tenant_id, id, agency, cause, opened_at, count, last_at)
    VALUES (:tenant, :id, 'uji', 'away', clock_timestamp(), 1, clock_timestamp())""")

HOLD = text("""
    INSERT INTO app.deemed_hold (tenant_id, id, bundle_id, position, outages, held_at)
    SELECT :tenant, :id, bundle_id, position, ARRAY[CAST(:outage AS uuid)], ended_at
      FROM app.application ORDER BY id LIMIT 1""")

HANDOVER = text("""
    INSERT INTO app.handover (tenant_id, decision_id, application_id, at)
    VALUES (:tenant, :decision, :application, clock_timestamp())""")

PAPER = text("""
    INSERT INTO app.fee_paper (tenant_id, code, kind, number, bundle_id, sha256, made_at)
    SELECT :tenant, code, kind, number, bundle_id, repeat('0', 64), clock_timestamp()
      FROM app.fee_notice ORDER BY id LIMIT 1""")

WARNING = text("""
    INSERT INTO app.fee_warning (tenant_id, notice_id, number, code, signer, issued_on, pay_by)
    SELECT :tenant, id, 'TEGURAN/00001/UJI/2026', 'uji-' || :tenant, 'treasurer', due_on + 7, due_on + 14
      FROM app.fee_notice ORDER BY id LIMIT 1""")

ADMISSION = text("""
    INSERT INTO app.debt_admission (tenant_id, notice_id, admitted_on, note, by, at)
    SELECT :tenant, id, due_on + 20, 'Uji.', 'test', clock_timestamp() FROM app.fee_notice ORDER BY id LIMIT 1""")


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


@pytest.fixture
def life(
    worlds: Worlds,
    copy_database: Callable[[str], contextlib.AbstractContextManager[str]],
    tmp_path: Path,
    redis_url: str,
) -> Iterator[Life]:
    """A copy of the same database that a test may change, with documents and an empty Redis."""
    with copy_database(worlds.settings.database_url) as url:
        made = with_files(worlds.at(url), tmp_path, redis_url)
        made.add_paper()
        yield made


def _live(office: Office, owner: Any) -> int:
    """Bundles from lodging to their permits, and a row in the tables that they do not touch."""
    with office.work() as work:
        for _ in range(BUNDLES):
            submit_bundle(work, office.order(ONE_PERMIT))
        work.connection.execute(MESSAGE, {"tenant": office.tenant.id, "message": uuid4().hex})
        owed = NewMessage(uuid4(), "test", None, "head", None, "test", "Uji", "Uji.\n")
        assert owe_messages(work, [owed]) == 1
        for one in (BUDGET_USE, KEPT_VERDICT, CIRCUIT, FEED, FED, BALANCE, BALANCE_GAP, BALANCE_STATEMENT):
            work.connection.execute(one, {"tenant": office.tenant.id})
        work.connection.execute(ALERT, {"tenant": office.tenant.id, "id": uuid4()})
        somebody = {"tenant": office.tenant.id, "id": uuid4()}
        for one in (PERSON, *STAFF):
            work.connection.execute(one, somebody)
        told = sealed(work, "oss", {"kind": "test", "at": work.now.isoformat()})
        assert tellings.add(work.connection, work.tenant.id, [told]) == [told.id]
        assert take_filing(work, "oss", Filing("test", "1", b"{}")) is Keeping.KEPT
    with begin(owner, office.tenant, actor="test") as work:
        desk = next(code for code, agency in office.tenant.pack.agencies.items() if agency.desk)
        open_desk(work, desk)
        for one in (DECREED, SECRET):
            work.connection.execute(one, {"tenant": office.tenant.id})
    past = LoggedCase(
        "1", {}, {}, (LoggedEvent(1, "received", None, None, datetime(2024, 3, 1, tzinfo=UTC), {}),)
    )
    target = Target(office.tenant.code, office.tenant.id, "past")
    import_history(owner, target, [past], Naming())
    _returned_once(office)
    finish(office)
    _money_back(office)
    _treasury(office)
    with office.work() as work:
        work.connection.execute(OBJECTION, {"tenant": office.tenant.id, "id": uuid4()})
        for one in (PAPER, WARNING, ADMISSION, *map(text, HEADS)):
            work.connection.execute(one, {"tenant": office.tenant.id})
        outage = declare_outage(work, CENTRAL, "Uji.")
        work.connection.execute(HOLD, {"tenant": office.tenant.id, "id": uuid4(), "outage": outage})
        end_outage(work, outage)
        move = begin_move(work, office.tools.book, "ho", 1)
        work.connection.execute(MOVED, {"tenant": office.tenant.id, "move": move})
    return office.tenant.id


def _money_back(office: Office) -> None:
    """A permit collected; its fee corrected, so that a payment counts no more; and what is over transferred."""
    ((decision, application),) = office.rows(
        "SELECT id, application_id FROM app.decision ORDER BY id LIMIT 1"
    )
    ((number,),) = office.rows(
        "SELECT number FROM app.fee_notice WHERE application_id = :application", application=application
    )
    with office.work() as work:
        values = {"tenant": office.tenant.id, "decision": decision, "application": application}
        work.connection.execute(HANDOVER, values)
        correct_fee(work, office.tools.book, number, {"area": "1"}, "Uji.")
    with office.work() as work:
        for one in refunds_owed(work).owed:
            pay_back(work, one.refund.number, f"SP2D {one.refund.number}", work.now)


def _treasury(office: Office) -> None:
    """Cash and its deposit, a statement that shows a payment, and a difference that was closed."""
    cash_on(office, 5_000, "2026-03-02T10:00:00+08:00")
    moved(office, 6_000, f"R-{office.tenant.code}", "2026-03-02")
    with office.work() as work:
        deposit_cash(work, date(2026, 3, 2), "BDG-1", by="test")
    imported(office, [("2026-03-02", f"R-{office.tenant.code}", "", 6_000), ("2026-03-02", "X-1", "", -700)])
    with office.work() as work:
        for one in reconciliation(work).open:
            close_difference(work, one.id, "Uji.", by="test")


def _returned_once(office: Office) -> None:
    """A correction, taken back, so that the bundle goes on."""
    ((task, agency),) = office.rows("SELECT id, agency FROM app.task WHERE seq = 0 ORDER BY id LIMIT 1")
    with office.work("desk") as work:
        ask_correction(work, office.tools.book, agency, task, Ask((), ("0.ktp",), "Uji."))
    with office.work("desk") as work:
        take_back_correction(work, agency, task)
