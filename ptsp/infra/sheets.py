"""Tables as XLSX: numbers as numbers, money as rupiah, days as days, the head always in sight."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from io import BytesIO

from xlsxwriter import Workbook
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

RUPIAH = '"Rp"#,##0;[Red]-"Rp"#,##0;"Rp"0'  # points or commas between thousands are the reader's own setting
DAY = "d mmm yyyy"
WIDEST, NARROWEST = 60, 12

Cell = str | int | date | None


@dataclass(frozen=True, slots=True)
class Sheet:
    """One page of a workbook. `above` stands over the table, `totals` under it; whole numbers are rupiah."""

    name: str
    above: Sequence[str]
    head: Sequence[str]
    rows: Sequence[Sequence[Cell]]
    totals: Sequence[Cell] = ()


def workbook(sheets: Sequence[Sheet], *, title: str, made_at: datetime) -> bytes:
    """The file. A text is never read as a formula."""
    out = BytesIO()
    with Workbook(out, {"in_memory": True}) as book:
        book.set_properties({"title": title, "created": made_at.replace(tzinfo=None)})
        formats = {
            "title": book.add_format({"bold": True, "font_size": 14}),
            "head": book.add_format({"bold": True, "bottom": 1, "text_wrap": True, "valign": "top"}),
            "rupiah": book.add_format({"num_format": RUPIAH}),
            "day": book.add_format({"num_format": DAY, "align": "left"}),
            "total": book.add_format({"bold": True, "top": 1, "num_format": RUPIAH}),
        }
        for one in sheets:
            _write(book.add_worksheet(one.name), one, formats)
    return out.getvalue()


def _write(page: Worksheet, sheet: Sheet, formats: dict[str, Format]) -> None:
    for row, line in enumerate(sheet.above):
        page.write_string(row, 0, line, formats["title"] if row == 0 else None)
    top = len(sheet.above) + 1
    for column, word in enumerate(sheet.head):
        page.write_string(top, column, word, formats["head"])
        page.set_column(column, column, _width(sheet, column))
    page.freeze_panes(top + 1, 0)
    page.repeat_rows(top)
    page.set_landscape()
    page.set_paper(9)  # A4
    page.fit_to_pages(1, 0)
    for row, cells in enumerate(sheet.rows, top + 1):
        _row(page, row, cells, formats["rupiah"], formats["day"])
    if sheet.totals:
        _row(page, top + 1 + len(sheet.rows), sheet.totals, formats["total"], formats["total"])


def _row(page: Worksheet, row: int, cells: Sequence[Cell], numbers: Format, days: Format) -> None:
    for column, cell in enumerate(cells):
        if isinstance(cell, str):
            page.write_string(row, column, cell, numbers)
        elif isinstance(cell, int):
            page.write_number(row, column, cell, numbers)
        elif cell is not None:
            page.write_datetime(row, column, cell, days)
        else:
            page.write_blank(row, column, None, numbers)


def _width(sheet: Sheet, column: int) -> int:
    texts = [str(row[column]) for row in (sheet.head, *sheet.rows) if column < len(row)]
    return min(WIDEST, max(NARROWEST, *(len(one) + 4 for one in texts)))
