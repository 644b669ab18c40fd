"""Working days of one office or agency: which they are, and counting them without walking day by day."""

from bisect import bisect_right
from dataclasses import dataclass, field
from datetime import date

from ptsp.kernel.errors import Fault, Invalid


@dataclass(frozen=True, slots=True)
class Calendar:
    """`weekdays` that are worked, 0 (Monday) to 6; `off` are days on which nobody works all the same.

    Raises Invalid where no weekday is worked or one is not a weekday. Immutable: build it once per
    tenant. Counting is arithmetic on whole weeks, corrected by a search in the sorted days off.
    """

    weekdays: frozenset[int]
    off: frozenset[date]
    _worked: tuple[int, ...] = field(init=False, repr=False, compare=False)  # the weekdays, sorted
    _before: tuple[int, ...] = field(init=False, repr=False, compare=False)  # how many are worked before each
    _lost: tuple[int, ...] = field(init=False, repr=False, compare=False)  # ordinals of `off` that cost a day

    def __post_init__(self) -> None:
        if not self.weekdays or not self.weekdays <= frozenset(range(7)):
            raise Invalid([Fault("calendar.weekdays", "name at least one weekday, as 0 (Monday) to 6")])
        lost = sorted(day.toordinal() for day in self.off if day.weekday() in self.weekdays)
        object.__setattr__(self, "_worked", tuple(sorted(self.weekdays)))
        object.__setattr__(self, "_before", tuple(sum(w < d for w in self.weekdays) for d in range(7)))
        object.__setattr__(self, "_lost", tuple(lost))

    def is_working(self, day: date) -> bool:
        """Is this day worked?"""
        return day.weekday() in self.weekdays and day not in self.off

    def add_working_days(self, start: date, days: int) -> date:
        """The day on which a limit of so many working days ends.

        Day 1 is the first working day after `start`, whether or not `start` is one; 0 days end on `start`
        itself. Raises Invalid for a negative number and beyond the year 9999.
        """
        if days < 0:
            raise Invalid([Fault("days", f"a limit has no negative days: {days}")])
        if days == 0:
            return start
        day = start.toordinal()
        lost = bisect_right(self._lost, day)
        target = self._on_weekdays(day) - lost + days
        while True:  # each turn adds the days off that the limit has newly run over; rarely more than three
            day = self._day_of(target + lost)
            now_lost = bisect_right(self._lost, day)
            if now_lost == lost:
                return _date(day)
            lost = now_lost

    def working_days_between(self, start: date, end: date) -> int:
        """How many working days come after `start`, up to and with `end`.

        So `working_days_between(d, add_working_days(d, n)) == n`; negative where `end` is before `start`.
        """
        return self._count(end.toordinal()) - self._count(start.toordinal())

    def _count(self, day: int) -> int:
        """Working days from the year 1 up to and with this ordinal."""
        return self._on_weekdays(day) - bisect_right(self._lost, day)

    def _on_weekdays(self, day: int) -> int:
        """The same, were there no days off. Ordinal 1 is a Monday."""
        weeks, rest = divmod(day, 7)
        return weeks * len(self._worked) + self._before[rest]

    def _day_of(self, count: int) -> int:
        """The ordinal of the `count`-th worked weekday, were there no days off."""
        weeks, place = divmod(count - 1, len(self._worked))
        return weeks * 7 + self._worked[place] + 1


def _date(day: int) -> date:
    if day > date.max.toordinal():
        raise Invalid([Fault("days", "the limit ends after the year 9999")])
    return date.fromordinal(day)
