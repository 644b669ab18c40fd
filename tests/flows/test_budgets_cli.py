"""`ptsp budgets`: what is used of each agency's budget today, and a day that is opened by hand."""

import json
import re

import pytest
from click.testing import CliRunner

from ptsp.kernel.specs import BudgetSpec
from ptsp.main.cli import cli
from ptsp.sdk.errors import TryLater, Why
from tests.flows.acts import as_admin
from tests.flows.test_budgets import AGENCY, budgeted, hand_in, waiting


@pytest.fixture
def run(office, monkeypatch):
    for name, value in office.settings.as_env().items():
        monkeypatch.setenv(name, value)
    return lambda *words: CliRunner().invoke(cli, ["budgets", *words])


def test_use_is_listed_and_a_closed_day_is_opened(office, run):
    assert run("list", "sidoarjo").output == "no agency has a budget\n"
    spec = BudgetSpec(per_second=5, per_day=40, reserve_percent=10, cache_days=3, purpose="licensing")
    office = budgeted(office, spec)
    waiting(office, 1)
    hand_in(office)
    waiting(office, 1)
    hand_in(office)
    row = json.loads(run("list", "sidoarjo", "--json").output)
    assert {name: row[name] for name in ("agency", "used", "per_day", "reserve", "kept", "hits")} == {
        "agency": AGENCY,
        "used": 1,
        "per_day": 40,
        "reserve": 4,
        "kept": 1,
        "hits": 1,
    }
    office.agencies.answers["identity"] = TryLater("used up", after=3600, why=Why.QUOTA)
    waiting(office, 1, nik="3515081203909991")
    hand_in(office)
    closed = re.search(r"closed by the agency since (\d\d:\d\d); ", run("list").output)
    at_home = "SELECT to_char(closed_at AT TIME ZONE 'Asia/Jakarta', 'HH24:MI') FROM app.budget_use"
    assert closed
    assert [closed[1]] == [row[0] for row in office.rows(f"{at_home} WHERE closed_at IS NOT NULL")]
    assert run("open", "sidoarjo", AGENCY).output == f"{AGENCY} is open; 1 question goes on\n"
    assert "; open; new at " in run("list", "sidoarjo").output
    for used, state in ((36, "open for urgent cases only"), (40, "used up")):
        as_admin(office, f"UPDATE app.budget_use SET used = {used}")
        assert f"{used} of 40 used today, 4 kept for urgent cases; at most 5 a second; {state};" in (
            run("list", "sidoarjo").output
        )
    assert "no budget for 'land'" in run("open", "sidoarjo", "land").output
