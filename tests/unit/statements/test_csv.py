"""Statements as CSV: every way to write them that is taken, and every fault by line and column."""

import contextlib
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ptsp.infra.statements import StatementLine, read_statement
from ptsp.kernel.errors import Invalid
from tests.unit.statements.files import csv_of

ROW = "2026-03-02,R-1,2600000001,187625,Setoran"


def faults(data: bytes) -> list[tuple[str, str]]:
    with pytest.raises(Invalid) as refused:
        read_statement(data)
    return [(one.field, one.code) for one in refused.value.faults]


def test_a_plain_file_is_read() -> None:
    read = read_statement(csv_of(ROW, "2026-03-05,R-2,,-1000,"))
    assert read.lines == (
        StatementLine("R-1", ("R-1",), date(2026, 3, 2), 187625, "2600000001", "Setoran"),
        StatementLine("R-2", ("R-2",), date(2026, 3, 5), -1000, "", ""),
    )
    assert (read.first_on, read.last_on, read.opening, read.closing) == (
        date(2026, 3, 2),
        date(2026, 3, 5),
        None,
        None,
    )


AMOUNTS = {
    "1234567": 1234567,
    "1234567.00": 1234567,
    "1234567.0": 1234567,
    "1.234.567": 1234567,
    "1.234.567,00": 1234567,
    "1234567,00": 1234567,
    "1.234": 1234,
    "-1.234,00": -1234,
    "Rp 1.234": 1234,
    "Rp1.234,00": 1234,
    "007": 7,
}


@pytest.mark.parametrize("written", AMOUNTS)
def test_an_amount_is_read_to_the_rupiah(written: str) -> None:
    data = csv_of(f"2026-03-02;R-1;{written};x", head="date;reference;amount;description")
    assert [one.amount for one in read_statement(data).lines] == [AMOUNTS[written]]


WRONG_AMOUNTS = {
    "": "statement_amount",
    "x": "statement_amount",
    "1,234,567": "statement_amount",
    "1,234.00": "statement_amount",
    "1.23.456": "statement_amount",
    "1.234.56": "statement_amount",
    "12345.678": "statement_amount",
    "1e6": "statement_amount",
    "+5": "statement_amount",
    "1 000": "statement_amount",
    "٣": "statement_amount",
    "0": "statement_amount_range",
    "0,00": "statement_amount_range",
    "1000000000000001": "statement_amount_range",
    "1,50": "statement_sen",
    "1.50": "statement_sen",
    "1.000,01": "statement_sen",
}


@pytest.mark.parametrize("written", WRONG_AMOUNTS)
def test_no_other_amount_is_guessed_at(written: str) -> None:
    data = csv_of(f"2026-03-02;R-1;{written};x", head="date;reference;amount;description")
    assert faults(data) == [("line 2, column amount", WRONG_AMOUNTS[written])]


@pytest.mark.parametrize(
    ("written", "day"),
    [
        ("2026-03-02", (2026, 3, 2)),
        ("02/03/2026", (2026, 3, 2)),
        ("2-3-2026", (2026, 3, 2)),
        ("31/12/2026", (2026, 12, 31)),
    ],
)
def test_a_day_is_read(written: str, day: tuple[int, int, int]) -> None:
    assert read_statement(csv_of(f"{written},R-1,,5,x")).lines[0].booked_on == date(*day)


@pytest.mark.parametrize(
    "written", ["", "2026-02-30", "31/02/2026", "12/31/2026", "2026-3-2", "2/3/26", "besok"]
)
def test_no_other_day_is_guessed_at(written: str) -> None:
    assert faults(csv_of(f"{written},R-1,,5,x")) == [("line 2, column date", "statement_date")]


@pytest.mark.parametrize(
    "head",
    [
        "date,reference,customer_no,amount,description",
        " Date , REFERENCE,Customer_No,Amount,Description",
        "tanggal,referensi,nomor pelanggan,jumlah,keterangan",
        "Tanggal,No. Referensi,No. VA,Nominal,Keterangan",
    ],
)
def test_columns_are_known_by_their_names(head: str) -> None:
    assert read_statement(csv_of(ROW, head=head)).lines[0].customer_no == "2600000001"


def test_columns_may_stand_in_any_order_beside_others() -> None:
    data = csv_of(
        "x;Setoran, tunai;187.625,00;R-1;02/03/2026", head="saldo;description;amount;reference;date"
    )
    assert read_statement(data).lines == (
        StatementLine("R-1", ("R-1",), date(2026, 3, 2), 187625, "", "Setoran, tunai"),
    )


@pytest.mark.parametrize("start", [b"", b"\xef\xbb\xbf"])
@pytest.mark.parametrize("ends", [b"\n", b"\r\n"])
def test_marks_and_line_ends_of_other_systems_are_taken(start: bytes, ends: bytes) -> None:
    data = start + csv_of(ROW, "", '2026-03-02,R-2,,5,"dua\tbaris"').replace(b"\n", ends).replace(b"\t", b" ")
    assert len(read_statement(data).lines) == 2


FILES = {
    "empty": (b"", [("file", "file_empty")]),
    "blank": (b" \n \n", [("file", "file_empty")]),
    "head only": (csv_of(), [("file", "statement_no_lines")]),
    "no columns": (b"a;b;c\n1;2;3\n", [("line 1", "statement_columns")]),
    "a column twice": (
        csv_of(head="date,reference,amount,jumlah,description"),
        [("line 1", "statement_column_twice")],
    ),
    "too few cells": (csv_of(ROW, "2026-03-02,R-2"), [("line 3", "statement_cells")]),
    "too many cells": (csv_of(ROW + ",more"), [("line 2", "statement_cells")]),
    "no reference": (csv_of("2026-03-02, ,,5,x"), [("line 2, column reference", "missing")]),
    "a long cell": (csv_of(f"2026-03-02,R-1,,5,{'x' * 501}"), [("line 2, column description", "too_long")]),
    "a tab": (csv_of("2026-03-02,R\t1,,5,x"), [("line 2, column reference", "character")]),
    "not utf-8": (csv_of(ROW) + b"2026-03-02,R-2,,5,\xff\n", [("line 3", "statement_encoding")]),
    "a quotation mark that never ends": (csv_of('2026-03-02,R-1,,5,"x'), [("line 2", "statement_csv")]),
    "all faults at once": (
        csv_of("x,,,y,z", ROW, "2026-03-02,R-2,,0,z"),
        [
            ("line 2, column reference", "missing"),
            ("line 2, column date", "statement_date"),
            ("line 2, column amount", "statement_amount"),
            ("line 4, column amount", "statement_amount_range"),
        ],
    ),
    "too large": (b"x" * (8 * 1024 * 1024 + 1), [("file", "file_too_large")]),
}


@pytest.mark.parametrize("name", FILES)
def test_a_fault_is_named_by_its_place(name: str) -> None:
    data, wanted = FILES[name]
    assert faults(data) == wanted


def test_more_than_twenty_faults_are_not_told() -> None:
    assert len(faults(csv_of(*["x,R,,5,y"] * 500))) == 20


def test_a_file_of_too_many_lines_is_refused() -> None:
    assert faults(csv_of(*["2026-03-02,R,,5,"] * 50_001)) == [("line 50002", "statement_too_long")]


rows = st.lists(
    st.tuples(
        st.integers(0, 3000),
        st.text(
            st.characters(
                min_codepoint=33, max_codepoint=0x2FFF, exclude_categories=["Zs", "Zl", "Zp", "Cc", "Cs"]
            ),
            min_size=1,
            max_size=20,
        ),
        st.integers(-(10**15), 10**15).filter(bool),
    ),
    min_size=1,
    max_size=20,
)


@given(rows, st.sampled_from(";,"), st.booleans())
def test_what_is_written_is_read(written: list[tuple[int, str, int]], separator: str, dots: bool) -> None:  # noqa: FBT001
    lines = [separator.join(("date", "reference", "amount", "description"))]
    for days, reference, amount in written:
        shown = f"{amount:,}".replace(",", ".") + ",00" if dots else f"{amount}.00"
        quoted = ('"' + one.replace('"', '""') + '"' for one in (reference, shown, "a;b,c"))
        lines.append(separator.join((str(date(2020, 1, 1) + timedelta(days)), *quoted)))
    read = read_statement("\n".join(lines).encode())
    assert [(one.entry, one.amount, one.description) for one in read.lines] == [
        (reference.strip(), amount, "a;b,c") for _, reference, amount in written
    ]


@given(st.binary(max_size=300))
def test_whatever_comes_is_read_or_refused(noise: bytes) -> None:
    for data in (noise, csv_of(ROW) + noise, b"<" + noise):
        with contextlib.suppress(Invalid):
            assert read_statement(data).lines
