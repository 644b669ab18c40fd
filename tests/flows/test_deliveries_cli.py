"""`ptsp deliveries`: what an operator sees of what does not come through, and what he can do about it."""

import json

import pytest
from click.testing import CliRunner

from ptsp.main.cli import cli
from ptsp.sdk.errors import RefusedByAgency, TryLater
from tests.flows.acts import as_admin
from tests.flows.dying import about_to_ask, rows, with_memory
from tests.offices import Office


@pytest.fixture
def run(office: Office, monkeypatch: pytest.MonkeyPatch):
    for name, value in office.settings.as_env().items():
        monkeypatch.setenv(name, value)

    def ran(*words: str):
        done = CliRunner().invoke(cli, ["deliveries", *words])
        return done.exit_code, done.output.splitlines()

    return ran


def test_dead_deliveries_are_listed_by_page_and_cause_and_sent_on(office, run, monkeypatch):
    assert run("list") == (0, ["nothing is dead"])
    office.agencies.answers["identity"] = RefusedByAgency("no such form")
    about_to_ask(office, 3)
    office.drain()
    code, lines = run("list", "sidoarjo")
    assert (code, lines[-1]) == (0, "3 are dead")
    ids = [line.split()[1] for line in lines[:-1]]
    assert set(ids) == {str(row.id) for row in rows(office)}
    assert "refused: identity at population for siup (SDA-" in lines[0]
    assert lines[0].endswith("tried once: no such form")
    page = run("list", "sidoarjo", "--limit", "2")[1]
    after = next(line for line in page if line.startswith("more: ")).split()[-1]
    assert run("list", "sidoarjo", "--after", after)[1][0].split()[1] == ids[2]
    (more,) = [
        one for one in run("list", "sidoarjo", "--cause", "refused", "--limit", "2")[1] if "more: " in one
    ]
    assert run(*more.split()[3:])[1][0].split()[1] == ids[2]  # the page after it, of the same cause
    assert "no agency has the code 'trad'" in run("list", "--agency", "trad")[1][-1]
    assert "no agency has the code 'trad'" in run("replay", "sidoarjo", "--agency", "trad")[1][-1]
    assert "ptsp messages retry" in run("replay", "sidoarjo", "--cause", "message")[1][-1]
    assert run("list", "--cause", "too_old")[1] == run("list", "--agency", "trade")[1] == ["nothing is dead"]
    first = json.loads(run("list", "sidoarjo", "--json")[1][0])
    assert (first["tenant"], first["cause"], first["services"]) == ("sidoarjo", "refused", ["siup"])

    assert run("replay", "sidoarjo", "--cause", "refused", "--plan")[1] == ["3 would go on"]
    assert run("hand", "sidoarjo", ids[0], "back_office") == (0, [f"{ids[0]} is answered at back_office"])
    assert run("hand", "sidoarjo", ids[0], "back_office")[0] == 1
    assert run("replay", "sidoarjo", ids[1])[0] == 0
    assert run("replay", "sidoarjo", ids[1]) == (1, ["Error: the task is ready, not stuck"])
    assert run("replay", "sidoarjo")[0] == run("replay", "sidoarjo", ids[2], "--all")[0] == 2

    with_memory(office, monkeypatch, knows_keys=False, finds=False)
    del office.agencies.answers["identity"]
    office.drain()
    as_admin(office, "UPDATE app.task SET cause = 'needs_check' WHERE state = 'stuck'")
    assert "needs_check, look there first" in run("list")[1][0]
    assert run("replay", "sidoarjo", "--all")[1] == [
        "0 go on",
        "1 may be at the agency already: look there first, then say --sent-nothing",
    ]
    assert run("replay", "sidoarjo", "--all", "--sent-nothing")[1] == ["1 goes on"]
    office.drain()
    assert sorted(row.state for row in rows(office)) == ["approved", "approved", "asked"]


def test_agencies_that_do_not_answer_and_what_nobody_would_look_at(office, run):
    assert run("circuits") == (0, ["all agencies answer"])
    assert run("check", "--json") == (0, ['{"offices": 6, "differences": 0}'])
    office.agencies.answers["identity"] = TryLater("away")
    about_to_ask(office, 6)
    office.drain()
    (line,) = run("circuits")[1]
    assert "population: left alone since" in line
    assert json.loads(run("circuits", "sidoarjo", "--json")[1][0])["failures"] == 5
    assert run("check")[0] == 0
    as_admin(office, "UPDATE app.task SET next_at = 'infinity' WHERE code = 'identity' AND attempts = 0")
    code, lines = run("check", "sidoarjo")
    assert code == 1
    assert lines[0] == "offices: 1, differences: 1"
    assert "of population is ready, and nobody will look at it" in lines[1]
