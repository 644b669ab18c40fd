"""Unusual names and numbers that are right are taken, kept to the letter and shown without running."""

import html
import unicodedata

import pytest

from ptsp.main.demo.orders import KNOWN_NIK
from tests.api.hall import changed

NAMES = (
    "O'Brien",
    "Null",
    "Suharto",
    "X",
    "<script>alert(1)</script>",
    "{{7*7}}",
    "{% raw %}",
    "=cmd|' /C calc'!A0",
    "%00",
    "'; DROP TABLE app.bundle; --",
    unicodedata.normalize("NFC", "Renée"),
    unicodedata.normalize("NFD", "Renée"),
    "Ni Luh \U0001f33a",
    "ꦱꦸꦥꦿꦥ꧀ꦠꦺꦴ",
    "a" * 200,
)
NUMBERS = (("180", "180"), (180, "180"), ("180.5", "180.5"), ("1e3", "1000"), ("180.00", "180.00"))


@pytest.mark.parametrize("name", NAMES)
def test_a_name_is_shown_as_it_was_written(hall, name):
    accepted = hall.lodged(changed(hall.nuisance(), "applicant.name", name))
    assert hall.track(accepted).json["applicant_name"] == name
    page = hall.client().get(f"/sidoarjo/bundles/{accepted['reference']}?key={accepted['key']}")
    assert page.status_code == 200
    assert name in html.unescape(page.text)
    assert "<script>alert" not in page.text
    assert ">49<" not in page.text


@pytest.mark.parametrize(("sent", "kept"), NUMBERS)
def test_a_number_is_kept_to_the_digit(hall, sent, kept):
    accepted = hall.lodged(hall.nuisance(area=sent))
    (row,) = hall.office.rows(
        "SELECT a.answers FROM app.application a JOIN app.bundle b ON b.id = a.bundle_id WHERE b.reference = :it",
        it=accepted["reference"],
    )
    assert f'"area":{{"n":"{kept}"}}' in row.answers


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("applicant.nik", "3515085203909991"),  # a woman's: day of birth and 40
        ("applicant.kk", "3515081203909992"),
        ("applicant.phone", "+62 31 0000000"),
        ("applicant.birth_on", "2000-02-29"),
    ],
)
def test_what_only_looks_unusual_is_taken(hall, path, value):
    assert hall.lodge(changed(hall.nuisance(), path, value)).status_code == 201


def test_the_number_of_a_person_is_shown_masked_and_stored_sealed(hall):
    accepted = hall.lodged(hall.nuisance())
    answer = hall.track(accepted)
    assert answer.json["applicant_nik"] == f"3515{'*' * 10}90"
    assert KNOWN_NIK not in answer.text
    (row,) = hall.office.rows(
        "SELECT applicant FROM app.bundle WHERE reference = :it", it=accepted["reference"]
    )
    assert KNOWN_NIK.encode() not in bytes(row.applicant)
