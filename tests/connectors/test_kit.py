"""The conformance kit: good systems are ready, and each thing a system does wrong stands in the report."""

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from ptsp.infra.gateway import Registry
from ptsp.main.cli import cli
from ptsp.main.kit.answering import answering
from ptsp.main.kit.checks import CHECKS
from ptsp.main.kit.report import page, tried
from ptsp.main.kit.trial import Trial
from ptsp.sdk import webhooks
from ptsp.sdk.contract import Settings
from ptsp.sdk.simulator import Script, running
from ptsp.sdk.simulator.script import AFTER, BEFORE, REPLIES
from ptsp.sdk.workbench import AGENCY, MASTER, QUICK, TENANT, THIS_MACHINE, Letterbox

ROOT = Path(__file__).resolve().parents[2] / "connectors"
SECRET = webhooks.derive_secret(MASTER, TENANT, AGENCY)
SECONDS = {"slow": 4.0, "timeout": 4.0, "late": 30.0}
EXPECTED = {  # the check that a fault of the callbacks turns red
    "duplicate_reply": "callback_once",
    "reply_before_answer": "callback_after",
    "wrong_key": "callback_signed",
    "unknown_question": "callback_ours",
    "wrong_task": "callback_ours",
    "wrong_schema_reply": "callback_signed",
}
NO_FAULT = (
    "reversed",
    "lost_reply",
)  # callbacks in any order are fine; what is lost is asked for again (queues)
KINDS = {"webhook": "permits", "polling": "ho", "immediate": "ktp"}


@pytest.fixture(scope="module")
def registry() -> Registry:
    return Registry(ROOT)


def report(
    registry: Registry, code: str, folder: Path, *rules: dict[str, object], wait_s: float = 2.0
) -> dict[str, Any]:
    script = Script.read({"delay_s": 0.05, "rules": list(rules)})
    books = folder / f"{code}-{'-'.join(str(rule['do']) for rule in rules)}.sqlite"
    with (
        running(registry.fake_agency(code), books=books, master=MASTER, script=script) as agency,
        answering(0) as box,
    ):
        options = {name: seconds for name, seconds in QUICK.items() if name != "look_again_s"}
        settings = Settings(agency.url(TENANT, AGENCY), SECRET, box.url, options)
        trial = Trial(
            settings,
            registry.manifest(code),
            lambda given, line: registry.build_any(code, given, line),
            registry.fake_agency(code),
            reach=THIS_MACHINE,
            answering=box,
            wait_s=wait_s,
        )
        found = tried(trial, lambda said: None)
        trial.close()
        return found


def states(found: dict[str, Any]) -> dict[str, str]:
    return {row["check"]: row["state"] for row in found["results"]}


def test_every_scripted_fault_shows(registry: Registry, tmp_path: Path, tell: Callable[[str], None]) -> None:
    faults = [*BEFORE, *AFTER, *REPLIES]

    def one(fault: str) -> tuple[str, dict[str, Any]]:
        rule: dict[str, object] = {"do": fault, **({"seconds": SECONDS[fault]} if fault in SECONDS else {})}
        return fault, report(registry, "permits", tmp_path, rule)

    with ThreadPoolExecutor(6) as pool:
        found = dict(pool.map(one, faults))
    shown = {}
    for fault, seen in found.items():
        if fault in NO_FAULT:
            assert seen["ready"], seen["musts_failed"]
            continue
        if fault == "late":
            assert states(seen)["called_back"] == "not_checked", seen
            shown[fault] = "called_back"
            continue
        failed = [*seen["musts_failed"], *seen["shoulds_failed"]]
        assert failed, f"{fault} does not show"
        assert EXPECTED.get(fault, failed[0]) in failed, (fault, failed)
        assert fault in EXPECTED or not seen["ready"], fault
        shown[fault] = EXPECTED.get(fault, failed[0])
    tell(f"kit: {len(shown)} scripted faults, each shown: {shown}")


def test_a_good_system_of_each_kind_is_ready_and_a_bad_one_is_not(registry: Registry, tmp_path: Path) -> None:
    tries = [(kind, code, fault) for kind, code in KINDS.items() for fault in ("", "500", "html")]

    def one(wanted: tuple[str, str, str]) -> dict[str, Any]:
        return report(registry, wanted[1], tmp_path, *([{"do": wanted[2]}] if wanted[2] else []))

    with ThreadPoolExecutor(5) as pool:
        found = list(pool.map(one, tries))
    for (kind, _, fault), seen in zip(tries, found, strict=True):
        assert seen["kind"] == kind
        assert seen["ready"] == (fault == ""), seen["musts_failed"]
        assert {row["check"] for row in seen["results"]} == {one.code for one in CHECKS if kind in one.styles}
        assert (seen["musts_failed"] == []) == seen["ready"]


def test_a_system_that_takes_everything_fails_where_it_matters(registry: Registry) -> None:
    """It says 200 with a fresh number to whatever comes, as a first draft does."""
    with Letterbox(body=b'{"number": "A-1"}').open() as box:
        settings = Settings(box.url, SECRET, "http://127.0.0.1:9/replies", {"read_s": 0.5, "total_s": 1.0})
        trial = Trial(
            settings, registry.manifest("permits"), lambda given, line: registry.build_any("permits", given, line),
            registry.fake_agency("permits"), reach=THIS_MACHINE, answering=None, wait_s=0.1,
        )  # fmt: skip
        found = tried(trial, lambda said: None)
        trial.close()
    wrong = {
        "apart",
        "conflicts",
        "stranger",
        "unknown_caller",
        "stale",
        "ahead",
        "malformed",
        "unknown_case",
    }
    assert wrong <= set(found["musts_failed"])
    assert states(found)["opens"] == "passed"


def run(*arguments: str) -> Result:
    return CliRunner().invoke(cli, ["connectors", "check", *arguments])


def test_the_command_prints_a_report_and_writes_a_page_without_secrets(
    registry: Registry, tmp_path: Path
) -> None:
    secret, html = tmp_path / "secret", tmp_path / "report.html"
    secret.write_text(SECRET.hex())
    with running(registry.fake_agency("permits"), books=tmp_path / "b", master=MASTER) as agency:
        url = agency.url(TENANT, AGENCY)
        arguments = [
            url,
            "--secret-file",
            str(secret),
            "--callback-port",
            "0",
            "--json",
            "--html",
            str(html),
            "--wait",
            "5",
        ]
        done = run(*arguments)
        found = json.loads(done.stdout)
        assert (done.exit_code, found["ready"], found["musts_failed"]) == (0, True, [])
        bad = run(url, "--wait", "0.2")
    assert bad.exit_code == 1
    assert "NOT READY" in bad.output
    text = html.read_text()
    assert text.index("Laporan kesiapan") < text.index("Readiness of a connection")
    assert "http" not in text.replace(url, "").replace("HTTP", "")  # nothing from elsewhere
    written = done.stdout + text
    for word in (SECRET.hex(), webhooks.as_password(SECRET), "3515121502809990", "v1,"):
        assert word not in written


@pytest.mark.parametrize(
    "url", ["agency", "ftp://127.0.0.1/", "http://u:p@127.0.0.1:8000/", "http://127.0.0.1:8000/#x"]
)
def test_an_address_that_cannot_be_tried_is_said(url: str) -> None:
    done = run(url)
    assert done.exit_code == 2
    assert "URL" in done.output
    assert "u:p" not in done.output


def test_the_page_bears_what_to_change_and_escapes_what_was_seen() -> None:
    row = {
        "check": "opens", "must": True, "state": "failed", "title": {"id": "a", "en": "b"}, "sent": "x",
        "seen": "<script>alert(1)</script>", "change": {"id": "ubah", "en": "change"},
    }  # fmt: skip
    found = {
        "system": "http://x", "kind": "webhook", "ready": False, "checks": 1, "passed": 0, "musts_failed": ["opens"],
        "shoulds_failed": [], "musts_not_checked": [], "results": [row],
    }  # fmt: skip
    text = page(found, on="2026-11-23")
    assert "<script>" not in text
    assert "ubah" in text


# ------------------------------------------------------------------------------------------ list


def test_the_list_shows_every_connector_with_style_and_level(registry: Registry) -> None:
    done = CliRunner().invoke(cli, ["connectors", "list", "--json"])
    rows = {row["code"]: row for row in json.loads(done.stdout)["connectors"]}
    assert set(rows) == set(registry.manifests)
    assert (rows["permits"]["style"], rows["permits"]["level"]) == ("webhook", "silver")
    assert "permits" in CliRunner().invoke(cli, ["connectors", "list"]).output
