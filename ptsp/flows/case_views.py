"""What an officer sees of a case and of a queue: frozen rows, nothing lazy, no personal data unmasked."""

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from ptsp.flows.views import CorrectionItem, CorrectionView
from ptsp.kernel.limits import Limit
from ptsp.kernel.specs import Text


@dataclass(frozen=True, slots=True)
class StopView:
    """A time for which a clock stood; `to` is None while it stands. `reason` is one of the closed list."""

    id: UUID | None
    reason: str
    at: datetime
    to: datetime | None


@dataclass(frozen=True, slots=True)
class GrantView:
    """An extension that was given."""

    at: datetime
    by: Limit
    legal_basis: str


@dataclass(frozen=True, slots=True)
class ClockView:
    """A clock as it stands now.

    `whole`, `used` and `left` are ticks: working days, office minutes for a limit in hours, calendar days for the
    others. `due_at` is None while it stands; `expected_at` is when it would end if it went on at once.
    """

    limit: Limit
    whole: int
    used: int
    left: int
    is_over: bool
    over_days: int  # working days
    started_at: datetime | None
    ended_at: datetime | None
    due_at: datetime | None
    expected_at: datetime | None
    stops: tuple[StopView, ...]
    grants: tuple[GrantView, ...]


@dataclass(frozen=True, slots=True)
class AnswerView:
    """An answer of the applicant. `value` is canonical: `1250.5`, `yes`, a choice's code, or the text itself.

    `choice` is the label of a chosen one.
    """

    name: str  # as a correction names it, such as 0.floor_area
    label: Text
    type: str  # number | choice | text | yes_no
    value: str
    choice: Text | None
    unit: str


@dataclass(frozen=True, slots=True)
class PaperView:
    """A document the applicant handed in, for a requirement of these services. `size` is in bytes."""

    id: UUID
    name: str
    label: Text
    media_type: str
    size: int
    uploaded_at: datetime
    services: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PartyView:
    """One party's part in an application: an agency, `applicant`, `outage` or `force_majeure` (see `kind`).

    In working days: `share` is what the route gives it (None for whoever has none), `used` what it took so far,
    `late` its part of the days by which the application is over its legal limit.
    """

    party: str
    kind: str  # agency | applicant | outage | force_majeure
    name: Text
    share: int | None
    used: int
    late: int


@dataclass(frozen=True, slots=True)
class CaseApplication:
    """One application of the case. Answers only of those that the officer's own task is for.

    `starts_after` is the step that starts its legal clock; None where lodging does. `elapsed_days` are the
    applicant's: calendar days since lodging, `elapsed_working_days` those of them that the office worked.
    """

    position: int
    service: str
    name: Text
    state: str
    is_mine: bool
    answers: tuple[AnswerView, ...]
    legal: ClockView
    legal_basis: str  # the source of the legal limit
    starts_after: Text | None
    elapsed_days: int
    elapsed_working_days: int
    promised_on: date
    first_promised_on: date
    held_by: tuple[str, ...]
    late_days: int
    parties: tuple[PartyView, ...]


@dataclass(frozen=True, slots=True)
class OpenStep:
    """A step of the case that has not ended, with what it means for the promised date.

    `slack` are the working days of its agency that it may still lose from now on without moving that date; below
    0 the date cannot be kept any more. `is_critical`: it has no slack, or the date is made by it.
    """

    seq: int
    name: Text
    agency: str
    agency_name: Text
    services: tuple[str, ...]
    state: str
    is_mine: bool
    is_critical: bool
    slack: int
    expected_on: date
    due_at: datetime | None
    over_days: int
    held_by: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PromiseMove:
    """A change of the promised date. `why` is a half sentence, empty where the event names no cause."""

    at: datetime
    old: date
    new: date
    held_by: tuple[str, ...]
    why: Text


@dataclass(frozen=True, slots=True)
class Returnable:
    """Whether the task may be returned for correction, and what of it.

    `why_not` is empty, or one of: ended, waiting (for an answer), no_rounds, no_stop (the standards of these
    services do not let their clocks stand for it). `rounds_left` and `answer_within` are by service, in the order
    of `services`.
    """

    why_not: str
    fields: tuple[CorrectionItem, ...]
    documents: tuple[CorrectionItem, ...]
    services: tuple[str, ...]
    rounds_left: tuple[int, ...]
    answer_within: tuple[Limit, ...]
    lapses: tuple[bool, ...]


@dataclass(frozen=True, slots=True)
class Extendable:
    """By how much the limits may still be extended at most, and by which law."""

    left: Limit
    legal_basis: str


@dataclass(frozen=True, slots=True)
class Allowed:
    """What the officer may do with the task now.

    `stops` are the reasons for which its clock may be stopped; `resumable` those stops that an officer may end
    (those of a correction end with it, those of a declared outage with the outage).
    """

    verdict: bool
    returnable: Returnable
    take_back: bool
    stops: tuple[str, ...]
    resumable: tuple[StopView, ...]
    extendable: Extendable | None


@dataclass(frozen=True, slots=True)
class AskedPart:
    """A part of what an agency was to be asked; numbers of persons are masked."""

    label: Text
    value: Text


@dataclass(frozen=True, slots=True)
class ByHand:
    """What an agency was to be asked, and a desk answers in its place.

    `why` is the cause for which it could not be asked, None where it is not kept or its officers always answer here.
    `parts` are only those that the agency itself would have been sent.
    """

    agency: str
    agency_name: Text
    why: Text | None
    parts: tuple[AskedPart, ...]


@dataclass(frozen=True, slots=True)
class OwnTask:
    """The officer's own task in the case, with its own clock. `agency` is the officer's desk."""

    id: UUID
    seq: int
    code: str
    name: Text
    agency: str
    agency_name: Text
    state: str
    reasons: tuple[str, ...]
    officer: str | None  # the label of whoever has taken it
    clock: ClockView
    by_hand: ByHand | None = None


@dataclass(frozen=True, slots=True)
class CaseView:
    """A case as the officer of one of its tasks may see it.

    `held_by` says why the promised date cannot be kept to just now; `moves` are its changes, the first one first.
    `steps` are all that have not ended, in the order of the route. `papers` are those for the applications that the
    officer's own task is for, in the order of their requirements, the newest of each first.
    """

    tenant: str
    tenant_name: Text
    time_zone: str
    now: datetime
    reference: str
    lodged_at: datetime
    applicant_name: str
    applicant_nik: str  # masked
    state: str
    outcome: str | None
    promised_on: date
    first_promised_on: date
    held_by: tuple[str, ...]
    is_provisional: bool
    moves: tuple[PromiseMove, ...]
    task: OwnTask
    applications: tuple[CaseApplication, ...]
    papers: tuple[PaperView, ...]
    steps: tuple[OpenStep, ...]
    corrections: tuple[CorrectionView, ...]  # those of the officer's own task, the newest first
    may: Allowed


@dataclass(frozen=True, slots=True)
class WaitingTask:
    """A task of a queue. `left_days` are the working days until its limit ends, below 0 when it is over.

    Mostly `due_at` and `left_days` are None while its clock stands for the reasons `held_by`. `officer` is the
    label of whoever has taken it. `instead_of` is the agency that the desk answers for.
    """

    id: UUID
    name: Text
    reference: str
    services: tuple[Text, ...]
    due_at: datetime | None
    left_days: int | None
    is_over: bool
    held_by: tuple[str, ...]
    promised_on: date
    first_promised_on: date
    officer: str | None
    instead_of: Text | None = None


@dataclass(frozen=True, slots=True)
class QueueView:
    """One page of what waits at a desk, what is due next first. `next` asks for the following page.

    `officer` is the label that the token names, None where it names nobody; `tab` is all, mine or held.
    """

    tenant: str
    time_zone: str
    now: datetime
    agency: str
    agency_name: Text
    officer: str | None
    tab: str
    tasks: tuple[WaitingTask, ...]
    next: str | None
