"""A server that nobody may reach, and counts who does."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socket import AF_INET6
from threading import Lock, Thread
from typing import Any

PORTS = range(8100, 8900)  # of those at which agencies are called, so that a port hides nothing


@dataclass
class Canary:
    """Servers on one port of this machine. `hits` are the requests that came, `status` and `headers` the answer."""

    port: int = 0
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    hits: list[dict[str, str]] = field(default_factory=list)
    lock: Lock = field(default_factory=Lock)


@contextmanager
def canary(status: int = 200) -> Iterator[Canary]:
    """A server on 127.0.0.1, and on ::1 where there is one, at the same port; it counts what it gets."""
    made = Canary(status=status)
    servers = _servers(made)
    made.port = servers[0].server_address[1]
    threads = [Thread(target=server.serve_forever, args=(0.02,), daemon=True) for server in servers]
    for thread in threads:
        thread.start()
    try:
        yield made
    finally:
        for server, thread in zip(servers, threads, strict=True):
            server.shutdown()
            server.server_close()
            thread.join()


class _OnSix(ThreadingHTTPServer):
    address_family = AF_INET6


class _Counts(BaseHTTPRequestHandler):
    def __init__(self, kept: Canary, *arguments: Any) -> None:
        self._kept = kept
        super().__init__(*arguments)

    def do_GET(self) -> None:
        with self._kept.lock:
            self._kept.hits.append({name.lower(): value for name, value in self.headers.items()})
        self.send_response(self._kept.status)
        for name, value in self._kept.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", "0")
        self.end_headers()

    do_POST = do_CONNECT = do_HEAD = do_GET  # noqa: N815 - the library's names

    def log_message(self, format: str, *arguments: Any) -> None:
        """Nothing: hits are counted."""


def _servers(made: Canary) -> list[ThreadingHTTPServer]:
    answering = partial(_Counts, made)
    for port in PORTS:
        with suppress(OSError):  # taken
            first = ThreadingHTTPServer(("127.0.0.1", port), answering)
            with suppress(OSError):  # no IPv6 here: its forms of 127.0.0.1 are tried all the same
                return [first, _OnSix(("::1", port), answering)]
            return [first]
    raise OSError(f"no port from {PORTS[0]} to {PORTS[-1]} is free")
