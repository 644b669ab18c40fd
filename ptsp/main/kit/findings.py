"""What a check is, and what it can find."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from ptsp.main.kit.trial import Trial
from ptsp.sdk.manifest import Style


class State(StrEnum):
    PASSED = "passed"
    FAILED = "failed"
    NOT_CHECKED = "not_checked"


@dataclass(frozen=True, slots=True)
class Found:
    state: State
    sent: str
    seen: str


@dataclass(frozen=True, slots=True)
class Check:
    """`must`: without it the agency cannot be connected. `styles`: those it is about."""

    code: str
    run: Callable[[Trial], Found]
    must: bool = True
    styles: frozenset[Style] = frozenset({Style.IMMEDIATE, Style.WEBHOOK, Style.POLLING})


def judged(is_good: object, sent: str, seen: object) -> Found:
    return Found(State.PASSED if is_good else State.FAILED, sent, str(seen))


def skipped(sent: str, why: str) -> Found:
    return Found(State.NOT_CHECKED, sent, why)
