"""How a connector calls an agency: bounded in time and size, and every failure said in our words."""

import email.utils
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from time import monotonic
from urllib.parse import quote, urlsplit

import requests
from urllib3.exceptions import NewConnectionError

from ptsp.sdk import _deadline, strict_json
from ptsp.sdk.contract import Question
from ptsp.sdk.errors import Misconfigured, RefusedByAgency, TryLater

LONGEST_WAIT_S = 86_400.0
MIB = 1024 * 1024
_SWALLOWED_UNKNOWN = frozenset({408})  # and every 5xx: the question may have arrived
_NOT_TAKEN = frozenset({425, 429})
_KEY_OR_ADDRESS = frozenset({401, 403, 410})


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds of one call: seconds to connect, between two bytes, and in all; bytes of the answer."""

    connect_s: float = 2.0
    read_s: float = 5.0
    total_s: float = 10.0
    max_bytes: int = MIB


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back: the status, headers by lower-case name, and the whole body."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> dict[str, object]:
        """The body as one JSON object. Anything else is no answer: TryLater, outcome unknown."""
        with malformed_is_unknown():
            return strict_json.parse_object(self.body)


def session(*, pool: int = 16) -> requests.Session:
    """A session that reads no environment, follows nothing, keeps no cookies and holds its deadlines."""
    made = _deadline.PartnerSession()
    made.trust_env = False
    made.cookies.set_policy(_deadline.NoCookies())
    for scheme in ("http://", "https://"):
        made.mount(scheme, _deadline.DeadlineAdapter(pool_connections=pool, pool_maxsize=pool))
    return made


def address(url: str) -> str:
    """The agency's base address without a slash at its end. Misconfigured if it is no http address."""
    try:
        parts = urlsplit(url)
        usable = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:  # a port or an IPv6 address that is none
        usable = False
    if not usable or parts.query or parts.fragment or parts.username is not None:
        raise Misconfigured("url: must be an http or https address without user, query or fragment")
    return url.rstrip("/")


def correlation(question: Question) -> dict[str, str]:
    """The header that lets an agency's own log be matched with ours: the bundle and the step."""
    return {"X-Correlation-ID": quote(f"{question.reference}/{question.step}", safe="/-._")}


def limits_from(options: Mapping[str, object]) -> Limits:
    """The bounds an agency's options ask for: `connect_s`, `read_s`, `total_s`. Raises Misconfigured."""
    standard = Limits()
    return Limits(
        connect_s=seconds(options, "connect_s", standard.connect_s),
        read_s=seconds(options, "read_s", standard.read_s),
        total_s=seconds(options, "total_s", standard.total_s),
    )


def seconds(options: Mapping[str, object], name: str, standard: float, *, longest: float = 300) -> float:
    """An option that is a number of seconds, more than 0. Raises Misconfigured naming it."""
    value = options.get(name, standard)
    try:
        chosen = float(str(value))
    except ValueError as error:
        raise Misconfigured(f"options.{name}: must be a number of seconds") from error
    if not 0 < chosen <= longest:
        raise Misconfigured(f"options.{name}: must be more than 0 and at most {longest:g} seconds")
    return chosen


def call(
    http: requests.Session,
    method: str,
    url: str,
    *,
    body: bytes = b"",
    headers: Mapping[str, str] | None = None,
    limits: Limits | None = None,
    accept: Collection[int] = (),
) -> Answer:
    """One call. Raises TryLater, Misconfigured or RefusedByAgency; returns on 2xx and on `accept`.

    The body goes out exactly as given (`strict_json.dumps`, `urlencode`), so that a retry is
    identical. Compressed answers are refused: they are never needed and can be bombs.
    """
    bounds = limits or Limits()
    sent = {"Accept-Encoding": "identity", "User-Agent": "ptsp", **(headers or {})}
    ends = monotonic() + bounds.total_s
    with agency_errors(), _deadline.until(ends, step_s=bounds.read_s):
        response = http.request(
            method,
            url,
            data=body or None,
            headers=sent,
            timeout=(min(bounds.connect_s, bounds.total_s), min(bounds.read_s, bounds.total_s)),
            allow_redirects=False,
            stream=True,
        )
        with response:
            content = _read(response, ends=ends, most=bounds.max_bytes)
    answer = Answer(
        response.status_code, {name.lower(): text for name, text in response.headers.items()}, content
    )
    if not (200 <= answer.status < 300 or answer.status in accept):
        raise refusal(answer)
    return answer


@contextmanager
def agency_errors() -> Iterator[None]:
    """Translate what the HTTP library raises into what the platform does next."""
    try:
        yield
    except requests.RequestException as error:
        raise _translated(error) from error


@contextmanager
def malformed_is_unknown() -> Iterator[None]:
    """A 2xx with nonsense in it, such as a proxy's page: it may have arrived, so ask again later."""
    try:
        yield
    except strict_json.Malformed as error:
        raise TryLater(f"the agency's answer makes no sense: {error}", unknown=True) from error


def refusal(answer: Answer) -> Exception:
    """What a status outside 2xx means. 410 is read as: this address is closed for good."""
    status = answer.status
    said = f"the agency answered {status}"
    if status in _SWALLOWED_UNKNOWN or status >= 500:
        return TryLater(said, after=_retry_after(answer.headers), unknown=True)
    if status in _NOT_TAKEN:
        return TryLater(said, after=_retry_after(answer.headers))
    if status in _KEY_OR_ADDRESS or status < 400:
        return Misconfigured(said)
    return RefusedByAgency(said)


def _read(response: requests.Response, *, ends: float, most: int) -> bytes:
    if response.headers.get("Content-Encoding", "identity").lower() != "identity":
        raise TryLater("the agency compressed its answer, which was not asked for", unknown=True)
    content = bytearray()
    for piece in response.iter_content(16_384):
        content += piece
        if len(content) > most:
            raise TryLater(f"the agency's answer is larger than {most} bytes", unknown=True)
        if monotonic() > ends:
            raise TryLater("the agency's answer did not end in time", unknown=True)
    return bytes(content)


def _translated(error: requests.RequestException) -> Exception:
    kind = type(error).__name__
    if isinstance(error, requests.exceptions.SSLError):
        return Misconfigured(f"no secure line to the agency ({kind})")
    if isinstance(error, requests.exceptions.InvalidURL | requests.exceptions.InvalidHeader):
        return Misconfigured(f"the agency cannot be addressed like this ({kind})")
    if isinstance(error, requests.exceptions.MissingSchema | requests.exceptions.InvalidSchema):
        return Misconfigured(f"the agency's address is no http address ({kind})")
    if _never_connected(error):
        return TryLater(f"the agency cannot be reached ({kind})")
    return TryLater(f"the line to the agency broke ({kind})", unknown=True)


def _never_connected(error: requests.RequestException) -> bool:
    if isinstance(error, requests.ConnectTimeout):
        return True
    inner = error.args[0] if error.args else None
    return isinstance(getattr(inner, "reason", None), NewConnectionError)


def _retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds from Retry-After, at most a day. A date counts from the agency's own Date header."""
    wish = headers.get("retry-after", "").strip()
    if wish.isascii() and wish.isdigit():
        return min(float(wish[:9]), LONGEST_WAIT_S)
    try:
        until = email.utils.parsedate_to_datetime(wish)
        sent = email.utils.parsedate_to_datetime(headers.get("date", ""))
        return min(max((until - sent).total_seconds(), 0.0), LONGEST_WAIT_S)
    except (TypeError, ValueError):  # no date, or two kinds of date: then we choose the wait
        return None
