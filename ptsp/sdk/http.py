"""How a connector calls an agency: only where it may, bounded in time and size, every failure said in our words."""

import email.utils
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from time import monotonic
from urllib.parse import quote, urlsplit

import requests
from urllib3.exceptions import NewConnectionError

from ptsp.sdk import _deadline, shapes, strict_json
from ptsp.sdk.addresses import PUBLIC, Reach, Resolver, is_plain
from ptsp.sdk.contract import Question
from ptsp.sdk.errors import Misconfigured, RefusedByAgency, TryLater, Why

LONGEST_WAIT_S = 86_400.0
MIB = 1024 * 1024
_SWALLOWED_UNKNOWN = frozenset({408})  # and every 5xx: the question may have arrived
_NOT_TAKEN = frozenset({425, 429})
_UNAVAILABLE = 503
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

    def json(self, schema: Mapping[str, object] | None = None) -> dict[str, object]:
        """The body as one JSON object, of a schema if given. Anything else is no answer: TryLater, unknown.

        What does not fit is named by its place and the rule, never by what stood there.
        """
        with malformed_is_unknown():
            read = strict_json.parse_object(self.body)
            if schema is not None:
                shapes.fit(read, schema)
            return read


def session(
    reach: Reach = PUBLIC, *, ca: str = "", pool: int = 16, resolve: Resolver | None = None
) -> requests.Session:
    """A session that reads no environment, follows nothing, keeps no cookies and holds its deadlines.

    It opens lines only where `reach` lets it, and knows agencies by `ca` (PEM) instead of the world's certificates.
    `resolve` stands in for the names' own directory. Raises Misconfigured for a `ca` that holds none.
    """
    made = _deadline.PartnerSession()
    made.trust_env = False
    made.reach = reach
    made.cookies.set_policy(_deadline.NoCookies())
    made.mount("https://", _deadline.PartnerAdapter(reach=reach, resolve=resolve, ca=ca, pool=pool))
    made.mount("http://", made.get_adapter("https://"))
    return made


def address(url: str) -> str:
    """The agency's base address without a slash at its end. Misconfigured if it is no http address.

    Whether it may be called is judged when a pack is saved and when a line is opened (`ptsp.sdk.addresses`).
    """
    try:
        parts = urlsplit(url)
        usable = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:  # a port or an IPv6 address that is none
        usable = False
    if not usable or not is_plain(url) or parts.query or parts.fragment or parts.username is not None:
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
        told = f"the agency's answer makes no sense: {error}"
        raise TryLater(told, unknown=True, why=Why.NONSENSE) from error


def refusal(answer: Answer) -> Exception:
    """What a status outside 2xx means. 410 is read as: this address is closed for good.

    503 with a wish is a busy agency's own word. Without one it is mostly that of a gateway whose agency is gone.
    """
    status, after = answer.status, _retry_after(answer.headers)
    said = f"the agency answered {status}"
    if status in _SWALLOWED_UNKNOWN or status >= 500:
        why = Why.BUSY if status == _UNAVAILABLE and after is not None else Why.LINE
        return TryLater(said, after=after, unknown=True, why=why)
    if status in _NOT_TAKEN:
        return TryLater(said, after=after, why=Why.BUSY)
    if status in _KEY_OR_ADDRESS or status < 400:
        return Misconfigured(said)
    return RefusedByAgency(said)


def _read(response: requests.Response, *, ends: float, most: int) -> bytes:
    if response.headers.get("Content-Encoding", "identity").lower() != "identity":
        told = "the agency compressed its answer, which was not asked for"
        raise TryLater(told, unknown=True, why=Why.NONSENSE)
    content = bytearray()
    for piece in response.iter_content(16_384):
        content += piece
        if len(content) > most:
            told = f"the agency's answer is larger than {most} bytes"
            raise TryLater(told, unknown=True, why=Why.NONSENSE)
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
