"""Clocks, and the shape of a bundle as time sees it."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from ptsp.kernel.limits import Limit
from ptsp.kernel.specs import StepKind, StopReason


class MarkKind(StrEnum):
    """What may happen to a clock between its start and its end. The names of OSS codes 41 to 44, and extension."""

    STOP = "stop"
    RESUME = "resume"
    RESET = "reset"  # stopped and set back to the beginning
    RESTART = "restart"  # goes on from the beginning
    EXTEND = "extend"


@dataclass(frozen=True, slots=True)
class Mark:
    """One event on a clock.

    `stop` names the stop that a resumption ends: several may hold one clock at once, and it runs again when
    the last has ended. `reason` belongs to a stop, `by` and `legal_basis` to an extension; one with a reason gives
    back what that took, and does not count against the standard's ceiling.
    """

    kind: MarkKind
    at: datetime
    stop: UUID | None = None
    reason: StopReason | None = None
    by: Limit | None = None
    legal_basis: str = ""


Marks = tuple[Mark, ...]


@dataclass(frozen=True, slots=True)
class Stop:
    """A time for which a clock stood; `to` is None while it stands."""

    id: UUID | None
    reason: StopReason
    at: datetime
    to: datetime | None


@dataclass(frozen=True, slots=True)
class Clock:
    """What has become of a clock.

    `due_at` is when its limit ends; None before it starts, and while it stands with time left. `left` are the
    ticks (see `ptsp.kernel.limits`) that are left while it stands. `expected_at` is when the limit would end
    if whatever holds it ended at once.
    """

    started_at: datetime | None
    ended_at: datetime | None
    due_at: datetime | None
    expected_at: datetime | None
    left: int | None
    stops: tuple[Stop, ...]

    @property
    def held_by(self) -> tuple[StopReason, ...]:
        """Why it stands, each reason once; empty while it runs, and when it has ended."""
        if self.ended_at is not None:
            return ()
        return tuple(dict.fromkeys(stop.reason for stop in self.stops if stop.to is None))


@dataclass(frozen=True, slots=True)
class StepShape:
    """A task as time sees it: who does it, how long it may take, what it waits for, whose it is."""

    agency: str
    kind: StepKind
    limit: Limit
    after: tuple[int, ...]
    members: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class PermitShape:
    """An application as time sees it. `starts_after` is the task that finds the file complete; None: lodging does."""

    limit: Limit
    starts_after: int | None
    stops: frozenset[StopReason]


@dataclass(frozen=True, slots=True)
class Shape:
    """What never changes of a bundle's time, so that equal bundles share one value. Steps are in topological order."""

    steps: tuple[StepShape, ...]
    permits: tuple[PermitShape, ...]


@dataclass(frozen=True, slots=True)
class Running:
    """One clock's facts: when it started and ended, and what happened in between. `is_gone`: it counts no more."""

    started_at: datetime | None = None
    ended_at: datetime | None = None
    marks: Marks = ()
    is_gone: bool = False


@dataclass(frozen=True, slots=True)
class Times:
    """What has happened to a bundle's clocks: `steps[seq]`, `permits[position]`."""

    lodged_at: datetime
    steps: tuple[Running, ...]
    permits: tuple[Running, ...]


@dataclass(frozen=True, slots=True)
class Dates:
    """What follows from them.

    `ends[seq]` is when the task ended or is expected to; `due[seq]` when its own limit ends, once it has begun
    and while its clock runs. `legal[position]` is the same of the legal clock. `promised[position]` is the day
    on which the application's last task ends, and `held[position]` why that day cannot be kept to just now.
    """

    ends: tuple[datetime, ...]
    due: tuple[datetime | None, ...]
    legal: tuple[datetime | None, ...]
    promised: tuple[date, ...]
    held: tuple[tuple[StopReason, ...], ...]

    @property
    def promised_on(self) -> date:
        return max(self.promised)

    @property
    def held_by(self) -> tuple[StopReason, ...]:
        """Why the bundle's own date cannot be kept to just now, each reason once."""
        return tuple(sorted({reason for reasons in self.held for reason in reasons}))
