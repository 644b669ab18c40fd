"""The graph of a bundle: nodes, what each waits for, and what may happen to them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from ptsp.kernel.formulas import Value
from ptsp.kernel.limits import Limit
from ptsp.kernel.specs import ServiceSpec, StepKind, Text


class TaskState(StrEnum):
    """Where a task stands. The last four are final."""

    BLOCKED = "blocked"  # waits for other tasks
    READY = "ready"  # owed to whoever does it
    RUNNING = "running"  # a worker holds the lease
    ASKED = "asked"  # the agency, the officer or the applicant has it
    UNKNOWN = "unknown"  # it was sent, and nobody knows whether it arrived
    STUCK = "stuck"  # a person of the office has to look
    APPROVED = "approved"
    REJECTED = "rejected"
    CUT = "cut"  # something it depends on was rejected, or nobody wants it any more
    DEEMED = "deemed"  # not answered in time: the law took silence for approval


QUEUED = "queued"  # instead of an agency's number, until it gives one: the broker has the question

PASSED = frozenset({TaskState.APPROVED, TaskState.DEEMED})
FINAL = PASSED | {TaskState.REJECTED, TaskState.CUT}
LOST = frozenset({TaskState.REJECTED, TaskState.CUT})


class Cause(StrEnum):
    """Why a question that an agency was to be asked does not come through."""

    AWAY = "away"  # cannot be reached: nothing was sent
    BUSY = "busy"  # it said so itself: later
    QUOTA = "quota"  # today's or this second's budget is used up
    LINE = "line"  # the line broke, or it answered 5xx: the outcome is unknown
    NONSENSE = "nonsense"  # it answered what nobody can read: the outcome is unknown
    REFUSED = "refused"  # understood and refused
    MISCONFIGURED = "misconfigured"  # address, key, certificate, options
    FAULT = "fault"  # the connector's own, or ours
    POISON = "poison"  # it ended with its worker again and again
    TOO_OLD = "too_old"  # tried until its limit was over
    NEEDS_CHECK = "needs_check"  # the outcome is unknown, and the agency cannot be asked what it has
    CIRCUIT = "circuit"  # not tried, since the agency has failed for others just now


class BundleOutcome(StrEnum):
    APPROVED = "approved"
    PARTLY_APPROVED = "partly_approved"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"
    LAPSED = "lapsed"


@dataclass(frozen=True, slots=True)
class Lodged:
    """One application as the route sees it.

    `shown` holds the requirement codes that documents satisfy; for the others a permit of the same
    bundle has to come first. `is_billed`: is there anything to pay, by these answers?
    """

    service: ServiceSpec
    answers: Mapping[str, Value]
    shown: frozenset[str]
    is_billed: bool


@dataclass(frozen=True, slots=True)
class Node:
    """One task to be. `members` are the positions of the applications it belongs to; `after` holds seqs.

    `codes[n]` is what the route of `members[n]` calls it, and `wants[n]` what of `after` that one brings; `code`
    and `name` are the first one's.
    """

    seq: int
    code: str
    name: Text
    kind: StepKind
    agency: str
    limit: Limit
    members: tuple[int, ...]
    codes: tuple[str, ...]
    after: tuple[int, ...]
    wants: tuple[tuple[int, ...], ...]


@dataclass(frozen=True, slots=True)
class Graph:
    """What `advance` needs to know of a bundle: only its shape, so that equal bundles share one value.

    `after[seq]` and `members[seq]` as in Node; `decides[n]` is the decide task of application n.
    The order of seqs is topological.
    """

    after: tuple[tuple[int, ...], ...]
    members: tuple[tuple[int, ...], ...]
    decides: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Plan:
    """The merged routes of a bundle. `before_merging` counts the tasks the permits would need alone."""

    nodes: tuple[Node, ...]
    graph: Graph
    before_merging: int


@dataclass(frozen=True, slots=True)
class Advance:
    """What follows from the verdicts so far.

    `start` become ready; `cut` end because of a rejection before them; `ended` maps an application's
    position to whether it was approved; `outcome` is set once nothing is left to do.
    """

    start: tuple[int, ...]
    cut: tuple[int, ...]
    ended: Mapping[int, bool]
    outcome: BundleOutcome | None


@dataclass(frozen=True, slots=True)
class NewTask:
    """A row of `app.task` as a bundle is lodged."""

    id: UUID
    bundle_id: UUID
    seq: int
    code: str
    kind: str
    agency: str
    planned_on: date
    state: str
    started_at: datetime | None
    due_at: datetime | None
    warn_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Claimed:
    """A task that this worker holds until its lease ends. `id` is also the key of the question.

    `was` is its state before: RUNNING if whoever held it died, UNKNOWN if a try was sent and its outcome is not
    known; in both the agency may have it already. `due_at` is the end of its limit, None while its clock stands.
    """

    id: UUID
    bundle_id: UUID
    seq: int
    code: str
    kind: StepKind
    agency: str
    lease: UUID
    attempts: int
    crashes: int
    agency_ref: str | None
    was: TaskState = TaskState.READY
    tried_at: datetime | None = None
    due_at: datetime | None = None
    desk: str | None = None  # it is answered by hand there, and nobody is asked
    failures: int = (
        0  # tries in a row that failed before this one; a look that found the agency at work ends the row
    )
    is_over: bool = False  # its limit had ended when it was claimed
    is_troubled: bool = False  # its agency did not answer the last time somebody was asked there

    @property
    def is_unsure(self) -> bool:
        """May the agency have it already, though it gave no number of its own?"""
        return self.agency_ref is None and self.was in (TaskState.RUNNING, TaskState.UNKNOWN)

    @property
    def untried(self) -> TaskState:
        """The state of a claimed task that is handed back as it was."""
        if self.agency_ref is not None:
            return TaskState.ASKED
        return TaskState.UNKNOWN if self.is_unsure else TaskState.READY


@dataclass(frozen=True, slots=True)
class Result:
    """What became of a task.

    `lease` is the token it was claimed under; None for what comes from outside (a reply, a payment, an
    officer), which counts in any open state. `again_s` is when to look again, in seconds from now, for a
    task that is not final. `note` (why a try failed, or what was found) goes to the ledger. `is_news` is
    false for a look that found nothing new: it moves the time, and the ledger stays as it is. `cause` is why a
    try failed; without one the last one is forgotten. `desk` is the desk that answers it by hand from now on.
    `is_try` is false where nobody was asked: then the claim does not count as a try. `is_by_hand`: an officer answered
    what an agency was to be asked.
    """

    task_id: UUID
    state: TaskState
    lease: UUID | None = None
    reasons: tuple[str, ...] = ()
    agency_ref: str | None = None
    again_s: float | None = None
    note: Mapping[str, str] | None = None
    is_news: bool = True
    cause: Cause | None = None
    desk: str | None = None
    is_try: bool = True
    is_by_hand: bool = False


@dataclass(frozen=True, slots=True)
class Move:
    """A blocked task that begins, with the end of its limit and its first warning, or is cut off.

    It begins READY, for a worker to claim; or ASKED where whoever moves it asks an agency behind the broker straight
    on, and the question is sent again after `again_s`; or RUNNING, claimed by whoever moves it for as long.
    """

    bundle_id: UUID
    seq: int
    state: TaskState
    due_at: datetime | None = None
    warn_at: datetime | None = None
    again_s: float | None = None
    lease: UUID | None = None


@dataclass(frozen=True, slots=True)
class Settled:
    """A task whose result counted."""

    id: UUID
    bundle_id: UUID
    seq: int
    code: str
    agency: str
    kind: StepKind
    state: TaskState


@dataclass(frozen=True, slots=True)
class TaskRow:
    """A task as pages need it."""

    id: UUID
    bundle_id: UUID
    seq: int
    code: str
    kind: str
    agency: str
    planned_on: date
    state: str
    attempts: int
    reasons: tuple[str, ...]
    started_at: datetime | None
    ended_at: datetime | None
    due_at: datetime | None
    officer: str | None = None  # the label of the officer at the desk who has taken it
    desk: str | None = None  # answers by hand what an agency was to be asked
    cause: str | None = None  # why the last try failed
    answered_by: str | None = None  # the officer whose verdict ended it at a desk

    @property
    def hands(self) -> str | None:
        """The desk whose officers answer it; None where a connector asks."""
        return self.desk or (self.agency if self.kind == StepKind.DESK else None)

    @property
    def is_by_hand(self) -> bool:
        """Does a desk answer what an agency was to be asked?"""
        return self.desk is not None and self.kind == StepKind.ASK

    @property
    def shown_state(self) -> str:
        """Its state for people: whether a question has arrived is the platform's own business."""
        return TaskState.ASKED if self.state == TaskState.UNKNOWN else self.state


@dataclass(frozen=True, slots=True)
class QueueRow:
    """A task that somebody has to do. `calendar` is the version its bundle counts on, `marks` as stored."""

    id: UUID
    bundle_id: UUID
    reference: str
    seq: int
    code: str
    kind: str
    agency: str
    state: str
    planned_on: date
    started_at: datetime | None
    due_at: datetime | None
    marks: str
    officer: str | None
    calendar: int


@dataclass(frozen=True, slots=True)
class Place:
    """The last task of one page of a queue. `due_at` is None where its clock stands."""

    due_at: datetime | None
    id: UUID


@dataclass(frozen=True, slots=True)
class Held:
    """A bundle under lock: its graph and the end of its ledger."""

    bundle_id: UUID
    reference: str
    graph: Graph
    last_event: int
    head: bytes
