"""A fake agency keeps books of its own, takes a script while it runs, and is one process."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from ptsp.infra.gateway import Registry
from ptsp.sdk import webhooks
from ptsp.sdk.contract import Question, Settings, Verdict
from ptsp.sdk.errors import TryLater
from ptsp.sdk.simulator import Books, Opening
from ptsp.sdk.workbench import AGENCY, MASTER, TENANT, Workbench
from tests.connectors.trial import PERSON, ROOT, of, send


def test_books_show_one_effect_per_key_and_find_a_doubled_question(tmp_path: Path) -> None:
    books = Books(tmp_path / "books.sqlite")
    first = Opening("sidoarjo/trade", "k-1", "check", "SDA-1", "siup", "{}")
    again = Opening("sidoarjo/trade", "k-2", "check", "SDA-1", "siup", "{}")
    opened = [books.open_case(opening, prefix="X", at=1.0) for opening in (first, first)]
    assert [fresh for _, fresh in opened] == [True, False]
    assert books.doubled() == []
    books.open_case(again, prefix="X", at=2.0)
    second_reader = Books(tmp_path / "books.sqlite")
    assert second_reader.doubled() == [("sidoarjo/trade", "check", "SDA-1", "siup")]
    assert [case.number for case in second_reader.effects()] == ["X-000001", "X-000002"]
    books.close()
    second_reader.close()


def test_a_letter_is_owed_in_the_same_write_as_the_effect(tmp_path: Path) -> None:
    books = Books(tmp_path / "books.sqlite")
    opening = Opening("sidoarjo/trade", "k-1", "check", "SDA-1", "siup", "{}")
    with pytest.raises(ZeroDivisionError):
        books.open_case(opening, prefix="X", at=1.0, owes=lambda case: 1 / 0)  # type: ignore[arg-type, return-value]
    assert books.effects() == []
    books.close()


@of("ktp")
def test_a_script_is_changed_while_it_runs(bench: Workbench) -> None:
    port = bench.agency.port
    status, script = send(port, "PUT", "/_script", b'{"do": "429", "every": 2, "retry_after": "3"}')
    assert (status, script["rules"][0]["do"]) == (200, "429")  # type: ignore[index]
    bench.connector().ask(bench.question())
    with pytest.raises(TryLater):
        bench.connector().ask(bench.question())
    status, told = send(port, "PUT", "/_script", b'{"do": "explode"}')
    assert (status, str(told["error"])[:11]) == (422, "rules[0].do")
    assert send(port, "PUT", "/_script", b"{")[0] == 422
    assert send(port, "GET", "/_books")[1] == {
        "doubled": [],
        "effects": 1,
        "letters": 0,
        "letters_owed": 0,
        "requests": 2,
    }
    assert send(port, "GET", "/_nothing")[0] == send(port, "GET", "/nothing")[0] == 404


def command(*arguments: str, **env: str) -> subprocess.Popen[str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PTSP_")}
    return subprocess.Popen(
        [sys.executable, "-m", "ptsp.main.cli", "simulate", *arguments],
        cwd=ROOT,
        env={**kept, **env},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_the_command_runs_one_agency_until_it_is_told_to_end(registry: Registry, tmp_path: Path) -> None:
    books = tmp_path / "books.sqlite"
    process = command("ktp", "--books", str(books), PTSP_SECRET=MASTER.decode())
    with process:
        told = json.loads(process.stdout.readline())  # type: ignore[union-attr]
        assert told["code"] == "ktp"
        secret = webhooks.derive_secret(MASTER, TENANT, AGENCY)
        url = f"http://127.0.0.1:{told['port']}/{TENANT}/{AGENCY}"
        receipt = registry.build("ktp", Settings(url, secret)).ask(
            Question("k-1", TENANT, AGENCY, "identity", "TST-1", {"applicant": PERSON})
        )
        assert receipt.verdict is Verdict.APPROVED
        process.send_signal(signal.SIGTERM)
        assert process.wait(10) == 0
    kept = Books(books)
    assert [(case.key, case.step, case.reference) for case in kept.effects()] == [
        ("k-1", "identity", "TST-1")
    ]
    kept.close()


@pytest.mark.parametrize(
    ("arguments", "env", "said"),
    [
        (["ktp"], {}, "PTSP_SECRET"),
        (["ktp"], {"PTSP_SECRET": "short"}, "at least 16 bytes"),
        (["ktq"], {"PTSP_SECRET": "x" * 32}, "did you mean 'ktp'"),
        (["ktp", "--script", '{"do": "explode"}'], {"PTSP_SECRET": "x" * 32}, "rules[0].do"),
        (["ktp", "--script", "{"], {"PTSP_SECRET": "x" * 32}, "--script"),
    ],
)
def test_the_command_says_what_is_wrong(
    arguments: list[str], env: dict[str, str], said: str, tmp_path: Path
) -> None:
    process = command(*arguments, "--books", str(tmp_path / "b"), **env)
    _, error = process.communicate(timeout=20)
    assert process.returncode != 0
    assert said in error
    assert "Traceback" not in error
