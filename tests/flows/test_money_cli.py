"""`ptsp fees correct`, `cancel`, `refunds` and `pay-back`: what an officer of the treasury does by hand."""

import json

import pytest
from click.testing import CliRunner

from ptsp.main.cli import cli
from tests.flows.acts import HO, lodge, pay, work_on
from tests.flows.money import CHARGED, check_books, notices, with_fees


@pytest.fixture
def office(offices):
    """One permit that is charged and paid."""
    office = with_fees(offices("sidoarjo"))
    lodge(office, HO)
    work_on(office, is_paying=False)
    assert pay(office) == 1
    return office


@pytest.fixture
def run(office, monkeypatch):
    for name, value in office.settings.as_env().items():
        monkeypatch.setenv(name, value)
    return lambda *words: CliRunner().invoke(cli, ["fees", *words])


def test_a_fee_is_lowered_and_the_rest_transferred(office, run):
    number = notices(office)[0].number
    done = run("correct", number, "--set", "area=90", "--reason", "Diukur ulang.")
    assert done.exit_code == 0, done.output
    new = notices(office)[1].number
    assert done.output == f"the fee is Rp99.500, notice {new}, Rp94.500 owed back\n"
    listed = run("refunds").output
    assert "SKRDLB/00001/" in listed
    assert "Rp94.500" in listed
    assert "corrected" in listed
    (owed,) = map(json.loads, run("refunds", "--json", "--tenant", "sidoarjo").output.splitlines())
    assert (owed["amount"], owed["reason"], owed["provider"]) == (94_500, "corrected", "bank")
    assert run("pay-back", owed["number"], "--reference", "SP2D-7").exit_code == 0
    assert run("pay-back", owed["number"], "--reference", "SP2D-7").exit_code == 0
    again = run("pay-back", owed["number"], "--reference", "SP2D-8")
    assert (again.exit_code, "already" in again.output) == (1, True)
    assert run("refunds").output == ""
    check_books(office)


def test_a_fee_is_raised_and_the_additional_notice_cancelled(office, run):
    number = notices(office)[0].number
    assert run("correct", number, "--set", "area=200", "--reason", "Diukur ulang.").exit_code == 0
    more = notices(office)[1]
    assert more.total == 215_000 - CHARGED
    explained = run("explain", more.number).output
    assert f"berkenaan dengan {number}: Diukur ulang." in explained
    assert run("cancel", more.number, "--reason", "Keliru.").output == f"{more.number} is cancelled\n"
    assert json.loads(run("recompute", "--json").output)["differences"] == 0
    check_books(office)


WRONG = [
    (("correct", "{number}", "--set", "area", "--reason", "x"), 2, "FIELD=VALUE"),
    (("correct", "{number}", "--set", "area=none", "--reason", "x"), 1, "corrected.answers.area"),
    (("correct", "{number}", "--reason", "x"), 1, "comes to the same"),
    (("correct", "SKRD/1/NOWHERE/2026", "--reason", "x"), 1, "no office has papers"),
    (("cancel", "{number}", "--reason", "x"), 1, "not waived"),
    (("pay-back", "SKRDLB/99999/SDA/2026", "--reference", "x", "--at", "today"), 2, "--at"),
    (("pay-back", "SKRDLB/99999/x", "--reference", "x", "--tenant", "sidoarjo"), 1, "no refund"),
]


@pytest.mark.parametrize(
    ("words", "status", "said"), WRONG, ids=[words[0] + said for words, _, said in WRONG]
)
def test_what_is_wrong_is_said_in_one_line(office, run, words, status, said):
    number = notices(office)[0].number
    done = run(*(word.replace("{number}", number) for word in words))
    assert (done.exit_code, said in done.output) == (status, True), done.output
