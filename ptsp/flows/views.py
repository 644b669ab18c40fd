"""What pages and the API show of a bundle: frozen rows, nothing lazy, no personal data unmasked."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from ptsp.kernel.specs import Text


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
    days: int
    planned_on: date  # the latest working day on which it ends if the promise holds
    started_at: datetime | None
    ended_at: datetime | None
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class BillLineView:
    code: str
    label: Text
    account: str
    amount: int
    receipt: Mapping[str, object]  # as made by ptsp.kernel.formulas.as_json


@dataclass(frozen=True, slots=True)
class NoticeView:
    """A fee notice (SKRD). `state` is open, settled or cancelled."""

    number: str
    service: str
    service_name: Text
    lines: tuple[BillLineView, ...]
    total: int
    issued_on: date
    due_on: date
    state: str
    paid_at: datetime | None
    bill: (
        str  # what the payer names at the bank: one per bundle behind one door, one per notice under one roof
    )


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
    """`state` is open, approved or rejected."""

    service: str
    name: Text
    state: str
    promised_on: date
    ended_at: datetime | None
    reasons: tuple[str, ...]
    document: DocumentView | None


@dataclass(frozen=True, slots=True)
class EventView:
    seq: int
    at: datetime
    type: str
    text: Text  # a plain sentence for the applicant


@dataclass(frozen=True, slots=True)
class BundleView:
    """`outcome` is None while open, else approved, partly_approved or refused."""

    tenant: str
    tenant_name: Text
    time_zone: str
    reference: str
    lodged_at: datetime
    promised_on: date
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


@dataclass(frozen=True, slots=True)
class QuoteView:
    """What a bundle would cost and when it would be ready, without lodging it.

    `missing` are paths such as `applications[0].documents.drawings` of what must be brought for lodging.
    """

    tasks: tuple[TaskView, ...]
    tasks_before_merging: int
    promised_on: date
    promised: Mapping[str, date]  # per service
    notices: tuple[NoticeView, ...]  # numbers are empty
    fee: int
    missing: tuple[str, ...]
