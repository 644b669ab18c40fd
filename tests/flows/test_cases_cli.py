"""`ptsp outage` and `ptsp cases`: what an operator sees and does. These commands live by the real clock."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from click.testing import CliRunner

from ptsp.domain.routes import Result, TaskState
from ptsp.flows.record_results import record_results
from ptsp.infra.work import begin
from ptsp.jobs.sweep_limits import sweep_deemed
from ptsp.main.cli import cli
from tests.flows.acts import SIUP, lodge
from tests.flows.silence import LAW, application, differences, silent, task
from tests.offices import Office

Run = Callable[..., Any]


@pytest.fixture
def run(office: Office, monkeypatch: pytest.MonkeyPatch) -> Run:
    for name, value in office.settings.as_env().items():
        monkeypatch.setenv(name, value)
    return lambda *words: CliRunner().invoke(cli, list(words))


def near(office: Office, days: int) -> tuple[Office, str]:
    """A bundle whose file was found complete so many days ago."""
    office = silent(office, "siup")
    accepted = lodge(office, SIUP)
    desk = task(office, "file_check")
    then = datetime.now(UTC) - timedelta(days=days)
    with begin(office.tools.engine, office.tenant, actor="test", now=then) as work:
        record_results(work, [desk.bundle_id], [Result(desk.id, TaskState.APPROVED)])
    return office, accepted.reference


def test_an_outage_is_declared_listed_and_ended(office: Office, run: Run) -> None:
    office, _ = near(office, 0)
    done = run("outage", "declare", "sidoarjo", "trade", "--note", "Jaringan putus.")
    assert done.exit_code == 0, done.output
    ident = UUID(done.output.split()[0])
    assert done.output == f"{ident} is on record; clocks of 1 bundles stand\n"
    assert application(office, "siup").due_at is None
    listed = run("outage", "list", "--tenant", "sidoarjo").output
    assert f"{ident}  trade  from " in listed
    assert "lasts: Jaringan putus." in listed
    again = run("outage", "declare", "sidoarjo", "trade", "--note", "Jaringan putus.")
    assert again.exit_code == 1
    assert "on record" in again.output
    done = run("outage", "end", "sidoarjo", str(ident))
    assert done.output == f"{ident} has ended; clocks of 1 bundles go on\n"
    assert application(office, "siup").due_at is not None
    assert differences(office) == ()


@pytest.mark.parametrize("words", [("sidoarjo",), ("sidoarjo", "trade", "--central")])
def test_an_outage_is_of_one_agency_or_of_all(run: Run, words: tuple[str, ...]) -> None:
    done = run("outage", "declare", *words, "--note", "x")
    assert done.exit_code == 2
    assert "name one agency, or say --central" in done.output


def test_the_radar_in_words_and_as_json(office: Office, run: Run) -> None:
    office, reference = near(office, 0)
    assert run("cases", "radar", "--days", "0").output == "nothing is near\n"
    done = run("cases", "radar", "--tenant", "sidoarjo", "--days", "3")
    assert done.exit_code == 0, done.output
    line, total = done.output.splitlines()
    assert line.startswith(f"sidoarjo  {reference}  siup  due ")
    assert line.endswith("3 working days left, identity at population")
    assert total == "1 applications are near"
    (row,) = json.loads(run("cases", "radar", "--json").output)
    assert (row["tenant"], row["reference"], row["days_left"]) == ("sidoarjo", reference, 3)
    assert (row["legal_basis"], row["responsible"][0]["agency"]) == (LAW, "population")


def test_a_held_case_is_shown_and_decided(office: Office, run: Run) -> None:
    office, reference = near(office, 30)
    assert run("outage", "declare", "sidoarjo", "--central", "--note", "Jaringan putus.").exit_code == 0
    assert sweep_deemed(office.tools, office.tenant) == 1
    line, _ = run("cases", "radar", "--tenant", "sidoarjo").output.splitlines()
    assert line.endswith("(waits for a person)")
    assert "working days over" in line
    assert run("cases", "deemed", "sidoarjo", reference, "siup", "--ground", "x").exit_code == 2
    done = run("cases", "deemed", "sidoarjo", reference, "siup", "--approve", "--ground", "Gangguan singkat.")
    assert done.exit_code == 0, done.output
    assert application(office, "siup").deemed_on is not None
    assert sweep_deemed(office.tools, office.tenant) == 0
    assert differences(office) == ()
