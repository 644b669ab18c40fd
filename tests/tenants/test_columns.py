"""A fault in an expression names line and column of the file, however YAML has the expression written."""

import random
import re
import shutil
from pathlib import Path

import pytest
import yaml

from ptsp.infra.packs import check_packs
from ptsp.infra.packs.read import read_document
from ptsp.infra.packs.written import Written
from tests.checks import REPOSITORY
from tests.unit.formulas.samples import SEED

FILE = "sidoarjo/services/imb.yaml"
HERE = "§"  # no expression has it, so that the fault is where it stands
WAYS = {  # of writing an expression with a fault in it
    "plain": f"when: floors > 2 {HERE} 1\n",
    "plain over lines": f"when: floors\n        > 2\n\n        and 1 {HERE}\n",
    "single quotes": f"when: 'floors > 2 {HERE}'\n",
    "single quotes doubled": f"when: 'function == \"it''s ''\" {HERE}'\n",
    "single quotes over lines": f"when: 'floors\n\n          > {HERE}\n'\n",
    "double quotes": f'when: "floors > 2 {HERE}"\n',
    "double quotes escaped": f'when: "function == \\"new\\" {HERE}"\n',
    "double quotes with tabs, codes and lines": f'when: "floors\\t\\x3e \\u0032\\n \\\n          and {HERE}"\n',
    "double quotes with a code at fault": 'when: "floors > \\u00a7 1"\n',
    "folded": f"when: >-\n      floors > 2\n      and\n      floors {HERE}\n",
    "folded with deeper lines": f"when: >\n      floors > 2\n\n        and\n          (floors {HERE})\n\n",
    "folded after a remark": f"when: >- # why\n      floors {HERE}\n",
    "literal": f"when: |\n      floors > 2\n        and ({HERE}\n      floors)\n",
    "literal kept": f"when: |2+\n      floors > 2 and\n      {HERE}\n\n",
    "a text that is meant": f"when: ! 'floors > {HERE}'\n",
    "at the next line": f"when:\n      floors > {HERE}\n",
}
TWO_MORE = {  # faults of other kinds, at the word in question
    "an unknown name": ("when: >-\n      floors > 2\n      and nobody > 1\n", "nobody", "uses `nobody`"),
    "a table in a condition": ("when: 'floors > band(height, 2)'\n", "height", "only fees may read tables"),
    "a choice there is not": (
        'when: "floors > 2 and function == \\"x\\""\n',
        "function",
        "none of its choices",
    ),
    "a part without a value": (
        "when: |\n      floors > 2\n      or 1 / (floors - 1) > 0\n",
        "floors - 1)",
        "division by",
    ),
    "what is missing at the end": ("when: floors >  # more\n", "  # more", "the expression ends"),
}


@pytest.fixture
def root(tmp_path: Path) -> Path:
    tenants = REPOSITORY / "tenants"
    for folder in (*tenants.glob("_*"), tenants / "sidoarjo"):
        shutil.copytree(folder, tmp_path / "tenants" / folder.name)
    return tmp_path / "tenants"


def faults_with(root: Path, ways: list[str]) -> tuple[str, list[str]]:
    """The file with a requirement for each way of writing a condition, and what is said of their conditions."""
    file = root / FILE
    planted = "".join(
        f"  - code: planted_{at}\n    label: {{id: x, en: x}}\n    accepts: [application/pdf]\n    max_mb: 5\n    {way}"
        for at, way in enumerate(ways)
    )
    text = file.read_text().replace("requirements:\n", f"requirements:\n{planted}", 1)
    file.write_text(text)
    field = re.compile(r"\$\.requirements\[\d+\]\.when")
    return text, [fault.reason for fault in check_packs(root) if field.search(fault.field)]


def place(text: str, index: int) -> str:
    return f"(line {text.count(chr(10), 0, index) + 1}, column {index - text.rfind(chr(10), 0, index)})"


def test_every_way_of_writing_a_text_has_its_line_and_column(root: Path) -> None:
    text, reasons = faults_with(root, list(WAYS.values()))
    marks = [found.start() for found in re.finditer(f"{HERE}|\\\\u00a7", text)]
    assert len(marks) == len(WAYS)
    assert len(reasons) == len(WAYS), reasons
    for way, mark, reason in zip(WAYS, marks, reasons, strict=True):
        assert reason.endswith(place(text, mark)), (way, reason, place(text, mark))


def test_faults_of_every_kind_point_at_the_word(root: Path) -> None:
    text, reasons = faults_with(root, [way for way, _, _ in TWO_MORE.values()])
    at = 0
    for name, (way, word, says) in TWO_MORE.items():
        at = text.index(way, at)
        mark = at + way.index(word)
        assert any(says in one and one.endswith(place(text, mark)) for one in reasons), (
            name,
            place(text, mark),
            reasons,
        )


LETTERS = [*"ab12+*()\"'\\é😀:#,", "  ", " ", "\n", "\n\n", "\t", "\x85", "\u2028", "\u00a0", "\x07"]


@pytest.mark.parametrize(
    "style", [None, "'", '"', "|", ">"], ids=["plain", "single", "double", "literal", "folded"]
)
def test_every_character_of_any_text_is_found_again(tmp_path: Path, style: str | None) -> None:
    dice = random.Random(SEED)
    found = 0
    for _ in range(150):
        text = "".join(dice.choice(LETTERS) for _ in range(dice.randint(1, 60)))
        source = yaml.dump(
            {"x": [{"é": [{"k": text}]}]},
            default_style=style,
            width=dice.choice([20, 80]),
            allow_unicode=True,
        )
        (tmp_path / "one.yaml").write_text(("\ufeff" if dice.random() < 0.2 else "") + source, newline="")
        document, faults = read_document(tmp_path / "one.yaml", "one.yaml")
        if document is None:
            continue
        assert faults == ()
        written = document.texts['$.x[0]["é"][0].k']
        text = written.value  # YAML itself takes some line breaks for others
        rows = source.split("\n")
        for at, character in enumerate(text):
            if character.isspace():
                continue
            line, column = text.count("\n", 0, at) + 1, at - text.rfind("\n", 0, at)
            there = written.place(line, column)
            assert there is not None, (text, source)
            here = rows[there[0] - 1][there[1] - 1 :]
            assert here.startswith((character, "\\")), (
                f"seed {SEED}: {text!r} as {source!r}, {character!r} at {there}"
            )
            found += 1
    assert found > 500


def test_a_place_that_cannot_be_told_is_not_made_up() -> None:
    assert Written("a + b", "k: a - b", 3, 8, "").place(1, 5) is None
    assert Written("a + b", "k: a + b", 3, 8, "").place(1, 5) == (1, 8)
