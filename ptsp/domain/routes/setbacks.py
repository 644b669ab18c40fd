"""What follows from a question that does not come through. Pure: time and chance are given.

The rule that nothing happens twice stands here: where a question may have arrived, it is put again only to an
agency that knows it by its key, or that was asked first whether it has it. Otherwise a person looks.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass

from ptsp.domain.routes.types import Cause, Claimed, Result, TaskState

FIRST_WAIT_S, LONGEST_WAIT_S = 0.5, 900.0
MISCONFIGURED_WAIT_S = 300.0  # somebody has to act: no sooner, and no doubling
LONGEST_WISH_S = 86_400.0  # what an agency wishes for is kept to, up to a day
MOST_FAULTS = 8  # in a row

DOWN = frozenset({Cause.AWAY, Cause.LINE, Cause.NONSENSE})  # what says that an agency does not work just now
FOR_A_PERSON = frozenset({Cause.REFUSED, Cause.NEEDS_CHECK, Cause.POISON})


@dataclass(frozen=True, slots=True)
class Setback:
    """Why a try failed. `is_unknown`: the question may have arrived. `after_s` is the agency's own wish."""

    cause: Cause
    note: Mapping[str, str]
    is_unknown: bool = False
    after_s: float | None = None


@dataclass(frozen=True, slots=True)
class Memory:
    """What an agency can do about a question that it may have already, as its connector's manifest says."""

    knows_keys: bool  # the same key twice is one case
    finds: bool  # it can be asked whether a question arrived

    @property
    def is_none(self) -> bool:
        return not (self.knows_keys or self.finds)


def set_back(task: Claimed, setback: Setback, memory: Memory, dice: float) -> Result:
    """What becomes of a claimed task whose try failed. `dice` is drawn evenly from 0 to 1.

    A case that the agency holds stays asked: it is only our look that failed. Otherwise it is tried again, later
    each time; its limit over, faulty to the end, refused, or in doubt at an agency without memory: stuck.
    """
    is_unsure = task.is_unsure or (task.agency_ref is None and setback.is_unknown)
    note = {**setback.note, "outcome": "unknown" if setback.is_unknown else "not sent"}
    cause = _ends_by(task, setback.cause, is_unsure=is_unsure, memory=memory)
    if cause:
        return Result(task.id, TaskState.STUCK, task.lease, note=note, cause=cause)
    state = TaskState.UNKNOWN if is_unsure else task.untried
    again_s = wait_s(task.failures + 1, setback, dice)
    return Result(task.id, state, task.lease, again_s=again_s, note=note, cause=setback.cause)


def _ends_by(task: Claimed, cause: Cause, *, is_unsure: bool, memory: Memory) -> Cause | None:
    """The cause for which a person has to look, or None: it is tried again."""
    if cause in FOR_A_PERSON:
        return cause
    if cause is Cause.FAULT and task.failures + 1 >= MOST_FAULTS:
        return cause
    if is_unsure and memory.is_none:
        return Cause.NEEDS_CHECK
    if task.is_over and task.agency_ref is None:
        return Cause.TOO_OLD
    return None


def wait_s(failures: int, setback: Setback, dice: float) -> float:
    """Doubling with full jitter above the first wait, so that a thousand tasks do not come back in the same second.

    `failures` are those in a row, with this one: an agency that was looked at fifty times has not failed fifty times.
    The agency's own wish is the least, and no longer than a day.
    """
    if setback.cause is Cause.MISCONFIGURED:
        return MISCONFIGURED_WAIT_S * (1 + dice)
    longest = min(LONGEST_WAIT_S, FIRST_WAIT_S * 2.0 ** min(max(failures, 0), 12))
    wish = setback.after_s if setback.after_s is not None and math.isfinite(setback.after_s) else 0.0
    return max(FIRST_WAIT_S + longest * dice, min(wish, LONGEST_WISH_S))


def untried(task: Claimed, *, cause: Cause | None, again_s: float) -> Result:
    """A claimed task that is handed back as it was: nobody was asked, and it does not count as a try."""
    return Result(
        task.id, task.untried, task.lease, again_s=again_s, is_news=False, cause=cause, is_try=False
    )


def sent_again(
    cause: Cause | None, memory: Memory, *, has_ref: bool, sent_nothing: bool = False
) -> TaskState | None:
    """The state in which a stuck question goes on; None where a person has to look first what the agency has.

    `sent_nothing`: somebody has looked, and the agency has nothing.
    """
    if has_ref:
        return TaskState.ASKED
    if sent_nothing or cause is Cause.REFUSED:
        return TaskState.READY
    if not memory.is_none:
        return TaskState.UNKNOWN  # it is put under its key, or looked for first
    return TaskState.READY if cause is Cause.TOO_OLD else None  # in doubt it would have been stuck for that
