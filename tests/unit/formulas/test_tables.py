"""Tables made ready: what is kept of them, for how long, and what is wrong with those that make no sense."""

import pytest

from ptsp.kernel.formulas import FormulaFault, Tables, as_json, evaluate, parse
from tests.unit.formulas.samples import TABLES, D, table

FEE = "round(area * choose(use, kind) * (0.5 * choose(use, kind)) * choose(floors, 2) * band(tariff, 10), 2)"


def test_ready_tables_give_the_same_receipts_time_and_again() -> None:
    ready = Tables(TABLES)
    expression = parse(FEE)
    for kind in ("housing", "business", "housing", "business"):
        for area in (D("7.5"), D(8)):
            inputs = {"area": area, "kind": kind}
            assert as_json(evaluate(expression, inputs, ready)) == as_json(
                evaluate(expression, inputs, TABLES)
            )


def test_no_more_is_kept_than_there_are_rows_and_nothing_that_is_no_key() -> None:
    ready = Tables(TABLES)
    expression = parse("choose(use, kind) * 2 + choose(floors, floors)")
    for area in range(50):
        for kind in ("housing", "business", f"nobody {area}", D(area), True):
            for floors in (D(1), D("1.0"), D(2), D("2.00")):
                try:
                    evaluate(expression, {"kind": kind, "floors": floors}, ready)
                except FormulaFault:
                    continue
    kept = {key for keys in ready.settled.values() for key in keys}
    assert kept == {"housing", "business"}


def test_a_number_as_a_key_stays_as_it_was_written() -> None:
    ready = Tables(TABLES)
    for written in ("2", "2.0", "2.00"):
        step = evaluate(parse("choose(floors, x)"), {"x": D(written)}, ready)
        assert str(step.inputs[0].value) == "2"
        assert step.value == D("1.090")


def test_the_same_expression_over_other_tables_has_other_values() -> None:
    expression = parse("choose(use, kind) * 2")
    other = {"use": table("use", "choices", ("housing", D(7)))}
    for tables, expected in ((TABLES, 1), (other, 14), (TABLES, 1)):
        assert evaluate(expression, {"kind": "housing"}, Tables(tables)).value == expected


def test_what_has_no_value_has_none_the_second_time_either() -> None:
    ready = Tables(TABLES)
    for _ in range(2):
        with pytest.raises(FormulaFault, match='no row for "nobody"'):
            evaluate(parse("choose(use, kind) * 2"), {"kind": "nobody"}, ready)
        with pytest.raises(FormulaFault, match="division by zero"):
            evaluate(parse("choose(use, kind) / 0"), {"kind": "housing"}, ready)
        with pytest.raises(FormulaFault, match="`kind` has no value"):
            evaluate(parse("choose(use, kind) * 2"), {}, ready)


@pytest.mark.parametrize(
    ("text", "rows", "reason"),
    [
        pytest.param("band(t, 1)", [(None, D(1)), (D(2), D(2))], "only the last row", id="an open row in the middle"),
        pytest.param("band(t, 1)", [("one", D(1))], "the bound `one` of table `t` is a text", id="a bound in words"),
        pytest.param("band(t, 1)", [(D(2), D(1)), (D(2), D(2))], "do not rise", id="a bound twice"),
        pytest.param("slice(t, 1)", [(D(0), D(1)), (D(2), D(2))], "not above zero", id="a slice of nothing"),
        pytest.param("band(t, 1)", [(D("NaN"), D(1))], "not finite", id="a bound that is no number"),
        pytest.param("choose(t, 1)", [(D(1), D("Infinity"))], "not finite", id="a value without end"),
        pytest.param("band(t, 1)", [(D(1), D("1e99"))], "more than 60 digits", id="a value too large"),
        pytest.param("slice(t, 1)", [(D(10) ** 40, D(10) ** 40)], "more than 60 digits", id="a slice too dear"),
        pytest.param("band(t, 1)", [(D(n), D(1)) for n in range(1_001)], "at most 1000", id="too many bands"),
        pytest.param("slice(t, 1)", [(D(n + 1), D(1)) for n in range(101)], "at most 100", id="too many slices"),
        pytest.param("choose(t, 1)", [(str(n), D(1)) for n in range(1_001)], "at most 1000", id="too many keys"),
    ],
)  # fmt: skip
def test_a_table_that_makes_no_sense_is_told_when_it_is_read(text, rows, reason) -> None:  # type: ignore[no-untyped-def]
    kind = {"band": "bands", "slice": "slices", "choose": "choices"}[text.partition("(")[0]]
    expression = parse(f"2 + {text}")
    with pytest.raises(FormulaFault, match=reason) as caught:
        evaluate(expression, {}, {"t": table("t", kind, *rows)})
    assert caught.value.column == 5


def test_a_long_part_is_cut_short_where_a_fault_names_it() -> None:
    with pytest.raises(FormulaFault, match=r"more than 60 digits") as caught:
        evaluate(parse(" * ".join(["999999"] * 100)), {}, {})
    assert len(caught.value.reason) < 150


@pytest.mark.parametrize(
    ("text", "column", "reason"),
    [
        ("10 % area", 4, "2 % is written 0.02"),
        ("1.500.000", 6, "thousands are not set apart"),
        ("a ≤ 2", 3, "at most is written `<=`"),
        ("a × 2", 3, "times is written `*`"),
        ("a – 2", 3, "minus is written `-`"),
        ("a == “new”", 6, "straight double quotes"),
        ("max(1; 2)", 6, "set apart by `,`"),
        ("a > 1 AND b > 1", 7, "write `and`"),
        ("IF(a, 1, 2)", 1, "write `if`"),
        ("1 + 2)", 6, "it closes nothing"),
        ("1,5 * a", 2, "decimals are written with a point"),
        ("2 a", 3, "a sign such as `+` is missing"),
        ("band(true, 1)", 6, "no table can have this name"),
        ("min(1, 2", 9, "not the end of the expression"),
    ],
)
def test_slips_of_the_hand_are_told_how_to_write_it(text: str, column: int, reason: str) -> None:
    with pytest.raises(FormulaFault) as caught:
        parse(text)
    assert reason in caught.value.reason
    assert caught.value.column == column
