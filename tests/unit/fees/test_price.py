"""Fees against worked examples of by-laws, with the rounding each of them names."""

import json
from datetime import date
from decimal import Decimal

import pytest

from ptsp.domain.fees import explain_line, price
from ptsp.kernel.errors import Invalid
from ptsp.kernel.formulas import FormulaFault, explain
from ptsp.kernel.limits import Limit
from ptsp.kernel.money import in_words
from ptsp.kernel.specs import (
    Basis,
    FeeLineSpec,
    FeeSpec,
    Figure,
    Gate,
    Outcome,
    Pattern,
    ServiceSpec,
    StandardSpec,
    TableSpec,
)

D = Decimal
WORDS = {"id": "contoh", "en": "example"}
SOURCE = "made up for this test"


def service(*, lines, lets=None, tables=()):
    fee = FeeSpec(
        legal_basis="Perda contoh",
        basis=Basis.ASSUMED,
        source=SOURCE,
        lines=tuple(FeeLineSpec(code, WORDS, "4.1.2.03.01", amount) for code, amount in lines.items()),
        lets=lets or {},
        tables={found.code: found for found in tables},
    )
    limit = Figure(Limit(15), Basis.ASSUMED, SOURCE)
    standard = StandardSpec(3, date(2026, 1, 1), None, limit, WORDS, WORDS, WORDS, {})
    return ServiceSpec(
        code="imb",
        name=WORDS,
        outcome=Outcome.PERMIT,
        series="IMB",
        pattern=Pattern.ONE_DOOR,
        gate=Gate.BEFORE_SIGNATURE if lines else Gate.NONE,
        signer="head",
        sign_limit=Limit(1),
        offered_from=date(2026, 1, 1),
        offered_until=None,
        standard=standard,
        fields=(),
        requirements=(),
        route=(),
        fee=fee,
    )


def amounts(bill):
    return {line.code: line.amount for line in bill.lines}


def table(code, kind, *rows):
    return TableSpec(
        code,
        kind,
        tuple((k if k is None or isinstance(k, str) else D(k), D(v)) for k, v in rows),
        Basis.ASSUMED,
        SOURCE,
    )


IMB = service(
    lines={
        "building": "round(floor_area * index * 1.00 * 4500, 0)",
        "fence": "round(fence * 1.00 * 500, 0)",
        "plant": "round(plant * 1.00 * 4000, 0)",
        "form": "5000",
    }
)


def test_imb_1_the_by_laws_example_with_its_form_fee():
    bill = price(IMB, {"floor_area": D("100.00"), "index": D("0.3125"), "fence": D(60), "plant": D(3)})
    assert amounts(bill) == {"building": 140_625, "fence": 30_000, "plant": 12_000, "form": 5_000}
    assert bill.total == 187_625
    assert in_words(bill.total) == "seratus delapan puluh tujuh ribu enam ratus dua puluh lima rupiah"


@pytest.mark.parametrize(
    ("factor", "rounding", "amount"),
    [
        ("0.45", "half_up", 63_281),
        ("0.45", "up", 63_282),
        ("0.65", "half_up", 91_406),
        ("0.65", "down", 91_406),
    ],
)
def test_imb_r_a_renovation_rounds_as_the_pack_says(factor, rounding, amount):
    renovation = service(
        lets={"unrounded": f"100 * 0.3125 * {factor} * 4500"},
        lines={"building": f"round(unrounded, 0, {rounding})"},
    )
    bill = price(renovation, {})
    assert bill.total == amount
    unrounded = bill.lines[0].receipt["parts"][0]["receipt"]["value"]
    assert unrounded == {"0.45": "63281.25", "0.65": "91406.25"}[factor]


def test_imb_neg_the_product_is_recomputed_and_not_copied_from_a_worksheet():
    bill = price(
        service(lines={"building": "area * index * price"}),
        {"area": D("157.5"), "index": D("3.035"), "price": D(10_000)},
    )
    assert bill.total == 4_780_125


LEVELS = [("low", "0.40"), ("half", "0.50"), ("middle", "0.70"), ("high", "1.00")]


def test_the_index_of_example_2_rounds_each_product_to_two_decimals():
    per_node = service(
        tables=[table("level", "choices", *LEVELS)],
        lets={
            "complexity": "round(0.25 * choose(level, is_complex), 2)",
            "fire": "round(0.15 * choose(level, fire_risk), 2)",
            "zone": "round(0.15 * choose(level, seismic), 2)",
            "total": "sum(complexity, fire, zone)",
        },
        lines={"building": "240 * total * 100"},
    )
    at_the_end = service(
        tables=[table("level", "choices", *LEVELS)],
        lines={
            "building": "240 * round(sum(0.25 * choose(level, is_complex), 0.15 * choose(level, fire_risk),"
            " 0.15 * choose(level, seismic)), 2) * 100"
        },
    )
    answers = {"is_complex": "middle", "fire_risk": "middle", "seismic": "half"}
    bill = price(per_node, answers)
    values = {part["name"]: part["receipt"]["value"] for part in bill.lines[0].receipt["parts"]}
    assert values == {"complexity": "0.18", "fire": "0.11", "zone": "0.08", "total": "0.37"}
    assert bill.total == 8_880
    assert price(at_the_end, answers).total == 8_640  # 0.355 -> 0.36: where it is rounded matters


PBG = {
    "sum_of_parts": """0.3 * choose(complexity, simple) + 0.2 * choose(permanence, permanent)
        + 0.5 * choose(height, floors)""",
    "unrounded": "choose(function_index, function) * sum_of_parts * 1",
}
PBG_TABLES = [
    table("complexity", "choices", ("simple", "1"), ("not_simple", "2")),
    table("permanence", "choices", ("temporary", "1"), ("permanent", "2")),
    table("height", "choices", (1, "1.000"), (2, "1.090")),
    table("function_index", "choices", ("simple_house", "0.15"), ("house", "0.17")),
]


@pytest.mark.parametrize(
    ("index", "area", "price_m2", "answers", "amount"),
    [
        pytest.param("unrounded", 36, 5_000_000, ("simple_house", "simple", 1), 162_000, id="PBG-1"),
        pytest.param("unrounded", 120, 6_000_000, ("house", "not_simple", 2), 945_540, id="PBG-2 exact"),
        pytest.param(
            "round(unrounded, 3)", 120, 6_000_000, ("house", "not_simple", 2), 946_800, id="PBG-2 rounded"
        ),
        pytest.param(
            "round(unrounded, 3, down)", 120, 6_000_000, ("house", "not_simple", 2), 943_200, id="PBG-2 cut"
        ),
    ],
)
def test_pbg_with_each_rounding_of_its_index(index, area, price_m2, answers, amount):
    pbg = service(
        tables=PBG_TABLES,
        lets={**PBG, "index": index},
        lines={"pbg": f"{area} * (0.005 * {price_m2}) * index * 1"},
    )
    function, simple, floors = answers
    given = {"function": function, "simple": simple, "floors": D(floors), "permanent": "permanent"}
    assert price(pbg, given).total == amount


HO = service(
    tables=[
        table("tariff", "bands", (25, 1000), (100, 900), (200, 800), (500, 700), (None, 600)),
        table("road", "choices", ("primary_collector", "3"), ("neighbourhood", "1")),
        table("land_use", "choices", ("trade", "3.5"), ("industry", "1")),
    ],
    lines={"ho": "area * band(tariff, area) * choose(road, road) * choose(land_use, land_use)"},
)


@pytest.mark.parametrize(
    ("area", "road", "land_use", "amount"),
    [
        pytest.param(50, "primary_collector", "trade", 472_500, id="HO-1"),
        pytest.param(100, "neighbourhood", "industry", 90_000, id="HO-1b the last metre of a band"),
        pytest.param(
            101, "neighbourhood", "industry", 80_800, id="HO-1b the first metre of the next costs less"
        ),
    ],
)
def test_ho_by_bands(area, road, land_use, amount):
    assert price(HO, {"area": D(area), "road": road, "land_use": land_use}).total == amount


@pytest.mark.parametrize(
    ("area", "amount"),
    [
        (80, 160_000),
        (100, 200_000),
        (101, 201_500),
        (500, 800_000),
        (650, 950_000),
        (1000, 1_300_000),
        (1200, 1_400_000),
    ],
)
def test_ho_2_by_slices(area, amount):
    tiers = table("tiers", "slices", (100, 2000), (500, 1500), (1000, 1000), (None, 500))
    assert (
        price(service(tables=[tiers], lines={"ho": "slice(tiers, area)"}), {"area": D(area)}).total == amount
    )


def test_a_free_service_has_a_bill_without_lines():
    assert price(service(lines={}), {"anything": "at all"}).total == 0
    assert price(service(lines={}), {}).lines == ()


@pytest.mark.parametrize(
    ("amount", "reason"),
    [
        pytest.param("0.5", "0.5 is not whole rupiah", id="half a rupiah"),
        pytest.param("100 / 3", "not whole rupiah", id="a third"),
        pytest.param("-1", "-1 is not an amount", id="less than nothing"),
        pytest.param("1000000000000001", "is not an amount", id="more than any region has"),
        pytest.param("true", "not a number", id="a truth"),
        pytest.param('"5000"', "not a number", id="a text"),
    ],
)
def test_an_amount_that_is_not_money_is_refused_and_names_its_line(amount, reason):
    with pytest.raises(Invalid, match=reason) as caught:
        price(service(lines={"form": "5000", "building": amount}), {})
    assert [fault.field for fault in caught.value.faults] == ["fee.lines[building]"]


@pytest.mark.parametrize(
    ("lets", "line", "where"),
    [
        pytest.param({}, "floor_area * 10", "fee.lines[building]", id="a line without its input"),
        pytest.param({"part": "floor_area * 10"}, "5000", "fee.lets[part]", id="a part without its input"),
        pytest.param({"one": "two", "two": "1"}, "one", "fee.lets[one]", id="a part that comes too early"),
        pytest.param({}, "5000 +", "fee.lines[building]", id="a line that cannot be read"),
    ],
)
def test_a_fault_in_an_expression_names_where_it_stands(lets, line, where):
    with pytest.raises(FormulaFault) as caught:
        price(service(lets=lets, lines={"building": line}), {})
    assert caught.value.where == where


def test_a_part_may_not_hide_an_answer():
    with pytest.raises(Invalid, match=r"fee.lets\[area\]"):
        price(service(lets={"area": "1"}, lines={"building": "area"}), {"area": D(50)})


def test_the_total_has_a_limit_too():
    with pytest.raises(Invalid, match="total"):
        price(service(lines={"one": "900000000000000", "two": "900000000000000"}), {})


def test_a_line_rests_on_its_own_parts_only_and_names_its_rule():
    two = service(
        lets={"index": "0.5 * weight", "total_index": "index + 0.1", "other": "7"},
        lines={"building": "round(area * total_index * 100, 0)", "form": "other * 1000"},
    )
    building, form = price(two, {"area": D(10), "weight": D("0.7")}).lines
    assert [part["name"] for part in building.receipt["parts"]] == ["index", "total_index"]
    assert [part["name"] for part in form.receipt["parts"]] == ["other"]
    assert building.receipt["rule"] == {
        "service": "imb",
        "standard": 3,
        "line": "building",
        "legal_basis": "Perda contoh",
        "basis": "assumed",
        "source": SOURCE,
    }


def test_a_stored_line_explains_itself():
    bill = price(
        service(
            lets={"index": "0.5 * weight"}, lines={"building": "round(area * index * 25, 0)", "form": "5000"}
        ),
        {"area": D(10), "weight": D("0.7")},
    )
    stored = json.loads(json.dumps([line.receipt for line in bill.lines]))
    assert explain_line(stored[0]) == [
        "weight = 0.7",
        "0.5 * weight = 0.5 * 0.7 = 0.35",
        "index = 0.35",
        "area = 10",
        "area * index * 25 = 10 * 0.35 * 25 = 87.5",
        "round(area * index * 25, 0) = 88 (to 0 decimals, half_up)",
    ]
    assert explain(stored[0]) == explain_line(stored[0])
    assert stored[0]["value"] == "88"
    assert explain_line(stored[1]) == ["5000"]
