"""Whatever is written and whatever is answered: a value with its receipt, or a fault with a place inside the text.

`PTSP_FUZZ=n` tries n times as much.
"""

import json
import os
import random
from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest

from ptsp.kernel.formulas import FormulaFault, Step, as_json, evaluate, explain, parse
from ptsp.kernel.specs import TableSpec
from tests.unit.formulas.samples import SEED, TABLES, D, expressions_of_packs, mutated, soup, table

TIMES = int(os.environ.get("PTSP_FUZZ", "1"))
LONGEST_VALUE = (
    60 + 1 + 600
)  # digits before the point, the point, and the finest that 200 digits at 1E-400 can be
STRANGE: list[Any] = [
    None, True, False, "", "housing", "business", "x", "x" * 2_001, 0, 3, 1.5, float("nan"), b"x", [], {}, object(),
    D(0), D("-0"), D(1), D("2.0"), D("-3.20"), D("0.000000001"), D("1E+5"), D("0E+7"), D("1E-7"), D("100"), D("250.50"),
    D(10) ** 49 + 1, D("1E+59"), D("1E+60"), D("1E-200"), D("1E-599"), D("1E+99999"), D("1E-99999"), D("9" * 200),
    D("0." + "1" * 200), D("9" * 5_000), D("NaN"), D("sNaN"), D("Infinity"), D("-Infinity"),
]  # fmt: skip


def outcome(text: str, inputs: Mapping[str, Any], tables: Mapping[str, TableSpec] = TABLES) -> Step | None:
    """The value, after a look at it from all sides; None for a fault, after a look at its place and its words."""
    try:
        step = evaluate(parse(text, where="here"), inputs, tables)
    except FormulaFault as fault:
        look_at(text, fault)
        return None
    receipt = as_json(step)
    found = list(parts(receipt))
    assert len(found) <= len(text), (text, "each part is worked out at most once")
    for part in found:
        assert set(part) <= {"text", "operation", "type", "value", "note", "inputs"}, (text, part)
        assert type(part["value"]) is {"number": str, "text": str, "yes_no": bool}[part["type"]], (text, part)
        if part["type"] == "number":
            assert len(part["value"]) <= LONGEST_VALUE, (text, part)
            assert part["value"] == plain(D(part["value"])), (text, part)
    assert type(step.value) in (Decimal, bool, str)
    assert json.loads(json.dumps(receipt, allow_nan=False)) == receipt
    assert explain(receipt) == explain(step)
    return step


def look_at(text: str, fault: FormulaFault) -> None:
    rows = text.split("\n")
    assert 1 <= fault.line <= len(rows), (text, str(fault))
    assert 1 <= fault.column <= len(rows[fault.line - 1]) + 1, (text, str(fault))
    assert fault.where == "here"
    assert 5 < len(fault.reason) < 400, (text, fault.reason)


def parts(receipt: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    yield receipt
    for part in receipt.get("inputs", ()):
        yield from parts(part)


def plain(value: Decimal) -> str:
    """A number as people write it, by another way than the one on trial."""
    sign, digits, exponent = value.as_tuple()
    assert isinstance(exponent, int)
    whole = "".join(map(str, digits)) + "0" * max(exponent, 0)
    places = max(-exponent, 0)
    whole = whole.rjust(places + 1, "0")
    front, back = whole[: len(whole) - places].lstrip("0") or "0", whole[len(whole) - places :].rstrip("0")
    written = f"{front}.{back}" if back else front
    return f"-{written}" if sign and value else written


def answers(dice: random.Random) -> dict[str, Any]:
    return {name: dice.choice(STRANGE) for name in ("a", "b", "area", "word", "yes", "nota", "if2")}


def of_bytes(dice: random.Random) -> str:
    return dice.randbytes(dice.randint(0, 60)).decode("latin-1")


def of_any_characters(dice: random.Random) -> str:
    return "".join(chr(dice.choice([dice.randrange(128), dice.randrange(0xD800)])) for _ in range(40))


def of_words(dice: random.Random) -> str:
    return soup(dice, most=14)


def of_packs(dice: random.Random) -> str:
    return mutated(dice.choice(expressions_of_packs()), dice)


@pytest.mark.parametrize("writer", [of_bytes, of_any_characters, of_words, of_packs])
def test_any_text_over_any_answers_is_a_value_or_a_fault(
    writer: Callable[[random.Random], str], tell: Callable[[str], None]
) -> None:
    dice = random.Random(SEED)
    values = sum(outcome(writer(dice), answers(dice)) is not None for _ in range(2_500 * TIMES))
    tell(f"seed {SEED}: {values} values, {2_500 * TIMES - values} faults")


def test_expressions_of_packs_over_strange_answers_are_values_or_faults(tell: Callable[[str], None]) -> None:
    dice = random.Random(SEED)
    values = tried = 0
    for _ in range(20 * TIMES):
        for text in expressions_of_packs():
            names = parse(text).names
            tried += 1
            values += outcome(text, {name: dice.choice(STRANGE) for name in names}) is not None
    assert values > 20
    tell(f"seed {SEED}: {values} values, {tried - values} faults")


@pytest.mark.parametrize(
    "value", STRANGE, ids=lambda value: repr(value)[:30] if type(value) is not object else "object"
)
@pytest.mark.parametrize(
    "text", ["a", "-a", "a + a", "a * a * a", "1 / a", "round(a, 2)", "floor(a)", "max(a, 1)", "sum(a, a)", "a == a",
             "a < 1", "not a", "if(a, 1, 2)", "band(tariff, a)", "slice(tiers, a)", "choose(use, a)",
             "choose(floors, a)"]
)  # fmt: skip
def test_every_strange_answer_in_every_place(text: str, value: Any) -> None:
    outcome(text, {"a": value})


# Against other readers


def arithmetic(dice: random.Random, depth: int) -> str:
    """Sums, products and the like, of which Python's fractions make the same."""
    if depth <= 0 or dice.random() < 0.15:
        return dice.choice(
            ["p", "q", "r", str(dice.randint(0, 99)), f"{dice.randint(0, 99)}.{dice.randint(0, 999)}"]
        )
    some = [arithmetic(dice, depth - 1) for _ in range(dice.randint(2, 4))]
    return dice.choice(
        [
            f"({' '.join(part for one in some for part in (dice.choice('+-*'), one))[2:]})",
            f"({some[0]} / {some[1]})",
            f"-{arithmetic(dice, 0)}",
            f"{dice.choice(['min', 'max', 'sum'])}({', '.join(some)})",
            f"if({some[0]} {dice.choice(['==', '!=', '<', '<=', '>', '>='])} {some[1]}, {some[-1]}, {some[0]})",
            f"floor({some[0]})",
            f"ceil({some[0]})",
            f"round({some[0]}, {dice.randint(-2, 4)}{dice.choice(['', ', half_even', ', up', ', down'])})",
        ]
    )


ROUNDED: dict[str, Callable[[Fraction], int]] = {
    "half_up": lambda x: int(x + Fraction(1, 2)) if x >= 0 else -int(-x + Fraction(1, 2)),
    "half_even": round,
    "up": lambda x: -(-x // 1) if x >= 0 else x // 1,
    "down": int,
}


def by_fractions(receipt: Mapping[str, Any], inputs: Mapping[str, Fraction]) -> Fraction | bool:
    """The value of a receipt's part, worked out anew over fractions from what was written and answered."""
    operation, text = receipt["operation"], receipt["text"]
    some: list[Any] = [by_fractions(part, inputs) for part in receipt.get("inputs", ())]
    if operation == "input":
        return inputs[text]
    if operation == "number":
        return Fraction(text)
    if operation == "if":
        return Fraction(some[1])
    if operation == "round":
        unit = Fraction(10) ** -int(receipt["note"].split()[1])
        return ROUNDED[receipt["note"].split(", ")[1]](some[0] / unit) * unit
    known: dict[str, Callable[..., Any]] = {
        "negate": lambda x: -x, "min": min, "max": max, "sum": lambda *x: sum(x), "floor": lambda x: x // 1,
        "ceil": lambda x: -(-x // 1), "==": lambda x, y: x == y, "!=": lambda x, y: x != y, "<": lambda x, y: x < y,
        "<=": lambda x, y: x <= y, ">": lambda x, y: x > y, ">=": lambda x, y: x >= y,
    }  # fmt: skip
    if operation in known:
        return known[operation](*some)  # type: ignore[no-any-return]
    signs = operation.split() if " " in operation else [operation] * (len(some) - 1)
    total = some[0]
    for sign, one in zip(signs, some[1:], strict=True):
        total = {"+": total + one, "-": total - one, "*": total * one, "/": total / one if one else None}[
            sign
        ]
    return Fraction(total)


def test_arithmetic_is_that_of_fractions_to_the_last_digit(tell: Callable[[str], None]) -> None:
    dice = random.Random(SEED)
    exact = 0
    for _ in range(2_500 * TIMES):
        text = arithmetic(dice, dice.randint(1, 4))
        inputs = {name: D(dice.randint(-(10**6), 10**6)).scaleb(-dice.randint(0, 4)) for name in "pqr"}
        step = outcome(text, inputs)
        if step is None or "quotient rounded" in str(as_json(step)):
            continue
        exact += 1
        expected = by_fractions(as_json(step), {name: Fraction(one) for name, one in inputs.items()})
        assert isinstance(step.value, Decimal)
        assert Fraction(step.value) == expected, f"seed {SEED}: {text} of {inputs}"
    assert exact > 1_000
    tell(f"seed {SEED}: {exact} exact")


def rising(dice: random.Random) -> tuple[tuple[Decimal | None, Decimal], ...]:
    bounds = sorted(
        {D(dice.randint(1, 10**6)).scaleb(-dice.randint(0, 3)) for _ in range(dice.randint(1, 40))}
    )
    values = [D(dice.randint(0, 10**6)).scaleb(-dice.randint(0, 3)) for _ in range(len(bounds) + 1)]
    rows: list[tuple[Decimal | None, Decimal]] = list(zip(bounds, values, strict=False))
    return tuple(rows + [(None, values[-1])] * dice.randint(0, 1))


def by_band(rows: tuple[tuple[Decimal | None, Decimal], ...], x: Fraction) -> Fraction | None:
    return next((Fraction(value) for bound, value in rows if bound is None or x <= Fraction(bound)), None)


def by_slice(rows: tuple[tuple[Decimal | None, Decimal], ...], x: Fraction) -> Fraction | None:
    total, before = Fraction(0), Fraction(0)
    for bound, value in rows:
        top = x if bound is None else min(x, Fraction(bound))
        total += max(top - before, Fraction(0)) * Fraction(value)
        before = x if bound is None else Fraction(bound)
    return total if 0 <= x <= before else None


@pytest.mark.parametrize(
    ("function", "kind", "naive"), [("band", "bands", by_band), ("slice", "slices", by_slice)]
)
def test_look_ups_are_those_of_a_clerk_who_reads_the_table_from_the_top(
    function: str, kind: str, naive: Callable[..., Fraction | None]
) -> None:
    dice = random.Random(SEED)
    within = 0
    for _ in range(50 * TIMES):
        rows = rising(dice)
        tables = {"t": table("t", kind, *rows)}
        edges = [bound for bound, _ in rows if bound is not None]
        tried = [
            *edges,
            *(one + D("0.001") for one in edges),
            *(one - D("0.0001") for one in edges),
            D(0),
            D("-0.5"),
        ]
        for x in tried:
            step = outcome(f"{function}(t, x)", {"x": x}, tables)
            expected = naive(rows, Fraction(x))
            assert (step is None) is (expected is None), f"seed {SEED}: {x} in {rows}"
            assert step is None or Fraction(str(step.value)) == expected, f"seed {SEED}: {x} in {rows}"
            within += step is not None
    assert within > 1_000


# The worst that fits


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("*".join(["a"] * 1_000), id="a product that runs out of digits"),
        pytest.param("+".join(["b"] * 1_000), id="a thousand long numbers"),
        pytest.param("+".join(["slice(t,b)"] * 181), id="a hundred rows, again and again"),
        pytest.param("1" + "/7" * 900, id="quotients without end"),
        pytest.param("1" + "/c" * 900, id="quotients that grow small"),
        pytest.param("if(1<2," * 31 + "b" + ",b)" * 31, id="as deep as may be"),
        pytest.param("max(" * 31 + "b" + ",b,b,b,b,b,b)" * 31, id="deep and broad"),
        pytest.param("(" * 31 + "b" + ")" * 31, id="parentheses"),
        pytest.param("w==w or " * 240 + "w!=w", id="long texts that settle it at once"),
        pytest.param("w!=w or " * 240 + "w!=w", id="long texts that never do"),
        pytest.param("round(b,20)+" * 160 + "0", id="roundings"),
    ],
)
def test_the_longest_work_is_bounded(text: str) -> None:
    rows = [(D(n) + D("0." + "1" * 20), D("9" * 30 + "." + "7" * 20)) for n in range(1, 101)]
    inputs = {"a": D("9" * 9), "b": D("99." + "3" * 190), "c": D("1E+59"), "w": "w" * 2_000}
    assert len(text) <= 2_000
    step = outcome(text, inputs, {"t": table("t", "slices", *rows)})
    assert step is None or len(json.dumps(as_json(step))) < 4_000_000


def test_an_answer_that_no_form_would_take_is_refused_and_the_longest_that_one_takes_is_not() -> None:
    assert outcome("w == w", {"w": "x" * 2_000}) is not None
    with pytest.raises(FormulaFault, match="`w` is a text of more than 2000 characters"):
        evaluate(parse("1 == 1 and w == w"), {"w": "x" * 2_001}, {})
