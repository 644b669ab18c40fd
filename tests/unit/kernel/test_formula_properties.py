"""Expressions against other readers of the same text, and against any text at all."""

import json
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ptsp.kernel.formulas import FormulaFault, as_json, evaluate, explain, is_true, parse
from tests.unit.kernel.expressions import INPUTS, TABLES, value

NAMES = st.sampled_from(["p", "q", "r", "s"])
DECIMALS = st.decimals(-1000, 1000, places=3, allow_nan=False, allow_infinity=False)
FOUR = st.tuples(DECIMALS, DECIMALS, DECIMALS, DECIMALS)
ATOMS = st.one_of(NAMES, st.integers(0, 999).map(str), st.integers(1, 999).map(lambda n: f"{n}.125"))


def bigger(parts):
    def joined(signs):
        return st.tuples(parts, st.lists(st.tuples(signs, parts), min_size=1, max_size=3)).map(
            lambda t: t[0] + "".join(f" {sign} {part}" for sign, part in t[1])
        )

    return st.one_of(
        joined(st.sampled_from("+-*/")),
        parts.map("({})".format),
        parts.map("-({})".format),
        st.tuples(st.sampled_from(["min", "max"]), parts, parts).map(lambda t: f"{t[0]}({t[1]}, {t[2]})"),
    )


ARITHMETIC = st.recursive(ATOMS, bigger, max_leaves=10)


def reference(text, numbers):
    """The same text read by Python itself, over fractions."""
    names = {name: Fraction(number) for name, number in numbers.items()} | {
        "min": min,
        "max": max,
        "F": Fraction,
    }
    words = text.replace("(", " ( ").replace(")", " ) ").replace(",", " , ").replace("-", " - ").split()
    return eval(" ".join(f"F('{word}')" if word[0].isdigit() else word for word in words), {}, names)


@settings(max_examples=150, deadline=None)
@given(ARITHMETIC, FOUR)
def test_arithmetic_is_that_of_fractions(text, four):
    numbers = dict(zip("pqrs", four, strict=True))
    try:
        expected = reference(text, numbers)
    except ZeroDivisionError:
        with pytest.raises(FormulaFault, match="division by zero"):
            evaluate(parse(text), numbers, {})
        return
    step = evaluate(parse(text), numbers, {})
    if "quotient rounded" not in str(as_json(step)):
        assert Fraction(step.value) == expected
    else:  # cancellation may cost digits, never this many
        assert abs(Fraction(step.value) - expected) < Fraction(1, 10**12) * max(1, abs(expected))


CONDITIONS = st.recursive(
    st.tuples(ATOMS, st.sampled_from(["==", "!=", "<", "<=", ">", ">="]), ATOMS).map(" ".join),
    lambda parts: st.one_of(
        st.tuples(parts, st.sampled_from(["and", "or"]), parts).map(" ".join),
        parts.map("not {}".format),
        parts.map("({})".format),
    ),
    max_leaves=6,
)


@settings(max_examples=80, deadline=None)
@given(CONDITIONS, FOUR)
def test_conditions_mean_what_they_mean_in_python(text, four):
    numbers = dict(zip("pqrs", four, strict=True))
    assert is_true(parse(text), numbers, {}) is reference(text, numbers)


PIECES = [
    *"()+-*/<>,. ",
    "==",
    "!=",
    "<=",
    "and",
    "or",
    "not",
    "if(",
    "round(",
    "band(tariff,",
    "slice(",
    "tiers",
]
PIECES += [
    "1",
    "2.5",
    "a",
    "b",
    "word",
    "yes",
    '"x"',
    '"',
    "=",
    "choose(use,",
    "min(",
    "\n",
    "half_up",
    "é",
    "\x00",
]
SALAD = st.lists(st.sampled_from(PIECES), max_size=25).map(" ".join)


@settings(max_examples=250, deadline=None)
@given(st.one_of(st.text(max_size=60), SALAD, SALAD.map(lambda text: text.replace(" ", ""))))
def test_any_text_gives_a_value_or_a_fault_and_nothing_else(text):
    try:
        step = evaluate(parse(text), INPUTS, TABLES)
    except FormulaFault:
        return
    assert json.loads(json.dumps(as_json(step), allow_nan=False))["text"]


@pytest.mark.parametrize(
    "text", ["1" + "+1" * 999, "1" + "-a" * 999, "yes" + " or yes" * 200, "sum(" + "1," * 900 + "1)"]
)
def test_long_chains_are_flat_and_do_not_exhaust_the_stack(text):
    assert explain(evaluate(parse(text), INPUTS, TABLES))


SIZES = st.decimals(0, 2000, places=2, allow_nan=False, allow_infinity=False)


@settings(max_examples=80, deadline=None)
@given(SIZES, SIZES)
def test_slices_never_fall_and_never_jump(one, other):
    low, high = sorted((one, other))
    difference = value("slice(tiers, x)", x=high) - value("slice(tiers, x)", x=low)
    assert 0 <= difference <= (high - low) * 2000


def test_bands_may_make_the_larger_one_cheaper():
    assert value("101 * band(tariff, 101)") < value("100 * band(tariff, 100)")
