"""`ptsp people`: accounts, roles, sessions and start passwords at the command line."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from click.testing import CliRunner

from ptsp.main.cli import cli
from tests.flows.staff import CHEAP, Staff, house, staff

__all__ = ["house", "staff"]  # fixtures
Run = Callable[..., Any]


@pytest.fixture
def run(staff: Staff, monkeypatch: pytest.MonkeyPatch) -> Run:
    for name, value in staff.office.settings.as_env().items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr("ptsp.main.people_cli.Passwords", lambda: CHEAP)
    return lambda *words, **more: CliRunner().invoke(cli, ["people", *words], **more)


def told(result: Any) -> Any:
    assert result.exit_code == 0, result.output
    return json.loads(result.output)


def test_a_life_at_the_office(run: Run, staff: Staff) -> None:
    assert run("list", "sidoarjo").output == "nobody has an account\n"
    made = run(
        "add", "sidoarjo", "siti", "--name", "Siti", "--nik-file", "-", "--json", input="3515084709909990\n"
    )
    start = told(made)["start_password"]
    holding = told(run("grant", "sidoarjo", "siti", "officer", "--agency", "front_office", "--json"))["id"]
    assert staff.knock("siti", start) is not None
    row = told(run("list", "sidoarjo", "--json"))
    assert (row["login"], row["name"], row["must_choose"]) == ("siti", "Siti", True)
    assert [(one["id"], one["role"], one["agency"]) for one in row["holdings"]] == [
        (holding, "officer", "front_office")
    ]
    assert told(run("sessions", "sidoarjo", "siti", "--json"))["agency"] == "front_office"
    assert told(run("end", "sidoarjo", "siti", "--json")) == {"ended": 1}
    assert run("sessions", "sidoarjo", "siti").output == "siti is not signed in\n"
    again = told(run("password", "sidoarjo", "siti", "--json"))["start_password"]
    assert staff.knock("siti", start) is None
    assert staff.knock("siti", again) is not None
    assert run("revoke", "sidoarjo", "siti", holding).exit_code == 0
    assert run("leave", "sidoarjo", "siti").output == "siti has left; 1 sessions ended\n"
    assert run("list", "sidoarjo").output == "siti  Siti  left  has not chosen a password\n"


def test_words_for_people(run: Run) -> None:
    assert "shown only now: " in run("add", "sidoarjo", "siti", "--name", "Siti").output
    assert "siti is auditor" in run("grant", "sidoarjo", "siti", "auditor", "--until", "2099-12-31").output
    assert "auditor at the whole office, all services until 2099-12-31" in run("list", "sidoarjo").output


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("add", "sidoarjo", "Siti", "--name", "Siti"), "login: has 1 to 40 small letters"),
        (("grant", "sidoarjo", "nobody", "auditor"), "there is no nobody at this office"),
        (("grant", "sidoarjo", "siti", "officer"), "agency: officer is held at a desk"),
        (("revoke", "sidoarjo", "siti", "00000000-0000-4000-8000-000000000000"), "holds nothing of this id"),
        (("sessions", "sidoarjo", "nobody"), "there is no nobody"),
        (("list", "nowhere"), "there is no office"),
    ],
)
def test_what_is_wrong_is_one_clear_error(run: Run, staff: Staff, words: tuple[str, ...], said: str) -> None:
    staff.add("siti", starts=True)
    result = run(*words)
    assert result.exit_code == 1
    assert said in result.output
    assert "Traceback" not in result.output
