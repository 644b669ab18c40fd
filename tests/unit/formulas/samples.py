"""Expressions to try the language with: those of the packs, what a slip of the hand makes of them, soups of words."""

import os
import random
from collections.abc import Iterator
from decimal import Decimal
from functools import cache
from typing import Any

from ptsp.infra.packs.read import read_document
from ptsp.kernel.specs import Basis, TableSpec
from tests.checks import REPOSITORY

SEED = int(os.environ.get("PTSP_TEST_SEED", "20261122"))
WORDS = [
    "+", "-", "*", "/", "(", ")", ",", "==", "!=", "<", "<=", ">", ">=", "=", "!", ".", "&", '"', "'", "\\", "%",
    "and", "or", "not", "true", "false", "if", "And", "round", "floor", "ceil", "min", "max", "sum",
    "band", "slice", "choose", "half_up", "half_even", "up", "down",
    "a", "b", "area", "word", "yes", "_", "tariff", "tiers", "use", "nota", "if2", '"x"', '"housing"', '""',
    "0", "1", "2", "20", "21", "007", "1.5", "0.25", "1.", ".5", "2.", "1e5", "1_0", "12a", "3.4.5", "9" * 30, "9" * 31,
    " ", "\n", "\t", "\r", "\x00", "\x0b", "\u00a0", "é", "١", "×", "“", "−", "{", "[", "#",
]  # fmt: skip
D = Decimal


def table(code: str, kind: str, *rows: tuple[Decimal | str | None, Decimal]) -> TableSpec:
    return TableSpec(code, kind, rows, Basis.ASSUMED, "made up for this test")


TABLES = {
    "tariff": table("tariff", "bands", (D(25), D(1000)), (D(100), D(900)), (D(200), D(800)), (None, D(600))),
    "tiers": table(
        "tiers", "slices", (D(100), D(2000)), (D(500), D(1500)), (D(1000), D(1000)), (None, D(500))
    ),
    "short": table("short", "slices", (D(10), D("1.5")), (D("20.5"), D("0.25"))),
    "use": table("use", "choices", ("housing", D("0.5")), ("business", D(3)), ("x", D("0.05"))),
    "floors": table("floors", "choices", (D(1), D("1.000")), (D(2), D("1.090"))),
}


@cache
def expressions_of_packs() -> list[str]:
    """Every condition, part and amount in the repository's packs, once."""
    found: dict[str, None] = {}
    for path in sorted((REPOSITORY / "tenants").rglob("*.yaml")):
        document, _ = read_document(path, path.name)
        assert document is not None
        found |= dict.fromkeys(_expressions(document.value))
    return list(found)


def _expressions(value: Any) -> Iterator[str]:
    if isinstance(value, list):
        for one in value:
            yield from _expressions(one)
    elif isinstance(value, dict):
        if isinstance(value.get("value"), str) and set(value) == {"name", "value"}:
            yield value["value"]
        for key, one in value.items():
            if key in ("when", "amount") and isinstance(one, str):
                yield one
            else:
                yield from _expressions(one)


def mutated(text: str, dice: random.Random) -> str:
    """The text after one to three slips: something left out, put in, doubled, swapped or replaced."""
    for _ in range(dice.randint(1, 3)):
        at = dice.randrange(len(text) + 1)
        until = min(len(text), at + dice.randint(0, 6))
        text = dice.choice(
            [
                text[:at] + text[until:],
                text[:at] + dice.choice(WORDS) + text[at:],
                text[:at] + dice.choice(WORDS) + text[until:],
                text[:until] + text[at:],
                text[:at] + text[at:until][::-1] + text[until:],
            ]
        )
    return text


def soup(dice: random.Random, *, most: int) -> str:
    """Any words in any order, apart or together."""
    return dice.choice(["", " ", " "]).join(dice.choice(WORDS) for _ in range(dice.randint(1, most)))
