"""What we asked one agency on one day, what it lists, and how the two compare."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from ptsp.sdk.contract import Verdict

QUEUED = "queued"  # stands where an agency's number will stand, while the broker has the question


class Kind(StrEnum):
    """What became of one question, or of one case that nobody asked for. The last five are gaps."""

    MATCHED = "matched"  # both have it, and nothing contradicts
    LET_GO = (
        "let_go"  # they have nothing, and nothing is expected there: a desk answers, or nobody waits any more
    )
    MISSING_THERE = "missing_there"  # we put it to them, and they have nothing
    MISSING_HERE = "missing_here"  # they have a case that we never asked for
    UNANSWERED = "unanswered"  # they have a verdict that we have not taken
    DIFFERENT = "different"  # both have a verdict, and not the same
    DOUBLED = "doubled"  # one question has two numbers


GAPS = (Kind.MISSING_THERE, Kind.MISSING_HERE, Kind.UNANSWERED, Kind.DIFFERENT, Kind.DOUBLED)
OURS = tuple(kind for kind in Kind if kind is not Kind.MISSING_HERE)


class State(StrEnum):
    """How a day's balance stands."""

    DUE = "due"  # not made yet: the agency's list could not be had so far
    BALANCED = "balanced"
    GAPS = "gaps"
    NO_LIST = "no_list"  # the agency offers no list: what we sent is counted, and nothing is compared


class Act(StrEnum):
    """What follows from a gap at once."""

    SEND_AGAIN = "send_again"  # under its key
    LOOK = "look"  # how the case stands, now
    STICK = "stick"  # it stays until a person has looked at the agency
    WAIT = "wait"  # something is under way already
    PERSON = "person"  # nothing of ours can mend it


class How(StrEnum):
    """How a gap ended."""

    GONE = "gone"  # a later list has none any more
    BY_HAND = "by_hand"


@dataclass(frozen=True, slots=True)
class Asked:
    """One question that was put to an agency; `at` is the first time that it had, or may have had it.

    `state` is the task's. `is_let_go`: a desk answers in the agency's place, it was withdrawn, or time decided it.
    `tried_at` is when a worker first took it in hand: nothing can have arrived before.
    """

    id: UUID
    at: datetime
    tried_at: datetime
    state: str
    ref: str | None = None
    verdict: Verdict | None = None
    cause: str | None = None  # why it is stuck
    is_let_go: bool = False

    @property
    def key(self) -> str:
        return str(self.id)

    @property
    def number(self) -> str | None:
        """The agency's own number, None if it has given none."""
        return None if self.ref == QUEUED else self.ref


@dataclass(frozen=True, slots=True)
class Item:
    """How one question, or one case that nobody asked for, compares. `numbers` are the agency's, ours among them.

    `ours` is the task's state, `theirs` what they say: `approved`, `rejected`, `open`; "" where there is nothing.
    """

    kind: Kind
    key: str
    numbers: tuple[str, ...] = ()
    ours: str = ""
    theirs: str = ""
    asked: Asked | None = None
    cases: int = 0  # how many they list for it

    @property
    def mark(self) -> tuple[str, str, str]:
        """What makes it the same gap when it is found again: of cases without a question, each has its own."""
        return self.kind.value, self.key, self.numbers[0] if self.kind is Kind.MISSING_HERE else ""


@dataclass(frozen=True, slots=True)
class Comparison:
    """All of one day; every question is in it once, and every case that concerns the day."""

    items: tuple[Item, ...]

    @property
    def counts(self) -> Mapping[Kind, int]:
        """By kind, all of them."""
        return {kind: sum(item.kind is kind for item in self.items) for kind in Kind}

    @property
    def sent(self) -> int:
        return sum(item.asked is not None for item in self.items)

    @property
    def listed(self) -> int:
        return sum(item.cases for item in self.items)

    @property
    def gaps(self) -> tuple[Item, ...]:
        return tuple(item for item in self.items if item.kind in GAPS)


@dataclass(frozen=True, slots=True)
class Balance:
    """One agency's day, as a row. `digest` is of what both have; `tries` are lists that could not be had in a row.

    `next_at` is when it is made again, None for never; `error` why the last list could not be had.
    """

    agency: str
    day: date
    state: State
    sent: int = 0
    listed: int = 0
    matched: int = 0
    let_go: int = 0
    missing_there: int = 0
    missing_here: int = 0
    unanswered: int = 0
    different: int = 0
    doubled: int = 0
    digest: str = ""
    listed_since: datetime | None = None
    listed_until: datetime | None = None
    made_at: datetime | None = None
    next_at: datetime | None = None
    tries: int = 0
    error: str | None = None

    @property
    def gaps(self) -> int:
        """How many were found, ended by hand or not."""
        return self.missing_there + self.missing_here + self.unanswered + self.different + self.doubled


@dataclass(frozen=True, slots=True)
class Gap:
    """A gap as a row: the same as long as it is found again. `act` is what followed the last time, `tries` how often
    anything did.
    """

    id: UUID
    agency: str
    day: date
    kind: Kind
    task_id: UUID | None
    key: str
    number: str
    ours: str
    theirs: str
    act: Act
    tries: int
    found_at: datetime
    ended_at: datetime | None = None
    ended_how: How | None = None
    reason: str = ""
    ended_by: str = ""

    @property
    def is_for_a_person(self) -> bool:
        return self.ended_at is None and self.act in (Act.PERSON, Act.STICK)


@dataclass(frozen=True, slots=True)
class Statement:
    """What was signed of a day. `body` is canonical JSON; its `previous` is the SHA-256 of the one before."""

    agency: str
    seq: int
    day: date
    body: bytes
    signature: bytes
    made_at: datetime
