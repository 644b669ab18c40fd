"""The contract of central systems (style `central`): they are told what happened here, and call us."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol

from ptsp.sdk.contract import Answer, Call, Receipt
from ptsp.sdk.errors import TryLater, Why


@dataclass(frozen=True, slots=True)
class Telling:
    """What one central system is told. `key` is a UUID that stays the same however often it is told.

    `kind` is the event as the manifest names it, or `complaint`; `at` is when it happened, ISO 8601 with its offset.
    `payload` has, of an event, `reference`, `service` (its code), `is_deemed`, `data` (of the event), `answers`, and
    where there is one `decision` (kind, number, code, valid_until) or `bill` (number, customer_no, total, due_on);
    of a complaint `text`, `is_secret`, `is_anonymous` and, unless that is true, `applicant` (name, email, phone).
    """

    key: str
    tenant: str
    agency: str
    kind: str
    at: str
    payload: Mapping[str, object] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True)
class Filing:
    """What a central system has sent. `number` says what it is about; `is_odd`: not of the form that was agreed."""

    kind: str
    number: str
    raw: bytes = field(repr=False)
    is_odd: bool = False


class Keeping(StrEnum):
    """What became of a filing."""

    KEPT = "kept"
    KEPT_BEFORE = "kept_before"


class Unreadable(TryLater):
    """An answer that nobody could read; the outcome is unknown. `raw` is kept sealed, and is in no text of it."""

    def __init__(self, reason: str, raw: bytes) -> None:
        super().__init__(reason, unknown=True, why=Why.NONSENSE)
        self.raw = raw


class Counter(Protocol):
    """What the platform offers a central system that calls: a place where what it sends is kept."""

    def keep(self, filing: Filing) -> Keeping:
        """Keep a filing once; the same bytes under the same number are kept before."""


class CentralConnector(Protocol):
    """What a connector of style `central` offers. `call.path` of `answer` is what follows the agency's own path."""

    def check(self) -> None:
        """Raise Misconfigured if the settings cannot work. Changes nothing there."""

    def tell(self, telling: Telling) -> Receipt:
        """Tell it. Raises as `Connector.ask` does; a receipt has its number and findings, never a verdict."""

    def answer(self, call: Call, counter: Counter) -> Answer:
        """Verify what it sends and keep it. Never raises for what it sends."""


class FindingCentral(CentralConnector, Protocol):
    """What one offers whose manifest says `finds: true`."""

    def find(self, telling: Telling) -> Receipt | None:
        """What it has of a telling, None if that has not arrived. Changes nothing there."""


class InquiringCentral(CentralConnector, Protocol):
    """What one offers that can be asked about a number, such as a NIB."""

    def inquire(self, number: str) -> Mapping[str, object]:
        """What it knows under a number, as it says it. Raises RefusedByAgency for one that it does not know."""
