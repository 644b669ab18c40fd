"""What `requests` lacks: a whole-call deadline, a judgement of every line, and trust in nothing but what is handed in.

The time-outs of `requests` count from byte to byte. Here every read of the socket gets at most what is left of the
call's own deadline, which the calling thread holds in a context variable. A name is resolved once, by
`addresses.connect`, and the number that was judged is the number that is called.
"""

import http.client
import io
import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import lru_cache, partial
from http.cookiejar import DefaultCookiePolicy
from time import monotonic
from typing import Any

import requests
from certifi import where
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import ConnectTimeoutError, NameResolutionError, NewConnectionError

from ptsp.sdk.addresses import PUBLIC, BadAddress, Reach, Resolver, connect
from ptsp.sdk.errors import Misconfigured

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
    """Sees no redirect anywhere: `requests` would otherwise read its whole body, even to ignore it.

    `reach` is where its lines may lead, for connectors that have other lines than HTTP.
    """

    reach = PUBLIC

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


class _Judged:
    """Opens its line by `addresses.connect`. Misconfigured for an address that may not be called."""

    response_class = _Response

    def __init__(self, *args: Any, reach: Reach, resolve: Resolver | None, **keywords: Any) -> None:
        super().__init__(*args, **keywords)
        self._reach = reach
        self._resolve = resolve

    def _new_conn(self) -> socket.socket:
        line: Any = self
        try:
            return connect(
                line.host.strip("[]"),
                line.port,
                self._reach,
                timeout_s=line.timeout,
                options=line.socket_options or (),
                resolve=self._resolve,
            )
        except BadAddress as error:
            raise Misconfigured(f"url: {error}") from error
        except socket.gaierror as error:
            raise NameResolutionError(line.host, line, error) from error
        except TimeoutError as error:
            raise ConnectTimeoutError(line, "nobody answered in time") from error
        except OSError as error:
            raise NewConnectionError(line, f"no line could be opened: {error}") from error


class _Plain(_Judged, HTTPConnection):  # type: ignore[misc]
    pass


class _Secure(_Judged, HTTPSConnection):  # type: ignore[misc]
    pass


class _PlainPool(HTTPConnectionPool):
    ConnectionCls = _Plain


class _SecurePool(HTTPSConnectionPool):
    ConnectionCls = _Secure


class PartnerAdapter(HTTPAdapter):
    """The usual pooled transport, with lines that know the call's deadline and where they may lead.

    `ca` (PEM) stands in place of the world's certificates, not beside them.
    """

    def __init__(self, *, reach: Reach, resolve: Resolver | None = None, ca: str = "", pool: int) -> None:
        self._pools = {
            "http": partial(_PlainPool, reach=reach, resolve=resolve),
            "https": partial(_SecurePool, reach=reach, resolve=resolve),
        }
        self._trust = _trust(ca)
        super().__init__(pool_connections=pool, pool_maxsize=pool)

    def init_poolmanager(self, *args: Any, **keywords: Any) -> None:
        super().init_poolmanager(*args, ssl_context=self._trust, **keywords)
        self.poolmanager.pool_classes_by_scheme = self._pools

    def cert_verify(self, conn: Any, url: str, verify: Any, cert: Any) -> None:
        """Nothing: `requests` would add the world's certificates to those that were handed in."""


@lru_cache(maxsize=64)
def _trust(ca: str) -> ssl.SSLContext:
    """Made once, for the world's certificates take 20 ms to read; by hand, for the library's own contexts read the
    environment (SSL_CERT_FILE, SSLKEYLOGFILE)."""
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    made.minimum_version = ssl.TLSVersion.TLSv1_2
    try:
        made.load_verify_locations(cadata=ca) if ca else made.load_verify_locations(cafile=where())
    except ssl.SSLError as error:
        raise Misconfigured("ca: holds no certificates that can be read") from error
    return made
