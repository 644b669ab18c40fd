"""Where an agency on trial calls back: the first call of each message is turned away, to see whether it comes again."""

import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

LARGEST = 1024 * 1024
AWAY, TAKEN = 503, 200


@dataclass(frozen=True, slots=True)
class Arrival:
    """One call: when (monotonic), its headers by lower-case name, its body, and what it was answered."""

    at: float
    headers: Mapping[str, str]
    body: bytes
    answered: int


@dataclass
class Answering:
    url: str = ""
    arrivals: list[Arrival] = field(default_factory=list)
    news: threading.Condition = field(default_factory=threading.Condition)

    def take(self, headers: Mapping[str, str], body: bytes) -> int:
        with self.news:
            name = headers.get("webhook-id", "")
            known = any(one.headers.get("webhook-id", "") == name for one in self.arrivals)
            status = TAKEN if known else AWAY
            self.arrivals.append(Arrival(time.monotonic(), headers, body, status))
            self.news.notify_all()
            return status

    def about(self, key: str) -> list[Arrival]:
        with self.news:
            return [one for one in self.arrivals if key.encode() in one.body]

    def wait_for(self, key: str, count: int, *, within_s: float) -> list[Arrival]:
        """What came about a question until there are so many, or the time is over."""
        ends = time.monotonic() + within_s
        with self.news:
            while True:
                found = [one for one in self.arrivals if key.encode() in one.body]
                if len(found) >= count or not self.news.wait(max(ends - time.monotonic(), 0)):
                    return found


@contextmanager
def answering(port: int, url: str = "") -> Iterator[Answering]:
    """Listens while the block lasts. `url` is how the agency reaches it, if that is another address."""
    kept = Answering()
    with ThreadingHTTPServer(("0.0.0.0" if url else "127.0.0.1", port), partial(_Takes, kept)) as server:
        kept.url = url or f"http://127.0.0.1:{server.server_address[1]}/replies"
        thread = threading.Thread(target=partial(server.serve_forever, 0.05), daemon=True)
        thread.start()
        try:
            yield kept
        finally:
            server.shutdown()
            thread.join()


class _Takes(BaseHTTPRequestHandler):
    timeout = 10

    def __init__(self, kept: Answering, *arguments: Any) -> None:
        self._kept = kept
        super().__init__(*arguments)

    def do_POST(self) -> None:
        length = self.headers.get("Content-Length", "0")
        if not length.isdigit() or int(length) > LARGEST:
            self.send_error(413)
            return
        body = self.rfile.read(int(length))
        status = self._kept.take({name.lower(): value for name, value in self.headers.items()}, body)
        self.send_response(status)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *arguments: Any) -> None:
        """Nothing: calls are kept."""
