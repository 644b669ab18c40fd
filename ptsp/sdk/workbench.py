"""What a contract test has in its hands: a connector, its fake agency over real HTTP, a letter box."""

import threading
import time
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from tempfile import gettempdir
from typing import Any

from ptsp.sdk import webhooks
from ptsp.sdk.addresses import Reach
from ptsp.sdk.contract import Connector, Question, Receipt, Settings
from ptsp.sdk.manifest import Manifest, Style
from ptsp.sdk.simulator import Case, Desk, FakeAgencyClass, Route, Running, Script, running

MASTER = b"only for tests: nothing of worth is behind it"
TENANT = "sidoarjo"
AGENCY = "public_works"


class _ThisMachine(Reach):
    """Everything on this machine besides public addresses: fake agencies and letter boxes take free ports."""

    def names(self, host: str, port: int) -> bool:
        return host == "127.0.0.1" or super().names(host, port)


NOWHERE = f"{gettempdir()}/ptsp-is-not-there"
THIS_MACHINE = _ThisMachine(folders=(NOWHERE, gettempdir()))
QUICK = {"connect_s": 0.5, "read_s": 0.5, "total_s": 1.0, "look_again_s": 0.05}
PATIENCE_S = 10.0


@dataclass(frozen=True, slots=True)
class Arrival:
    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes


@dataclass
class Letterbox:
    """A small HTTP server that keeps what it gets. `answers` are statuses, the last one for ever."""

    answers: Sequence[int] = (200,)
    answer_headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    arrivals: list[Arrival] = field(default_factory=list)
    port: int = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def wait_for(self, count: int) -> list[Arrival]:
        """The first `count` arrivals; AssertionError if they do not come."""
        ends = time.monotonic() + PATIENCE_S
        while len(self.arrivals) < count:
            assert time.monotonic() < ends, f"{len(self.arrivals)} of {count} messages came"
            time.sleep(0.005)
        return self.arrivals[:count]

    @contextmanager
    def open(self, port: int = 0) -> Iterator["Letterbox"]:
        with _Listening(("127.0.0.1", port), partial(_Keep, self)) as server:
            self.port = server.server_address[1]
            thread = threading.Thread(target=partial(server.serve_forever, 0.02), daemon=True)
            thread.start()
            try:
                yield self
            finally:
                server.shutdown()
                thread.join()


class NoAgency:
    """In the place of a fake agency where nobody is called."""

    approved: Mapping[str, object] = {"services": ["imb"]}
    rejected: Mapping[str, object] = {"services": ["imb"]}

    def __init__(self, desk: Desk) -> None: ...

    def routes(self) -> tuple[Route, ...]:
        return ()


@dataclass(frozen=True)
class Workbench:
    """One connector on trial. `make(settings)` builds it as the platform would."""

    folder: Path
    manifest: Manifest
    kind: FakeAgencyClass
    make: Callable[[Settings], Any]
    agency: Running
    letters: Letterbox

    @property
    def secret(self) -> bytes:
        return webhooks.derive_secret(MASTER, TENANT, AGENCY)

    def settings(self, *, url: str = "", secret: bytes | None = None, tenant: str = TENANT) -> Settings:
        known = self.manifest.options.get("properties")
        names = known if isinstance(known, Mapping) else {}
        return Settings(
            url=url or ("" if self.manifest.style is Style.DESK else self.agency.url(tenant, AGENCY)),
            secret=self.secret if secret is None else secret,
            callback_url=f"{self.letters.url}/replies",
            options={
                **getattr(self.kind, "options", {}),  # what it cannot do without
                **{name: value for name, value in QUICK.items() if name in names},
            },
        )

    def connector(self, *, url: str = "", secret: bytes | None = None, tenant: str = TENANT) -> Any:
        return self.make(self.settings(url=url, secret=secret, tenant=tenant))

    def question(self, payload: Mapping[str, object] | None = None) -> Question:
        """A new question, by default one that is approved."""
        return Question(
            key=str(uuid.uuid4()),
            tenant=TENANT,
            agency=AGENCY,
            step="technical",
            reference=f"TST-{uuid.uuid4().hex[:8]}",
            payload=self.manifest.allowed(self.kind.approved if payload is None else payload),
        )

    def follow(self, *rules: Mapping[str, object], delay_s: float = 0.05) -> None:
        """Give the fake agency a script."""
        raw = {"delay_s": delay_s, "rules": list(rules)}
        self.agency.desk.faults.follow(Script.read(raw))

    @property
    def nowhere(self) -> str:
        """A folder's address whose root may be used and is not there."""
        return f"file://{NOWHERE}/{uuid.uuid4().hex}"

    def resend(self, connector: Any, question: Question) -> Receipt:
        """Put a question again that may have arrived, as the platform does: an agency without keys is asked first."""
        found = None if self.manifest.supports_idempotency else connector.find(question)
        receipt: Receipt = found or connector.ask(question)
        return receipt

    def effects(self, count: int) -> list[Case]:
        """What the agency has done, as soon as it has done so much. AssertionError if it does not."""
        ends = time.monotonic() + PATIENCE_S
        while len(done := self.agency.desk.books.effects()) < count:
            assert time.monotonic() < ends, f"{len(done)} of {count} effects"
            time.sleep(0.005)
        assert len(done) == count
        return done

    def verdict(self, connector: Connector, question: Question) -> Receipt:
        """Ask, and wait for the verdict by the connector's own style."""
        before = len(self.letters.arrivals)
        receipt = connector.ask(question)
        if self.manifest.style is Style.WEBHOOK:
            arrival = self.letters.wait_for(before + 1)[before]
            reply = connector.read_reply(arrival.headers, arrival.body)
            assert reply.key == question.key
            return reply.receipt
        ends = time.monotonic() + PATIENCE_S
        while receipt.verdict is None:
            assert time.monotonic() < ends, "no verdict came"
            assert receipt.agency_ref, "a case without a number cannot be looked at"
            assert receipt.look_again_s, "a polled agency says when to look again"
            time.sleep(receipt.look_again_s)
            receipt = connector.look(question, receipt.agency_ref)
        return receipt


@contextmanager
def workbench(
    *,
    folder: Path,
    manifest: Manifest,
    kind: FakeAgencyClass,
    make: Callable[[Settings], Any],
    books: Path,
) -> Iterator[Workbench]:
    """Everything up while the block lasts."""
    script = Script(delay_s=0.05)
    with (
        Letterbox().open() as letters,
        running(kind, books=books, master=MASTER, script=script) as agency,
    ):
        yield Workbench(folder, manifest, kind, make, agency, letters)


class _Listening(ThreadingHTTPServer):
    daemon_threads = False


class _Keep(BaseHTTPRequestHandler):
    def __init__(self, box: Letterbox, *arguments: Any) -> None:
        self._box = box
        super().__init__(*arguments)

    def do_GET(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
        at = min(len(self._box.arrivals), len(self._box.answers) - 1)
        self._box.arrivals.append(Arrival(self.command, self.path, dict(self.headers.items()), body))
        self.send_response(self._box.answers[at])
        for name, value in self._box.answer_headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(self._box.body)))
        self.end_headers()
        self.wfile.write(self._box.body)

    do_POST = do_PUT = do_GET  # noqa: N815 - the library's names

    def log_message(self, format: str, *arguments: Any) -> None:
        """Nothing: arrivals are kept."""
