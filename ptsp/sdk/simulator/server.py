"""One fake agency over HTTP: every tenant's agencies of one connector in one process.

`/<tenant>/<agency>/...` are the agency's own routes; `/_script` (GET, PUT), `/_books` and `/_health`
(GET) are for whoever runs the trial.
"""

import json
import re
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

from ptsp.sdk import webhooks
from ptsp.sdk.simulator import spoilt
from ptsp.sdk.simulator.books import Books, Request
from ptsp.sdk.simulator.callbacks import Callbacks
from ptsp.sdk.simulator.desk import Answer, Call, Desk, FakeAgencyClass, Route, WithDoor, as_json
from ptsp.sdk.simulator.script import AFTER, BEFORE, BadScript, Faults, Rule, Script

LARGEST = 4 * 1024 * 1024
_PREFIX = re.compile(r"/([a-z][a-z0-9_-]*)/([a-z][a-z0-9_-]*)(/.*)")


@dataclass(frozen=True, slots=True)
class Running:
    """A fake agency that listens. `base` is what stands before `/<tenant>/<agency>`."""

    host: str
    port: int
    desk: Desk
    base: str

    def url(self, tenant: str, agency: str) -> str:
        """The base URL for one agency of one tenant, as it goes into `Settings.url`."""
        return f"{self.base}/{tenant}/{agency}"


@contextmanager
def running(
    kind: FakeAgencyClass,
    *,
    books: Path,
    master: bytes,
    port: int = 0,
    script: Script | None = None,
    clock: Callable[[], float] = time.time,
) -> Iterator[Running]:
    """Run a fake agency in threads of this process while the block lasts. Port 0 takes a free one."""
    kept = Books(books)
    secret_for = partial(webhooks.derive_secret, master)
    callbacks = Callbacks(kept, secret_for, clock)
    desk = Desk(kept, Faults(script or Script()), callbacks, secret_for, clock)
    ended = threading.Event()
    agency = kind(desk)
    handler = partial(_Handler, desk, tuple(agency.routes()), ended)
    with ExitStack() as doors, _Server(("127.0.0.1", port), handler) as server:
        thread = threading.Thread(target=partial(server.serve_forever, 0.05), daemon=True)
        thread.start()
        base = f"http://127.0.0.1:{server.server_address[1]}"
        if isinstance(agency, WithDoor):
            base = doors.enter_context(agency.door(books.with_suffix(".folder")))
        callbacks.start()
        try:
            yield Running("127.0.0.1", server.server_address[1], desk, base)
        finally:
            ended.set()
            callbacks.stop()
            server.shutdown()
            server.hang_up()
            thread.join()
    kept.close()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = True
    request_queue_size = 256

    def __init__(self, address: tuple[str, int], handler: Callable[..., Any]) -> None:
        super().__init__(address, handler)
        self._open: set[Any] = set()

    def process_request(self, request: Any, client_address: Any) -> None:
        self._open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        self._open.discard(request)
        super().shutdown_request(request)

    def hang_up(self) -> None:
        """End kept-alive lines, as a process that ends would."""
        for line in list(self._open):
            spoilt.cut(line)

    def handle_error(self, request: Any, client_address: Any) -> None:
        if not isinstance(sys.exception(), OSError):  # a caller that hung up is no news
            super().handle_error(request, client_address)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1  # headers and body leave in one packet
    timeout = 60

    def __init__(self, desk: Desk, routes: Sequence[Route], ended: threading.Event, *arguments: Any) -> None:
        self._desk = desk
        self._routes = routes
        self._ended = ended
        super().__init__(*arguments)

    def do_GET(self) -> None:
        self._serve()

    do_POST = do_PUT = do_DELETE = do_GET  # noqa: N815 - the library's names

    def log_message(self, format: str, *arguments: Any) -> None:
        """Nothing: requests are in the books."""

    def _serve(self) -> None:
        body = self._body()
        if body is None:
            self._write(Answer.json(413, {"error": "content-length: missing, malformed or too large"}))
            self.close_connection = True
            return
        path = self.path.partition("?")[0]
        if path.startswith("/_"):
            self._write(_control(self._desk, self.command, path, body))
            return
        self._agency(path, body)

    def _agency(self, path: str, body: bytes) -> None:
        tenant, agency, rest = _split(path)
        headers = {name.lower(): value for name, value in self.headers.items()}
        found = _find(self._routes, self.command, path, rest)
        if found is None:
            self._write(Answer.json(404, {"error": "no such path"}))
            return
        route, values = found
        rule = self._desk.faults.draw(agency=f"{tenant}/{agency}", kind=route.kind(headers))
        query = dict(parse_qsl(self.path.partition("?")[2]))
        call = Call(self.command, rest or path, tenant, agency, headers, body, values, rule, query)
        if rule and rule.do in BEFORE:
            self._note(call, f"fault:{rule.do}")
            self._spoil(rule, None)
            return
        answer = route.answer(call)
        self._note(call, f"fault:{rule.do}" if rule else str(answer.status))
        if rule and rule.do in AFTER:
            self._spoil(rule, answer)
            return
        self._write(answer)

    def _spoil(self, rule: Rule, answer: Answer | None) -> None:
        if rule.do in ("timeout", "slow"):
            self._ended.wait(rule.seconds)
        spoilt_answer = spoilt.answer(rule, answer)
        if spoilt_answer is None:
            self.close_connection = True
            spoilt.cut(self.connection)
            return
        if rule.do == "trickle":
            self._trickle(spoilt_answer)
            return
        self._write(spoilt_answer, announce=7 if rule.do == "short" else 0)
        self.close_connection = self.close_connection or rule.do == "short"

    def _trickle(self, answer: Answer) -> None:
        head = f"HTTP/1.1 {answer.status} OK\r\nContent-Length: {len(answer.body)}\r\n\r\n".encode()
        for byte in head + answer.body:
            if self._ended.wait(0.1):
                break
            self.wfile.write(bytes([byte]))
            self.wfile.flush()
        self.close_connection = True

    def _note(self, call: Call, outcome: str) -> None:
        now = self._desk.clock()
        self._desk.books.note(Request(now, call.office, call.method, call.path, call.key, outcome))

    def _body(self) -> bytes | None:
        length = self.headers.get("Content-Length", "0")
        if "Transfer-Encoding" in self.headers or not length.isdigit() or int(length) > LARGEST:
            return None
        return self.rfile.read(int(length))

    def _write(self, answer: Answer, *, announce: int = 0) -> None:
        self.send_response(answer.status)
        self.send_header("Content-Type", answer.media_type)
        self.send_header("Content-Length", str(len(answer.body) + announce))
        for name, value in answer.headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(answer.body)
        self.wfile.flush()


def _split(path: str) -> tuple[str, str, str]:
    found = _PREFIX.fullmatch(path)
    return (found[1], found[2], found[3]) if found else ("", "", "")


def _find(routes: Sequence[Route], method: str, path: str, rest: str) -> tuple[Route, dict[str, str]] | None:
    for route in routes:
        values = route.match(method, path if route.rooted else rest)
        if values is not None:
            return route, values
    return None


def _control(desk: Desk, method: str, path: str, body: bytes) -> Answer:
    if (method, path) == ("PUT", "/_script"):
        try:
            desk.faults.follow(Script.read(json.loads(body or b"{}")))
        except (ValueError, BadScript) as error:
            return Answer.json(422, {"error": str(error)})
    if path == "/_script" and method in ("GET", "PUT"):
        return Answer(200, as_json(asdict(desk.faults.script)))
    if (method, path) == ("GET", "/_books"):
        return Answer(200, as_json(_summary(desk.books)))
    if (method, path) == ("GET", "/_health"):
        return Answer.json(200, {"ok": True})
    return Answer.json(404, {"error": "control paths: /_script, /_books, /_health"})


def _summary(books: Books) -> dict[str, object]:
    letters = books.letters()
    return {
        "effects": len(books.effects()),
        "requests": len(books.requests()),
        "doubled": books.doubled(),
        "letters": len(letters),
        "letters_owed": sum(letter.done_at is None for letter in letters),
    }
