"""Rupiah in figures and words, and numbers as people send them."""

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ptsp.kernel.errors import Invalid
from ptsp.kernel.money import exact, in_words, rupiah


@pytest.mark.parametrize(
    ("amount", "written"),
    [
        (0, "Rp0"),
        (999, "Rp999"),
        (187_625, "Rp187.625"),
        (10**15, "Rp1.000.000.000.000.000"),
        (-5_000, "-Rp5.000"),
    ],
)
def test_rupiah_are_grouped_by_points(amount, written):
    assert rupiah(amount) == written


@pytest.mark.parametrize(
    ("amount", "words"),
    [
        (0, "nol"),
        (1, "satu"),
        (10, "sepuluh"),
        (11, "sebelas"),
        (12, "dua belas"),
        (19, "sembilan belas"),
        (20, "dua puluh"),
        (21, "dua puluh satu"),
        (100, "seratus"),
        (101, "seratus satu"),
        (111, "seratus sebelas"),
        (200, "dua ratus"),
        (999, "sembilan ratus sembilan puluh sembilan"),
        (1_000, "seribu"),
        (1_100, "seribu seratus"),
        (2_001, "dua ribu satu"),
        (11_000, "sebelas ribu"),
        (100_000, "seratus ribu"),
        (101_000, "seratus satu ribu"),
        (187_625, "seratus delapan puluh tujuh ribu enam ratus dua puluh lima"),
        (1_000_000, "satu juta"),
        (1_001_000, "satu juta seribu"),
        (1_000_000_000, "satu miliar"),
        (1_000_000_000_000, "satu triliun"),
        (10**15, "seribu triliun"),
    ],
)
def test_amounts_in_words(amount, words):
    assert in_words(amount) == f"{words} rupiah"


NINE = ["satu", "dua", "tiga", "empat", "lima", "enam", "tujuh", "delapan", "sembilan"]
SMALL = dict(zip(NINE, range(1, 10), strict=True))
LARGE = {"ribu": 10**3, "juta": 10**6, "miliar": 10**9}


def read(words):
    """An independent reading of the words, from left to right."""
    if "triliun" in words:
        before, after = words.split(" triliun ")
        return read(before) * 10**12 + read(after)
    total = group = digit = 0
    for word in words.removesuffix("rupiah").split():
        if word.startswith("se") and word not in SMALL:
            digit, word = 1, word[2:]
        if word in SMALL:
            digit = SMALL[word]
        elif word in LARGE:
            total, group, digit = total + (group + digit) * LARGE[word], 0, 0
        else:
            group += {"belas": 10 + digit, "puluh": 10 * digit, "ratus": 100 * digit, "nol": 0}[word]
            digit = 0
    return total + group + digit


@settings(max_examples=200, deadline=None)
@given(st.one_of(st.integers(0, 10**15), st.integers(0, 3_000), st.integers(0, 15).map(lambda n: 10**n)))
def test_words_read_back_as_the_amount(amount):
    assert read(in_words(amount)) == amount


@pytest.mark.parametrize("amount", [-1, 10**15 + 1])
def test_amounts_out_of_range_have_no_words(amount):
    with pytest.raises(Invalid, match="amount"):
        in_words(amount)


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("0", "0"),
        ("-12", "-12"),
        ("157.50", "157.50"),
        ("1e3", "1000"),
        ("12E-2", "0.12"),
        ("-0.0", "0"),
        ("007", "7"),
    ],
)
def test_plain_numbers_are_taken_exactly(text, number):
    assert str(exact(text)) == number


@pytest.mark.parametrize(
    "text",
    [
        "",
        " 1",
        "1\n",
        "1.000,50",
        "1,5",
        "1 000",
        "+1",
        ".5",
        "5.",
        "0x10",
        "1_000",
        "NaN",
        "sNaN",
        "inf",
        "-Infinity",
    ]
    + [
        "1e",
        "1e21",
        "1e-21",
        "1e999999",
        "1e99999999999999999999",
        "9" * 21,
        "0." + "1" * 21,
        "1" * 5000,
        "١",
        "１",
    ],
)
def test_anything_else_is_refused_and_names_its_field(text):
    with pytest.raises(Invalid) as caught:
        exact(text, field="answers.floor_area")
    assert [fault.field for fault in caught.value.faults] == ["answers.floor_area"]


@settings(max_examples=100, deadline=None)
@given(st.decimals(allow_nan=False, allow_infinity=False, places=6, min_value=-(10**12), max_value=10**12))
def test_what_was_written_plainly_comes_back(number):
    assert exact(format(number, "f")) == number


@settings(max_examples=150, deadline=None)
@given(st.text(max_size=30))
def test_any_text_is_a_finite_number_or_a_fault(text):
    try:
        number = exact(text)
    except Invalid:
        return
    assert isinstance(number, Decimal)
    assert number.is_finite()
