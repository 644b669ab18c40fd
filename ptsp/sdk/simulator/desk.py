"""The shape of a fake agency: routes that answer calls, at a desk with everything it may use."""

import json
import re
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol, runtime_checkable

from ptsp.sdk import strict_json
from ptsp.sdk.simulator.books import Books
from ptsp.sdk.simulator.callbacks import Callbacks
from ptsp.sdk.simulator.script import Faults, Rule


@dataclass(frozen=True, slots=True)
class Call:
    """One request: header names in lower case, `values` from the route's pattern, the fault if one struck."""

    method: str
    path: str
    tenant: str
    agency: str
    headers: Mapping[str, str]
    body: bytes
    values: Mapping[str, str] = field(default_factory=dict)
    fault: Rule | None = None
    query: Mapping[str, str] = field(default_factory=dict)

    @property
    def office(self) -> str:
        """Whose books it goes to: `<tenant>/<agency>`."""
        return f"{self.tenant}/{self.agency}"

    @property
    def key(self) -> str:
        return self.headers.get("idempotency-key", "") or self.values.get("key", "")

    @property
    def about(self) -> tuple[str, str]:
        """(reference, step), which every connector of ours sends as X-Correlation-ID."""
        reference, _, step = self.headers.get("x-correlation-id", "").rpartition("/")
        return reference, step


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    body: bytes = b""
    media_type: str = "application/json"
    headers: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def json(cls, status: int, value: Mapping[str, object]) -> "Answer":
        return cls(status, strict_json.dumps(value))

    @classmethod
    def text(cls, status: int, written: str) -> "Answer":
        return cls(status, written.encode(), "text/plain; charset=utf-8")


@dataclass(frozen=True, slots=True)
class Desk:
    """What a fake agency may use. `secret_for(tenant, agency)` is the secret it shares with the platform."""

    books: Books
    faults: Faults
    callbacks: Callbacks
    secret_for: Callable[[str, str], bytes]
    clock: Callable[[], float]


@dataclass(frozen=True, slots=True)
class Route:
    """`path` holds names in braces, such as `/cases/{key}`.

    Routes stand under `/<tenant>/<agency>`; a `rooted` one stands at the top. `looks` tells by the headers whether a
    call only looks, where the method does not: every GET does. `lists` tells whether it asks for a list of cases.
    """

    method: str
    path: str
    answer: Callable[[Call], Answer]
    rooted: bool = False
    looks: Callable[[Mapping[str, str]], bool] | None = None
    lists: Callable[[Mapping[str, str]], bool] | None = None

    def kind(self, headers: Mapping[str, str]) -> str:
        """What faults are drawn by: `ask`, `look` or `list`."""
        if self.lists and self.lists(headers):
            return "list"
        is_look = self.looks(headers) if self.looks else self.method == "GET"
        return "look" if is_look else "ask"

    def match(self, method: str, path: str) -> dict[str, str] | None:
        pattern = re.sub(r"\\{(\w+)\\}", r"(?P<\1>[^/]+)", re.escape(self.path))
        found = re.fullmatch(pattern, path) if method == self.method else None
        return found.groupdict() if found else None


class FakeAgency(Protocol):
    """Made by calling the class with its desk."""

    def routes(self) -> Sequence[Route]: ...


@runtime_checkable
class WithDoor(Protocol):
    """A fake agency that is not called over HTTP."""

    def door(self, place: Path) -> AbstractContextManager[str]:
        """Be there while the block lasts; the address that stands before `/<tenant>/<agency>`. `place` is its own."""


class FakeAgencyClass(Protocol):
    """`FakeAgency` in a connector's `fake_agency.py`.

    `approved` and `rejected` are payloads that lead to that verdict: the contract tests put them.
    """

    approved: Mapping[str, object]
    rejected: Mapping[str, object]

    def __call__(self, desk: Desk) -> FakeAgency: ...


def always(headers: Mapping[str, str]) -> bool:
    """A route's answer where it does but one thing."""
    return True


def as_json(value: object) -> bytes:
    """Readable JSON for the control pages."""
    return json.dumps(value, indent=1, sort_keys=True).encode()
