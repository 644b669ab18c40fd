"""A regency that nobody knew goes to its first permit on a running platform: commands, a text editor, HTTP."""

import re
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import requests

from ptsp.infra.tenants import FRESH_S
from ptsp.main.demo.client import Client
from ptsp.main.demo.orders import KNOWN_NIK, TRADE, Story, applicant
from ptsp.main.demo.platform import PTSP, Platform, free_port, platform
from ptsp.main.demo.run import collect, lodge, play
from ptsp.main.migrate_cli import apply_packs, bring_up
from ptsp.main.runtime import running
from ptsp.main.settings import Settings
from tests.checks import REPOSITORY

pytestmark = [pytest.mark.journey, pytest.mark.alone]

OFFICE, REGION = "trenggalek", "Kabupaten Trenggalek"
DESKS = ("front_office", "back_office", "head", "treasurer")
SOON_S = FRESH_S + 3.0  # a process looks every two seconds; the rest is for a busy machine


@dataclass(frozen=True)
class Operator:
    """Somebody at a shell: `ptsp` commands and a text editor that replaces words, nothing else."""

    settings: Settings

    def ptsp(self, *words: str) -> str:
        done = subprocess.run(
            [*PTSP, *words],
            env=self.settings.as_env({"PATH": "/usr/bin:/bin"}),
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def edit(self, file: str, pattern: str, words: str) -> None:
        path = self.settings.tenants_dir / OFFICE / file
        written, count = re.subn(pattern, words, path.read_text(), flags=re.MULTILINE)
        assert count == 1, f"{file}: {pattern} stands there {count} times"
        path.write_text(written)


@pytest.fixture
def here(tmp_path: Path, run_folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Platform]:
    monkeypatch.delenv("PYTHONDONTWRITEBYTECODE", raising=False)
    monkeypatch.setenv("PYTHONPYCACHEPREFIX", str(run_folder / "bytecode"))
    packs = tmp_path / "tenants"
    for code in ("_base", "_bylaws", "bontang"):
        shutil.copytree(REPOSITORY / "tenants" / code, packs / code)
    env = {"PTSP_HOME": str(tmp_path / "home"), "PTSP_TENANTS_DIR": str(packs)}
    with running(Settings.from_env(env), durable=False) as settings:
        bring_up(settings)
        apply_packs(settings)
        with platform(settings, port=free_port(0)) as here:
            yield here


def test_a_fresh_regency_goes_to_its_first_permit_without_a_restart(
    here: Platform, tell: Callable[[str], None]
) -> None:
    began = time.monotonic()
    before = {member.name: member.pid for member in here.group.members()}
    offices = f"{here.base}/api/v1/offices/{OFFICE}"
    assert requests.get(f"{offices}/services", timeout=10).status_code == 404
    operator = Operator(here.settings)

    operator.ptsp("packs", "new", OFFICE, "--from", REGION, "--yes", "--answer", "services=siup")
    operator.edit(
        "texts.yaml", r"Satu pintu untuk perizinan di .*\.", "Izin usaha Trenggalek dalam empat hari."
    )
    operator.edit("services/siup.yaml", r"^    value: 3$", "    value: 4")
    operator.ptsp("packs", "check")
    assert "1 layanan akan ditawarkan" in operator.ptsp("packs", "plan", OFFICE)
    assert f"{OFFICE}: now in force" in operator.ptsp("packs", "apply", OFFICE, "--yes")
    assert soon(lambda: limit_of(offices)) == 4

    tokens = {desk: operator.ptsp("desk", OFFICE, desk).split()[-1] for desk in DESKS}
    client = Client(here.base, OFFICE)
    siup = {"siup": (TRADE, ("ktp", "place_proof"))}
    story = Story("the first permit", applicant(KNOWN_NIK, "1990-03-12", "male"), siup, "approved")
    bundle = lodge(client, story)
    assert bundle.reference.startswith("TRN-")
    (view,) = play(client, here.bank, tokens, [bundle], lambda _: None, time.sleep)
    (permit,) = collect(client, story, bundle, view).permits
    first_permit_s = time.monotonic() - began

    operator.edit("services/siup.yaml", r"^    value: 4$", "    value: 5")
    operator.edit("services/siup.yaml", r"^  version: 1$", "  version: 2")
    assert "SIUP: 4 menjadi 5 hari kerja" in operator.ptsp("packs", "apply", OFFICE, "--yes")
    assert soon(lambda: 5 if limit_of(offices) == 5 else None) == 5
    operator.ptsp("packs", "rollback", OFFICE, "--yes")
    assert soon(lambda: 4 if limit_of(offices) == 4 else None) == 4

    assert {member.name: member.pid for member in here.group.members()} == before
    assert all(member.is_running() for member in here.group.members())
    tell(f"{REGION}: from nothing to {permit['number']} in {first_permit_s:.1f} s, no process started again")


def limit_of(offices: str) -> int | None:
    """The promised days of the trading licence as the pages publish them; None while there is no such office."""
    answer = requests.get(f"{offices}/services", timeout=10)
    if answer.status_code != 200:
        return None
    (siup,) = answer.json()["services"]
    return int(siup["time_limit"]["value"])


def soon(look: Callable[[], Any]) -> Any:
    deadline = time.monotonic() + SOON_S
    while (found := look()) is None and time.monotonic() < deadline:
        time.sleep(0.1)
    return found
