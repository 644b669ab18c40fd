"""Past cases of other systems: what is known of one, and the figures of many."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Standing(StrEnum):
    """How a past case stands to its deadline."""

    OPEN = "open"  # it has no end
    ON_TIME = "on_time"
    LATE = "late"
    WITHOUT_DEADLINE = "without_deadline"  # it ended, and nothing says by when it should have


@dataclass(frozen=True, slots=True)
class Naming:
    """The attributes of a case that are its deadline and its end, the first that is there counts."""

    deadline: tuple[str, ...] = ("deadline", "endDatePlanned", "enddate_planned")
    end: tuple[str, ...] = ("enddate",)
    opening: tuple[str, ...] = ("startdate", "REG_DATE")


@dataclass(frozen=True, slots=True)
class Moments:
    """When a case was opened, should have ended and ended; None where its log does not say."""

    opened_at: datetime | None
    deadline_at: datetime | None
    ended_at: datetime | None


@dataclass(frozen=True, slots=True)
class CaseRow:
    """What figures are made of. `lasted` is the time from the first to the last event, in microseconds."""

    deadline_at: datetime | None
    ended_at: datetime | None
    events: int
    lasted: int | None


@dataclass(frozen=True, slots=True)
class Throughput:
    """Days from the first to the last event of a case."""

    median: float
    mean: float
    p90: float


@dataclass(frozen=True, slots=True)
class Figures:
    """Of one log. The four in the middle are None where it does not say of any case when it ended.

    `completed` is the sum of `on_time`, `late` and `without_deadline`. `throughput` is None without events.
    """

    cases: int
    events: int
    completed: int | None
    on_time: int | None
    late: int | None
    without_deadline: int | None
    throughput: Throughput | None


@dataclass(frozen=True, slots=True)
class Saved:
    """What became of cases that were to be stored."""

    added: int = 0
    replaced: int = 0
    unchanged: int = 0

    def __add__(self, other: "Saved") -> "Saved":
        return Saved(
            self.added + other.added, self.replaced + other.replaced, self.unchanged + other.unchanged
        )
