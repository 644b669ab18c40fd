"""No permit comes out unpaid and no rupiah is used twice, whoever writes and in whatever order."""

import contextlib
import time
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from threading import Thread

import psycopg
import pytest

from ptsp.main.prove.isolation.hostile import filled
from ptsp.main.prove.isolation.worlds import Line, Worlds, bind, plain
from ptsp.main.settings import Settings
from ptsp.main.wiring import tools_of
from tests.flows.acts import HO, PAREPARE_HO, lodge, open_bills, work_on
from tests.flows.money import check_books, paying, with_fees
from tests.isolation.money_gate import AT_ONCE, ATTEMPTS, DOORS, RACES, Accepted, Attempt, Race
from tests.offices import CONNECTORS, Agencies, Office

ROLES = ("ptsp_app", "ptsp_worker")
KNOWN = """
    SELECT a.id, a.bundle_id, n.id, n.total, x.payment_id, d.id
      FROM app.application a
      LEFT JOIN app.fee_notice n ON n.application_id = a.id
      LEFT JOIN (SELECT DISTINCT notice_id, payment_id FROM app.allocation) x ON x.notice_id = n.id
      LEFT JOIN app.decision d ON d.application_id = a.id
      JOIN app.bundle b ON b.id = a.bundle_id WHERE b.reference = :reference"""
NAMES = ("", "_bundle", "_notice", "_total", "_payment", "_decision")
LOOSE = """
    INSERT INTO app.payment (tenant_id, id, bill, amount, provider, provider_ref, paid_at, channel)
    VALUES (%s, %s, 'x', %s, 'bank', 'loose', clock_timestamp(), 'va')"""


@dataclass(frozen=True, slots=True)
class Gate:
    """Two offices, one on each side of the signature, and what is known of them by name."""

    worlds: Worlds
    known: Mapping[str, object]

    def run(
        self, role: str, statements: Sequence[str], *, after_signature: bool = False, passes: bool = False
    ) -> str:
        """The constraint or the code by which a transaction is refused; nothing where it comes through.

        What has to pass is checked and rolled back, all else committed.
        """
        tenant = self.worlds.there if after_signature else self.worlds.here
        known = {**self.known, "tenant": tenant, "fresh": uuid.uuid4()}
        with psycopg.connect(plain(self.worlds.settings.database_url_for(role))) as connection:
            try:
                do(connection, tenant, statements, known)
                if passes:
                    connection.execute(AT_ONCE)
                    connection.rollback()
                else:
                    connection.commit()
            except psycopg.Error as error:
                connection.rollback()
                return refusal(error)
        return ""


def do(connection: Line, tenant: int, statements: Sequence[str], known: Mapping[str, object]) -> None:
    first = [one for one in statements if one.startswith("SET TRANSACTION")]
    for statement in first:
        connection.execute(filled(statement, known))
    bind(connection, tenant)
    for statement in statements[len(first) :]:
        connection.execute(filled(statement, known))


def refusal(error: psycopg.Error) -> str:
    return (
        error.diag.constraint_name
        if error.sqlstate == "23514" and error.diag.constraint_name
        else str(error.sqlstate)
    )


@pytest.fixture(scope="module")
def gate(
    servers: Settings,
    office_template: str,
    copy_database: Callable[[str], contextlib.AbstractContextManager[str]],
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Gate]:
    with copy_database(office_template) as url:
        settings = replace(servers, database_url=url, files_url=str(tmp_path_factory.mktemp("gate")))
        yield built(settings)


def built(settings: Settings) -> Gate:
    tools = tools_of(settings, ring=lambda: None, local=dict.fromkeys(CONNECTORS, Agencies()))
    try:
        before, after = (
            with_fees(Office(settings, tools, tools.book.get(code), Agencies()))
            for code in ("sidoarjo", "parepare")
        )
        known = states_of(before, after)
    finally:
        tools.engine.dispose()
        tools.sweeper.dispose()
    worlds = Worlds(settings, before.tenant.id, after.tenant.id)
    loose = uuid.uuid4()
    with worlds.admin() as connection:
        connection.execute(LOOSE, (worlds.here, loose, known["owing_total"]))
        connection.commit()
    return Gate(worlds, known | {"loose": loose})


def states_of(before: Office, after: Office) -> dict[str, object]:
    """A worker works for both offices, so what must not be worked on comes last."""
    here = {"permit": lodge(before, HO).reference}
    there = {"collectable": lodge(after, PAREPARE_HO).reference}
    work_on(after)
    work_on(before)
    ((customer_no,),) = before.rows("SELECT customer_no FROM app.bill")
    paying(before, customer_no, 500, moved=True)
    ((double, refund),) = before.rows("SELECT payment_id, id FROM app.refund")
    here |= {name: lodge(before, HO).reference for name in ("owing", "other", "ready")}
    there["signed"] = lodge(after, PAREPARE_HO).reference
    work_on(before, is_paying=False)
    work_on(after, is_paying=False)
    ((ready,),) = before.rows("SELECT customer_no FROM app.bill WHERE number = :bill", bill=here["ready"])
    paying(before, ready, open_bills(before)[ready])
    there["unsigned"] = lodge(after, PAREPARE_HO).reference
    for office in (before, after):
        check_books(office)
    return named(before, here) | named(after, there) | {"double_payment": double, "refund": refund}


def named(office: Office, references: Mapping[str, str]) -> dict[str, object]:
    known: dict[str, object] = {}
    for name, reference in references.items():
        (row,) = office.rows(KNOWN, reference=reference)
        known |= {f"{name}{part}": value for part, value in zip(NAMES, row, strict=True)}
    return known


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("attempt", ATTEMPTS, ids=lambda attempt: attempt.name)
def test_each_ends_as_it_must(gate: Gate, role: str, attempt: Attempt) -> None:
    came = gate.run(
        role, attempt.statements, after_signature=attempt.after_signature, passes=not attempt.refused_by
    )
    assert came == attempt.refused_by


@pytest.mark.parametrize("swapped", [False, True], ids=["one first", "other first"])
@pytest.mark.parametrize("race", RACES, ids=lambda race: race.name)
def test_of_two_at_once_one_comes_through(
    gate: Gate,
    copy_database: Callable[[str], contextlib.AbstractContextManager[str]],
    race: Race,
    *,
    swapped: bool,
) -> None:
    first, second = (race.second, race.first) if swapped else (race.first, race.second)
    with copy_database(gate.worlds.settings.database_url) as url:
        assert raced(gate, gate.worlds.at(url), first, second)


def raced(gate: Gate, worlds: Worlds, first: Sequence[str], second: Sequence[str]) -> str:
    """How the second ended, which came when the first was checked and not yet committed."""
    known = {**gate.known, "tenant": worlds.here, "fresh": uuid.uuid4()}
    ended: list[str] = []

    def come_second(connection: Line) -> None:
        try:
            do(connection, worlds.here, [*second, AT_ONCE], known)
            connection.commit()
            ended.append("")
        except psycopg.Error as error:
            ended.append(refusal(error))

    with worlds.entered(ROLES[0]) as one, worlds.entered(ROLES[1]) as other, worlds.admin() as admin:
        do(one, worlds.here, [*first, AT_ONCE], known)
        thread = Thread(target=come_second, args=(other,))
        thread.start()
        while thread.is_alive() and not waits(admin, other.info.backend_pid):
            time.sleep(0.005)
        one.commit()
        thread.join()
    return ended[0]


def waits(admin: Line, pid: int) -> bool:
    row = admin.execute("SELECT wait_event_type FROM pg_stat_activity WHERE pid = %s", (pid,)).fetchone()
    admin.rollback()
    return row == ("Lock",)


@pytest.mark.parametrize("door", DOORS, ids=lambda door: door.name)
def test_the_doors_that_stay_open_are_those_on_the_list(gate: Gate, door: Accepted) -> None:
    assert gate.run("ptsp_app", door.statements, passes=True) == ""


def test_figures(figure: Callable[[str], None]) -> None:
    refused = sum(bool(one.refused_by) for one in ATTEMPTS)
    assert refused >= 50
    figure(
        f"transactions refused {refused}, let through {len(ATTEMPTS) - refused}, races {2 * len(RACES)},"
        f" roles {len(ROLES)}, doors that stay open {len(DOORS)}"
    )
