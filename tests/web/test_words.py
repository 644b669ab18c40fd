"""Two languages with the same keys, and figures written as people here write them."""

import re
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from string import Formatter

import pytest

from ptsp.web import format as shown
from ptsp.web.words import FOLDER, load_words

TEMPLATES = FOLDER.parent / "templates"


def places(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name}


def test_both_languages_have_the_same_keys_and_places() -> None:
    texts = load_words().texts
    assert texts["id"].keys() == texts["en"].keys()
    differing = [key for key, text in texts["id"].items() if places(text) != places(texts["en"][key])]
    assert differing == []


def test_a_key_in_one_language_only_is_refused_at_the_start(tmp_path: Path) -> None:
    (tmp_path / "id.yaml").write_text("a: satu\nb: dua\n")
    (tmp_path / "en.yaml").write_text("a: one\n")
    with pytest.raises(ValueError, match="'b'"):
        load_words(tmp_path)


def test_every_text_that_a_template_names_exists() -> None:
    known = load_words().texts["id"].keys()
    named = {
        key
        for path in TEMPLATES.rglob("*.html")
        for key in re.findall(r'\bt\("([\w.]+)"(?! ~)', path.read_text())
    }
    assert sorted(key for key in named if not key.endswith(".")) == sorted(named & known)


@pytest.mark.parametrize(
    ("lang", "text"), [("id", "Minggu, 22 November 2026"), ("en", "Sunday, 22 November 2026")]
)
def test_a_day_is_written_out(lang: str, text: str) -> None:
    assert shown.long_date(date(2026, 11, 22), lang) == text


@pytest.mark.parametrize(
    ("zone", "text"),
    [
        ("Asia/Jakarta", "22 November 2026, 00.30 WIB"),
        ("Asia/Makassar", "22 November 2026, 01.30 WITA"),
        ("Asia/Jayapura", "22 November 2026, 02.30 WIT"),
    ],
)
def test_a_moment_is_told_in_the_offices_own_zone(zone: str, text: str) -> None:
    assert shown.moment(datetime(2026, 11, 21, 17, 30, tzinfo=UTC), zone, "id") == text


@pytest.mark.parametrize(("amount", "text"), [(0, "Rp0"), (187625, "Rp187.625"), (-5000, "-Rp5.000")])
def test_money_has_points_between_thousands(amount: int, text: str) -> None:
    assert shown.money(amount) == text


def test_numbers_keep_all_their_digits() -> None:
    assert shown.number(Decimal("1250.12345"), "id") == "1.250,12345"
    assert shown.number(Decimal("1250.12345"), "en") == "1,250.12345"
