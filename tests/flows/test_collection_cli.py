"""`ptsp fees overdue` and `ptsp fees admit`; and the worker's own round, on the clock of today."""

import json
from datetime import UTC, datetime

import pytest
from click.testing import CliRunner

from ptsp.jobs.collect_fees import collect_fees
from ptsp.jobs.drain import ROUND
from ptsp.main.cli import cli
from tests.flows.acts import HO, as_admin, lodge, work_on
from tests.flows.collecting import FEE, LINES, demanded, fee, warnings
from tests.flows.money import check_books, with_fees

LATE = 12  # days


@pytest.fixture
def office(offices):
    """One permit that should have been paid twelve days ago."""
    office = with_fees(offices("sidoarjo"), lines=LINES)
    lodge(office, HO)
    work_on(office, is_paying=False)
    days = 15 + LATE
    as_admin(
        office,
        f"""UPDATE app.fee_notice SET issued_on = issued_on - {days}, due_on = due_on - {days},
                   collect_on = collect_on - {days}""",
    )
    return office


@pytest.fixture
def run(office, monkeypatch):
    for name, value in office.settings.as_env().items():
        monkeypatch.setenv(name, value)
    return lambda *words: CliRunner().invoke(cli, ["fees", *words])


def test_the_round_of_a_worker_warns_and_demands(office):
    assert collect_fees in ROUND
    assert collect_fees(office.tools, office.tenant) == 1
    assert len(warnings(office)) == 1
    assert collect_fees(office.tools, office.tenant) == 0
    as_admin(office, "UPDATE app.fee_warning SET issued_on = issued_on - 8, pay_by = pay_by - 8")
    as_admin(office, "UPDATE app.fee_notice SET collect_on = collect_on - 8")
    assert collect_fees(office.tools, office.tenant) == 1
    assert demanded(office) == [(1, 3_753, "valid")]
    check_books(office)


def test_what_is_overdue_is_listed_and_admitted(office, run):
    collect_fees(office.tools, office.tenant)
    number = fee(office).number
    listed = run("overdue").output
    assert listed.startswith(f"sidoarjo  {number}  Rp187.625 due ")
    assert ", warned on " in listed
    today = datetime.now(UTC).astimezone(office.tenant.calendar.zone).date()
    done = run("admit", number, "--on", str(today), "--note", "Surat pengakuan 12.")
    assert (done.exit_code, done.output) == (0, f"{number} was admitted on {today}\n")
    again = run("admit", number, "--on", str(today), "--note", "Sekali lagi.")
    assert again.output == f"{number} was admitted on {today}, as was on record already\n"
    (told,) = map(json.loads, run("overdue", "--json", "--tenant", "sidoarjo").output.splitlines())
    assert told["number"] == number
    assert (told["total"], told["months"], told["demanded"]) == (FEE, 1, 0)
    assert (told["warned_on"], told["admitted_on"]) == (str(today), str(today))
    assert run("overdue", "--tenant", "jembrana").output == ""


WRONG = [
    (("admit", "{number}", "--on", "yesterday", "--note", "x"), 2, "--on"),
    (("admit", "{number}", "--on", "2020-01-01", "--note", "x"), 1, "admitted_on: must be between"),
    (("admit", "{number}", "--on", "{today}", "--note", " "), 1, "note: is blank"),
    (("admit", "SKRD/9/x", "--on", "{today}", "--note", "x", "--tenant", "sidoarjo"), 1, "no fee notice"),
]


@pytest.mark.parametrize(("words", "status", "said"), WRONG, ids=[said for _, _, said in WRONG])
def test_what_is_wrong_is_said_in_one_line(office, run, words, status, said):
    today = datetime.now(UTC).astimezone(office.tenant.calendar.zone).date()
    given = [word.format(number=fee(office).number, today=today) for word in words]
    done = run(*given)
    assert (done.exit_code, said in done.output) == (status, True), done.output
