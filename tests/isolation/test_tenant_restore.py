"""One office is brought back to what an archive says, all or nothing, while all others work on."""

import contextlib
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from ptsp.flows.submit_bundle import submit_bundle
from ptsp.infra.database import open_engine, tenant_transaction
from ptsp.infra.files import open_store
from ptsp.infra.tenant_life import open_archive, restore_archive
from ptsp.infra.tenant_life.tables import tables
from ptsp.infra.vault import Vault
from ptsp.main.demo.orders import TENANT
from ptsp.main.prove.isolation.worlds import Worlds
from ptsp.main.wiring import engine_for, tools_of
from tests.flows.acts import SIUP, work_on
from tests.isolation.lives import (
    BY,
    PAPER,
    Life,
    differing,
    hashes,
)
from tests.isolation.worlds import HERE, ONE_PERMIT
from tests.offices import CONNECTORS, Agencies, Office

pytestmark = pytest.mark.xdist_group("tenant_life")


@contextlib.contextmanager
def at_work(life: Life) -> Iterator[Callable[[str], Office]]:
    tools = tools_of(life.worlds.settings, ring=lambda: None, local=dict.fromkeys(CONNECTORS, Agencies()))
    try:
        yield lambda code: Office(life.worlds.settings, tools, tools.book.get(code), Agencies())
    finally:
        tools.engine.dispose()
        tools.sweeper.dispose()


def live_on(life: Life) -> None:
    """A day at the office: a bundle, numbers, a letter that goes out, money, a change, and a document that is lost."""
    with at_work(life) as offices:
        office = offices(HERE)
        with office.work() as work:
            submit_bundle(work, office.order(ONE_PERMIT))
        work_on(office)
    life.sql(
        """UPDATE app.message SET state = 'sent', sent_at = clock_timestamp(), lease_token = NULL
            WHERE tenant_id = %s AND state = 'owed'""",
        life.worlds.here,
    )
    life.sql("UPDATE app.tenant SET prefix = 'LAIN' WHERE id = %s", life.worlds.here)
    life.sql("DELETE FROM app.circuit WHERE tenant_id = %s", life.worlds.here)
    for file in (life.folder / "files" / HERE).rglob("*"):
        if file.is_file():
            file.unlink()


@contextlib.contextmanager
def lodging(life: Life) -> Iterator[tuple[list[str], list[str]]]:
    """Another office takes bundles in all the while: their references, and what went wrong."""
    references: list[str] = []
    faults: list[str] = []
    is_over = threading.Event()

    def lodge_all(office: Office) -> None:
        while not is_over.is_set():
            try:
                with office.work() as work:
                    references.append(submit_bundle(work, office.order(SIUP)).reference)
            except Exception as error:
                faults.append(repr(error))

    with at_work(life) as offices:
        thread = threading.Thread(target=lodge_all, args=(offices(TENANT),))
        thread.start()
        try:
            yield references, faults
        finally:
            is_over.set()
            thread.join()


def test_an_office_is_brought_back_while_another_works(life: Life, figure: Callable[[str], None]) -> None:
    here, there = life.worlds.here, life.worlds.there
    archive = life.exported()
    then = life.hashes()
    live_on(life)
    changed = life.hashes()
    lost = differing(then, changed, here)
    assert lost >= {"tenant", "bundle", "event", "task", "message", "circuit", "document"}

    with lodging(life) as (references, faults):
        lodged = [0, 0]
        for turn, words in enumerate((("--exactly",), ())):
            before = len(references)
            said = life.done("restore", HERE, archive, "--yes", *words, *BY)
            lodged[turn] = len(references) - before
            if words:
                exactly, kept_before = life.hashes(), Path(said["before"])
    assert faults == []
    assert lodged[0] > 0
    assert {one["table"] for one in said["changes"]} == set()  # the second time nothing was left to do
    assert differing(then, exactly, here) == set()
    others = {one for one in then if one not in (here, _id(life, TENANT))}
    assert there in others
    assert all(exactly[one] == then[one] for one in others)
    kept = {
        one for (one,) in life.sql("SELECT reference FROM app.bundle WHERE tenant_id = %s", _id(life, TENANT))
    }
    assert kept >= set(references)
    assert open_store(life.worlds.settings.files_url).get(HERE, life.paper()) == PAPER

    # What was until then is in an archive that was made by itself, and can be brought back as well.
    assert life.run("check", kept_before).exit_code == 0
    life.done("restore", HERE, kept_before, "--yes", "--exactly", *BY)
    assert differing(changed, life.hashes(), here) == set()
    acts = life.done("list")["acts"]
    assert [(one["act"], one["by"], one["code"]) for one in acts] == [("restored", "admin-1", HERE)] * 3
    figure(
        f"tables {len(then[here])}, lost and brought back {len(lost)}, bundles lodged meanwhile {sum(lodged)}"
    )


def test_what_was_shut_since_then_stays_shut(life: Life) -> None:
    """A restore gives no account, role, password or code back, and everybody signs in anew."""
    archive = life.exported()
    shut = (
        "UPDATE app.person SET left_at = clock_timestamp(), password = 'new'",
        "UPDATE app.holding SET revoked_at = clock_timestamp(), revoked_by = 'test'",
        "UPDATE app.recovery_code SET used_at = clock_timestamp()",
    )
    for statement in shut:
        life.sql(f"{statement} WHERE tenant_id = %s", life.worlds.here)
    open_doors = """
        SELECT (SELECT count(*) FROM app.person WHERE tenant_id = %s AND (left_at IS NULL OR password <> 'new')),
               (SELECT count(*) FROM app.holding WHERE tenant_id = %s AND revoked_at IS NULL),
               (SELECT count(*) FROM app.recovery_code WHERE tenant_id = %s AND used_at IS NULL),
               (SELECT count(*) FROM app.session WHERE tenant_id = %s AND ended_at IS NULL)"""
    here = life.worlds.here
    life.done("restore", HERE, archive, "--yes", *BY)
    assert life.sql(open_doors, here, here, here, here) == [(0, 0, 0, 0)]
    life.done("restore", HERE, archive, "--yes", "--exactly", *BY)
    assert life.sql(open_doors, here, here, here, here) == [(1, 1, 1, 1)]


def test_numbers_and_letters_that_are_out_stay_out(life: Life) -> None:
    archive = life.exported()
    then = life.hashes()
    live_on(life)
    series = "SELECT series, year, last FROM app.number_series WHERE tenant_id = %s ORDER BY 1, 2"
    given = life.sql(series, life.worlds.here)
    said = life.done("restore", HERE, archive, "--yes", *BY)
    assert differing(then, life.hashes(), life.worlds.here) == {"number_series", "message", "session"}
    assert life.sql(series, life.worlds.here) == given
    states = "SELECT DISTINCT state FROM app.message WHERE tenant_id = %s AND key = 'test'"
    assert life.sql(states, life.worlds.here) == [("sent",)]
    assert said["numbers"] > 0
    assert said["messages"] > 0


def test_a_plan_changes_nothing(life: Life) -> None:
    archive = life.exported()
    live_on(life)
    before = life.hashes()
    said = life.done("restore", HERE, archive, "--plan")
    bundles = next(one for one in said["changes"] if one["table"] == "bundle")
    assert (bundles["now"], bundles["then"]) == (3, 2)
    assert "bundle: 3 rows now, 2 then" in life.run("restore", HERE, archive, "--plan").output
    assert life.hashes() == before


def test_a_failure_in_the_middle_leaves_everything_as_it_was(life: Life) -> None:
    archive = life.exported()
    live_on(life)
    before = life.hashes()
    owner = engine_for(life.worlds.settings, "ptsp_owner", pool_size=1)

    def break_at(name: str) -> Callable[[str, int, int], None]:
        def progress(part: str, done: int, total: int) -> None:
            if part == name:
                raise RuntimeError(f"{part} {done} of {total}")

        return progress

    vault = Vault(life.worlds.settings.secret)
    for name in ("bundle", "payment", "event"):
        with open_archive(archive) as opened, pytest.raises(RuntimeError, match=name):
            restore_archive(
                owner, opened, life.files, vault, by="x", reason="x", is_exact=True, progress=break_at(name)
            )
        assert life.hashes() == before
    owner.dispose()
    assert life.done("list")["acts"] == []


def test_every_table_gives_up_its_own_rows_only_even_without_the_wall(worlds: Worlds) -> None:
    """By a superuser, from whom row security hides nothing; rolled back."""
    owner = engine_for(worlds.settings, "ptsp_owner", pool_size=1)
    with tenant_transaction(owner, worlds.here) as connection:
        found = tables(connection)
    owner.dispose()
    admin = open_engine(worlds.settings.admin_database_url, pool_size=1)
    with tenant_transaction(admin, worlds.here) as connection:
        raw = connection.connection.driver_connection
        before = hashes(raw)
        for table in reversed(found):
            table.delete(connection, worlds.here)
        after = hashes(raw)
        connection.get_transaction().rollback()  # type: ignore[union-attr]
    admin.dispose()
    assert after[worlds.here].keys() == {"tenant"}
    assert {one: after[one] for one in after if one != worlds.here} == {
        one: before[one] for one in before if one != worlds.here
    }


def _id(life: Life, code: str) -> int:
    ((found,),) = life.sql("SELECT id FROM app.tenant WHERE code = %s", code)
    return int(found)
