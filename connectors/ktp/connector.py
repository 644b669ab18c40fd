"""Asks the population register whether an applicant's particulars are right: a verdict per field, no data.

Shape and words as seen in public client code: POST .../dukcapil/get_json/{institution}/nik_verifby_elemen, with a
text in place of verdicts ("Kuota Akses Hari ini telah Habis", "Data Tidak Ditemukan", "Login gagal"). The codes "05"
and "13" beside such texts are assumed. What is not known goes to a person.
"""

import re
import time
from collections.abc import Callable, Mapping
from datetime import date
from enum import Enum
from urllib.parse import quote, urlencode

import requests

from ptsp.sdk import strict_json, webhooks
from ptsp.sdk.contract import Question, Receipt, Reply, Settings, Verdict
from ptsp.sdk.errors import Forged, Misconfigured, RefusedByAgency, TryLater, Why
from ptsp.sdk.http import address, call, correlation, limits_from, malformed_is_unknown

DAY_S = 86_400
WIB_S = 7 * 3600  # the quota's day is Jakarta's
NOT_FOUND = "NIK tidak ditemukan pada data kependudukan."
LABELS = {
    "NO_KK": "Nomor KK",
    "NAMA_LGKP": "Nama lengkap",
    "JENIS_KLMIN": "Jenis kelamin",
    "TMPT_LHR": "Tempat lahir",
    "TGL_LHR": "Tanggal lahir",
}
GENDERS = {"male": "Laki-Laki", "female": "Perempuan"}
# The words decide from the first on: "Tidak Sesuai" holds "Sesuai" as well. A likeness may follow.
VERDICT = re.compile(
    r"(sesuai|tidak\s+sesuai)(?:\s*\(\s*([0-9]{1,3})(?:[.,][0-9]+)?\s*%?\s*\))?", re.IGNORECASE
)
ESSENTIAL = ("NAMA_LGKP", "TGL_LHR")  # asked for and left unanswered, nothing was checked
UNANSWERED = "tidak dijawab"
DAYS = {"dmy": "%d-%m-%Y", "ymd": "%Y-%m-%d"}


class Response(Enum):
    NOT_FOUND = "not found"
    QUOTA = "quota"
    INACTIVE = "inactive"
    ACCOUNT = "account"


CODES = {"13": Response.NOT_FOUND, "05": Response.QUOTA}
WORDS = (
    (re.compile(r"kuota.*habis|habis.*kuota|quota.*(exceed|limit)"), Response.QUOTA),
    (re.compile(r"login gagal|ip (address|client).*tidak|user.*tidak|password"), Response.ACCOUNT),
    (re.compile(r"non ?aktif|meninggal"), Response.INACTIVE),
    (re.compile(r"(data|nik).*tidak ditemukan"), Response.NOT_FOUND),
)
ENDS = {
    Response.NOT_FOUND: (NOT_FOUND, "tidak ditemukan"),
    Response.INACTIVE: ("NIK tidak aktif pada data kependudukan; hubungi Dinas Kependudukan.", "tidak aktif"),
}
SAYINGS = ("RESPON", "RESPONSE", "RESPONSE_DESC", "RESPONSE_MESSAGE", "MESSAGE")


class Ktp:
    def __init__(
        self, settings: Settings, http: requests.Session, *, clock: Callable[[], float] = time.time
    ) -> None:
        self._url = address(settings.url)
        self._secret = settings.secret
        self._options = settings.options
        self._limits = limits_from(settings.options)
        self._http = http
        self._clock = clock

    def check(self) -> None:
        """No call: every call is a hit of the quota."""
        if not self._secret:
            raise Misconfigured("secret: the register's password is not set")

    def ask(self, question: Question) -> Receipt:
        applicant = question.payload.get("applicant")
        if not isinstance(applicant, Mapping):
            raise RefusedByAgency("applicant: missing, and the register checks nothing else")
        particulars = self._particulars(applicant)
        body, kind = self._written({**particulars, **self._credentials()})
        institution = quote(str(self._options.get("institution", "PTSP")), safe="")
        answer = call(
            self._http,
            "POST",
            f"{self._url}/dukcapil/get_json/{institution}/nik_verifby_elemen",
            body=body,
            headers={"Content-Type": kind, "Idempotency-Key": question.key, **correlation(question)},
            limits=self._limits,
        )
        with malformed_is_unknown():
            return self._receipt(_content(answer.json()), particulars)

    def look(self, question: Question, agency_ref: str) -> Receipt:
        """The register keeps no case; checking again changes nothing."""
        return self.ask(question)

    def read_reply(self, headers: Mapping[str, str], body: bytes) -> Reply:
        raise Forged("the population register never calls back")

    def _credentials(self) -> dict[str, object]:
        known = {
            "user_id": self._options.get("user_id", "ptsp"),
            "password": webhooks.as_password(self._secret),
            "ip_user": self._options.get("ip_user", ""),
        }
        if self._options.get("credentials") == "upper":
            known = {name.upper(): value for name, value in known.items()}
        return {"TRESHOLD": self._options.get("threshold", 90), **known}  # spelled so by the register

    def _written(self, sent: Mapping[str, object]) -> tuple[bytes, str]:
        if self._options.get("body") == "form":
            return urlencode(sorted(sent.items())).encode("ascii"), "application/x-www-form-urlencoded"
        return strict_json.dumps(sent), "application/json"

    def _particulars(self, applicant: Mapping[str, object]) -> dict[str, str]:
        """Our words in the register's: upper-case names, its form of days; what we lack is not asked."""
        nik = applicant.get("nik")
        if not isinstance(nik, str) or not nik:
            raise RefusedByAgency("applicant.nik: missing, and the register checks nothing without it")
        theirs: dict[str, object] = {
            "NO_KK": applicant.get("kk"),
            "NAMA_LGKP": applicant.get("name"),
            "JENIS_KLMIN": GENDERS.get(str(applicant.get("gender"))),
            "TMPT_LHR": applicant.get("birth_place"),
            "TGL_LHR": _day(applicant.get("birth_on"), DAYS[str(self._options.get("date_form", "dmy"))]),
        }
        chosen = self._options.get("fields", list(LABELS))
        wanted = chosen if isinstance(chosen, list) else []
        return {
            "NIK": nik,
            **{name: str(value) for name, value in theirs.items() if value and name in wanted},
        }

    def _receipt(self, content: Mapping[str, object], particulars: Mapping[str, str]) -> Receipt:
        if known := _response(content):
            return self._without_verdicts(known)
        if content.get("NIK") not in (particulars["NIK"], None):
            raise strict_json.Malformed("NIK: the answer is about somebody else")
        asked = [field for field in LABELS if field in particulars]
        said = {field: _verdict(content, field) for field in asked}
        wrong = [LABELS[field] for field in asked if said[field].startswith("tidak sesuai")]
        reasons = tuple(f"{label} tidak sesuai dengan data kependudukan." for label in wrong)
        verdict = Verdict.REJECTED if reasons else Verdict.APPROVED
        return Receipt(verdict=verdict, reasons=reasons, findings=said)

    def _without_verdicts(self, known: Response) -> Receipt:
        if known is Response.QUOTA:
            until_midnight = DAY_S - (self._clock() + WIB_S) % DAY_S
            raise TryLater("the register's quota for today is used up", after=until_midnight, why=Why.QUOTA)
        if known is Response.ACCOUNT:
            raise Misconfigured("the register refuses our account or address")
        reason, finding = ENDS[known]
        return Receipt(verdict=Verdict.REJECTED, reasons=(reason,), findings={"NIK": finding})


def _day(iso: object, form: str) -> str | None:
    if not iso:
        return None
    try:
        return date.fromisoformat(str(iso)).strftime(form)
    except ValueError as error:
        raise RefusedByAgency("applicant.birth_on: must be an ISO date") from error


def _content(answer: Mapping[str, object]) -> Mapping[str, object]:
    """The one entry, in a list or by itself. An empty list says nothing: a person looks."""
    rows = answer.get("content")
    if rows == []:
        raise RefusedByAgency("content: the register answered without an entry")
    if isinstance(rows, list) and len(rows) == 1:
        rows = rows[0]
    if not isinstance(rows, dict) or not rows:
        raise strict_json.Malformed("content: must hold exactly one entry")
    return rows


def _response(content: Mapping[str, object]) -> Response | None:
    """What the register says instead of verdicts; None if it gave verdicts. Text and code must agree."""
    code = content.get("RESPONSE_CODE")
    said = [content[name] for name in SAYINGS if isinstance(content.get(name), str)]
    if code is None and not said:
        return None
    words = " ".join(map(str, said)).lower()
    told = {known for pattern, known in WORDS if pattern.search(words)} if words else set()
    told |= {CODES[str(code)]} if str(code) in CODES else set()
    if len(told) != 1:
        raise RefusedByAgency("RESPON: the register answered with a code or words we do not know")
    return told.pop()


def _verdict(content: Mapping[str, object], field: str) -> str:
    """The verdict in our words, built from the agency's: no data of the register can slip through."""
    if field not in content and field not in ESSENTIAL:
        return UNANSWERED
    found = VERDICT.fullmatch(strict_json.text(content, field, longest=40).strip())
    if not found:
        raise RefusedByAgency(f"{field}: the register's verdict is none that we know")
    word = "sesuai" if found[1][0] in "sS" else "tidak sesuai"
    return f"{word} ({int(found[2])})" if found[2] else word
