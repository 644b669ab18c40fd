"""Due dates that were worked out elsewhere, read from a CSV file and held against the platform's own arithmetic."""

import csv
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

from ptsp.infra.calendars import NationalDay
from ptsp.kernel.calendar import Calendar
from ptsp.kernel.errors import Fault, Invalid
from ptsp.kernel.limits import Limit, Unit, end_of
from ptsp.main.national_days import national_days

START, DAYS = "start_date", "working_days"
PUBLIC, LEAVE, EVERY_DAY = (
    "due_excluding_weekends_and_national_holidays",
    "due_excluding_also_collective_leave",
    "due_calendar_days",
)
COLUMNS: Final = (PUBLIC, LEAVE, EVERY_DAY)
UNITS: Final = {PUBLIC: Unit.WORKING_DAYS, LEAVE: Unit.WORKING_DAYS, EVERY_DAY: Unit.CALENDAR_DAYS}
MONDAY_TO_FRIDAY: Final = frozenset(range(5))
ZONE: Final = ZoneInfo("Asia/Jakarta")
FIRST_DAY, LAST_DAY, MOST_DAYS = date(1990, 1, 1), date(2090, 12, 31), 1000
MOST_FAULTS = 20


@dataclass(frozen=True, slots=True)
class DueRow:
    """One line of the file: a limit of so many days from a day on, and when it ends by each column's rule."""

    line: int
    start: date
    days: int
    due: Mapping[str, date]


@dataclass(frozen=True, slots=True)
class Difference:
    """Where we come to another day. `skipped` are the days off on our way, with their names.

    `is_provisional`: no collective leave is known for the year of our day, so it may still move.
    """

    row: DueRow
    column: str
    computed: date
    is_provisional: bool
    weekends: int
    skipped: Sequence[tuple[date, str]]


@dataclass(slots=True)
class Compared:
    """What came of a file: `equal` rows by column, and our dates that may still move by column."""

    rows: int
    equal: Counter[str] = field(default_factory=Counter)
    provisional: Counter[str] = field(default_factory=Counter)
    years_open: Sequence[int] = ()  # years of the file for which no collective leave is known
    differences: list[Difference] = field(default_factory=list)


def read_due_dates(path: Path) -> list[DueRow]:
    """The rows of a file. Raises Invalid naming line and column of everything that is not of the shape."""
    faults: list[Fault] = []
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = list(_rows(csv.reader(file, strict=True), faults))
    except (UnicodeDecodeError, csv.Error) as error:
        raise Invalid([Fault(str(path.name), f"is not a CSV file in UTF-8: {error}")]) from error
    if not rows and not faults:
        faults.append(Fault("line 2", "there is no row to compare"))
    if faults:
        raise Invalid(faults[:MOST_FAULTS])
    return rows


def compare(rows: Sequence[DueRow]) -> Compared:
    """Work out every due date again: Monday to Friday, day 1 is the first day that counts after the start."""
    first = min(row.start.year for row in rows)
    last = max(max(*row.due.values(), row.start + timedelta(days=3 * row.days)).year for row in rows) + 1
    days = national_days(range(first, last + 1))
    calendars = _calendars(days)
    compared = Compared(len(rows))
    years = set()
    for row in rows:
        for column in COLUMNS:
            calendar = calendars[column]
            computed = _due(row, calendar, UNITS[column])
            compared.equal[column] += computed == row.due[column]
            compared.provisional[column] += calendar.is_provisional(computed)
            years |= {computed.year} if calendar.is_provisional(computed) else set()
            if computed != row.due[column]:
                compared.differences.append(_difference(row, column, computed, calendar))
    compared.years_open = sorted(years)
    return compared


def _calendars(days: Sequence[NationalDay]) -> Mapping[str, Calendar]:
    public = {day.on: day.name for day in days if day.kind == "public"}
    leave = {day.on: day.name for day in days if day.kind == "collective"}
    known = frozenset(day.year for day in leave)
    return {
        PUBLIC: Calendar(MONDAY_TO_FRIDAY, frozenset(public), zone=ZONE, names=public),
        LEAVE: Calendar(
            MONDAY_TO_FRIDAY,
            frozenset(public | leave),
            zone=ZONE,
            names=leave | public,
            leave_known=known,
        ),
        EVERY_DAY: Calendar(frozenset(range(7)), frozenset(), zone=ZONE),
    }


def _due(row: DueRow, calendar: Calendar, unit: Unit) -> date:
    morning = datetime.combine(row.start, time(9), ZONE)
    return end_of(Limit(row.days, unit), calendar, morning).date()


def _difference(row: DueRow, column: str, computed: date, calendar: Calendar) -> Difference:
    way = [row.start + timedelta(days=ahead) for ahead in range(1, (computed - row.start).days + 1)]
    off = [day for day in way if not calendar.is_working(day)]
    named = [(day, calendar.names[day]) for day in off if day in calendar.names]
    return Difference(row, column, computed, calendar.is_provisional(computed), len(off) - len(named), named)


def _rows(lines: Iterator[list[str]], faults: list[Fault]) -> Iterator[DueRow]:
    header = next(lines, [])
    wanted = (START, DAYS, *COLUMNS)
    for column in wanted:
        if header.count(column) != 1:
            reason = "is there twice" if column in header else "is not there"
            faults.append(Fault(f"line 1, column {column}", reason))
    if faults:
        return
    for number, cells in enumerate(lines, 2):
        if len(cells) != len(header):
            faults.append(Fault(f"line {number}", f"has {len(cells)} columns, not {len(header)}"))
            continue
        row = _row(number, dict(zip(header, cells, strict=True)), faults)
        if row:
            yield row


def _row(number: int, cells: Mapping[str, str], faults: list[Fault]) -> DueRow | None:
    days = {column: _day(number, column, cells[column], faults) for column in (START, *COLUMNS)}
    amount = cells[DAYS]
    if not (amount.isascii() and amount.isdigit() and int(amount) <= MOST_DAYS):
        faults.append(
            Fault(f"line {number}, column {DAYS}", f"{amount!r} is no number from 0 to {MOST_DAYS}")
        )
        return None
    start = days.pop(START)
    due = {column: day for column, day in days.items() if day is not None}
    return DueRow(number, start, int(amount), due) if start and len(due) == len(COLUMNS) else None


def _day(number: int, column: str, cell: str, faults: list[Fault]) -> date | None:
    try:
        day = date.fromisoformat(cell)
    except ValueError:
        day = None
    if day is None or not FIRST_DAY <= day <= LAST_DAY or day.isoformat() != cell:
        reason = f"{cell!r} is no date such as 2024-01-31 from {FIRST_DAY.year} to {LAST_DAY.year}"
        faults.append(Fault(f"line {number}, column {column}", reason))
        return None
    return day
