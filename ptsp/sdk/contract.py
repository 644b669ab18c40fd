"""The connector contract: what we ask an agency, and what it answers."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol


class Verdict(StrEnum):
    """What an agency says of a task."""

    APPROVED = "approved"
    REJECTED = "rejected"


@dataclass(frozen=True, slots=True)
class Question:
    """One task, put to one agency. `key` is a UUID that stays the same however often we ask.

    `payload` holds only what the connector's manifest says it receives:
    `applicant` (nik, kk, name, birth_place, birth_on as ISO date, gender `male`/`female`, address),
    `answers` (the applicant's answers, numbers as strings), `services` (codes of the permits concerned).
    """

    key: str
    tenant: str
    agency: str
    step: str
    reference: str
    payload: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Receipt:
    """What the agency said at once. No verdict means: it will answer later.

    `agency_ref` is the agency's own number of the case. `look_again_s` asks the platform to look
    again (a polled agency) after so many seconds. A rejection always has at least one reason.
    """

    agency_ref: str | None = None
    verdict: Verdict | None = None
    reasons: tuple[str, ...] = ()
    findings: Mapping[str, str] = field(default_factory=dict)
    look_again_s: float | None = None


@dataclass(frozen=True, slots=True)
class Reply:
    """A verified callback: which question it answers and what it says. `message_id` is its own, once."""

    message_id: str
    key: str
    receipt: Receipt


@dataclass(frozen=True, slots=True)
class Settings:
    """What one agency of one tenant is configured with. `secret` never reaches a log or a repr.

    `ca` holds the certificates (PEM) by which the agency is known, where these are not the world's.
    """

    url: str
    secret: bytes = field(repr=False, default=b"")
    callback_url: str = ""
    options: Mapping[str, object] = field(default_factory=dict)
    ca: str = field(repr=False, default="")


class Connector(Protocol):
    """Made by calling the class named in the manifest with `(settings, http)`."""

    def check(self) -> None:
        """Raise Misconfigured if the settings cannot work. Changes nothing at the agency."""

    def ask(self, question: Question) -> Receipt:
        """Put the question to the agency. Safe to call twice with the same key."""

    def look(self, question: Question, agency_ref: str) -> Receipt:
        """See how a case that was opened earlier stands. Changes nothing at the agency."""

    def read_reply(self, headers: Mapping[str, str], body: bytes) -> Reply:
        """Verify and translate the agency's callback. Raises Forged."""


class FindingConnector(Connector, Protocol):
    """What a connector offers whose manifest says `finds: true`."""

    def find(self, question: Question) -> Receipt | None:
        """What the agency has under our reference, None if nothing has arrived. Changes nothing at the agency."""


@dataclass(frozen=True, slots=True)
class Listed:
    """One case as an agency has it. `key` is ours, "" where it kept none; `opened_at` is ISO 8601 with its offset.

    No verdict: it is not decided there.
    """

    key: str
    number: str
    opened_at: str
    verdict: Verdict | None = None


@dataclass(frozen=True, slots=True)
class Listing:
    """A page of an agency's cases. `after` asks for the next one; None: this was the last."""

    cases: tuple[Listed, ...]
    after: str | None = None


class ListingConnector(Connector, Protocol):
    """What a connector offers whose manifest says `lists: true`."""

    def list_cases(self, since: str, until: str, after: str | None = None) -> Listing:
        """The cases that we opened there from `since` up to, and without, `until` (ISO 8601 with offset).

        In an order that stays the same between pages. Changes nothing at the agency.
        """


class Standing(StrEnum):
    """How it stands with what is paid under a customer number."""

    OPEN = "open"
    PAID = "paid"
    CLOSED = "closed"  # cancelled or lapsed
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Due:
    """What is to be paid under a customer number. `amount` is whole rupiah, 0 unless open; `payer` is masked."""

    standing: Standing
    customer_no: str
    payer: str = ""
    amount: int = 0
    bill: str = ""
    about: str = ""


@dataclass(frozen=True, slots=True)
class Money:
    """Money that somebody pays. `provider_ref` is the provider's own reference: the same again is the same money.

    `amount` is whole rupiah, `paid_at` ISO 8601 with its offset, `channel` va, qris or cash. `moved`: it is here
    already, and refusing it would not send it back.
    """

    customer_no: str
    amount: int
    provider_ref: str
    paid_at: str
    channel: str
    moved: bool = False


class Taking(StrEnum):
    """What became of money that was offered."""

    BOOKED = "booked"
    BOOKED_BEFORE = "booked_before"
    KEPT = "kept"  # it was here already, fits no bill, and is owed back
    WRONG_AMOUNT = "wrong_amount"
    PAID = "paid"
    CLOSED = "closed"
    UNKNOWN = "unknown"
    CONFLICT = "conflict"  # the reference was used for other money


class Till(Protocol):
    """What the platform offers a bank's connector: the bills and the cash box of one office."""

    def due(self, customer_no: str) -> Due:
        """What is to be paid now."""

    def take(self, money: Money) -> Taking:
        """Book money, or refuse it; money that has moved is never refused."""

    def taken(self, provider_ref: str) -> Money | None:
        """What was booked under a reference."""

    def first_use(self, external_id: str) -> bool:
        """Claim the number of a request; False when it was used on this day already."""


@dataclass(frozen=True, slots=True)
class Call:
    """A bank's request. `path` is the part below `/snap/v1.0`, with its leading slash."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Answer:
    """What a bank is answered: an HTTP status and a JSON object."""

    status: int
    body: Mapping[str, object]


class BankConnector(Protocol):
    """What a connector of style `payment` offers instead."""

    def check(self) -> None:
        """Raise Misconfigured if the settings cannot work."""

    def answer(self, call: Call, till: Till) -> Answer:
        """Verify a bank's request and do what it asks. Never raises for what the bank sends."""

    def qr(self, due: Due) -> str:
        """The text of a QRIS code for an open bill. Misconfigured where the options name no merchant."""
