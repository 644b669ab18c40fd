"""An installed package is whole: everything the program reads beside its modules is in the wheel."""

import json
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tests.checks import REPOSITORY

PACKAGED = ("ptsp", "connectors", "schemas")
BY_BUILDING = ("pyproject.toml", "README.md")
LEFT_OUT = (".pyc", ".md")  # READMEs of connectors are for people who read the sources


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Built from a copy, without network and without isolation, as on a machine that has only the sources."""
    folder = tmp_path_factory.mktemp("wheel")
    sources = folder / "sources"
    for name in PACKAGED:
        shutil.copytree(REPOSITORY / name, sources / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in BY_BUILDING:
        shutil.copy(REPOSITORY / name, sources)
    command = [
        sys.executable,
        "-m",
        "pip",
        "wheel",
        "--quiet",
        "--no-deps",
        "--no-build-isolation",
        "--no-index",
    ]
    done = subprocess.run(
        [*command, "--wheel-dir", str(folder), str(sources)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    (built,) = folder.glob("*.whl")
    return built


def test_every_file_of_the_sources_is_in_the_wheel(wheel: Path) -> None:
    packed = set(zipfile.ZipFile(wheel).namelist())
    wanted = {
        str(path.relative_to(REPOSITORY))
        for name in PACKAGED
        for path in (REPOSITORY / name).rglob("*")
        if path.is_file() and path.suffix not in LEFT_OUT
    }
    assert sorted(wanted - packed) == []
    assert {
        "ptsp/web/templates/pages/track.html",
        "ptsp/web/static/pages.css",
        "ptsp/web/texts/id.yaml",
        "ptsp/infra/migrations/versions/0001_floor.sql",
        "connectors/ktp/manifest.yaml",
        "schemas/service.json",
    } <= packed


def test_the_installed_program_checks_packs_and_asks_for_their_folder(wheel: Path, tmp_path: Path) -> None:
    zipfile.ZipFile(wheel).extractall(tmp_path / "site")
    surroundings = {name: value for name, value in os.environ.items() if not name.startswith("PTSP_")}
    surroundings |= {"PYTHONPATH": str(tmp_path / "site"), "PTSP_HOME": str(tmp_path / "home")}
    program = """
import json, os, ptsp
from pathlib import Path
from ptsp.infra.packs import read_all
from ptsp.kernel.errors import Invalid
from ptsp.main.settings import Settings
from ptsp.web.words import load_words
load_words()
try:
    Settings.from_env({})
    asked = ""
except Invalid as refusal:
    asked = str(refusal)
packs = [pack.code for pack in read_all(Path(os.environ["PACKS"]))]
print(json.dumps([ptsp.__file__, asked, packs]))
"""
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=tmp_path,
        env=surroundings | {"PACKS": str(REPOSITORY / "tenants")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    where, asked, packs = json.loads(done.stdout)
    assert where.startswith(str(tmp_path))
    assert asked.startswith("PTSP_TENANTS_DIR: must be set")
    assert len(packs) == 9
