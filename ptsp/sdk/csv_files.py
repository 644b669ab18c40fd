"""Tables in files for and from strangers: written so that no spreadsheet runs them, read so that none can trick us.

What is read: UTF-8 with or without its mark, UTF-16 with its mark, else Windows-1252; `;`, `,` or tabulators between
the cells; any line ends. A line is one row, so that a quote left open spoils no other. Cells are text and nothing else.
"""

import codecs
import csv
import io
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

LONGEST_LINE = 20_000
MOST_ROWS = 50_000
_NUMBER = re.compile(r"[+-]?[0-9]+(?:[.,][0-9]+)*")
_RUN_BY_SPREADSHEETS = ("=", "+", "-", "@", "\t", "\r")
_SEPARATORS = ";,\t"


@dataclass(frozen=True, slots=True)
class Row:
    """`line` is the row's place in the file, from 1; `cells` go by the name of their column, stripped."""

    line: int
    cells: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Table:
    """The rows that could be read, and what is wrong with the others, such as `line 3: has 2 cells, not 4`."""

    rows: tuple[Row, ...] = ()
    faults: tuple[str, ...] = ()


def write(rows: Iterable[Sequence[str]], *, end_mark: str) -> bytes:
    """UTF-8, `;`, CRLF; the last line is the end mark and the number of lines before it.

    A cell that a spreadsheet would run gets an apostrophe before it; a number stays one.
    """
    written = io.StringIO(newline="")
    writer = csv.writer(written, delimiter=";", lineterminator="\r\n")
    count = 0
    for row in rows:
        writer.writerow([_harmless(cell) for cell in row])
        count += 1
    writer.writerow([end_mark, str(count)])
    return written.getvalue().encode("utf-8")


def read(data: bytes, *, columns: Sequence[str], end_mark: str = "") -> Table | None:
    """The table whose first line names these columns, in any order and among others.

    None while a file with an end mark has not got it: somebody is still writing. Where the mark counts other lines
    than there are, nothing of the file is taken.
    """
    text = _decoded(data)
    lines = [(at, line) for at, line in enumerate(text.splitlines(), 1) if line.strip()]
    faults: list[str] = []
    if end_mark:
        ended = _without_end(lines, end_mark)
        if ended is None:
            return None
        lines, faults = ended
    if faults:
        return Table(faults=tuple(faults))
    if not lines:
        return Table(faults=("line 1: the file is empty",))
    return _table(lines, columns)


def _table(lines: Sequence[tuple[int, str]], columns: Sequence[str]) -> Table:
    (first, head), *rest = lines
    separator = max(_SEPARATORS, key=head.count)
    names = [cell.strip().strip('"').casefold() for cell in head.split(separator)]
    wrong = [f"line {first}, column {name}: is missing" for name in columns if name not in names]
    wrong += [f"line {first}, column {name}: stands there twice" for name in columns if names.count(name) > 1]
    if wrong:
        return Table(faults=tuple(wrong))
    if len(rest) > MOST_ROWS:
        return Table(faults=(f"line {rest[MOST_ROWS][0]}: more than {MOST_ROWS} rows",))
    rows: list[Row] = []
    faults: list[str] = []
    for at, line in rest:
        cells = _cells(line, separator)
        if isinstance(cells, str):
            faults.append(f"line {at}: {cells}")
        elif len(cells) < len(names) or any(cells[len(names) :]):
            faults.append(f"line {at}: has {len(cells)} cells, not {len(names)}")
        else:
            rows.append(Row(at, dict(zip(names, cells, strict=False))))
    return Table(tuple(rows), tuple(faults))


def _cells(line: str, separator: str) -> list[str] | str:
    """The cells of one line, or what is wrong with it."""
    if len(line) > LONGEST_LINE:
        return f"is longer than {LONGEST_LINE} characters"
    if any(ord(sign) < 32 and sign != "\t" for sign in line):
        return "holds control characters"
    try:
        (cells,) = csv.reader([line], delimiter=separator, strict=True)
    except csv.Error:
        return "has a quote that does not end"
    return [cell.strip() for cell in cells]


def _without_end(
    lines: list[tuple[int, str]], end_mark: str
) -> tuple[list[tuple[int, str]], list[str]] | None:
    if not lines:
        return None
    at, last = lines[-1]
    mark, *count = (cell.strip().strip('"') for cell in re.split(f"[{_SEPARATORS}]", last))
    if mark != end_mark:
        return None
    before = lines[:-1]
    if count and count[0] and count[0] != str(len(before)):
        told = count[0] if count[0].isascii() and count[0].isdigit() and len(count[0]) < 10 else "no number"
        return before, [f"line {at}: the end mark says {told}, and there are {len(before)} lines before it"]
    return before, []


def _decoded(data: bytes) -> str:
    for mark, encoding in _marks():
        if data.startswith(mark):
            return data[len(mark) :].decode(encoding, errors="replace")
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return data.decode("cp1252", errors="replace")


def _marks() -> Iterator[tuple[bytes, str]]:
    yield codecs.BOM_UTF8, "utf-8"
    yield codecs.BOM_UTF16_LE, "utf-16-le"
    yield codecs.BOM_UTF16_BE, "utf-16-be"


def _harmless(cell: str) -> str:
    """One line that no spreadsheet runs."""
    flat = " ".join(cell.split("\n")).replace("\r", " ").replace("\x00", "")
    is_run = flat.startswith(_RUN_BY_SPREADSHEETS) and not _NUMBER.fullmatch(flat)
    return f"'{flat}" if is_run else flat
