"""The expression language: what it means, what it refuses, and what its receipts say."""

import json
from decimal import localcontext

import pytest

from ptsp.kernel.errors import Invalid
from ptsp.kernel.formulas import FormulaFault, as_json, evaluate, explain, is_true, parse
from tests.unit.kernel.expressions import INPUTS, TABLES, D, fault, value


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("1 + 2 * 3", D(7), id="times binds tighter than plus"),
        pytest.param("(1 + 2) * 3", D(9), id="parentheses bind tightest"),
        pytest.param("10 - 3 - 2", D(5), id="minus goes from left to right"),
        pytest.param("12 / 3 / 2 * 5", D(10), id="division goes from left to right"),
        pytest.param("-a * 2", D(-14), id="unary minus"),
        pytest.param("2 - -3", D(5), id="unary minus after minus"),
        pytest.param("0.1 + 0.2 == 0.3", True, id="decimals are exact"),
        pytest.param("1.50 == 1.5", True, id="trailing zeros do not count"),
        pytest.param("1 < 2 and not 2 < 1", True, id="not binds looser than comparison"),
        pytest.param("true or true and false", True, id="and binds tighter than or"),
        pytest.param("(1 < 2) == yes", True, id="a comparison in parentheses is a value"),
        pytest.param('word == "housing"', True, id="text equals text"),
        pytest.param('word != "business"', True, id="text differs"),
        pytest.param('blank == ""', True, id="empty text is a text"),
        pytest.param("if(a > 5, 1, 2)", D(1), id="if takes the first"),
        pytest.param("if(a > 50, 1, 2)", D(2), id="if takes the second"),
        pytest.param("min(3, 1, 2) + max(3, 1, 2) + sum(3, 1, 2)", D(10), id="min max sum"),
        pytest.param("floor(-1.5) + ceil(1.2)", D(0), id="floor goes down and ceil up"),
        pytest.param("\n a\n  + 1 ", D(8), id="lines may break"),
    ],
)
def test_an_expression_has_this_value(text, expected):
    result = value(text)
    assert result == expected
    assert type(result) is type(expected)


def test_a_field_may_be_named_like_a_function_but_not_like_a_word_of_the_language():
    assert value("floor + max(floor, 1)", floor=D(4)) == 8
    for word in ("if", "and", "or"):
        assert fault(f"1 + {word}", **{word: D(4)}).column == 5


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("round(0.175, 2)", "0.18"),
        ("round(0.105, 2)", "0.11"),
        ("round(0.105, 2, half_even)", "0.10"),
        ("round(-2.5, 0)", "-3"),
        ("round(2.5, 0, half_even)", "2"),
        ("round(2.001, 0, up)", "3"),
        ("round(-2.9, 0, down)", "-2"),
        ("round(1.0906, 3, down)", "1.090"),
        ("round(187650, -3)", "188000"),
        ("round(187649, -3, down)", "187000"),
    ],
)
def test_rounding_is_named_and_half_up_unless_said(text, expected):
    assert value(text) == D(expected)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("band(tariff, 25)", 1000),
        ("band(tariff, 25.01)", 900),
        ("band(tariff, 100)", 900),
        ("band(tariff, 101)", 800),
        ("band(tariff, 99999)", 600),
        ("slice(tiers, 0)", 0),
        ("slice(tiers, 80)", 160_000),
        ("slice(tiers, 100)", 200_000),
        ("slice(tiers, 101)", 201_500),
        ("slice(tiers, 500)", 800_000),
        ("slice(tiers, 650)", 950_000),
        ("slice(tiers, 1000)", 1_300_000),
        ("slice(tiers, 1200)", 1_400_000),
        ("choose(use, word) * 2", 1),
        ("choose(floors, 2) * 1000", 1090),
    ],
)
def test_tables_are_read_by_band_slice_or_key(text, expected):
    assert value(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "if(zero == 0, 1, 1 / zero) == 1",
        "if(zero != 0, 1 / zero, 1) == 1",
        "zero == 0 or 1 / zero > 1",
        "not (zero != 0 and 1 / zero > 1)",
        "yes or nobody_answered",
    ],
)
def test_what_is_not_needed_is_not_looked_at(text):
    assert value(text) is True


@pytest.mark.parametrize(
    ("text", "column", "reason"),
    [
        pytest.param("", 1, "empty", id="nothing"),
        pytest.param("   ", 4, "empty", id="only blanks"),
        pytest.param("1 +", 4, "ends where a value", id="half an expression"),
        pytest.param("1 2", 3, "not expected", id="two values"),
        pytest.param("(1", 3, "`)` is expected", id="an open parenthesis"),
        pytest.param("1 < 2 < 3", 7, "cannot be chained", id="a chain of comparisons"),
        pytest.param("1 == 2 == 3", 8, "cannot be chained", id="a chain of equalities"),
        pytest.param("a = 1", 3, "`==`", id="a single equals sign"),
        pytest.param("a.real", 2, "point", id="an attribute"),
        pytest.param("a[0]", 2, "no meaning", id="an index"),
        pytest.param("a ** 2", 4, "`*` stands", id="a power"),
        pytest.param("'x'", 1, "double quotes", id="single quotes"),
        pytest.param('"x', 1, "closing quote", id="an open text"),
        pytest.param("1e5", 1, "letter follows", id="an exponent"),
        pytest.param("1.000,50", 6, "not expected", id="a number with a comma"),
        pytest.param("١ + 1", 1, "no meaning", id="digits of another script"),
        pytest.param("eval(1)", 1, "no function `eval`", id="an unknown function"),
        pytest.param("__import__(1)", 1, "no function", id="a Python builtin"),
        pytest.param("min()", 5, "value is expected", id="a function of nothing"),
        pytest.param("if(yes, 1)", 10, "`,` is expected", id="if without its other side"),
        pytest.param("floor(1, 2)", 8, "`)` is expected", id="too many values"),
        pytest.param("round(1.5)", 10, "`,` is expected", id="rounding to nowhere"),
        pytest.param("round(1.5, a)", 12, "how many decimals", id="decimals that somebody could answer"),
        pytest.param("round(1.5, 21)", 12, "how many decimals", id="too many decimals"),
        pytest.param("round(1.5, 0, bankers)", 15, "half_up", id="an unknown rounding"),
        pytest.param('band("tariff", 1)', 6, "name of a table", id="a table's name as text"),
        pytest.param("1 + not yes", 5, "parentheses", id="a not inside a sum"),
        pytest.param("not", 4, "value is expected", id="not what"),
        pytest.param("9" * 31, 1, "at most 30 digits", id="an absurd number"),
        pytest.param("(" * 40 + "1" + ")" * 40, 33, "deeper than 32", id="too many parentheses"),
        pytest.param("-" * 50 + "1", 33, "deeper than 32", id="too many signs"),
        pytest.param("1" + " + 1" * 600, 1, "longer than 2000", id="too long"),
    ],
)
def test_what_cannot_be_read_is_refused_with_its_place(text, column, reason):
    with pytest.raises(FormulaFault, match="services/imb.yaml: fee") as caught:
        parse(text, where="services/imb.yaml: fee.lines[building]")
    assert (caught.value.line, caught.value.column) == (1, column)
    assert reason in caught.value.reason


@pytest.mark.parametrize(
    ("text", "column", "reason"),
    [
        pytest.param("1 + nobody", 5, "`nobody` has no value", id="a missing input"),
        pytest.param("1 + word", 5, "`word` is text", id="text in a sum"),
        pytest.param("1 + yes", 5, "`yes` is true or false", id="truth in a sum"),
        pytest.param("word < 1", 1, "a number is needed", id="text is not ordered"),
        pytest.param("1 == word", 1, "cannot be compared", id="number and text"),
        pytest.param("yes == 1", 1, "cannot be compared", id="truth is not the number one"),
        pytest.param("if(a, 1, 2)", 4, "true or false is needed", id="a number as a condition"),
        pytest.param("yes and word", 9, "true or false is needed", id="text in a condition"),
        pytest.param("not a", 5, "true or false is needed", id="the contrary of a number"),
        pytest.param("-word", 2, "a number is needed", id="minus text"),
        pytest.param("1 + a / zero", 9, "division by zero: `zero` is 0", id="division by zero"),
        pytest.param("a / (1 - 1)", 6, "division by zero", id="division by a difference of zero"),
        pytest.param("zero / zero", 8, "division by zero", id="nothing by nothing"),
        pytest.param("band(absent, 1)", 1, "no table `absent`", id="no such table"),
        pytest.param("slice(tariff, 1)", 1, "one of bands", id="the wrong kind of table"),
        pytest.param("band(closed, 20.01)", 1, "20.01 is outside table `closed`", id="above the last band"),
        pytest.param("slice(short, 11)", 1, "11 is outside table `short`", id="above the last slice"),
        pytest.param("slice(short, -1)", 1, "-1 is outside", id="below the first slice"),
        pytest.param('choose(use, "mosque")', 1, 'no row for "mosque"', id="an unknown key"),
        pytest.param("choose(use, 1)", 1, "no row for 1", id="a number among texts"),
        pytest.param("choose(use, yes)", 13, "a key is text or a number", id="truth as a key"),
        pytest.param("band(falling, 15)", 1, "do not rise", id="a table that falls"),
        pytest.param("band(open_first, 1)", 1, "only the last row", id="an open row that is not the last"),
        pytest.param('choose(twice, "a")', 1, "more than one row", id="a key that stands twice"),
        pytest.param("a + infinite", 5, "not a finite number", id="an infinite input"),
        pytest.param("a + nan", 5, "not a finite number", id="not a number"),
        pytest.param("a + enormous", 5, "more than 60 digits", id="an enormous input"),
        pytest.param("a + minute", 5, "more than 200 digits", id="an input too small to hold"),
        pytest.param("a + binary", 5, "of type float", id="a float"),
        pytest.param("a + whole", 5, "of type int", id="a Python integer"),
        pytest.param("big * big", 1, "more than 60 digits", id="a product that grows too large"),
        pytest.param(
            "big + 1 / big / big / big / big", 1, "more than 200 digits", id="a sum too fine to hold"
        ),
    ],
)
def test_what_has_no_value_is_a_fault_with_its_place(text, column, reason):
    strange = {
        "infinite": D("Infinity"),
        "nan": D("NaN"),
        "enormous": D("1e99999"),
        "minute": D("1e-99999"),
        "binary": 1.5,
        "whole": 3,
        "big": D(10) ** 49 + 1,
    }
    found = fault(text, **strange)
    assert (found.where, found.line, found.column) == ("test", 1, column)
    assert reason in found.reason


def test_a_fault_on_a_later_line_says_which():
    found = fault("a\n + b\n + nobody")
    assert (found.line, found.column) == (3, 4)
    assert str(found) == (
        "test: line 3, column 4: `nobody` has no value: it is not declared, or it was not answered"
    )
    assert isinstance(found, Invalid)
    assert found.faults[0].field == "test"


def test_an_expression_says_what_it_uses_in_every_branch():
    expression = parse("if(floors > 1, band(tariff, area), choose(use, function)) + round(a, 2, up)")
    assert expression.names == {"floors", "area", "function", "a"}
    assert expression.tables == {"tariff", "use"}
    assert expression.reads == {("tariff", "bands"), ("use", "choices")}


def test_a_condition_must_be_true_or_false():
    assert is_true(parse("a > 1"), INPUTS, TABLES) is True
    assert is_true(parse("a < 1"), INPUTS, TABLES) is False
    for text in ("a", "word", "a + 1"):
        with pytest.raises(FormulaFault, match="true or false is needed"):
            is_true(parse(text), INPUTS, TABLES)


def test_a_receipt_shows_each_part_its_rounding_and_its_row():
    step = evaluate(parse("round(a * choose(use, word) / 3, 2, half_even)"), INPUTS, TABLES)
    third = "1.166666666666666666666666666666667"
    assert explain(step) == [
        "a = 7",
        'word = "housing"',
        'choose(use, word) = 0.5 (row "housing" of use)',
        f"a * choose(use, word) / 3 = 7 * 0.5 / 3 = {third} (quotient rounded to 34 digits, half_even)",
        "round(a * choose(use, word) / 3, 2, half_even) = 1.17 (to 2 decimals, half_even)",
    ]


def test_a_stored_receipt_explains_itself_like_a_fresh_one():
    step = evaluate(parse("if(yes, slice(tiers, 650) - b, 0)"), INPUTS, TABLES)
    stored = json.loads(json.dumps(as_json(step)))
    assert explain(stored) == explain(step)
    assert stored["value"] == "949999.5"
    assert stored["type"] == "number"
    assert [part["text"] for part in stored["inputs"]] == ["yes", "slice(tiers, 650) - b"]
    look_up = stored["inputs"][1]["inputs"][0]
    assert look_up["note"] == "100 x 2000 + 400 x 1500 + 150 x 1000, by tiers"


def test_numbers_in_receipts_are_plain():
    written = [
        as_json(evaluate(parse(text), INPUTS, {}))["value"] for text in ("round(1500, -3)", "1.50", "-zero")
    ]
    assert written == ["2000", "1.5", "0"]


def test_the_interpreters_decimal_context_changes_nothing():
    text = "a * 1.23456789 / 3 + round(a / 7, 5) - min(a, 0.123456789)"
    expected = as_json(evaluate(parse(text), INPUTS, TABLES))
    with localcontext() as rough:
        rough.prec = 3
        rough.Emax = 3
        assert as_json(evaluate(parse(text), INPUTS, TABLES)) == expected
