"""A receipt is told in both languages, with the numbers, labels and names that readers know."""

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ptsp.domain.fees import price
from ptsp.flows.fee_words import told
from ptsp.kernel.formulas import as_json, evaluate, parse
from ptsp.kernel.specs import Basis, Choice, FieldSpec, TableSpec

FIELDS = (
    FieldSpec("area", {"id": "Luas lantai", "en": "Floor area"}, "number", unit="m2", decimals=2),
    FieldSpec(
        "function",
        {"id": "Fungsi", "en": "Function"},
        "choice",
        choices=(Choice("low", {"id": "Hunian", "en": "Housing"}),),
    ),
    FieldSpec(
        "risk",
        {"id": "Risiko", "en": "Risk"},
        "choice",
        choices=(Choice("low", {"id": "Rendah", "en": "Low"}),),
    ),
    FieldSpec("is_new", {"id": "Bangunan baru", "en": "New building"}, "yes_no"),
)
GIVEN = {
    "area": Decimal("1250.5"),
    "function": "low",
    "risk": "low",
    "is_new": True,
    "index": Decimal("0.3125"),
}
BY_LAW = {
    "tariff": TableSpec(
        "tariff", "bands", ((Decimal(100), Decimal(900)), (None, Decimal(800))), Basis.ASSUMED, "x"
    ),
    "shares": TableSpec(
        "shares", "slices", ((Decimal(1000), Decimal(2000)), (None, Decimal("1500.5"))), Basis.ASSUMED, "x"
    ),
    "level": TableSpec(
        "level", "choices", (("low", Decimal("0.4")), ("region", Decimal(4500))), Basis.ASSUMED, "x"
    ),
}
TEXTS = {"formula.level": {"id": "indeks tingkat", "en": "level index"}}


class Service:
    """As much of a service as words need."""

    fields = FIELDS


def words(expression: str, **more: Any) -> list[tuple[str, str]]:
    receipt = as_json(evaluate(parse(expression), GIVEN, BY_LAW)) | more
    return [(one["id"], one["en"]) for one in told(receipt, Service(), TEXTS)]  # type: ignore[arg-type]


SHARES = "1.000 × 2.000 + 250,5 × 1.500,5"
AREA = ("Isian: Luas lantai = 1.250,5 m²", "Given: Floor area = 1,250.5 m²")


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        (
            "area * 2",
            [AREA, ("Luas lantai × 2 = 1.250,5 × 2 = 2.501", "Floor area × 2 = 1,250.5 × 2 = 2,501")],
        ),
        ("2 + 3 - 4", [("2 + 3 − 4 = 1", "2 + 3 − 4 = 1")]),
        ("-area", [AREA, ("Dibalik tandanya: −1.250,5", "With the sign changed: −1,250.5")]),
        (
            "round(area * 3, 0)",
            [
                AREA,
                ("Luas lantai × 3 = 1.250,5 × 3 = 3.751,5", "Floor area × 3 = 1,250.5 × 3 = 3,751.5"),
                (
                    "Dibulatkan ke bilangan bulat (setengah ke atas): 3.751,5 menjadi 3.752",
                    "Rounded to a whole number (half up): 3,751.5 becomes 3,752",
                ),
            ],
        ),
        (
            "round(area, 2, half_even)",
            [
                AREA,
                (
                    "Dibulatkan ke 2 desimal (setengah ke genap): tetap 1.250,5",
                    "Rounded to 2 decimals (half to even): 1,250.5 as before",
                ),
            ],
        ),
        (
            "round(area, -3, down)",
            [
                AREA,
                (
                    "Dibulatkan ke -3 desimal (ke bawah): 1.250,5 menjadi 1.000",
                    "Rounded to -3 decimals (down): 1,250.5 becomes 1,000",
                ),
            ],
        ),
        (
            "floor(index)",
            [
                (
                    "Dibulatkan ke bawah ke bilangan bulat: 0,3125 menjadi 0",
                    "Rounded down to a whole number: 0.3125 becomes 0",
                )
            ],
        ),
        (
            "band(tariff, area)",
            [
                AREA,
                (
                    "Tabel tariff, untuk Luas lantai = 1.250,5: golongan terakhir, nilainya 800",
                    "Table tariff, for Floor area = 1,250.5: the last band, with the value 800",
                ),
            ],
        ),
        (
            "band(tariff, 100)",
            [
                (
                    "Tabel tariff, untuk 100: golongan sampai dengan 100, nilainya 900",
                    "Table tariff, for 100: the band up to 100, with the value 900",
                )
            ],
        ),
        (
            "slice(shares, area)",
            [
                AREA,
                (
                    f"Tabel shares, setiap bagian dengan tarifnya sendiri: {SHARES} = 2.375.875,25",
                    "Table shares, each share at its own rate: 1,000 × 2,000 + 250.5 × 1,500.5 = 2,375,875.25",
                ),
            ],
        ),
        (
            "choose(level, risk)",
            [
                ("Isian: Risiko = Rendah", "Given: Risk = Low"),
                ("Tabel indeks tingkat, baris Rendah: 0,4", "Table level index, row Low: 0.4"),
            ],
        ),
        (
            'choose(level, "region")',
            [("Tabel indeks tingkat, baris region: 4.500", "Table level index, row region: 4,500")],
        ),
        (
            'if(function == "low", 1, 2)',
            [
                ("Isian: Fungsi = Hunian", "Given: Function = Housing"),
                ("Fungsi = Hunian: ya", "Function = Housing: yes"),
                ("Karena syarat itu terpenuhi, dipakai 1", "As that condition holds, 1 is taken"),
            ],
        ),
        (
            "if(is_new and area < 100, 1, 2)",
            [
                ("Isian: Bangunan baru = ya", "Given: New building = yes"),
                AREA,
                ("Luas lantai < 100: tidak", "Floor area < 100: no"),
                ("Semua syarat itu terpenuhi: tidak", "All those conditions hold: no"),
                (
                    "Karena syarat itu tidak terpenuhi, dipakai 2",
                    "As that condition does not hold, 2 is taken",
                ),
            ],
        ),
        ("max(index, 2)", [("Yang terbesar dari index; 2 = 2", "The greatest of index; 2 = 2")]),
        (
            "1 / 3 * 3",
            [
                (
                    f"1 : 3 × 3 = 0,{'9' * 34} (hasil bagi dibulatkan ke 34 angka)",
                    f"1 : 3 × 3 = 0.{'9' * 34} (quotient rounded to 34 digits)",
                )
            ],
        ),
        ("5000", [("Ditetapkan sebesar 5.000", "Stated as 5,000")]),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_every_operation_is_told(expression: str, expected: list[tuple[str, str]]) -> None:
    assert words(expression) == expected


def test_named_parts_come_first_with_their_names() -> None:
    part = as_json(evaluate(parse("area / 2"), GIVEN, {}))
    known = GIVEN | {"half_area": Decimal("625.25")}
    receipt = as_json(evaluate(parse("half_area * 4"), known, {})) | {
        "parts": [{"name": "half_area", "receipt": part}]
    }
    lines = [one["id"] for one in told(receipt, Service(), {})]  # type: ignore[arg-type]
    assert lines == [
        AREA[0],
        "Luas lantai : 2 = 1.250,5 : 2 = 625,25",
        "Jadi half area = 625,25",
        "half area × 4 = 625,25 × 4 = 2.501",
    ]


def test_no_receipt_has_no_words() -> None:
    assert told({}, Service(), {}) == ()  # type: ignore[arg-type]


def test_every_line_of_every_office_is_told_in_both_languages(packs: list[Any], tell: Any) -> None:
    """Whatever the packs say now: no note goes untold, no word of the language of formulas comes through."""
    lines = 0
    for pack in packs:
        for service in pack.services.values():
            bill = price(service, {field.code: _answer(field) for field in service.fields})
            for line in bill.lines:
                found = told(line.receipt, service, pack.texts)
                lines += len(found)
                assert found
                for one in found:
                    assert set(one) == {"id", "en"}
                    assert not any(
                        sign in one["id"] for sign in ("half_", "==", "_", "{", "choose(", "band(")
                    )
    tell(f"{lines} lines told")
    assert lines > 50


def _answer(field: FieldSpec) -> Any:
    if field.type == "choice":
        return field.choices[-1].code
    if field.type == "yes_no":
        return True
    if field.type == "text":
        return "x"
    return max(Decimal(1), field.minimum or Decimal(0))


@given(st.decimals(min_value=-(10**15), max_value=10**15, allow_nan=False, places=6))
def test_a_number_is_written_with_all_its_digits(number: Decimal) -> None:
    receipt = as_json(evaluate(parse("x"), {"x": number}, {}))
    plain = format(abs(number.normalize()), "f")
    (one,) = told({**receipt, "operation": "number"}, Service(), {})  # type: ignore[arg-type]
    read = one["id"].removeprefix("Ditetapkan sebesar ").removeprefix("−")
    assert read.replace(".", "").replace(",", ".") == plain
    assert all(len(group) == 3 for group in read.partition(",")[0].split(".")[1:])
