"""What a file of a pack may hold, and what is refused before anybody looks at its sense."""

from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ptsp.infra.packs.places import Document
from ptsp.infra.packs.read import MAX_BYTES, read_document


def _read(tmp_path: Path, content: str | bytes) -> tuple[Document | None, list[str]]:
    file = tmp_path / "one.yaml"
    file.write_bytes(content.encode() if isinstance(content, str) else content)
    document, faults = read_document(file, "x/one.yaml")
    return document, [str(fault) for fault in faults]


@pytest.mark.parametrize(
    ("written", "value"),
    [
        pytest.param("0.10", Decimal("0.10"), id="a decimal keeps its digits"),
        pytest.param("-12", -12, id="a whole number"),
        pytest.param("2026-01-31", date(2026, 1, 31), id="a day"),
        pytest.param('"2026-01-31"', "2026-01-31", id="a day in quotes is a text"),
        pytest.param("true", True, id="true"),
        pytest.param("null", None, id="null"),
        pytest.param("yes", "yes", id="yes is a text and not true"),
        pytest.param("NO", "NO", id="the country code of Norway is a text"),
        pytest.param("12:30", "12:30", id="a time is a text and not 750"),
        pytest.param("010", "010", id="a code with a leading zero is a text and not 8"),
        pytest.param("1e3", "1e3", id="an exponent is a text"),
        pytest.param(".nan", ".nan", id="nan is a text"),
        pytest.param("4.1.2.03.03", "4.1.2.03.03", id="an account is a text"),
        pytest.param('"35.15"', "35.15", id="a number in quotes is a text"),
        pytest.param('!  "a"', "a", id="the mark of a text"),
    ],
)
def test_a_value_is_read_as_what_it_says(tmp_path: Path, written: str, value: object) -> None:
    document, faults = _read(tmp_path, f"on: {written}\n")
    assert faults == []
    assert document is not None
    assert document.value == {"on": value}
    assert type(document.value["on"]) is type(value)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        pytest.param(
            "a: 1\nb: 2\na: 3\n", "x/one.yaml: $.a: is given twice in one mapping (line 3)", id="equal keys"
        ),
        pytest.param("a: 2026-02-30\n", "$.a: `2026-02-30` is no day of the calendar (line 1)", id="no day"),
        pytest.param(
            "a: &x 1\nb: *x\n", "uses an anchor (& or *); write the value out instead (line 1)", id="anchor"
        ),
        pytest.param("a: !!python/object:os.system 1\n", "uses the tag", id="a tag"),
        pytest.param("a: 1\n---\nb: 1\n", "holds two documents", id="two documents"),
        pytest.param("a: 'x\n", "is not YAML: while scanning a quoted scalar", id="an open quote"),
        pytest.param("a: [1, 2\nb: 3\n", "is not YAML", id="an open bracket"),
        pytest.param(
            "a: 1\n  b: 2\n",
            "mapping values are not allowed in this context (line 2",
            id="indent",
        ),
        pytest.param("a:\n\t- 1\n", "is not YAML", id="a tab"),
        pytest.param("? [a]\n: 1\n", "has a key that is not a plain word (line 1)", id="a list as key"),
        pytest.param(
            "[" * 100_000, "is nested more than 24 levels deep (line 1)", id="a hundred thousand brackets"
        ),
        pytest.param(
            "{a: " * 5_000, "is nested more than 24 levels deep (line 1)", id="five thousand braces"
        ),
        pytest.param(
            b"a: 1\nb: \xff\n", "is not UTF-8 text; save the file as UTF-8 (line 2)", id="not UTF-8"
        ),
        pytest.param(b"a: \x07\n", "is not YAML", id="a bell"),
        pytest.param("a: " + "x" * MAX_BYTES, "a file of a pack has at most 262,144", id="too large"),
    ],
)
def test_a_file_that_cannot_be_trusted_is_refused_with_its_line(
    tmp_path: Path, content: str | bytes, reason: str
) -> None:
    _, faults = _read(tmp_path, content)
    assert len(faults) == 1
    assert reason in faults[0]


def test_nested_anchors_do_not_grow_into_a_bomb(tmp_path: Path) -> None:
    rows = ['a0: &a0 ["lol", "lol"]'] + [f"a{n}: &a{n} [*a{n - 1}, *a{n - 1}]" for n in range(1, 60)]
    document, faults = _read(tmp_path, "\n".join(rows))
    assert document is None
    assert "uses an anchor" in faults[0]


def test_an_empty_file_is_read_as_nothing(tmp_path: Path) -> None:
    document, faults = _read(tmp_path, "# nothing but a remark\n")
    assert document is not None
    assert (document.value, faults) == (None, [])


def test_a_path_knows_its_line_and_a_missing_one_that_of_its_holder(tmp_path: Path) -> None:
    document, _ = _read(
        tmp_path, "fee:\n  lines:\n    - code: a\n    - code: b\n      amount: 1\ntexts:\n  a.b: x\n"
    )
    assert document is not None
    assert document.line("$.fee.lines[1].amount") == 5
    assert document.line("$.fee.lines[1].label") == 4
    assert document.line('$.texts["a.b"]') == 7
    assert document.line('$.texts["a.c"]') == 6


@given(content=st.text(max_size=200) | st.binary(max_size=200))
def test_no_content_breaks_the_reader(tmp_path_factory: pytest.TempPathFactory, content: Any) -> None:
    document, faults = _read(tmp_path_factory.getbasetemp(), content)
    assert document is not None or len(faults) == 1
