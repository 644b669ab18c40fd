"""Style, floors and types, judged by the tools that `make lint` runs."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.checks import REPOSITORY

BIN = Path(sys.executable).parent
CHECKS = {
    "style": ("ruff", "check", "--no-cache", "."),
    "formatting": ("ruff", "format", "--no-cache", "--check", "."),
    "floors": ("lint-imports", "--no-cache"),
    "types": ("mypy", "--cache-dir", ".mypy_cache/tests"),
}
# A fault for each tool, written into a copy of the tree: a check that cannot turn red proves nothing.
PLANTED = {
    "style": ("ptsp/kernel/planted.py", "import os\n\nHOME = os.environ['HOME']\n"),
    "formatting": ("ptsp/kernel/planted.py", "x = {  'a':1 }\n"),
    "floors": ("ptsp/kernel/planted.py", '"""Planted."""\n\nimport ptsp.infra.servers\n'),
    "types": ("ptsp/kernel/planted.py", "def f(x):\n    return x\n"),
}


def run(check: str, folder: Path) -> "subprocess.CompletedProcess[str]":
    program, *arguments = CHECKS[check]
    command = [str(BIN / program), *arguments]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("check", CHECKS)
def test_the_tree_passes(check: str) -> None:
    done = run(check, REPOSITORY)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("check", CHECKS)
def test_a_planted_fault_is_found(check: str, small_tree: Path) -> None:
    assert run(check, small_tree).returncode == 0, run(check, small_tree).stdout
    place, text = PLANTED[check]
    (small_tree / place).write_text(text)
    done = run(check, small_tree)
    assert done.returncode == 1, done.stdout + done.stderr
    assert "planted" in done.stdout


@pytest.fixture
def small_tree(tmp_path: Path) -> Path:
    """Our settings for the tools over one empty package per floor and one connector."""
    (tmp_path / "pyproject.toml").write_text((REPOSITORY / "pyproject.toml").read_text())
    floors = sorted(path.parent for path in (REPOSITORY / "ptsp").glob("*/__init__.py"))
    rooms = ["ptsp", "connectors", "connectors/one", "ptsp/infra/servers", "ptsp/domain/one"]
    for folder in [*rooms, *(str(floor.relative_to(REPOSITORY)) for floor in floors)]:
        (tmp_path / folder).mkdir(parents=True, exist_ok=True)
        (tmp_path / folder / "__init__.py").write_text(f'"""The folder {folder}."""\n')
    return tmp_path
