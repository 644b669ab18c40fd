"""Fold the events of one clock over a working calendar. Nothing else in the platform subtracts moments.

Clocks are the meanings of OSS codes 41 to 44: a stop keeps what is left of the limit and a resumption gives it
back from that day on; a reset forgets what was used. Days are counted as dates: of a limit in working days the
day of the stop is used, the first day after the resumption is the next.
"""

from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from ptsp.domain.deadlines.types import Clock, Mark, MarkKind, Running, Stop
from ptsp.kernel.calendar import Calendar
from ptsp.kernel.errors import Conflict
from ptsp.kernel.limits import Limit, after_ticks, end_of, ticks_left
from ptsp.kernel.specs import StopReason


@dataclass(slots=True)
class _Fold:
    """The state between two events. `due` is the end of the limit as of the last time the clock ran.

    `left` is None while it runs, and `stood_since` when it last ceased to.
    """

    limit: Limit
    calendar: Calendar
    started_at: datetime
    due: datetime
    stood_since: datetime
    left: int | None = None
    anew: bool = False
    granted: list[Limit] = field(default_factory=list)  # extensions given while it stood
    all_granted: list[Limit] = field(default_factory=list)
    holding: dict[UUID | None, int] = field(default_factory=dict)  # stop -> its place in `stops`
    stops: list[Stop] = field(default_factory=list)


def fold(limit: Limit, calendar: Calendar, running: Running) -> Clock:
    """The clock after all its events, given in the order in which they happened.

    Stops from before the start hold it from its first moment. Raises Conflict for a resumption of a stop that
    is not there and for a second stop of the same name.
    """
    start = running.started_at
    if start is None:
        return Clock(None, running.ended_at, None, None, None, _stops_alone(running))
    state = _Fold(limit, calendar, start, end_of(limit, calendar, start), start)
    for mark in running.marks:
        _MOVES[mark.kind](state, mark)
    if not state.holding or state.left is None:
        return Clock(start, running.ended_at, state.due, state.due, None, tuple(state.stops))
    stood_at = max(state.stood_since, *(state.stops[place].at for place in state.holding.values()))
    expected = _going_on(state, stood_at)
    return Clock(start, running.ended_at, None, expected, state.left, tuple(state.stops))


def _stops_alone(running: Running) -> tuple[Stop, ...]:
    """Of a clock that has not begun only the stops are known."""
    stops: dict[UUID | None, Stop] = {}
    for mark in running.marks:
        if mark.kind in (MarkKind.STOP, MarkKind.RESET) and mark.reason:
            stops[mark.stop] = Stop(mark.stop, mark.reason, mark.at, None)
        elif mark.stop in stops:
            before = stops[mark.stop]
            stops[mark.stop] = Stop(before.id, before.reason, before.at, mark.at)
    return tuple(stops.values())


def _stop(state: _Fold, mark: Mark) -> None:
    if mark.stop in state.holding:
        raise Conflict("this clock is stopped by the same cause already")
    if not state.holding:
        _stand(state, mark)
    state.holding[mark.stop] = len(state.stops)
    state.stops.append(Stop(mark.stop, mark.reason or StopReason.CLARIFICATION, mark.at, None))


def _reset(state: _Fold, mark: Mark) -> None:
    _stop(state, mark)
    _begin_anew(state, mark)


def _resume(state: _Fold, mark: Mark) -> None:
    place = state.holding.pop(mark.stop, None)
    if place is None:
        raise Conflict("this clock is not stopped by that cause")
    before = state.stops[place]
    state.stops[place] = Stop(before.id, before.reason, before.at, mark.at)
    if state.holding or state.left is None:
        return
    state.due = _going_on(state, max(mark.at, state.started_at))
    state.left, state.anew, state.granted = None, False, []


def _restart(state: _Fold, mark: Mark) -> None:
    _begin_anew(state, mark)
    _resume(state, mark)


def _extend(state: _Fold, mark: Mark) -> None:
    assert mark.by is not None
    state.all_granted.append(mark.by)
    if state.holding and state.left is not None:
        state.granted.append(mark.by)
        return
    state.due = _longer(state.calendar, state.due, mark.by)
    if state.holding:  # by stops from after its end, which now has moved past them
        _stand(state, mark)


def _stand(state: _Fold, mark: Mark) -> None:
    """From now it stands with what is left; where its end is over already, nothing is left to hold."""
    at = max(mark.at, state.started_at)
    if at <= state.due:
        state.left, state.stood_since = ticks_left(state.limit.unit, state.calendar, at, state.due), at


def _begin_anew(state: _Fold, mark: Mark) -> None:
    """It will begin again when it goes on, also where it was over."""
    state.anew = True
    if state.left is None:
        state.left, state.stood_since = 0, max(mark.at, state.started_at)


def _going_on(state: _Fold, at: datetime) -> datetime:
    """When the limit ends if the clock goes on at this moment."""
    if state.anew:
        due, granted = end_of(state.limit, state.calendar, at), state.all_granted
    else:
        due = after_ticks(state.limit.unit, state.calendar, at, state.left or 0)
        granted = state.granted
    for one in granted:
        due = _longer(state.calendar, due, one)
    return due


def _longer(calendar: Calendar, due: datetime, by: Limit) -> datetime:
    return end_of(Limit(by.amount, by.unit), calendar, due)


_MOVES = {
    MarkKind.STOP: _stop,
    MarkKind.RESET: _reset,
    MarkKind.RESUME: _resume,
    MarkKind.RESTART: _restart,
    MarkKind.EXTEND: _extend,
}
