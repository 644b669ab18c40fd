"""Nothing in the repository that belongs to one machine, one registry or one key."""

import re
import subprocess
from pathlib import Path

import pytest

from tests.checks import REPOSITORY, not_checked

LARGEST_BYTES = 2_000_000
# Written in pieces, so that this file does not hold what it looks for.
FORBIDDEN = {
    "a private key": re.compile(r"-----BEGIN [A-Z ]*PRIVATE " + r"KEY-----"),
    "a cloud access key": re.compile(r"\bAKIA" + r"[0-9A-Z]{16}\b"),
    "a home folder of somebody": re.compile(r"(?<![\w.])/(?:ho" + r"me|Us" + r"ers)/[a-z]\w*/"),
    "a folder of one machine": re.compile(
        r"(?<![\w.])/(?:ro" + r"ot|wo" + r"rk)/\w|/op" + r"t/(?:pypi|wheels)"
    ),
    "a host of a package registry": re.compile(
        r"(?:files\.pytho" + r"nhosted|pypi\.o" + r"rg|registry\.npm" + r"js|deb\.debia" + r"n\.org)",
        re.IGNORECASE,
    ),
}


def tracked() -> list[Path]:
    """What git would take: tracked files and new ones that are not ignored."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    done = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        not_checked("no secrets in tracked files: this folder is no git checkout")
    paths = (REPOSITORY / name for name in done.stdout.split("\0") if name)
    return [path for path in paths if path.is_file()]


def found_in(text: str) -> list[str]:
    return [name for name, pattern in FORBIDDEN.items() if pattern.search(text)]


def test_no_tracked_file_holds_what_belongs_to_one_machine_or_one_key() -> None:
    wrong = {}
    for path in tracked():
        found = found_in(path.read_bytes().decode("utf-8", errors="replace"))
        if found:
            wrong[str(path.relative_to(REPOSITORY))] = found
    assert wrong == {}


def test_no_tracked_file_is_a_blob() -> None:
    large = [str(path) for path in tracked() if path.stat().st_size > LARGEST_BYTES]
    assert large == []


def test_what_the_platform_makes_is_not_tracked() -> None:
    names = {str(path.relative_to(REPOSITORY)) for path in tracked()}
    ours = (".venv/", ".ptsp/", "build/")
    assert not any(name.startswith(ours) or "__pycache__" in name for name in names)


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("-----BEGIN RSA PRIVATE " + "KEY-----", "a private key"),
        ("-----BEGIN PRIVATE " + "KEY-----", "a private key"),
        ("id = AKIA" + "ABCDEFGHIJKLMNOP", "a cloud access key"),
        ("see /ho" + "me/siti/notes", "a home folder of somebody"),
        ("see /wo" + "rk/main", "a folder of one machine"),
        ("--find-links /op" + "t/wheels", "a folder of one machine"),
        ("https://pypi.o" + "rg/simple", "a host of a package registry"),
    ],
)
def test_a_planted_one_is_found(text: str, name: str) -> None:
    assert found_in(text) == [name]
