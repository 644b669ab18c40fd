"""How long something may take: in working days, office hours, calendar days or months.

Every rule says which, and whether the day on which it begins is the first day or the day after it is. What is
left of a limit while its clock stands is counted in ticks: working days, office minutes or calendar days; of
months, too, calendar days are left, since a month has no parts of its own.
"""

from calendar import monthrange
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from ptsp.kernel.calendar import Calendar, end_of_day


class Unit(StrEnum):
    WORKING_DAYS = "working_days"
    WORKING_HOURS = "working_hours"
    CALENDAR_DAYS = "calendar_days"
    MONTHS = "months"


@dataclass(frozen=True, slots=True)
class Limit:
    """So many of a unit. `counts_first_day`: the day of the beginning is day 1, if it is one that counts."""

    amount: int
    unit: Unit = Unit.WORKING_DAYS
    counts_first_day: bool = False

    def as_list(self) -> list[object]:
        """As the ledger and stored graphs keep it."""
        return [self.amount, self.unit.value, self.counts_first_day]


def limit_from_list(stored: list[object]) -> Limit:
    """The inverse of `Limit.as_list`."""
    amount, unit, counts_first_day = stored
    return Limit(int(str(amount)), Unit(str(unit)), bool(counts_first_day))


def end_of(limit: Limit, calendar: Calendar, start: datetime) -> datetime:
    """The moment on which the limit ends, in the calendar's zone; a limit in days ends with its last day.

    Nothing at all (0) ends where it begins. Raises Invalid for hours on a calendar without office hours.
    """
    if limit.amount == 0:
        return start.astimezone(calendar.zone)
    if limit.unit is Unit.WORKING_HOURS:
        return calendar.add_minutes(start, limit.amount * 60)
    day = start.astimezone(calendar.zone).date()
    if limit.unit is Unit.WORKING_DAYS:
        first = day - timedelta(days=1) if limit.counts_first_day else day
        return calendar.end_of_working_days(first, limit.amount)
    end = (
        day + timedelta(days=limit.amount)
        if limit.unit is Unit.CALENDAR_DAYS
        else add_months(day, limit.amount)
    )
    return end_of_day(end - timedelta(days=1) if limit.counts_first_day else end, calendar.zone)


def ticks_left(unit: Unit, calendar: Calendar, at: datetime, end: datetime) -> int:
    """What is left of a limit at a moment before its end; never negative."""
    if unit is Unit.WORKING_HOURS:
        return calendar.minutes_between(at, end)
    today, last = at.astimezone(calendar.zone).date(), end.astimezone(calendar.zone).date()
    if unit is Unit.WORKING_DAYS:
        return max(0, calendar.working_days_between(today, last))
    return max(0, (last - today).days)


def after_ticks(unit: Unit, calendar: Calendar, at: datetime, ticks: int) -> datetime:
    """The end of a limit of which so much is left; with nothing left, a limit in days ends that very day."""
    if unit is Unit.WORKING_HOURS:
        return calendar.add_minutes(at, ticks)
    today = at.astimezone(calendar.zone).date()
    if unit is Unit.WORKING_DAYS:
        return calendar.end_of_working_days(today, ticks)
    return end_of_day(today + timedelta(days=ticks), calendar.zone)


def add_months(day: date, months: int) -> date:
    """The same day of a later month, or its last where it has no such day."""
    years, month = divmod(day.month - 1 + months, 12)
    year = day.year + years
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))
