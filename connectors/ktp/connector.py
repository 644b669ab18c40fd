"""Asks the population register whether an applicant's particulars are right: a verdict per field, no data.

Shape as seen in public client code: POST .../dukcapil/get_json/{institution}/nik_verifby_elemen. The codes
for "not found" and "quota used up" are assumed; an unknown code goes to a person.
"""

import re
import time
from collections.abc import Callable, Mapping
from datetime import date
from enum import Enum

import requests

from ptsp.sdk import strict_json, webhooks
from ptsp.sdk.contract import Question, Receipt, Reply, Settings, Verdict
from ptsp.sdk.errors import Forged, Misconfigured, RefusedByAgency, TryLater
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
VERDICT = re.compile(r"(Sesuai|Tidak Sesuai)(?: \(([0-9]{1,3})\))?")


class Response(Enum):
    NOT_FOUND = "not found"
    QUOTA = "quota"


CODES = {"13": Response.NOT_FOUND, "05": Response.QUOTA}


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
        particulars = _particulars(applicant)
        sent = {**particulars, **self._credentials()}
        answer = call(
            self._http,
            "POST",
            f"{self._url}/dukcapil/get_json/{self._options.get('institution', 'PTSP')}/nik_verifby_elemen",
            body=strict_json.dumps(sent),
            headers={
                "Content-Type": "application/json",
                "Idempotency-Key": question.key,
                **correlation(question),
            },
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
        return {
            "TRESHOLD": self._options.get("threshold", 90),  # spelled so by the register
            "user_id": self._options.get("user_id", "ptsp"),
            "password": webhooks.as_password(self._secret),
            "ip_user": self._options.get("ip_user", ""),
        }

    def _receipt(self, content: Mapping[str, object], particulars: Mapping[str, str]) -> Receipt:
        if "RESPONSE_CODE" in content:
            return self._without_verdicts(strict_json.text(content, "RESPONSE_CODE", longest=8))
        if content.get("NIK") not in (particulars["NIK"], None):
            raise strict_json.Malformed("NIK: the answer is about somebody else")
        asked = [field for field in LABELS if field in particulars]
        said = {field: _verdict(strict_json.text(content, field, longest=40), field) for field in asked}
        wrong = [LABELS[field] for field in asked if not said[field].startswith("sesuai")]
        reasons = tuple(f"{label} tidak sesuai dengan data kependudukan." for label in wrong)
        verdict = Verdict.REJECTED if reasons else Verdict.APPROVED
        return Receipt(verdict=verdict, reasons=reasons, findings=said)

    def _without_verdicts(self, code: str) -> Receipt:
        known = CODES.get(code)
        if known is Response.NOT_FOUND:
            return Receipt(
                verdict=Verdict.REJECTED, reasons=(NOT_FOUND,), findings={"NIK": "tidak ditemukan"}
            )
        if known is Response.QUOTA:
            until_midnight = DAY_S - (self._clock() + WIB_S) % DAY_S
            raise TryLater("the register's quota for today is used up", after=until_midnight)
        raise RefusedByAgency("RESPONSE_CODE: the register answered with a code we do not know")


def _particulars(applicant: Mapping[str, object]) -> dict[str, str]:
    """Our words in the register's: upper-case names, days as DD-MM-YYYY; what we lack is not asked."""
    nik = applicant.get("nik")
    if not isinstance(nik, str) or not nik:
        raise RefusedByAgency("applicant.nik: missing, and the register checks nothing without it")
    theirs: dict[str, object] = {
        "NO_KK": applicant.get("kk"),
        "NAMA_LGKP": applicant.get("name"),
        "JENIS_KLMIN": GENDERS.get(str(applicant.get("gender"))),
        "TMPT_LHR": applicant.get("birth_place"),
        "TGL_LHR": _day(applicant.get("birth_on")),
    }
    return {"NIK": nik, **{field: str(value) for field, value in theirs.items() if value}}


def _day(iso: object) -> str | None:
    if not iso:
        return None
    try:
        return date.fromisoformat(str(iso)).strftime("%d-%m-%Y")
    except ValueError as error:
        raise RefusedByAgency("applicant.birth_on: must be an ISO date") from error


def _content(answer: Mapping[str, object]) -> Mapping[str, object]:
    rows = answer.get("content")
    if not isinstance(rows, list) or len(rows) != 1 or not isinstance(rows[0], dict):
        raise strict_json.Malformed("content: must hold exactly one entry")
    return rows[0]


def _verdict(said: str, field: str) -> str:
    """The verdict in our words, built from the agency's: no data of the register can slip through."""
    found = VERDICT.fullmatch(said.strip())
    if not found:
        raise RefusedByAgency(f"{field}: the register's verdict is none that we know")
    word = "sesuai" if found[1] == "Sesuai" else "tidak sesuai"
    return f"{word} ({int(found[2])})" if found[2] else word
