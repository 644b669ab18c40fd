"""What is sent back to the applicant, and what comes of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from uuid import UUID


class CorrectionState(StrEnum):
    OPEN = "open"
    ANSWERED = "answered"
    LAPSED = "lapsed"  # the applicant stayed silent
    WITHDRAWN = "withdrawn"  # taken back by the desk, or nobody needs it any more


@dataclass(frozen=True, slots=True)
class Ask:
    """What an officer asks for. Names are `position.field` and `position.requirement`, such as `0.floor_area`."""

    fields: tuple[str, ...]
    documents: tuple[str, ...]
    message: str

    @property
    def names(self) -> tuple[str, ...]:
        return (*self.fields, *self.documents)


@dataclass(frozen=True, slots=True)
class Answer:
    """What the applicant sends in return: by the names that were asked for, values as written, documents by id."""

    answers: Mapping[str, object]
    documents: Mapping[str, UUID]


@dataclass(frozen=True, slots=True)
class Correction:
    """One return of applications for correction, by the task `seq`.

    `due_on` is the last day for an answer; `lapses_at` the moment at which silence ends the applications, None
    where it never does. `stop` names what holds the clocks meanwhile.
    """

    id: UUID
    bundle_id: UUID
    seq: int
    round: int
    fields: tuple[str, ...]
    documents: tuple[str, ...]
    message: str
    asked_at: datetime
    asked_by: str
    due_on: date
    lapses_at: datetime | None
    stop: UUID
    state: CorrectionState = CorrectionState.OPEN
    answered_at: datetime | None = None

    @property
    def names(self) -> tuple[str, ...]:
        return (*self.fields, *self.documents)
