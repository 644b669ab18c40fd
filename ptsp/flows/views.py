"""What pages and the API show of a bundle: frozen rows, nothing lazy, no personal data unmasked."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from uuid import UUID

from ptsp.flows.money_views import BillView, PaymentView, WarningView
from ptsp.kernel.formulas import Value
from ptsp.kernel.limits import Limit
from ptsp.kernel.specs import FieldSpec, RequirementSpec, Text


@dataclass(frozen=True, slots=True)
class TaskView:
    """One node of the drawing. `state` is blocked, ready, running, asked, stuck, approved, rejected or cut.

    `after` holds the `seq` of the tasks it waits for. `services` are the permits it belongs to.
    """

    seq: int
    code: str
    name: Text
    kind: str  # ask | desk | charge | payment | decide
    agency: str
    agency_name: Text
    services: tuple[str, ...]
    after: tuple[int, ...]
    state: str
    limit: Limit
    planned_on: date  # when it was to end by the first promise
    expected_on: date  # when it ended, or is to end by what is known now
    due_at: datetime | None  # end of its own limit while its clock runs
    started_at: datetime | None
    ended_at: datetime | None
    reasons: tuple[str, ...]
    desk_name: Text | None = None  # the desk whose officers look at it in the agency's place


@dataclass(frozen=True, slots=True)
class BillLineView:
    """One line of a bill. `how` tells step by step how the amount came about."""

    code: str
    label: Text
    account: str
    agency: str  # whose revenue account it is
    amount: int
    receipt: Mapping[str, object]  # as ptsp.domain.fees.BillLine has it
    agency_name: Text = field(default_factory=dict)
    how: tuple[Text, ...] = ()


@dataclass(frozen=True, slots=True)
class NoticeView:
    """A fee notice. `state` is quoted, open, settled, cancelled or lapsed.

    `about` is the number of the notice that this one replaces, adds to, or demands interest on for `months_late`
    begun months. `code` opens the public page of its signed paper.
    """

    number: str
    service: str
    service_name: Text
    lines: tuple[BillLineView, ...]
    total: int
    issued_on: date
    due_on: date
    state: str
    paid_at: datetime | None
    bill: str  # what is paid in one go: one per bundle behind one door, one per notice under one roof
    customer_no: str = ""  # what the payer types at the bank, after the bank's prefix
    virtual_account: str = ""  # the same with the prefix; empty where the office has no bank
    kind: str = "assessment"  # assessment (SKRD) | additional (SKRDKBT) | demand (STRD)
    reason: str = ""
    code: str = ""
    about: str = ""
    months_late: int = 0
    closed_on: date | None = None
    closed_for: Text | None = None
    warning: WarningView | None = None  # that it is overdue


@dataclass(frozen=True, slots=True)
class DocumentView:
    """A signed document that came out: a permit, a recommendation or a refusal letter."""

    number: str
    kind: str  # permit | recommendation | refusal
    code: str  # the random verification code, tenant code first: sidoarjo.K7QF-...
    issued_at: datetime
    collectable: bool  # false while a payment after signature is still open


@dataclass(frozen=True, slots=True)
class ApplicationView:
    """`state` is open, approved, rejected, withdrawn or lapsed.

    `clock_started_at` is when the file was found complete and correct; `due_at` the end of the legal limit,
    None before that, while the clock stands and after the end. `held_by` says why it stands.
    """

    service: str
    name: Text
    state: str
    promised_on: date
    first_promised_on: date
    clock_started_at: datetime | None
    due_at: datetime | None
    held_by: tuple[str, ...]
    deemed_on: datetime | None
    ended_at: datetime | None
    reasons: tuple[str, ...]
    document: DocumentView | None
    may_withdraw: bool = False
    may_object_until: date | None = None  # the last day, while an objection to the refusal is possible
    objection: "ObjectionView | None" = None


@dataclass(frozen=True, slots=True)
class ObjectionView:
    """An objection to a refusal. `state` is open, upheld or rejected; `due_at` is when it has to be decided."""

    id: UUID
    lodged_at: datetime
    due_at: datetime
    state: str
    decided_at: datetime | None
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class CorrectionItem:
    """A field or a document to be corrected. `name` is what the answer calls it, such as `0.floor_area`."""

    name: str
    service: str
    service_name: Text
    label: Text


@dataclass(frozen=True, slots=True)
class CorrectionView:
    """What was returned for correction. `state` is open, answered, lapsed or withdrawn.

    `due_on` is the last day for an answer; with `lapses`, silence ends the applications after it. `rounds_left`
    is how often they may be returned once more.
    """

    id: UUID
    step: Text
    message: str
    asked_at: datetime
    due_on: date
    round: int
    rounds_left: int
    lapses: bool
    fields: tuple[CorrectionItem, ...]
    documents: tuple[CorrectionItem, ...]
    state: str
    answered_at: datetime | None


@dataclass(frozen=True, slots=True)
class CorrectionForm:
    """What the applicant fills in, by name: what is asked, with the `values` so far; `labels` of all there is."""

    correction: CorrectionView
    fields: Mapping[str, FieldSpec]
    documents: Mapping[str, RequirementSpec]
    values: Mapping[str, Value]
    labels: Mapping[str, Text]


@dataclass(frozen=True, slots=True)
class WithdrawalView:
    """What would follow from a withdrawal. `waiting` cannot be approved without it and have to go, too.

    Money in whole rupiah; what was `already_paid` is owed back.
    """

    services: tuple[str, ...]
    names: tuple[Text, ...]
    waiting_services: tuple[str, ...]
    waiting: tuple[Text, ...]
    steps_ended: int
    notices_cancelled: int
    already_paid: int
    others: tuple[Text, ...]  # what goes on


@dataclass(frozen=True, slots=True)
class EventView:
    seq: int
    at: datetime
    type: str
    text: Text  # a plain sentence for the applicant


@dataclass(frozen=True, slots=True)
class BundleView:
    """`outcome` is None while open, else approved, partly_approved, refused, withdrawn or lapsed.

    `held_by` says why the promised date cannot be kept to just now. `is_provisional`: it may still move, since
    the collective leave of its year is not decreed yet. `elapsed_days` are the applicant's own: calendar days
    since lodging, `elapsed_working_days` those of them the office worked.
    """

    tenant: str
    tenant_name: Text
    time_zone: str
    reference: str
    lodged_at: datetime
    promised_on: date
    first_promised_on: date
    held_by: tuple[str, ...]
    is_provisional: bool
    elapsed_days: int
    elapsed_working_days: int
    state: str
    outcome: str | None
    applicant_name: str
    applicant_nik: str  # masked
    tasks_before_merging: int
    tasks: tuple[TaskView, ...]
    applications: tuple[ApplicationView, ...]
    notices: tuple[NoticeView, ...]
    fee: int
    events: tuple[EventView, ...]
    corrections: tuple[CorrectionView, ...] = ()  # the newest first
    bills: tuple[BillView, ...] = ()
    payments: tuple[PaymentView, ...] = ()


@dataclass(frozen=True, slots=True)
class QuoteView:
    """What a bundle would cost and when it would be ready, without lodging it.

    `missing` are paths such as `applications[0].documents.drawings` of what must be brought for lodging.
    """

    tasks: tuple[TaskView, ...]
    tasks_before_merging: int
    promised_on: date
    is_provisional: bool
    promised: Mapping[str, date]  # per service
    notices: tuple[NoticeView, ...]  # numbers are empty
    fee: int
    missing: tuple[str, ...]
