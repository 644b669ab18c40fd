"""The region tables: complete, found by code and name, and equal to what others retyped."""

import csv
from collections import Counter

import pytest

from ptsp.infra.regions import Kind, find_region, parents, regions
from ptsp.kernel.errors import Invalid
from ptsp.kernel.identity import PROVINCES
from tests.checks import shared_data


def test_all_regions_are_there_once() -> None:
    kinds = Counter(one.kind for one in regions().values())
    assert kinds == {Kind.PROVINCE: 38, Kind.REGENCY: 416, Kind.CITY: 98}
    assert len({one.name for one in regions().values()}) == 552
    assert {one.code for one in regions().values() if one.kind is Kind.PROVINCE} == PROVINCES - {"54"}


def test_a_name_says_what_the_region_is() -> None:
    first = {Kind.PROVINCE: "Provinsi ", Kind.REGENCY: "Kabupaten ", Kind.CITY: "Kota "}
    assert all(one.name.startswith(first[one.kind]) for one in regions().values())


@pytest.mark.parametrize(
    ("words", "code"),
    [
        ("35.15", "35.15"),
        ("3515", "35.15"),
        ("35", "35"),
        ("Kabupaten Sidoarjo", "35.15"),
        ("  kabupaten   sidoarjo ", "35.15"),
        ("Sidoarjo", "35.15"),
        ("Jawa Timur", "35"),
        ("Provinsi Jawa Timur", "35"),
        ("Kota Malang", "35.73"),
        ("Jakarta Selatan", "31.74"),
    ],
)
def test_a_region_is_found_by_code_and_by_name(words: str, code: str) -> None:
    assert find_region(words).code == code


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ("Kabupaten Sidoardjo", "did you mean Kabupaten Sidoarjo 35.15?"),
        ("Malang", "ambiguous: Kabupaten Malang 35.07, Kota Malang 35.73"),
        ("Gorontalo", "Provinsi Gorontalo 75, Kabupaten Gorontalo 75.01, Kota Gorontalo 75.71"),
        ("35.99", "there is no region `35.99`"),
        ("99", "give a code such as 35.15"),
        ("", "there is no region ``"),
        ("٣٥١٥", "there is no region"),
    ],
)
def test_a_region_that_is_none_or_several_is_refused_with_its_field(words: str, says: str) -> None:
    with pytest.raises(Invalid) as refused:
        find_region(words, field="from")
    (fault,) = refused.value.faults
    assert fault.field == "from"
    assert says in fault.reason


@pytest.mark.parametrize(
    ("zone", "provinces"),
    [
        ("Asia/Jakarta", "11 12 13 14 15 16 17 18 19 21 31 32 33 34 35 36 61 62"),
        ("Asia/Makassar", "51 52 53 63 64 65 71 72 73 74 75 76"),
        ("Asia/Jayapura", "81 82 91 92 93 94 95 96"),
    ],
)
def test_time_zones_go_by_province(zone: str, provinces: str) -> None:
    found = {one.province_code for one in regions().values() if one.time_zone == zone}
    assert found == set(provinces.split())


def test_a_regency_lies_in_its_province_and_a_province_in_nothing() -> None:
    assert [one.name for one in parents(regions()["35.15"])] == ["Provinsi Jawa Timur"]
    assert parents(regions()["35"]) == ()


def test_names_are_those_that_others_retyped() -> None:
    """One abbreviation and one stray blank of the first source are not taken over; the second says them in full."""
    first = _names("cahyadsn_wilayah_levels_1_2.csv", "kode", "nama")
    second = _names("regencies.csv", "code", "name") | _names("provinces.csv", "code", "name")
    assert regions().keys() == first.keys() == second.keys()
    ours = {code: _plain(one.name) for code, one in regions().items()}
    assert {code for code, name in ours.items() if name not in (first[code], second[code])} == set()
    assert {code for code, name in ours.items() if name != first[code]} == {"71.09"}


def _names(file: str, code: str, name: str) -> dict[str, str]:
    path = shared_data("indonesia", "regions", file)
    with path.open(encoding="utf-8", newline="") as rows:
        return {row[code]: _plain(row[name]) for row in csv.DictReader(rows)}


def _plain(name: str) -> str:
    return " ".join(name.upper().removeprefix("PROVINSI ").split())
