"""Worked examples in by-laws and packs: they come out to the rupiah, and a wrong digit anywhere turns red."""

import json
from collections.abc import Iterator
from copy import deepcopy
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from ptsp.infra.packs import Part, look_at
from ptsp.infra.packs.places import step_into
from ptsp.main.fee_examples import EXPECTATIONS, Example, example_faults, fee_examples
from ptsp.main.packs_cli import packs
from tests.checks import shared_data
from tests.tenants.fee_plants import IMB, MALANG
from tests.tenants.planting import TENANTS, Edit, copied, drop, plant, put

FEWEST = 40


@pytest.fixture(scope="module")
def examples() -> list[Example]:
    return fee_examples(look_at(TENANTS))


def test_there_are_many_and_all_come_out(examples: list[Example]) -> None:
    assert len(examples) >= FEWEST
    assert [str(fault) for one in examples for fault in example_faults(one)] == []


def _expected(raw: dict[str, Any]) -> Iterator[tuple[str, ...]]:
    """Where the expectations of an example stand."""
    for key in EXPECTATIONS:
        if isinstance(raw.get(key), dict):
            yield from ((key, name) for name in raw[key])
        elif key in raw:
            yield (key,)


def _spoilt(value: Any) -> Iterator[Any]:
    """The value with each of its digits changed in turn, or each of its words."""
    if isinstance(value, str):
        words = value.split()
        for at, word in enumerate(words):
            yield " ".join([*words[:at], "satu" if word == "nol" else "nol", *words[at + 1 :]])
        return
    digits = str(value)
    for at, digit in enumerate(digits):
        if digit.isdigit():
            changed = digits[:at] + str((int(digit) + 1) % 10) + digits[at + 1 :]
            yield Decimal(changed) if isinstance(value, Decimal) else int(changed)


def _with(one: Example, place: tuple[str, ...], value: Any) -> Example:
    raw = deepcopy(one.part.raw)
    holder = raw[place[0]] if len(place) > 1 else raw
    holder[place[-1]] = value
    return replace(one, part=Part(one.part.document, one.part.path, raw))


def test_each_digit_of_each_expectation_matters(examples: list[Example]) -> None:
    tried = 0
    for one in examples:
        for place in _expected(one.part.raw):
            at = one.part.path
            for part in place:
                at = step_into(at, part)
            value = one.part.raw[place[0]]
            for wrong in _spoilt(value[place[1]] if len(place) > 1 else value):
                tried += 1
                faults = example_faults(_with(one, place, wrong))
                assert [fault.field for fault in faults] == [f"{one.part.file}: {at}"], (place, wrong)
                assert "comes to" in faults[0].reason
                assert "(line " in faults[0].reason
    assert tried > 5 * FEWEST


def test_every_by_law_has_an_example_and_a_confirmed_one_has_a_source(examples: list[Example]) -> None:
    files = {one.part.file for one in examples}
    assert [code for code in look_at(TENANTS).library.by_laws if f"_bylaws/{code}.yaml" not in files] == []
    confirmed = [one.part.raw["name"] for one in examples if one.part.raw["basis"] == "confirmed"]
    assert [name for name in confirmed if "LATE" in name or "HO" in name or "PBG" in name] == []


def test_the_printed_example_is_the_one_of_the_collected_data(examples: list[Example]) -> None:
    """The by-law's annex as it was collected, which is no part of the repository."""
    collected = json.loads(shared_data("indonesia", "retribution_examples.json").read_text())
    printed = next(one for one in collected["examples"] if one["id"] == "perda-example-1")
    ours = [one.part.raw for one in examples if one.part.raw["name"].startswith("IMB-1")]
    assert len(ours) == 2
    for raw in ours:
        assert list(raw["lines"].values()) == [line["amount"] for line in printed["lines"]]
        assert raw["total"] == printed["total"]
        assert f"{raw['words']} rupiah" == printed["terbilang"].lower()


# What is wrong with an example


def _own(*keys: str | int, value: Any) -> Edit:
    return put("examples", 0, *keys, value=value)


WRONG = [
    pytest.param(
        _own("inputs", "land_use", value="industry"), ".total", "comes to Rp135.000", id="another input"
    ),
    pytest.param(
        _own("inputs", "area", value=0), ".inputs.area", "at least 1", id="an input below its bound"
    ),
    pytest.param(_own("inputs", "area", value=Decimal("1.234")), ".inputs.area", "", id="too many decimals"),
    pytest.param(
        _own("inputs", "road", value="toll"), ".inputs.road", "arterial", id="a choice that is none"
    ),
    pytest.param(_own("inputs", "rode", value="local"), ".inputs.rode", "", id="an input that is none"),
    pytest.param(drop("examples", 0, "inputs", "road"), ".inputs.road", "", id="an input left out"),
    pytest.param(
        _own("parts", value={"bas": 45000}), ".parts.bas", "did you mean `base`?", id="a part that is none"
    ),
    pytest.param(
        _own("lines", value={"ho": 1}), ".lines.ho", "there is no line `ho`", id="a line that is none"
    ),
    pytest.param(_own("total", value=-472500), ".total", "comes to Rp472.500", id="a total below zero"),
    pytest.param(_own("words", value=""), ".words", "expected ``", id="no words"),
    pytest.param(
        _own("of", value="interest"), ".of", "no interest is charged", id="interest where there is none"
    ),
]


@pytest.mark.parametrize(("edit", "path", "reason"), WRONG)
def test_what_is_wrong_with_an_example_is_named(tmp_path: Path, edit: Edit, path: str, reason: str) -> None:
    root = copied(tmp_path, "sidoarjo")
    plant(root, MALANG, edit)
    checked = look_at(root)
    assert checked.faults == ()
    faults = [fault for one in fee_examples(checked) for fault in example_faults(one)]
    found = [fault.reason for fault in faults if fault.field == f"{MALANG}: $.examples[0]{path}"]
    assert len(found) == 1, faults
    assert reason in found[0]


LATE = "_bylaws/bunga_2_persen.yaml"


@pytest.mark.parametrize(
    ("inputs", "path", "reason"),
    [
        pytest.param({"unpaid": 1, "months": 0}, ".inputs.months", "a whole number from 1", id="no month"),
        pytest.param({"unpaid": 1}, ".inputs.months", "a whole number from 1", id="months left out"),
        pytest.param({"unpaid": True, "months": 1}, ".inputs.unpaid", "a whole number from 1", id="yes"),
        pytest.param(
            {"unpaid": Decimal("1.5"), "months": 1}, ".inputs.unpaid", "a whole number", id="half a rupiah"
        ),
        pytest.param({"unpaid": 1, "months": 1, "days": 3}, ".inputs.days", "knows only", id="days"),
    ],
)
def test_what_is_wrong_with_an_example_of_interest_is_named(
    tmp_path: Path, inputs: dict[str, Any], path: str, reason: str
) -> None:
    root = copied(tmp_path, "sidoarjo")
    plant(root, LATE, put("examples", 0, "inputs", value=inputs))
    faults = [fault for one in fee_examples(look_at(root)) for fault in example_faults(one)]
    assert [reason in one.reason for one in faults if one.field == f"{LATE}: $.examples[0]{path}"] == [True]


def test_an_example_that_expects_nothing_is_named(tmp_path: Path) -> None:
    root = copied(tmp_path, "sidoarjo")

    def edit(raw: dict[str, Any]) -> str:
        for key in ("parts", "lines", "total", "words"):
            raw["examples"][0].pop(key)
        return ""

    plant(root, MALANG, edit)
    (fault,) = [fault for one in fee_examples(look_at(root)) for fault in example_faults(one)]
    assert fault.field == f"{MALANG}: $.examples[0]"
    assert "expects nothing" in fault.reason


def test_a_fee_without_a_value_is_named(examples: list[Example]) -> None:
    """An example that was right until its by-law's table lost a row."""
    one = next(one for one in examples if one.part.file == MALANG)
    fee = replace(one.service.fee, tables={})
    (fault,) = example_faults(replace(one, service=replace(one.service, fee=fee)))
    assert fault.field == f"{MALANG}: $.examples[0]"
    assert "has no value" in fault.reason


def test_examples_of_a_file_with_faults_are_not_run(tmp_path: Path) -> None:
    root = copied(tmp_path, "sidoarjo")
    all_of_them = len(fee_examples(look_at(root)))
    plant(root, MALANG, put("regulation", value=" "))
    assert len(fee_examples(look_at(root))) == all_of_them - 3
    plant(root, IMB, put("series", value="HO"))
    assert len(fee_examples(look_at(root))) == all_of_them - 5


# The command


def test_check_names_a_wrong_example_with_its_place_and_the_way(tmp_path: Path) -> None:
    root = copied(tmp_path, "sidoarjo")
    plant(root, MALANG, put("examples", 0, "total", value=472501))
    line = (root / MALANG).read_text().splitlines().index("  total: 472501") + 1
    done = CliRunner().invoke(packs, ["check", str(root)])
    assert done.exit_code == 1
    assert f"{MALANG}\n  $.examples[0].total: expected Rp472.501, comes to Rp472.500 " in done.output
    assert f"(line {line})" in done.output
    assert done.output.endswith(", 1 fault\n")


def test_check_explains_a_wrong_line_of_a_service(tmp_path: Path) -> None:
    root = copied(tmp_path, "sidoarjo")
    plant(root, IMB, put("fee", "examples", 0, "lines", "building", value=140624))
    done = CliRunner().invoke(packs, ["check", str(root), "--json"])
    printed = json.loads(done.output)
    (fault,) = printed["mistakes"]
    assert (done.exit_code, fault["file"]) == (1, IMB)
    assert fault["path"] == "$.fee.examples[0].lines.building"
    assert "integrated_index = 0.3125" in fault["reason"]
    assert "expected Rp140.624, comes to Rp140.625" in fault["reason"]


def test_check_as_json_counts_the_examples_run() -> None:
    printed = json.loads(CliRunner().invoke(packs, ["check", str(TENANTS), "--json"]).output)
    assert printed["faults"] == 0
    assert printed["fee_examples"] >= FEWEST
    assert len(printed["packs"]) == 9


def test_an_answer_of_a_service_is_checked_like_an_applicants(tmp_path: Path) -> None:
    root = copied(tmp_path, "sidoarjo")
    plant(root, IMB, put("fee", "examples", 0, "inputs", "hsbg", value=4500))
    (fault,) = [fault for one in fee_examples(look_at(root)) for fault in example_faults(one)]
    assert fault.field == f"{IMB}: $.fee.examples[0].inputs.hsbg"
