"""A submission as it comes in, and the rows it becomes."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Applicant:
    """Who applies. Everything here is personal data: it is stored sealed and shown masked."""

    nik: str
    name: str
    birth_place: str
    birth_on: date
    gender: str  # male | female
    address: str
    kk: str = ""
    phone: str = ""
    email: str = ""


@dataclass(frozen=True, slots=True)
class Wanted:
    """One service that is applied for, as the applicant wrote it."""

    service: str
    answers: Mapping[str, object]
    documents: Mapping[str, UUID]


@dataclass(frozen=True, slots=True)
class Inquiry:
    """What somebody wants to know the price of: `given` is what they have told of themselves so far."""

    given: Mapping[str, str | date]
    applications: tuple[Wanted, ...]


@dataclass(frozen=True, slots=True)
class Order:
    """One submission: the applicant and what is wanted.

    `client_key` is the Idempotency-Key with its client; `fingerprint` the SHA-256 of the body.
    """

    applicant: Applicant
    applications: tuple[Wanted, ...]
    client_key: str
    fingerprint: bytes


@dataclass(frozen=True, slots=True)
class Addition:
    """One more application for an open bundle; keys and fingerprint as in `Order`."""

    wanted: Wanted
    client_key: str
    fingerprint: bytes


@dataclass(frozen=True, slots=True)
class NewBundle:
    id: UUID
    reference: str
    lodged_at: datetime
    promised_on: date
    before_merging: int
    graph: str
    shape: str
    calendar: int
    applicant: bytes
    nik_index: bytes
    client_key: str
    fingerprint: bytes
    last_event: int
    head: bytes


@dataclass(frozen=True, slots=True)
class NewApplication:
    id: UUID
    bundle_id: UUID
    position: int
    service: str
    standard_id: UUID
    charged: bool  # is there anything to pay, by the answers?
    answers: str
    shown: tuple[str, ...]
    promised_on: date
    clock_started_at: datetime | None
    due_at: datetime | None
    warn_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class BundleRow:
    """A bundle as stored; the applicant still sealed."""

    id: UUID
    reference: str
    state: str
    outcome: str | None
    lodged_at: datetime
    promised_on: date
    first_promised_on: date
    held_by: tuple[str, ...]
    calendar: int
    before_merging: int
    graph: str
    shape: str
    applicant: bytes
    fingerprint: bytes


@dataclass(frozen=True, slots=True)
class ApplicationRow:
    id: UUID
    bundle_id: UUID
    position: int
    service: str
    standard_id: UUID
    answers: str
    shown: tuple[str, ...]
    state: str
    promised_on: date
    first_promised_on: date
    clock_started_at: datetime | None
    due_at: datetime | None
    deemed_on: datetime | None
    ended_at: datetime | None


@dataclass(frozen=True, slots=True)
class Expiring:
    """An open application whose service the law approves by silence. `due_at` is None while its clock stands."""

    due_at: datetime | None
    bundle_id: UUID
    position: int


@dataclass(frozen=True, slots=True)
class Joined:
    """An application that was added to an open bundle, and the fingerprint of the request."""

    bundle_id: UUID
    position: int
    fingerprint: bytes


@dataclass(frozen=True, slots=True)
class DocumentRow:
    """An uploaded file. Its content is in the store under its hash."""

    id: UUID
    requirement: str
    name: str
    media_type: str
    size: int
    sha256: str
    uploaded_at: datetime | None = None  # by the database's clock
