"""An agency's own system on trial: our connector before it, everything that goes over the line written down."""

import time
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import requests

from ptsp.main.kit.answering import Answering
from ptsp.sdk import webhooks
from ptsp.sdk.addresses import Reach
from ptsp.sdk.contract import Connector, Listed, Question, Receipt, Settings
from ptsp.sdk.errors import ConnectorError
from ptsp.sdk.http import Answer, call, limits_from, session
from ptsp.sdk.manifest import Manifest
from ptsp.sdk.simulator import FakeAgencyClass

STEP = "technical_review"
LISTED_MINUTES = 10
MOST_PAGES = 20
WHATEVER = tuple(range(100, 600))
OURS = ("authorization", "webhook-id", "webhook-timestamp", "webhook-signature")  # by which we are known


@dataclass(frozen=True, slots=True)
class Exchange:
    """One request as it went out, and the head of what came back; when (monotonic)."""

    method: str
    url: str
    sent: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)
    status: int
    headers: Mapping[str, str]
    at: float


@dataclass(frozen=True, slots=True)
class Reaction:
    """What came of one call: a receipt or an answer, or the error as the platform reads it; and the seconds."""

    receipt: Receipt | None
    error: ConnectorError | None
    status: int | None
    seconds: float

    def __str__(self) -> str:
        heard = f"HTTP {self.status}" if self.status else "no answer"
        read = f"; {type(self.error).__name__}: {self.error}" if self.error else ""
        return f"{heard} in {self.seconds:.2f} s{read}"


class Trial:
    """Calls one system. `make(settings, line)` builds the connector; `payloads` are those of its fake agency."""

    def __init__(
        self,
        settings: Settings,
        manifest: Manifest,
        make: Callable[[Settings, requests.Session], Connector],
        payloads: FakeAgencyClass,
        *,
        reach: Reach,
        answering: Answering | None,
        wait_s: float,
    ) -> None:
        self.settings = settings
        self.style = manifest.style
        self.can_list = manifest.lists
        self.answering = answering
        self.wait_s = wait_s
        self.exchanges: list[Exchange] = []
        self._manifest = manifest
        self._make = make
        self._payloads = payloads
        self._line = session(reach, ca=settings.ca)
        self._line.hooks["response"].append(self._write_down)
        self._first: tuple[Question, Reaction, list[Exchange]] | None = None

    def connector(self, *, secret: bytes | None = None) -> Connector:
        return self._make(replace(self.settings, secret=secret or self.settings.secret), self._line)

    def question(self, *, key: str = "", other: bool = False) -> Question:
        """A question of ours about nobody; `other` has other content."""
        wanted: Mapping[str, Any] = self._payloads.rejected if other else self._payloads.approved
        reference = f"UJI-{uuid.uuid4().hex[:8].upper()}"
        return Question(
            key or str(uuid.uuid4()), "uji", "uji", STEP, reference, self._manifest.allowed(wanted)
        )

    def ask(self, question: Question, *, secret: bytes | None = None) -> Reaction:
        return self._watched(lambda: self.connector(secret=secret).ask(question))

    def look(self, question: Question, agency_ref: str) -> Reaction:
        return self._watched(lambda: self.connector().look(question, agency_ref))

    def listed(self) -> tuple[Reaction, list[Listed]]:
        """What it says we opened in the last minutes, a few either way for its clock, all pages."""
        now, slack = datetime.fromtimestamp(time.time(), UTC), timedelta(minutes=LISTED_MINUTES)
        since, until = ((now + away).isoformat(timespec="seconds") for away in (-slack, slack))
        connector: Any = self.connector()
        cases: list[Listed] = []

        def read() -> None:
            after = None
            for _ in range(MOST_PAGES):
                page = connector.list_cases(since, until, after)
                cases.extend(page.cases)
                after = page.after
                if after is None:
                    break

        return self._watched(read), cases

    def checked(self) -> Reaction:
        return self._watched(lambda: self.connector().check())

    def first(self) -> tuple[Question, Reaction, list[Exchange]]:
        """The case that most checks are about, opened when it is first needed, and what went over the line."""
        if self._first is None:
            question, before = self.question(), len(self.exchanges)
            reaction = self.ask(question)
            self._first = question, reaction, self.exchanges[before:]
        return self._first

    def again(
        self,
        at: Exchange,
        *,
        body: bytes | None = None,
        known: bool = True,
        age_s: float = 0,
        method: str = "",
    ) -> Reaction:
        """The same request once more, changed: another body, without what we are known by, signed long ago."""
        content = at.body if body is None else body
        headers = {name: value for name, value in at.sent.items() if name.lower() != "content-length"}
        signed = {name.lower(): value for name, value in headers.items()}
        if not known:
            headers = {name: value for name, value in headers.items() if name.lower() not in OURS}
        elif "webhook-id" in signed:
            fresh = webhooks.sign(
                self.settings.secret, signed["webhook-id"], content, now=time.time() - age_s
            )
            headers = {name: value for name, value in headers.items() if name.lower() not in OURS} | fresh
        limits = limits_from(self.settings.options)
        return self._watched(
            lambda: call(
                self._line,
                method or at.method,
                at.url,
                body=content,
                headers=headers,
                limits=limits,
                accept=WHATEVER,
            )
        )

    def close(self) -> None:
        self._line.close()

    def _watched(self, act: Callable[[], Receipt | Answer | None]) -> Reaction:
        before, started = len(self.exchanges), time.monotonic()
        receipt: Receipt | None = None
        trouble: ConnectorError | None = None
        try:
            done = act()
            receipt = done if isinstance(done, Receipt) else None
        except ConnectorError as error:
            trouble = error
        status = self.exchanges[-1].status if len(self.exchanges) > before else None
        return Reaction(receipt, trouble, status, time.monotonic() - started)

    def _write_down(self, response: requests.Response, *arguments: Any, **keywords: Any) -> None:
        request = response.request
        body = request.body if isinstance(request.body, bytes) else (request.body or "").encode()
        headers = {name.lower(): value for name, value in response.headers.items()}
        sent, status = dict(request.headers), response.status_code
        self.exchanges.append(
            Exchange(str(request.method), str(request.url), sent, body, status, headers, time.monotonic())
        )
