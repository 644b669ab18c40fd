"""Working days and office hours of one office or agency: which they are, and counting them without walking."""

from bisect import bisect_left, bisect_right
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta, tzinfo

from ptsp.kernel.errors import Fault, Invalid

Span = tuple[int, int]  # minutes after midnight: opened, closed
Hours = tuple[tuple[Span, ...], ...]  # by weekday, 0 (Monday) to 6

END_OF_DAY = time(23, 59, 59)
LAST = date.max.toordinal()
DAY_MINUTES = 24 * 60
MOST_ENDS = 10_000  # kept; a year of days and every limit of an office are fewer
WALK_DAYS = 366 * 30  # no limit in hours runs longer; a calendar without hours would be walked for ever


@dataclass(frozen=True, slots=True)
class Calendar:
    """`weekdays` are worked, 0 (Monday) to 6; on `off` nobody works all the same; `worked` are make-up days.

    A make-up day is worked whatever the week and the days off say. `hours` says when the office is open, by
    weekday; a make-up day on a weekday without hours keeps those of the first day that has some. `names`
    says of days off and make-up days why they are so. `leave_known` are the years whose collective leave is
    decreed (None: it does not matter here); a date in another year is provisional.

    Raises Invalid where no weekday is worked, one is not a weekday, or hours cross. Immutable: build it once.
    Counting is arithmetic on whole weeks, corrected by one search in the sorted exceptions.
    """

    weekdays: frozenset[int]
    off: frozenset[date]
    worked: frozenset[date] = frozenset()
    hours: Hours = ()
    zone: tzinfo = UTC
    names: Mapping[date, str] = field(default_factory=dict, compare=False)
    leave_known: frozenset[int] | None = None
    _worked: tuple[int, ...] = field(init=False, repr=False, compare=False)  # the weekdays, sorted
    _before: tuple[int, ...] = field(init=False, repr=False, compare=False)  # how many are worked before each
    _days: tuple[int, ...] = field(
        init=False, repr=False, compare=False
    )  # ordinals that break the week's rule
    _sums: tuple[int, ...] = field(
        init=False, repr=False, compare=False
    )  # what they add up to, each with itself
    _counts: tuple[int, ...] = field(
        init=False, repr=False, compare=False
    )  # working days up to and with each
    # Ends worked out before, by start and days: the bundles of one batch ask for the same few again and again.
    _ends: dict[tuple[date, int], datetime] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        if not self.weekdays or not self.weekdays <= frozenset(range(7)):
            raise Invalid([Fault("calendar.weekdays", "name at least one weekday, as 0 (Monday) to 6")])
        if self.hours and not _is_sound(self.hours):
            raise Invalid([Fault("calendar.hours", "each day's hours open before they close, in order")])
        lost = {day.toordinal(): -1 for day in self.off - self.worked if day.weekday() in self.weekdays}
        gained = {day.toordinal(): 1 for day in self.worked if day.weekday() not in self.weekdays}
        days = sorted(lost | gained)
        sums, total = [], 0
        for day in days:
            total += (lost | gained)[day]
            sums.append(total)
        object.__setattr__(self, "_worked", tuple(sorted(self.weekdays)))
        object.__setattr__(self, "_before", tuple(sum(w < d for w in self.weekdays) for d in range(7)))
        object.__setattr__(self, "_days", tuple(days))
        object.__setattr__(self, "_sums", tuple(sums))
        counts = tuple(self._on_weekdays(day) + extra for day, extra in zip(days, sums, strict=True))
        object.__setattr__(self, "_counts", counts)
        object.__setattr__(self, "_ends", {})

    def is_working(self, day: date) -> bool:
        """Is this day worked?"""
        return day in self.worked or (day.weekday() in self.weekdays and day not in self.off)

    def is_provisional(self, day: date) -> bool:
        """May this date still move, since its year's collective leave is not decreed yet?"""
        return self.leave_known is not None and day.year not in self.leave_known

    def add_working_days(self, start: date, days: int) -> date:
        """The day on which a limit of so many working days ends.

        Day 1 is the first working day after `start`, whether or not `start` is one; 0 days end on `start`
        itself. Raises Invalid for a negative number and beyond the year 9999.
        """
        if days < 0:
            raise Invalid([Fault("days", f"a limit has no negative days: {days}")])
        if days == 0:
            return start
        return _date(self._reached(self._count(start.toordinal()) + days))

    def end_of_working_days(self, start: date, days: int) -> datetime:
        """The last second, in the calendar's zone, of a limit of so many working days; see `add_working_days`."""
        known = self._ends.get((start, days))
        if known is None:
            if len(self._ends) >= MOST_ENDS:
                self._ends.clear()
            known = self._ends[start, days] = end_of_day(self.add_working_days(start, days), self.zone)
        return known

    def latest_start(self, end: date, days: int) -> date:
        """The last day on which a limit of so many working days may begin and end on `end` at the latest."""
        return _date(self._reached(self._count(end.toordinal()) - days + 1) - 1)

    def working_days_between(self, start: date, end: date) -> int:
        """How many working days come after `start`, up to and with `end`.

        So `working_days_between(d, add_working_days(d, n)) == n`; negative where `end` is before `start`.
        """
        return self._count(end.toordinal()) - self._count(start.toordinal())

    def add_minutes(self, start: datetime, minutes: int) -> datetime:
        """The moment at which so many office minutes have passed since `start`. Raises Invalid without hours."""
        if minutes < 0:
            raise Invalid([Fault("minutes", f"a limit has no negative minutes: {minutes}")])
        local = start.astimezone(self.zone)
        if minutes == 0:
            return local
        day, now = local.date(), local.hour * 60 + local.minute
        for _ in range(WALK_DAYS):
            for opened, closed in self._spans(day):
                begun = max(opened, now)
                if begun < closed:
                    if minutes <= closed - begun:
                        return self._moment(day, begun + minutes)
                    minutes -= closed - begun
            day, now = _date(day.toordinal() + 1), 0
        raise Invalid([Fault("calendar.hours", "a limit in working hours needs office hours")])

    def minutes_between(self, start: datetime, end: datetime) -> int:
        """Office minutes from `start` to `end`; 0 where `end` is not after `start`."""
        if end <= start:
            return 0
        first, last = start.astimezone(self.zone), end.astimezone(self.zone)
        day, until = first.date(), last.date()
        minutes = 0
        while day <= until:
            now = first.hour * 60 + first.minute if day == first.date() else 0
            end_now = last.hour * 60 + last.minute if day == until else DAY_MINUTES
            minutes += sum(
                max(0, min(closed, end_now) - max(opened, now)) for opened, closed in self._spans(day)
            )
            day += timedelta(days=1)
        return minutes

    def _spans(self, day: date) -> tuple[Span, ...]:
        if not self.hours or not self.is_working(day):
            return ()
        return self.hours[day.weekday()] or next((spans for spans in self.hours if spans), ())

    def _moment(self, day: date, minute: int) -> datetime:
        return datetime.combine(day, time(), self.zone) + timedelta(
            minutes=minute
        )  # 1440 is the next day's first

    def _reached(self, count: int) -> int:
        """The ordinal of the first day up to and with which so many days are worked."""
        at = bisect_left(self._counts, count)
        regular = self._day_of(count - (self._sums[at - 1] if at else 0))
        return regular if at == len(self._days) else min(regular, self._days[at])

    def _count(self, day: int) -> int:
        """Working days from the year 1 up to and with this ordinal."""
        at = bisect_right(self._days, day)
        return self._on_weekdays(day) + (self._sums[at - 1] if at else 0)

    def _on_weekdays(self, day: int) -> int:
        """The same, had the week no exceptions. Ordinal 1 is a Monday."""
        weeks, rest = divmod(day, 7)
        return weeks * len(self._worked) + self._before[rest]

    def _day_of(self, count: int) -> int:
        """The ordinal of the `count`-th worked weekday, had the week no exceptions."""
        weeks, place = divmod(count - 1, len(self._worked))
        return weeks * 7 + self._worked[place] + 1


def end_of_day(day: date, zone: tzinfo) -> datetime:
    """The last second of a local day: what a limit in days runs until."""
    return datetime.combine(day, END_OF_DAY, zone)


def _is_sound(hours: Hours) -> bool:
    if len(hours) != 7 or not any(hours):
        return False
    for spans in hours:
        edges = [edge for span in spans for edge in span]
        if edges != sorted(set(edges)) or any(not 0 <= edge <= DAY_MINUTES for edge in edges):
            return False
    return True


def _date(day: int) -> date:
    if day > LAST:
        raise Invalid([Fault("days", "the limit ends after the year 9999")])
    return date.fromordinal(day)
