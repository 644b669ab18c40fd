"""Clocks the slow and obvious way: walk through the time piece by piece, and keep a counter.

Written from what a clock means, not from the code that folds it. A piece is a day, or half an hour for limits in hours.
A piece that counts is used if the clock runs. What happens on a day comes after that day, what happens at an hour
before the half hour that begins then. The limit ends at the first border between two pieces at which the clock runs and
nothing is left of it.
"""

from calendar import monthrange
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta

from ptsp.domain.deadlines import Mark, MarkKind
from ptsp.kernel.calendar import Calendar
from ptsp.kernel.limits import Limit, Unit

DAY, HALF_HOUR = timedelta(days=1), timedelta(minutes=30)
LAST_SECOND = time(23, 59, 59)


def worked(calendar: Calendar, day: date) -> bool:
    """A make-up day is worked, a day off is not, otherwise the week says."""
    return day in calendar.worked or (day not in calendar.off and day.weekday() in calendar.weekdays)


def is_open(calendar: Calendar, at: datetime) -> bool:
    """Is the office open in the minute that begins here?"""
    spans = calendar.hours[at.weekday()] or next(one for one in calendar.hours if one)
    minute = at.hour * 60 + at.minute
    return worked(calendar, at.date()) and any(opened <= minute < closed for opened, closed in spans)


def same_day_later(day: date, months: int) -> date:
    """Through so many ends of a month, then to the day of the same number, or to the last."""
    wanted = day.day
    for _ in range(months):
        day = day.replace(day=monthrange(day.year, day.month)[1]) + DAY
    return day.replace(day=min(wanted, monthrange(day.year, day.month)[1]))


@dataclass
class Walk:
    """One clock on its way. `used` and `target` are pieces; `seen` are the borders since it last began anew."""

    limit: Limit
    calendar: Calendar
    used: int = 0
    target: int = 0
    stands: bool = False
    anew: bool = False
    holding: set[object] = field(default_factory=set)
    seen: list[tuple[datetime, int, bool]] = field(default_factory=list)  # when, used by then, does it run
    waiting: list[Limit] = field(default_factory=list)  # what was given while it stood
    given: list[Limit] = field(default_factory=list)  # all that was ever given

    @property
    def left(self) -> int:
        return self.target - self.used

    def end(self) -> datetime | None:
        return next((at for at, used, runs in self.seen if runs and used >= self.target), None)

    def begin(self, at: datetime) -> None:
        """From the beginning. The first day is day 1 where the limit says so and it is a day that counts."""
        self.seen, self.anew = [], False
        self.used = int(self.is_in_days and self.limit.counts_first_day and self.counts(at))
        self.target = self.pieces(self.limit, at.date())

    @property
    def is_in_days(self) -> bool:
        return self.limit.unit is not Unit.WORKING_HOURS

    def counts(self, at: datetime) -> bool:
        if self.limit.unit is Unit.WORKING_HOURS:
            return is_open(self.calendar, at)
        return self.limit.unit is not Unit.WORKING_DAYS or worked(self.calendar, at.date())

    def pieces(self, limit: Limit, day: date) -> int:
        """How many pieces a limit has that begins on this day."""
        if limit.unit is Unit.MONTHS:
            return (same_day_later(day, limit.amount) - day).days
        return limit.amount * 2 if limit.unit is Unit.WORKING_HOURS else limit.amount

    def happens(self, mark: Mark, at: datetime) -> None:
        if mark.kind is MarkKind.EXTEND:
            self.extend(mark, at)
        elif mark.kind in (MarkKind.STOP, MarkKind.RESET):
            self.holding.add(mark.stop)
            self.anew |= mark.kind is MarkKind.RESET
            # What ended before is over: to stop it changes nothing. To set it back to the beginning does.
            self.stands |= mark.kind is MarkKind.RESET or self.end() is None
        else:
            self.holding.remove(mark.stop)
            if mark.kind is MarkKind.RESTART:
                self.anew = self.stands = True
            if self.stands and not self.holding:
                self.go_on(at)

    def go_on(self, at: datetime) -> None:
        given = self.given if self.anew else self.waiting
        if self.anew:
            self.begin(at)
        for by in given:
            self.lengthen(by, at)
        self.stands, self.waiting = False, []

    def extend(self, mark: Mark, at: datetime) -> None:
        assert mark.by is not None
        self.given.append(mark.by)
        if self.stands:
            self.waiting.append(mark.by)
            return
        self.lengthen(mark.by, at)
        # What had ended has time left again: a stop that is still there holds it from now on.
        self.stands = bool(self.holding) and self.end() is None

    def lengthen(self, by: Limit, at: datetime) -> None:
        due = self.end() or at + self.left * DAY  # of use for months alone, whose pieces are days
        self.target += self.pieces(by, due.date())


def walk(
    limit: Limit, calendar: Calendar, start: datetime, marks: Sequence[Mark]
) -> tuple[Walk, datetime | None]:
    """The clock after all that happened, and when its limit ends; None while it stands."""
    waiting = [(_border(limit, calendar, max(start, mark.at)), mark) for mark in marks]
    on_way = Walk(limit, calendar)
    for number, at in enumerate(_borders(limit, calendar, start)):
        if number == 0:
            on_way.begin(at)
        elif not on_way.stands:
            on_way.used += on_way.counts(at if on_way.is_in_days else at - HALF_HOUR)
        while waiting and waiting[0][0] == at:
            on_way.happens(waiting.pop(0)[1], at)
        on_way.seen.append((at, on_way.used, not on_way.stands))
        if not waiting:
            if on_way.stands:
                return on_way, None
            if on_way.used >= on_way.target:
                return on_way, on_way.end()
    raise AssertionError("it never ends")


def _borders(limit: Limit, calendar: Calendar, start: datetime) -> Iterator[datetime]:
    at = _border(limit, calendar, start)
    while True:
        yield at
        at += HALF_HOUR if limit.unit is Unit.WORKING_HOURS else DAY


def _border(limit: Limit, calendar: Calendar, at: datetime) -> datetime:
    local = at.astimezone(calendar.zone)
    if limit.unit is Unit.WORKING_HOURS:
        return local
    return datetime.combine(local.date(), LAST_SECOND, calendar.zone)
