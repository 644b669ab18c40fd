"""The one careful way to call an agency: bounded in time and bytes, and every failure in our words."""

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
import requests

from ptsp.sdk.contract import Question
from ptsp.sdk.errors import Misconfigured, RefusedByAgency, TryLater, Why
from ptsp.sdk.http import (
    Answer,
    Limits,
    address,
    agency_errors,
    call,
    correlation,
    limits_from,
    refusal,
    session,
)
from ptsp.sdk.workbench import THIS_MACHINE, Letterbox

QUICK = Limits(connect_s=0.5, read_s=0.4, total_s=0.8, max_bytes=10_000)


@pytest.fixture
def http() -> Iterator[requests.Session]:
    with session(THIS_MACHINE) as made:
        yield made


@contextmanager
def raw_server(serve: Callable[[socket.socket], None]) -> Iterator[str]:
    """An agency that speaks bytes, not HTTP: `serve` gets each line after the request was read."""
    listening = socket.create_server(("127.0.0.1", 0))
    ended = threading.Event()

    def run() -> None:
        while not ended.is_set():
            try:
                line, _ = listening.accept()
            except OSError:
                return
            with line:
                line.settimeout(5)
                line.recv(65_536)
                try:
                    serve(line)
                except OSError:  # the caller hung up: that is what is tried
                    continue

    thread = threading.Thread(target=run)
    thread.start()
    try:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
    finally:
        ended.set()
        listening.shutdown(socket.SHUT_RDWR)
        listening.close()
        thread.join()


def drip(line: socket.socket, content: bytes) -> None:
    for byte in content:
        line.sendall(bytes([byte]))
        time.sleep(0.05)


OK = b"HTTP/1.1 200 OK\r\n"


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(OK + b"X-Slow: " + b"a" * 200, id="headers byte by byte"),
        pytest.param(OK + b"Content-Length: 200\r\n\r\n" + b"a" * 200, id="body byte by byte"),
        pytest.param(OK + b"Transfer-Encoding: chunked\r\n\r\n" + b"1\r\na\r\n" * 50, id="chunk by chunk"),
    ],
)
def test_a_trickle_cannot_outlast_the_whole_deadline(http: requests.Session, content: bytes) -> None:
    with raw_server(lambda line: drip(line, content)) as url:
        started = time.monotonic()
        with pytest.raises(TryLater) as caught:
            call(http, "GET", url, limits=QUICK)
        assert caught.value.unknown
        assert time.monotonic() - started < 1.5


GZIPPED = b"Content-Encoding: gzip\r\nContent-Length: 3\r\n\r\nabc"


@pytest.mark.parametrize(
    ("content", "why"),
    [
        pytest.param(b"", Why.LINE, id="nothing at all"),
        pytest.param(b"SSH-2.0-OpenSSH\r\n", Why.LINE, id="another protocol"),
        pytest.param(OK + b"Content-Length: 50\r\n\r\nshort", Why.LINE, id="fewer bytes than announced"),
        pytest.param(OK + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n", Why.LINE, id="a broken chunk"),
        pytest.param(OK + b"A: " + b"b" * 70_000 + b"\r\n\r\n", Why.LINE, id="a header of 70 kB"),
        pytest.param(OK + b"A: b\r\n" * 200 + b"\r\n", Why.LINE, id="200 headers"),
        pytest.param(OK + GZIPPED, Why.NONSENSE, id="compressed"),
        pytest.param(OK + b"Content-Length: 20000\r\n\r\n" + b"a" * 20_000, Why.NONSENSE, id="too large"),
        pytest.param(
            OK + b"Connection: close\r\n\r\n" + b"a" * 20_000,
            Why.NONSENSE,
            id="too large, of unknown length",
        ),
    ],
)
def test_a_broken_answer_means_unknown(http: requests.Session, content: bytes, why: Why) -> None:
    with raw_server(lambda line: line.sendall(content)) as url, pytest.raises(TryLater) as caught:
        call(http, "POST", url, body=b"x", limits=QUICK)
    assert (caught.value.unknown, caught.value.why) == (True, why)


def test_silence_hits_the_read_time_out(http: requests.Session) -> None:
    with raw_server(lambda line: time.sleep(1)) as url, pytest.raises(TryLater) as caught:
        call(http, "GET", url, limits=QUICK)
    assert (caught.value.unknown, caught.value.why) == (True, Why.LINE)


def test_a_redirect_with_an_endless_body_is_not_read_to_its_end(http: requests.Session) -> None:
    sent = []

    def flood(line: socket.socket) -> None:
        line.sendall(b"HTTP/1.1 302 Found\r\nLocation: /x\r\nConnection: close\r\n\r\n")
        for _ in range(100):
            line.sendall(b"a" * 1_000_000)
            sent.append(1)

    with raw_server(flood) as url, pytest.raises(TryLater, match="larger"):
        call(http, "GET", url, limits=QUICK)
    assert len(sent) < 50


@pytest.mark.parametrize(
    ("status", "expected", "unknown"),
    [
        (301, Misconfigured, None),
        (304, Misconfigured, None),
        (400, RefusedByAgency, None),
        (401, Misconfigured, None),
        (403, Misconfigured, None),
        (404, RefusedByAgency, None),
        (408, TryLater, True),
        (409, RefusedByAgency, None),
        (410, Misconfigured, None),
        (413, RefusedByAgency, None),
        (422, RefusedByAgency, None),
        (425, TryLater, False),
        (429, TryLater, False),
        (500, TryLater, True),
        (502, TryLater, True),
        (503, TryLater, True),
        (599, TryLater, True),
    ],
)
def test_every_status_says_what_happens_next(
    http: requests.Session,
    status: int,
    expected: type[Exception],
    unknown: bool | None,  # noqa: FBT001
) -> None:
    with Letterbox(answers=(status,)).open() as agency, pytest.raises(expected) as caught:
        call(http, "GET", agency.url, limits=QUICK)
    assert getattr(caught.value, "unknown", None) is unknown
    assert str(status) in str(caught.value)


@pytest.mark.parametrize(
    ("status", "wish", "unknown", "why"),
    [
        (408, "", True, Why.LINE),
        (425, "", False, Why.BUSY),
        (429, "", False, Why.BUSY),
        (429, "120", False, Why.BUSY),
        (429, "nonsense", False, Why.BUSY),
        (500, "", True, Why.LINE),
        (500, "120", True, Why.LINE),
        (502, "", True, Why.LINE),
        (503, "", True, Why.LINE),  # a gateway says so whose agency is gone: that opens the circuit
        (503, "nonsense", True, Why.LINE),
        (503, "0", True, Why.BUSY),
        (503, "120", True, Why.BUSY),
        (504, "120", True, Why.LINE),
    ],
)
def test_a_status_says_whether_the_agency_is_busy_or_down(
    status: int,
    wish: str,
    unknown: bool,  # noqa: FBT001
    why: Why,
) -> None:
    later = refusal(Answer(status, {"retry-after": wish} if wish else {}, b""))
    assert isinstance(later, TryLater)
    assert (later.unknown, later.why) == (unknown, why)


def test_a_status_that_was_expected_comes_back(http: requests.Session) -> None:
    with Letterbox(answers=(404,)).open() as agency:
        assert call(http, "GET", agency.url, limits=QUICK, accept=(404,)).status == 404


@pytest.mark.parametrize(
    ("wish", "after"),
    [
        ({}, None),
        ({"Retry-After": "0"}, 0.0),
        ({"Retry-After": "120"}, 120.0),
        ({"Retry-After": "1000000000"}, 86_400.0),
        ({"Retry-After": "9" * 5_000}, 86_400.0),
        ({"Retry-After": "-5"}, None),
        ({"Retry-After": "1e9"}, None),
        ({"Retry-After": "NaN"}, None),
        ({"Retry-After": "٣"}, None),
        ({"Retry-After": "Wed, 21 Oct 2026 07:28:30 GMT", "Date": "Wed, 21 Oct 2026 07:28:00 GMT"}, 30.0),
        ({"Retry-After": "Wed, 21 Oct 2026 07:28:00 GMT", "Date": "Wed, 21 Oct 2026 07:28:30 GMT"}, 0.0),
        ({"Retry-After": "Fri, 21 Oct 2061 07:28:00 GMT", "Date": "Wed, 21 Oct 2026 07:28:30 GMT"}, 86_400.0),
        ({"Retry-After": "Wed, 21 Oct 2026 07:28:30", "Date": "Wed, 21 Oct 2026 07:28:00 GMT"}, None),
    ],
)
def test_the_agency_s_wish_is_heard_and_capped(wish: dict[str, str], after: float | None) -> None:
    answers = OK.replace(b"200 OK", b"429 Busy") + b"Content-Length: 0\r\n"
    head = answers + "".join(f"{name}: {value}\r\n" for name, value in wish.items()).encode() + b"\r\n"
    with (
        session(THIS_MACHINE) as http,
        raw_server(lambda line: line.sendall(head)) as url,
        pytest.raises(TryLater) as caught,
    ):
        call(http, "GET", url, limits=QUICK)
    assert caught.value.after == after


@pytest.mark.parametrize("url", ["http://127.0.0.1:9", "http://no-such-host.invalid", "https://127.0.0.1:9"])
def test_where_nobody_listens_nothing_arrived(http: requests.Session, url: str) -> None:
    with pytest.raises(TryLater) as caught:
        call(http, "POST", url, body=b"x", limits=QUICK)
    assert (caught.value.unknown, caught.value.why) == (False, Why.AWAY)


def test_a_line_that_is_not_secure_is_misconfigured(http: requests.Session) -> None:
    with Letterbox().open() as agency, pytest.raises(Misconfigured):
        call(http, "GET", agency.url.replace("http:", "https:"), limits=QUICK)


def test_the_environment_s_proxy_is_not_used(http: requests.Session, monkeypatch: pytest.MonkeyPatch) -> None:
    with Letterbox().open() as proxy, Letterbox().open() as agency:
        for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
            monkeypatch.setenv(name, proxy.url)
        monkeypatch.delenv("NO_PROXY", raising=False)
        monkeypatch.delenv("no_proxy", raising=False)
        call(http, "GET", agency.url, limits=QUICK)
        assert (len(proxy.arrivals), len(agency.arrivals)) == (0, 1)


def test_cookies_of_one_call_do_not_appear_in_the_next(http: requests.Session) -> None:
    with Letterbox(answer_headers={"Set-Cookie": "who=tenant-a; Path=/"}).open() as agency:
        call(http, "GET", agency.url, limits=QUICK)
        call(http, "GET", agency.url, limits=QUICK)
        assert "Cookie" not in agency.arrivals[1].headers


def test_a_line_is_kept_alive_between_calls(http: requests.Session) -> None:
    lines = []

    def twice(line: socket.socket) -> None:
        lines.append(line)
        answer = OK + b"Content-Length: 2\r\n\r\n{}"
        line.sendall(answer)
        line.recv(65_536)
        line.sendall(answer)

    with raw_server(twice) as url:
        assert [call(http, "GET", url, limits=QUICK).json() for _ in range(2)] == [{}, {}]
    assert len(lines) == 1


@pytest.mark.parametrize(
    "url",
    [
        "",
        "agency",
        "ftp://h",
        "http://",
        "http://u:p@h",
        "http://h?x=1",
        "http://h#x",
        "http://h:99999",
        "http://[::1",
    ],
)
def test_an_address_that_cannot_work_is_misconfigured(url: str) -> None:
    with pytest.raises(Misconfigured, match="url"):
        address(url)


def test_an_address_ends_without_a_slash() -> None:
    assert address("https://agency.invalid:8443/x/") == "https://agency.invalid:8443/x"


@pytest.mark.parametrize("value", [0, -1, 301, "soon", None, True, float("nan"), float("inf")])
def test_a_time_out_is_a_sensible_number_of_seconds(value: object) -> None:
    with pytest.raises(Misconfigured, match=r"options\.read_s"):
        limits_from({"read_s": value})


def test_anything_the_library_raises_is_translated() -> None:
    for kind in (requests.RequestException, requests.exceptions.RetryError, requests.Timeout):
        with pytest.raises(TryLater) as caught, agency_errors():
            raise kind
        assert caught.value.unknown
    with pytest.raises(Misconfigured), agency_errors():
        raise requests.exceptions.InvalidURL


def test_a_body_that_is_no_object_is_unknown() -> None:
    with pytest.raises(TryLater) as caught:
        Answer(200, {}, b"<html>").json()
    assert (caught.value.unknown, caught.value.why) == (True, Why.NONSENSE)


def test_the_correlation_header_cannot_break_out() -> None:
    question = Question("k", "t", "a", "site\r\nX: y", "SDA/2026 1")
    assert correlation(question) == {"X-Correlation-ID": "SDA/2026%201/site%0D%0AX%3A%20y"}
