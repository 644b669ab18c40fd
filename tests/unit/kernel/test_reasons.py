"""Every reason has a stable code; what the sources name as a code is one of them."""

import ast
from collections.abc import Iterator
from string import Formatter

import pytest

from ptsp.infra.files.faults import Why
from ptsp.kernel.errors import Fault
from ptsp.kernel.identity import NikProblem
from ptsp.kernel.reasons import REASONS, fault
from tests.checks import REPOSITORY

DUTIES = ("own_case", "four_eyes")
MADE = (
    {f"file_{why}" for why in Why}
    | {f"nik_{problem}" for problem in NikProblem}
    | {f"{one}_alone" for one in DUTIES}
)
# Where codes stand in a table beside what they are for, or are chosen by a rule.
TABLES = {"ptsp/api/messages.py", "ptsp/domain/people/rules.py", "ptsp/flows/_duties.py"}


def places(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name}


def named_codes(source: str) -> Iterator[tuple[str, frozenset[str]]]:
    """The codes that calls of `fault(field, "code", name=value)` name, with the names of their values."""
    for node in ast.walk(ast.parse(source)):
        if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "fault"):
            continue
        code = node.args[1] if len(node.args) > 1 else None
        if isinstance(code, ast.Constant):
            yield str(code.value), frozenset(word.arg for word in node.keywords if word.arg)


def used() -> list[tuple[str, frozenset[str]]]:
    return [
        one for path in sorted((REPOSITORY / "ptsp").rglob("*.py")) for one in named_codes(path.read_text())
    ]


def words_of_tables() -> set[str]:
    trees = [ast.parse((REPOSITORY / path).read_text()) for path in TABLES]
    return {str(node.value) for tree in trees for node in ast.walk(tree) if isinstance(node, ast.Constant)}


def test_every_code_a_source_names_is_known_and_gets_the_values_it_speaks_of() -> None:
    wrong = [(code, names) for code, names in used() if places(REASONS.get(code, "{no_such_code}")) != names]
    assert wrong == []
    assert len(used()) > 25


def test_no_reason_is_left_that_nobody_gives() -> None:
    given = {code for code, _ in used()} | MADE | words_of_tables()
    assert sorted(REASONS.keys() - given) == []
    assert REASONS.keys() >= MADE


def test_a_code_nobody_knows_is_seen() -> None:
    assert list(named_codes('fault("a", "no_such", most=1)')) == [("no_such", frozenset({"most"}))]


def test_a_fault_says_its_reason_and_keeps_what_it_was_made_from() -> None:
    made = fault("applications[0].answers.floors", "at_most", most=60)
    assert made == Fault("applications[0].answers.floors", "must be at most 60", "at_most", (("most", "60"),))
    assert hash(made)


@pytest.mark.parametrize(
    ("code", "values"), [("no_such_code", {}), ("at_most", {}), ("at_most", {"least": 1})]
)
def test_an_unknown_code_or_a_lacking_value_is_an_error_of_ours(code: str, values: dict[str, int]) -> None:
    with pytest.raises(KeyError):
        fault("field", code, **values)
