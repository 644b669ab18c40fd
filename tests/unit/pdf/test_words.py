"""Dates and money are written as Indonesian documents write them."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ptsp.infra.pdf.words import long_date, rupiah, rupiah_in_words


@pytest.mark.parametrize(
    ("on", "expected"),
    [
        (date(2026, 11, 22), "22 November 2026"),
        (date(2027, 8, 1), "1 Agustus 2027"),
        (date(1, 1, 1), "1 Januari 1"),
    ],
)
def test_a_date_is_written_out(on: date, expected: str) -> None:
    assert long_date(on) == expected


@pytest.mark.parametrize(
    ("amount", "expected"),
    [(0, "Rp0"), (500, "Rp500"), (187_625, "Rp187.625"), (-1500, "-Rp1.500"), (10**9, "Rp1.000.000.000")],
)
def test_money_is_whole_rupiah_with_points(amount: int, expected: str) -> None:
    assert rupiah(amount) == expected


@pytest.mark.parametrize(
    ("amount", "expected"),
    [
        (0, "nol"),
        (1, "satu"),
        (10, "sepuluh"),
        (11, "sebelas"),
        (12, "dua belas"),
        (20, "dua puluh"),
        (21, "dua puluh satu"),
        (100, "seratus"),
        (111, "seratus sebelas"),
        (1_000, "seribu"),
        (1_100, "seribu seratus"),
        (2_019, "dua ribu sembilan belas"),
        (100_000, "seratus ribu"),
        (101_000, "seratus satu ribu"),
        (187_625, "seratus delapan puluh tujuh ribu enam ratus dua puluh lima"),
        (1_000_000, "satu juta"),
        (1_001_001, "satu juta seribu satu"),
        (2_000_000_000, "dua miliar"),
        (10**12, "satu triliun"),
    ],
)
def test_money_is_said_in_words(amount: int, expected: str) -> None:
    assert rupiah_in_words(amount) == f"{expected} rupiah"


@given(st.integers(0, 10**15 - 1), st.integers(0, 10**15 - 1))
def test_different_amounts_have_different_words(one: int, other: int) -> None:
    assert (rupiah_in_words(one) == rupiah_in_words(other)) == (one == other)


@pytest.mark.parametrize("amount", [-1, 10**15])
def test_what_cannot_be_said_is_an_error(amount: int) -> None:
    with pytest.raises(ValueError, match="must be between"):
        rupiah_in_words(amount)
