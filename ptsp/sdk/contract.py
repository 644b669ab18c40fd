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
    """What one agency of one tenant is configured with. `secret` never reaches a log or a repr."""

    url: str
    secret: bytes = field(repr=False, default=b"")
    callback_url: str = ""
    options: Mapping[str, object] = field(default_factory=dict)


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


@dataclass(frozen=True, slots=True)
class Payment:
    """A verified call of a bank: money received for one bill. `amount` in whole rupiah."""

    message_id: str
    bill: str
    amount: int
    paid_at: str
    provider_ref: str


class PaymentConnector(Protocol):
    """What a connector of style `payment` offers instead."""

    def check(self) -> None: ...

    def read_payment(self, headers: Mapping[str, str], body: bytes) -> Payment:
        """Verify and translate the bank's call. Raises Forged."""
