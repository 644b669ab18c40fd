"""A log becomes a tenant's history: once, whole, and nobody else's."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from sqlalchemy import Engine, create_engine, text
from sqlalchemy.exc import IntegrityError, ProgrammingError

from ptsp.domain.history import Naming, Saved
from ptsp.flows import import_history as flow
from ptsp.flows.apply_pack import apply_pack
from ptsp.flows.import_history import Imported, find_target, import_history
from ptsp.infra.database import platform_transaction, tenant_transaction
from ptsp.infra.tenants import TenantBook
from ptsp.infra.vault import Vault
from ptsp.infra.xes import read_cases
from ptsp.kernel.errors import Conflict, Invalid, NotFound
from ptsp.main.replay_cli import replay
from ptsp.main.settings import Settings
from ptsp.main.wiring import engine_for
from tests.checks import shared_data
from tests.offices import Office
from tests.unit.history.logs import attribute, case, log, permit, written

THREE = (
    permit("1", deadline="2024-03-10", end="2024-03-10"),
    permit("2", deadline="2024-03-10", end="2024-03-11", days=5),
    permit("3", deadline="2024-03-10", days=1),
)
EVENTS = "SELECT case_id, position, at, name, attributes FROM app.past_event ORDER BY 1, 2"
ROWS = "SELECT p.*, p.xmin, p.ctid FROM app.past_case p ORDER BY case_id"
CLOSE = 1e-12  # relative; the oracle's own last digit is rounded


@pytest.fixture
def owner(settings: Settings) -> Iterator[Engine]:
    """An empty database, entered as its owner."""
    engine = engine_for(settings, "ptsp_owner", pool_size=2)
    yield engine
    engine.dispose()


def take(owner: Engine, path: Path, tenant: str | None = None, naming: Naming | None = None) -> Imported:
    target = find_target(owner, path.name, tenant)
    return import_history(owner, target, read_cases(path), naming or Naming())


def rows(owner: Engine, tenant_id: int, sql: str) -> list[Any]:
    with tenant_transaction(owner, tenant_id) as connection:
        return list(connection.execute(text(sql)).all())


def test_a_log_becomes_the_history_of_an_archive(owner: Engine, tmp_path: Path) -> None:
    done = take(owner, written(tmp_path / "Izin.xes.gz", log(*THREE)))
    assert (done.target.tenant, done.target.source, done.saved) == ("izin", "Izin", Saved(added=3))
    figures = done.figures
    assert (figures.cases, figures.events) == (3, 9)
    assert (figures.completed, figures.on_time, figures.late, figures.without_deadline) == (2, 1, 1, 0)
    assert figures.throughput is not None
    assert (figures.throughput.median, figures.throughput.mean) == (2.0, 2.0)
    (first, *_) = rows(owner, done.target.tenant_id, "SELECT * FROM app.past_case ORDER BY case_id")
    assert first.deadline_at.isoformat() == first.ended_at.isoformat() == "2024-03-09T23:00:00+00:00"
    assert first.attributes["deadline"] == "2024-03-10T00:00:00+01:00"
    assert (first.events, first.first_event_at.hour) == (3, 8)


def test_a_second_time_changes_nothing(owner: Engine, tmp_path: Path) -> None:
    path = written(tmp_path / "a1.xes", log(*THREE))
    once = take(owner, path)
    before = [rows(owner, once.target.tenant_id, sql) for sql in (ROWS, EVENTS)]
    twice = take(owner, path)
    assert (twice.target, twice.figures, twice.saved) == (once.target, once.figures, Saved(unchanged=3))
    after = [rows(owner, once.target.tenant_id, sql) for sql in (ROWS, EVENTS)]
    assert after == before


def test_a_case_that_changed_is_replaced(owner: Engine, tmp_path: Path) -> None:
    take(owner, written(tmp_path / "a1.xes", log(*THREE)))
    ended = permit("3", deadline="2024-03-10", end="2024-03-04", days=2)
    done = take(owner, written(tmp_path / "a1.xes", log(THREE[0], ended, permit("4"))))
    assert done.saved == Saved(added=1, replaced=1, unchanged=1)
    assert (done.figures.cases, done.figures.events, done.figures.on_time) == (4, 13, 2)
    kept = [(row.case_id, row.position) for row in rows(owner, done.target.tenant_id, EVENTS)]
    assert [position for case_id, position in kept if case_id == "3"] == [1, 2]


def test_an_event_that_changed_is_a_case_that_changed(owner: Engine, tmp_path: Path) -> None:
    one = permit("1", deadline="2024-03-10")
    take(owner, written(tmp_path / "a1.xes", log(one)))
    done = take(owner, written(tmp_path / "a1.xes", log(one.replace("step 2", "step two"))))
    assert done.saved == Saved(replaced=1)
    names = [row.name for row in rows(owner, done.target.tenant_id, EVENTS)]
    assert names == ["step 1", "step two", "step 3"]


def test_each_log_of_an_archive_has_its_own_figures(owner: Engine, tmp_path: Path) -> None:
    take(owner, written(tmp_path / "a1.xes", log(*THREE)))
    done = take(owner, written(tmp_path / "a2.xes", log(permit("1"))), "a1")
    assert (done.saved, done.figures.cases, done.figures.events) == (Saved(added=1), 1, 3)
    assert len(rows(owner, done.target.tenant_id, EVENTS)) == 12


def test_other_names_of_attributes_change_the_moments(owner: Engine, tmp_path: Path) -> None:
    path = written(tmp_path / "a1.xes", log(*THREE))
    take(owner, path)
    done = take(owner, path, naming=Naming(deadline=("startdate",)))
    assert (done.saved, done.figures.on_time, done.figures.late) == (Saved(replaced=3), 0, 2)


@pytest.mark.parametrize("at_once", [1, 2, 200])
def test_a_broken_log_leaves_whole_cases(
    owner: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, at_once: int
) -> None:
    monkeypatch.setattr(flow, "CASES_AT_ONCE", at_once)
    path = written(tmp_path / "a1.xes", log(*THREE, case("4", "<event/>"), permit("5")))
    with pytest.raises(Invalid) as refused:
        take(owner, path)
    first, second = refused.value.faults
    assert first.field == "a1.xes, case 4, event 1, time:timestamp"
    assert str(second) == "3 cases before this one are in the history of a1"
    target = find_target(owner, path.name, None)
    assert [row.case_id for row in rows(owner, target.tenant_id, ROWS)] == ["1", "2", "3"]
    assert len(rows(owner, target.tenant_id, EVENTS)) == 9


def test_a_deadline_that_is_no_date_is_refused_by_its_place(owner: Engine, tmp_path: Path) -> None:
    bad = case("4", attribute("string", "deadline", "soon"))
    with pytest.raises(Invalid) as refused:
        take(owner, written(tmp_path / "a1.xes", log(*THREE, bad)))
    assert [str(fault) for fault in refused.value.faults] == [
        "a1, case 4, deadline: must be a date",
        "3 cases before this one are in the history of a1",
    ]


def test_a_batch_ends_with_its_cases_or_its_events(
    owner: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(flow, "EVENTS_AT_ONCE", 4)
    done = take(owner, written(tmp_path / "a1.xes", log(*(permit(str(n)) for n in range(7)))))
    assert (done.saved.added, done.figures.events) == (7, 21)
    written_in = {row.xmin for row in rows(owner, done.target.tenant_id, ROWS)}
    assert len(written_in) == 4


def test_a_log_without_ends_says_so(owner: Engine, tmp_path: Path) -> None:
    done = take(owner, written(tmp_path / "a1.xes", log(permit("1", deadline="2024-03-10"), case("2"))))
    assert (done.figures.cases, done.figures.events) == (2, 3)
    assert done.figures.completed is done.figures.on_time is done.figures.late is None


def test_an_office_keeps_its_history_apart_from_others(office: Office, tmp_path: Path) -> None:
    engine = engine_for(office.settings, "ptsp_owner", pool_size=1)
    done = take(engine, written(tmp_path / "a1.xes", log(*THREE)), office.tenant.code)
    engine.dispose()
    assert (done.target.tenant, done.target.tenant_id) == (office.tenant.code, office.tenant.id)
    assert len(office.rows(EVENTS)) == 9
    others = [tenant for tenant in office.tools.book.all() if tenant.id != office.tenant.id]
    assert len(others) == 5
    for other in others:
        with tenant_transaction(office.tools.engine, other.id) as connection:
            assert connection.execute(text("SELECT count(*) FROM app.past_case")).scalar_one() == 0


@pytest.mark.parametrize("table", ["past_case", "past_event"])
def test_only_the_owner_writes_history(office: Office, table: str) -> None:
    with pytest.raises(ProgrammingError, match="permission denied"):
        office.rows(f"INSERT INTO app.{table} (tenant_id) VALUES (0)")


def test_an_archive_is_no_office(office: Office, packs: list[Any], tmp_path: Path) -> None:
    engine = engine_for(office.settings, "ptsp_owner", pool_size=1)
    pack = next(pack for pack in packs if pack.code == office.tenant.code)
    done = take(engine, written(tmp_path / "a1.xes", log(*THREE)))
    book = TenantBook(office.tools.engine, Vault(office.settings.secret))
    assert "a1" not in [tenant.code for tenant in book.all()]
    with pytest.raises(NotFound):
        book.get("a1")
    with pytest.raises(Conflict, match="is an office; name it"):
        find_target(engine, f"{pack.code}.xes", None)
    with pytest.raises(NotFound, match="no office and no archive with the code 'nobody'"):
        find_target(engine, "a1.xes", "nobody")
    with (
        pytest.raises(IntegrityError, match="an_archive_has_no_region"),
        platform_transaction(engine) as line,
    ):
        line.execute(text("UPDATE app.tenant SET region_code = '35.15' WHERE code = 'a1'"))
    assert find_target(engine, "another.xes", "a1").tenant_id == done.target.tenant_id
    engine.dispose()


def test_an_archive_becomes_an_office_with_its_first_pack(
    owner: Engine, settings: Settings, packs: list[Any], tmp_path: Path
) -> None:
    pack = packs[0]
    done = take(owner, written(tmp_path / f"{pack.code}.xes", log(*THREE)))
    apply_pack(owner, pack, by="test")
    book = TenantBook(owner, Vault(settings.secret))
    assert [(tenant.id, tenant.code) for tenant in book.all()] == [(done.target.tenant_id, pack.code)]
    assert len(rows(owner, done.target.tenant_id, EVENTS)) == 9


@pytest.fixture
def command(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Any]:
    """`command("--json", path)` as an operator runs it, in this test's database."""
    for name, value in settings.as_env().items():
        monkeypatch.setenv(name, value)

    def run(*arguments: object) -> Any:
        return CliRunner().invoke(replay, [str(argument) for argument in arguments])

    return run


def test_the_command_for_people(command: Callable[..., Any], tmp_path: Path) -> None:
    done = command(written(tmp_path / "a1.xes", log(*THREE)))
    assert (done.exit_code, done.stderr) == (0, "")
    assert done.stdout.splitlines() == [
        "a1, a1: 3 cases new, 0 replaced, 0 as they were",
        "3 cases with 9 events",
        "2 completed: 1 on time, 1 late, 0 without a deadline",
        "days from the first event to the last: median 2.00, mean 2.00, 90% within 3.60",
    ]


def test_the_command_makes_the_tables(
    command: Callable[..., Any], settings: Settings, tmp_path: Path
) -> None:
    admin = create_engine(settings.admin_database_url)
    with admin.begin() as connection:
        connection.execute(text("DROP SCHEMA app CASCADE"))
    admin.dispose()
    done = command("--json", written(tmp_path / "a1.xes", log(*THREE)))
    assert json.loads(done.stdout)["imported"] == {"added": 3, "replaced": 0, "unchanged": 0}


def test_the_command_says_why_a_figure_is_missing(command: Callable[..., Any], tmp_path: Path) -> None:
    path = written(tmp_path / "a1.xes", log(permit("1"), permit("2", days=1)))
    found = json.loads(command("--json", path).stdout)
    assert (found["completed"], found["on_time"], found["late"], found["without_deadline"]) == (None,) * 4
    assert found["throughput_days"] == {"median": 1.0, "mean": 1.0, "p90": 1.8}
    assert found["notes"] == ["no case of the log says when it ended, so none is completed, on time or late"]
    assert found["notes"][0] in command(path).stdout
    other = json.loads(command("--json", path, "--end-attribute", "STARTDATE").stdout)
    assert (other["completed"], other["without_deadline"], other["notes"]) == (2, 2, [])


@pytest.mark.parametrize("name", ["receipt", "BPIC15_1"])
def test_real_histories(name: str, command: Callable[..., Any], tell: Callable[[str], None]) -> None:
    log_file = shared_data("eventlogs", f"{name}.xes.gz")
    oracle = json.loads(shared_data("eventlogs", "oracle", f"{name}.oracle.json").read_text())
    found, again = (json.loads(command("--json", log_file).stdout) for _ in range(2))
    assert (found["cases"], found["events"]) == (oracle["cases"], oracle["events"])
    for figure, days in found["throughput_days"].items():
        assert days == pytest.approx(oracle["throughput_days"][figure], rel=CLOSE)
    if "deadline" in oracle:
        expected = {key: oracle["deadline"][key] for key in ("completed", "on_time", "late")}
        assert {key: found[key] for key in expected} == expected
    else:
        assert found["completed"] == oracle["case_endDate_minus_startDate_days"]["n"]
    imported = again.pop("imported")
    assert (imported, found.pop("imported")["added"]) == (
        {"added": 0, "replaced": 0, "unchanged": oracle["cases"]},
        oracle["cases"],
    )
    assert again == found
    tell(f"{found['cases']} cases, {found['completed']} completed, {found['on_time']} on time")
