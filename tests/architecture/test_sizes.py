"""Files and functions stay small. The lists of exceptions are empty, and equal means equal."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.checks import REPOSITORY

LONGEST_FILE = 400
LONGEST_FUNCTION = 50
LONG_FILES: set[str] = set()
LONG_FUNCTIONS: set[str] = set()
FOLDERS = ("ptsp", "connectors", "tests")
KINDS = (".py", ".js", ".css", ".html")


def sources() -> list[Path]:
    return sorted(
        path for folder in FOLDERS for path in (REPOSITORY / folder).rglob("*") if path.suffix in KINDS
    )


def long_files(paths: list[Path]) -> set[str]:
    return {named(path) for path in paths if len(path.read_text().splitlines()) > LONGEST_FILE}


def long_functions(paths: list[Path]) -> set[str]:
    return {
        f"{named(path)}:{node.name}"
        for path in paths
        if path.suffix == ".py"
        for node in functions(path)
        if node.end_lineno is not None and node.end_lineno - node.lineno + 1 > LONGEST_FUNCTION
    }


def functions(path: Path) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def named(path: Path) -> str:
    return str(path.relative_to(REPOSITORY)) if path.is_relative_to(REPOSITORY) else path.name


def test_there_is_something_to_look_at() -> None:
    assert len(sources()) > 20


def test_no_file_is_too_long() -> None:
    assert long_files(sources()) == LONG_FILES


def test_no_function_is_too_long() -> None:
    assert long_functions(sources()) == LONG_FUNCTIONS


@pytest.mark.parametrize(("extra", "found"), [(0, set()), (1, {"planted.py:f"})])
def test_a_function_of_one_line_too_many_is_seen(tmp_path: Path, extra: int, found: set[str]) -> None:
    planted = tmp_path / "planted.py"
    planted.write_text("def f():\n" + "    pass\n" * (LONGEST_FUNCTION - 1 + extra))
    assert long_functions([planted]) == found


@pytest.mark.parametrize(("extra", "found"), [(0, set()), (1, {"planted.py"})])
def test_a_file_of_one_line_too_many_is_seen(tmp_path: Path, extra: int, found: set[str]) -> None:
    planted = tmp_path / "planted.py"
    planted.write_text("x = 1\n" * (LONGEST_FILE + extra))
    assert long_files([planted]) == found


def test_every_module_says_what_it_is_for() -> None:
    mute = [
        named(path)
        for path in sources()
        if path.suffix == ".py"
        and path.read_text()
        and ast.get_docstring(ast.parse(path.read_text())) is None
    ]
    assert mute == []
