"""A whole-call deadline for requests: no trickle of bytes, headers included, can outlast it.

The time-outs of `requests` count from byte to byte. Here every read of the socket gets at most what
is left of the call's own deadline, which the calling thread holds in a context variable.
"""

import http.client
import io
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from http.cookiejar import DefaultCookiePolicy
from time import monotonic
from typing import Any

import requests
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

_LEFT: ContextVar[tuple[float, float] | None] = ContextVar("ptsp_call_deadline", default=None)


@contextmanager
def until(ends: float, *, step_s: float) -> Iterator[None]:
    """Inside the block every read ends at `ends` (monotonic), and waits at most `step_s` for a byte."""
    token = _LEFT.set((ends, step_s))
    try:
        yield
    finally:
        _LEFT.reset(token)


class NoCookies(DefaultCookiePolicy):
    """Sessions are shared by threads and tenants: nothing of one call may appear in another."""

    def set_ok(self, cookie: Any, request: Any) -> bool:
        return False


class PartnerSession(requests.Session):
    """Sees no redirect anywhere: `requests` would otherwise read its whole body, even to ignore it."""

    def get_redirect_target(self, resp: requests.Response) -> str | None:
        return None


class _BoundedReader(io.RawIOBase):
    def __init__(self, source: Any, sock: socket.socket) -> None:
        super().__init__()
        self._source = source
        self._sock = sock

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        bound = _LEFT.get()
        if bound:
            left = bound[0] - monotonic()
            if left <= 0:
                raise TimeoutError("the call's deadline has passed")
            self._sock.settimeout(min(left, bound[1]))
        read: int | None = self._source.raw.readinto(buffer)
        return read

    def close(self) -> None:
        self._source.close()
        super().close()


class _Response(http.client.HTTPResponse):
    def __init__(self, sock: socket.socket, *args: Any, **keywords: Any) -> None:
        super().__init__(sock, *args, **keywords)
        self.fp = io.BufferedReader(_BoundedReader(self.fp, sock))


class _Plain(HTTPConnection):
    response_class = _Response


class _Secure(HTTPSConnection):
    response_class = _Response


class _PlainPool(HTTPConnectionPool):
    ConnectionCls = _Plain


class _SecurePool(HTTPSConnectionPool):
    ConnectionCls = _Secure


class DeadlineAdapter(HTTPAdapter):
    """The usual pooled transport, with connections that know the call's deadline."""

    def init_poolmanager(self, *args: Any, **keywords: Any) -> None:
        super().init_poolmanager(*args, **keywords)
        self.poolmanager.pool_classes_by_scheme = {"http": _PlainPool, "https": _SecurePool}
