"""`ptsp treasury`: what an operator sees and does."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import uuid4

import openpyxl
import pytest
from click.testing import CliRunner

from ptsp.main.cli import cli
from tests.flows.treasurers import as_csv, billed, cash_on, moved, today
from tests.offices import Office
from tests.unit.statements.files import Entry, camt

Run = Callable[..., Any]


@pytest.fixture
def run(office: Office, monkeypatch: pytest.MonkeyPatch) -> Run:
    for name, value in office.settings.as_env().items():
        monkeypatch.setenv(name, value)
    return lambda *words: CliRunner().invoke(cli, ["treasury", *words])


def test_cash_that_is_late_is_said_so_until_it_is_deposited(office: Office, run: Run) -> None:
    assert run("cash", "sidoarjo").output == "all cash is deposited\n"
    cash_on(office, 5_000, "2026-03-02T10:00:00+07:00")
    assert run("cash", "sidoarjo").output.splitlines() == [
        "2026-03-02  Rp5.000 in 1 payments, LATE, was due 2026-03-03",
        "Rp5.000 in all",
    ]
    assert json.loads(run("cash", "sidoarjo", "--json").output)["late"] == 1
    done = run("deposit", "sidoarjo", "2026-03-02", "--reference", "BDG-1")
    assert done.output == "Rp5.000 of 2026-03-02 is deposited under BDG-1\n"
    again = run("deposit", "sidoarjo", "2026-03-02", "--reference", "BDG-2")
    assert (again.exit_code, "no cash of 2026-03-02 waits" in again.output) == (1, True)


def test_a_statement_is_imported_and_its_differences_ended(office: Office, run: Run, tmp_path: Path) -> None:
    moved(office, 5_000, "R-1", "2026-03-02")
    file = tmp_path / "mutasi.csv"
    file.write_bytes(
        as_csv(
            [("2026-03-02", "R-1", "", 4_000), ("2026-03-02", "X", "", 7_000), ("2026-03-02", "Y", "", 8_000)]
        )
    )
    assert run("statement", "sidoarjo", str(file)).output.splitlines() == [
        "3 new entries from 2026-03-02 to 2026-03-02, 0 known",
        "1 matched, unreconciled 3",
    ]
    assert run("statement", "sidoarjo", str(file)).output.startswith("was imported before; 0 new entries")
    shown = run("differences", "sidoarjo")
    assert shown.exit_code == 1
    assert "R-1  Payment of ours is Rp5.000, but the bank shows Rp4.000." in shown.output
    assert shown.output.endswith("unreconciled 3, closed 0\n")
    found = json.loads(run("differences", "sidoarjo", "--json").output)
    ids = {one["reference"]: one["id"] for one in found["differences"]}
    assert (
        run("close", "sidoarjo", ids["R-1"], "--reason", "Biaya bank").output == f"{ids['R-1']} is closed\n"
    )
    assert run("close", "sidoarjo", ids["R-1"], "--reason", "Biaya bank").exit_code == 1
    assert run("close", "sidoarjo", str(uuid4()), "--reason", "x").exit_code == 1
    assert run("close", "sidoarjo", ids["X"], "--reason", " ").exit_code == 1
    assert run("book", "sidoarjo", ids["X"]).output == "booked: it fits no bill and is owed back\n"
    customer_no, total = billed(office)
    assert total != 8_000
    assert run("book", "sidoarjo", ids["Y"], "--customer-no", customer_no).exit_code == 0
    clean = run("differences", "sidoarjo")
    assert (clean.exit_code, clean.output) == (0, "unreconciled 0, closed 1\n")


def test_a_camt_statement_with_a_wrong_balance_is_refused_whole(
    office: Office, run: Run, tmp_path: Path
) -> None:
    file = tmp_path / "mutasi.xml"
    file.write_bytes(camt([Entry(5_000)], closing=5_999))
    refused = run("statement", "sidoarjo", str(file))
    assert refused.exit_code == 1
    assert "statement 1: opens with Rp1.000 and its entries come to Rp5.000, but it closes with Rp5.999" in (
        refused.output
    )
    assert office.rows("SELECT count(*) FROM app.statement_line") == [(0,)]
    file.write_bytes(camt([Entry(5_000)]))
    assert json.loads(run("statement", "sidoarjo", str(file), "--json").output)["lines"] == 1


def test_the_report_is_the_same_in_words_json_and_workbook(office: Office, run: Run, tmp_path: Path) -> None:
    customer_no, total = billed(office)
    day = today(office)
    moved(office, total, "R-1", "2026-03-02", customer_no=customer_no)
    words = ("report", "sidoarjo", "--from", str(day), "--to", str(day))
    shown = f"Rp{total:,}".replace(",", ".")
    assert f"{shown} (cash Rp0, VA {shown}, QRIS Rp0)" in run(*words).output
    told = json.loads(run(*words, "--json").output)
    assert (told["total"], told["va"], told["days"][0]["total"]) == (total, total, total)
    file = tmp_path / "r.xlsx"
    assert run(*words, "--xlsx", str(file)).output.endswith(f"written to {file}\n")
    page = openpyxl.load_workbook(file)["Per rekening"]
    assert page.cell(page.max_row, 6).value == total
    assert run("report", "sidoarjo", "--from", "2026-03-02", "--to", "2026-03-01").exit_code == 1


@pytest.mark.parametrize(
    "words",
    [("cash", "nowhere"), ("differences", "nowhere"), ("deposit", "sidoarjo", "x", "--reference", "y")],
)
def test_a_mistake_is_one_clear_line(run: Run, words: tuple[str, ...]) -> None:
    done = run(*words)
    assert done.exit_code in (1, 2)
    assert "Traceback" not in done.output
