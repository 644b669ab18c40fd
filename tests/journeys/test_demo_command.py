"""`ptsp demo` as a user runs it: what it prints, and that nothing is left behind however it ends."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from tests.journeys.rig import processes_of, wait_nobody

pytestmark = [pytest.mark.journey, pytest.mark.alone]

LONGEST_S = 150.0
GONE_S = 20.0  # the members get ten seconds to end in peace
PERMITS = ["rekomendasi_lokasi", "imb", "ho", "siup"]


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


@pytest.fixture
def start(home: Path, run_folder: Path) -> Iterator[Callable[..., subprocess.Popen[bytes]]]:
    """`start("--json")`: the command in a PTSP_HOME of its own, with nothing else of ours in its surroundings."""
    env = {name: value for name, value in os.environ.items() if not name.startswith("PTSP_")}
    env.pop("PYTHONDONTWRITEBYTECODE", None)
    env |= {"PTSP_HOME": str(home), "PYTHONPYCACHEPREFIX": str(run_folder / "bytecode")}
    begun: list[subprocess.Popen[bytes]] = []

    def run(*arguments: str) -> subprocess.Popen[bytes]:
        home.mkdir()
        with (home / "stdout").open("wb") as out, (home / "stderr").open("wb") as words:
            begun.append(
                subprocess.Popen(
                    [sys.executable, "-m", "ptsp.main.cli", "demo", "--port", "0", *arguments],
                    stdout=out,
                    stderr=words,
                    env=env,
                    cwd=Path(__file__).resolve().parents[2],
                    start_new_session=True,
                )
            )
        return begun[-1]

    yield run
    for process in begun:
        if process.poll() is None:
            process.kill()
            process.wait()
    for left, _ in list(
        processes_of(home)
    ):  # the test has failed by now; the machine is not to suffer from it
        with suppress(ProcessLookupError):
            os.kill(left, signal.SIGKILL)


def test_the_json_form_prints_one_object_and_leaves_nothing_running(
    home: Path, start: Callable[..., subprocess.Popen[bytes]], tell: Callable[[str], None]
) -> None:
    process = start("--json")
    assert process.wait(LONGEST_S) == 0, (home / "stderr").read_text()
    printed = (home / "stdout").read_text()
    told = json.loads(printed)
    assert printed.count("\n") == 1
    assert set(told) == {"tenants", "bundles", "ledger", "set_up_s", "run_s"}
    assert told["tenants"] == 9
    assert told["ledger"]["chain_ok"] is True
    assert told["ledger"]["events"] > 20
    granted, refused = told["bundles"]
    for bundle in (granted, refused):
        assert 0 < bundle["tasks"] < bundle["tasks_before_merging"]
        assert bundle["reference"].startswith("SDA-")
        assert bundle["promised_on"]
    assert granted["outcome"] == "approved"
    assert [(permit["service"], permit["verified"]) for permit in granted["permits"]] == [
        (service, True) for service in PERMITS
    ]
    assert granted["fee"] > 0
    assert (refused["outcome"], refused["permits"]) == ("refused", [])
    assert refused["reasons"]
    wait_nobody(home, seconds=2.0)
    tell(f"set up in {told['set_up_s']} s, bundles in {told['run_s']} s")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_a_demo_ended_in_the_middle_leaves_nothing_running(
    home: Path, start: Callable[..., subprocess.Popen[bytes]], number: signal.Signals
) -> None:
    process = start()
    wait_for_bundles(home, process)
    assert len(list(processes_of(home))) > 8
    process.send_signal(number)
    process.wait(GONE_S)
    wait_nobody(home, seconds=GONE_S)


def wait_for_bundles(home: Path, process: subprocess.Popen[bytes]) -> None:
    """Until a worker has done its first batch: everything runs, and the bundles are under way."""
    log = home / "log" / "worker.log"
    deadline = time.monotonic() + LONGEST_S
    while not log.exists() or "batch_done" not in log.read_text(errors="replace"):
        assert process.poll() is None, (home / "stderr").read_text()
        assert time.monotonic() < deadline, "the bundles did not begin"
        time.sleep(0.05)
