"""Files a case with an older agency by a form and looks from time to time: words between bars."""

import base64
from collections.abc import Iterator, Mapping
from urllib.parse import quote, urlencode

import requests

from ptsp.sdk import listings, strict_json, webhooks
from ptsp.sdk.contract import Listing, Question, Receipt, Reply, Settings, Verdict
from ptsp.sdk.errors import Forged, Misconfigured, RefusedByAgency, TryLater
from ptsp.sdk.http import Answer, address, call, correlation, limits_from, seconds

RESULTS = {"SETUJU": Verdict.APPROVED, "TOLAK": Verdict.REJECTED}
STATES = {**RESULTS, "PROSES": None}
NAMES = listings.Names("kunci", "nomor", "dibuka", "keadaan")
NOBODYS_NUMBER = "TIDAK-ADA"
LONGEST = 4_000
LONGEST_LIST = 200_000


class Ho:
    def __init__(self, settings: Settings, http: requests.Session) -> None:
        self._url = address(settings.url)
        self._secret = settings.secret
        self._user = str(settings.options.get("user", "ptsp"))
        self._look_again_s = seconds(settings.options, "look_again_s", 30, longest=86_400)
        self._limits = limits_from(settings.options)
        self._http = http

    def check(self) -> None:
        """Looks for a case that cannot exist: the agency knows us if it says so."""
        if not self._secret:
            raise Misconfigured("secret: the agency's password is not set")
        self._call("GET", f"/perkara/{NOBODYS_NUMBER}", accept=(404,))

    def ask(self, question: Question) -> Receipt:
        form = urlencode(sorted(_form(question))).encode("ascii")
        headers = {"Content-Type": "application/x-www-form-urlencoded", **correlation(question)}
        words = _words(self._call("PUT", f"/perkara/{question.key}", body=form, headers=headers))
        match words:
            case ["DITERIMA", number] if number and len(number) <= 100:
                return Receipt(agency_ref=number, look_again_s=self._look_again_s)
        raise RefusedByAgency("the agency answered the form with words we do not know")

    def look(self, question: Question, agency_ref: str) -> Receipt:
        words = _words(self._call("GET", f"/perkara/{quote(agency_ref, safe='')}"))
        match words:
            case ["PROSES"]:
                return Receipt(agency_ref, look_again_s=self._look_again_s)
            case ["SELESAI", "SETUJU"]:
                return Receipt(agency_ref, RESULTS["SETUJU"])
            case ["SELESAI", "TOLAK", *reasons] if reasons and all(reasons):
                return Receipt(agency_ref, RESULTS["TOLAK"], tuple(reasons))
        raise RefusedByAgency("the agency answered with a state we do not know")

    def list_cases(self, since: str, until: str, after: str | None = None) -> Listing:
        window = listings.Window.of(since, until)
        wanted = {"sejak": since, "sampai": until} | ({"lanjut": after} if after else {})
        answer = self._call("GET", f"/perkara?{urlencode(wanted)}")
        *lines, last = [line.strip() for line in _text(answer, LONGEST_LIST).split("\n")]
        with listings.readable():
            rows = [_row(at, line) for at, line in enumerate(lines, 1)]
            return listings.page(
                rows, STATES, window, names=NAMES, was=after, after=_further(last, len(rows))
            )

    def read_reply(self, headers: Mapping[str, str], body: bytes) -> Reply:
        raise Forged("this agency never calls back")

    def _call(
        self,
        method: str,
        path: str,
        *,
        body: bytes = b"",
        headers: Mapping[str, str] | None = None,
        accept: tuple[int, ...] = (),
    ) -> Answer:
        login = f"{self._user}:{webhooks.as_password(self._secret)}".encode()
        sent = {**(headers or {}), "Authorization": "Basic " + base64.b64encode(login).decode("ascii")}
        return call(
            self._http,
            method,
            self._url + path,
            body=body,
            headers=sent,
            limits=self._limits,
            accept=accept,
        )


def _form(question: Question) -> Iterator[tuple[str, str]]:
    applicant = question.payload.get("applicant")
    applicant = applicant if isinstance(applicant, Mapping) else {}
    services = question.payload.get("services")
    yield "nomor_berkas", question.reference
    yield "langkah", question.step
    yield "pemohon", str(applicant.get("name", ""))
    yield "nik", str(applicant.get("nik", ""))
    yield "alamat", str(applicant.get("address", ""))
    yield "layanan", ",".join(map(str, services)) if isinstance(services, list | tuple) else ""
    yield from _answers("isian", question.payload.get("answers"))


def _answers(name: str, value: object) -> Iterator[tuple[str, str]]:
    if isinstance(value, Mapping):
        for code, inner in value.items():
            yield from _answers(f"{name}.{code}", inner)
    elif isinstance(value, bool):
        yield name, "ya" if value else "tidak"
    elif value is not None:
        yield name, str(value)


def _row(at: int, line: str) -> listings.Row:
    words = line.split("|")
    if len(words) != 4:
        raise strict_json.Malformed(f"line {at}: must hold four words")
    return f"line {at}", dict(
        zip((NAMES.key, NAMES.number, NAMES.opened_at, NAMES.state), words, strict=True)
    )


def _further(last: str, count: int) -> str | None:
    """What the last line says: how many lines came before it, and how to go on. It shows a list that was cut short."""
    match last.split("|"):
        case ["HABIS", told] if told == str(count):
            return None
        case ["LANJUT", told, after] if told == str(count) and after:
            return after
    raise strict_json.Malformed("the last line: must be HABIS or LANJUT with the number of lines before it")


def _words(answer: Answer) -> list[str]:
    words = _text(answer, LONGEST).split("|")
    try:
        return [strict_json.text({"answer": word}, "answer", longest=500) for word in words]
    except ValueError as error:
        raise TryLater("the agency's answer is no plain text", unknown=True) from error


def _text(answer: Answer, longest: int) -> str:
    """A plain-text answer. A page, or anything else that is no text, is no answer."""
    kind = answer.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "text/plain" or not answer.body.strip() or len(answer.body) > longest:
        raise TryLater("the agency's answer is no plain text", unknown=True)
    try:
        return answer.body.decode("utf-8").strip()
    except ValueError as error:
        raise TryLater("the agency's answer is no plain text", unknown=True) from error
