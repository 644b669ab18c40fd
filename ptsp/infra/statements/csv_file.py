"""Statements as CSV: date, reference, customer_no (may be left out), amount, description; commas or semicolons."""

import csv
import io
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Final, TypeVar

from ptsp.infra.statements.types import StatementFile, StatementLine
from ptsp.kernel.errors import Fault, Invalid
from ptsp.kernel.money import HIGHEST
from ptsp.kernel.reasons import fault

COLUMNS: Final[Mapping[str, str]] = {  # by what banks call them
    "date": "date",
    "tanggal": "date",
    "reference": "reference",
    "referensi": "reference",
    "no. referensi": "reference",
    "customer_no": "customer_no",
    "nomor pelanggan": "customer_no",
    "no. va": "customer_no",
    "amount": "amount",
    "jumlah": "amount",
    "nominal": "amount",
    "description": "description",
    "keterangan": "description",
}
NEEDED: Final = ("date", "reference", "amount", "description")
INDONESIAN: Final = re.compile(r"-?(?:[0-9]{1,3}(?:\.[0-9]{3})+|[0-9]+)(?:,[0-9]{1,2})?")
PLAIN: Final = re.compile(r"-?[0-9]+(?:\.[0-9]{1,2})?")
DAY_FIRST: Final = re.compile(r"([0-9]{1,2})[/-]([0-9]{1,2})[/-]([0-9]{4})")
MOST_LINES: Final = 50_000
MOST_FAULTS: Final = 20  # more of them tell nobody more
LONGEST: Final = 500

T = TypeVar("T")
Record = tuple[int, Sequence[str]]  # the number of its line in the file, and its cells


def read_csv(data: bytes) -> StatementFile:
    """Read all of it. The days it speaks of are those from its first line to its last.

    A date is 2026-03-02 or 02/03/2026; an amount is 1.234.567,00 or 1234567.00, negative where money went out.
    Raises Invalid with up to 20 faults, each named by line and column.
    """
    try:
        written = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise Invalid([fault(f"line {line}", "statement_encoding")]) from error
    lines = _lines(written)
    if not lines:
        raise Invalid([fault("file", "statement_no_lines")])
    days = [line.booked_on for line in lines]
    return StatementFile("csv", "", None, None, min(days), max(days), tuple(lines))


def whole_rupiah(amount: Decimal, place: str) -> int:
    """An amount without sen, other than nothing. Raises Invalid."""
    if amount != amount.to_integral_value():
        raise Invalid([fault(place, "statement_sen")])
    if not 0 < abs(amount) <= HIGHEST:
        raise Invalid([fault(place, "statement_amount_range", most=HIGHEST)])
    return int(amount)


def _lines(written: str) -> list[StatementLine]:
    """Every line, or every fault."""
    records = _records(written)
    _, header = next(records, (1, ()))
    names = _names(header)
    lines: list[StatementLine] = []
    faults: list[Fault] = []
    for number, cells in records:
        try:
            lines.append(_line(number, names, cells))
        except Invalid as wrong:
            faults += wrong.faults
        if len(lines) > MOST_LINES:
            faults.append(fault(f"line {number}", "statement_too_long", most=MOST_LINES))
        if len(faults) >= MOST_FAULTS or len(lines) > MOST_LINES:
            break
    if faults:
        raise Invalid(faults[:MOST_FAULTS])
    return lines


def _records(written: str) -> Iterator[Record]:
    """The lines that hold anything."""
    header = written.partition("\n")[0]
    text = io.StringIO(written, newline="")
    reader = csv.reader(text, delimiter=";" if ";" in header else ",", strict=True)
    while True:
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            raise Invalid([fault(f"line {reader.line_num}", "statement_csv")]) from error
        if any(cell.strip() for cell in cells):
            yield reader.line_num, cells


def _names(header: Sequence[str]) -> list[str]:
    """What each column is; empty for one we do not need."""
    names = [COLUMNS.get(cell.strip().casefold(), "") for cell in header]
    missing = [name for name in NEEDED if name not in names]
    if missing:
        raise Invalid([fault("line 1", "statement_columns", missing=", ".join(missing))])
    twice = [name for name in dict.fromkeys(names) if name and names.count(name) > 1]
    if twice:
        raise Invalid([fault("line 1", "statement_column_twice", column=twice[0])])
    return names


def _line(number: int, names: Sequence[str], cells: Sequence[str]) -> StatementLine:
    if len(cells) != len(names):
        place = f"line {number}"
        raise Invalid([fault(place, "statement_cells", count=len(cells), expected=len(names))])
    row = {name: cell.strip() for name, cell in zip(names, cells, strict=True) if name}
    faults = [wrong for name, cell in row.items() for wrong in _unfit(f"line {number}, column {name}", cell)]
    if not row["reference"]:
        faults.append(fault(f"line {number}, column reference", "missing"))
    day, wrong_day = _tried(_day, row["date"], f"line {number}, column date")
    amount, wrong_amount = _tried(_amount, row["amount"], f"line {number}, column amount")
    faults += [*wrong_day, *wrong_amount]
    if faults or day is None or amount is None:
        raise Invalid(faults)
    customer_no = re.sub(r"[ -]", "", row.get("customer_no", ""))
    return StatementLine(row["reference"], (row["reference"],), day, amount, customer_no, row["description"])


def _unfit(place: str, cell: str) -> Iterator[Fault]:
    """Why a cell cannot be kept."""
    if len(cell) > LONGEST:
        yield fault(place, "too_long", most=LONGEST)
    if odd := next((one for one in cell if one < " "), ""):
        yield fault(place, "character", character=f"U+{ord(odd):04X}")


def _tried(read: Callable[[str, str], T], written: str, place: str) -> tuple[T | None, tuple[Fault, ...]]:
    """What a cell says, or why it says nothing."""
    try:
        return read(written, place), ()
    except Invalid as wrong:
        return None, wrong.faults


def _day(written: str, place: str) -> date:
    turned = DAY_FIRST.fullmatch(written)
    try:
        if turned:
            return date(int(turned[3]), int(turned[2]), int(turned[1]))
        return date.fromisoformat(written)
    except ValueError as error:
        raise Invalid([fault(place, "statement_date")]) from error


def _amount(written: str, place: str) -> int:
    """`1.234.567,00` and `1234567.00` are the same; `1.234` is one thousand two hundred and thirty-four."""
    bare = written.removeprefix("Rp").strip()
    if INDONESIAN.fullmatch(bare):
        return whole_rupiah(Decimal(bare.replace(".", "").replace(",", ".")), place)
    if PLAIN.fullmatch(bare):
        return whole_rupiah(Decimal(bare), place)
    raise Invalid([fault(place, "statement_amount")])
