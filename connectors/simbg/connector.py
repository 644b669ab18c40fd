"""Reads how a building consultation stands at SIMBG. Nothing is ever written there, and no figure of it trusted."""

from collections.abc import Mapping
from urllib.parse import quote

import requests

from ptsp.sdk import strict_json, webhooks
from ptsp.sdk.contract import Question, Receipt, Reply, Settings, Verdict
from ptsp.sdk.errors import Forged, Misconfigured, RefusedByAgency, TryLater, Why
from ptsp.sdk.http import address, call, correlation, limits_from, seconds

FIELD = "simbg_consultation"
NOBODYS_NUMBER = "PBG-000000-00000000-00"
OPEN = ("1", "2", "3", "4", "5", "6", "7", "8", "9", "10", "11", "12", "13", "14")
APPROVED = ("15", "16")  # issued, handed over
REJECTED = ("25", "26")  # assumed: the numbers of a refusal are not published
FIGURES = {
    "area": "luas_bgn",
    "height": "tinggi_bgn",
    "floors": "jml_lantai",
    "function": "fungsi_bg",
    "address": "almt_bgn",
}
LONGEST_FIGURE = 200
DONE, UNKNOWN = "200", "404"
KEYS = ("401", "403")


class Simbg:
    def __init__(self, settings: Settings, http: requests.Session) -> None:
        options = settings.options
        self._url = address(settings.url)
        self._secret = settings.secret
        self._user = str(options.get("user", "ptsp"))
        self._field = str(options.get("field", FIELD))
        self._states = _table(options)
        self._look_again_s = seconds(options, "look_again_s", 3_600, longest=86_400)
        self._limits = limits_from(options)
        self._http = http

    def check(self) -> None:
        """Looks for a consultation that cannot exist: SIMBG knows us if it says so."""
        if not self._secret:
            raise Misconfigured("secret: the userKey of SIMBG is not set")
        self._row(NOBODYS_NUMBER, {})

    def ask(self, question: Question) -> Receipt:
        answers = question.payload.get("answers")
        number = answers.get(self._field) if isinstance(answers, Mapping) else None
        if not isinstance(number, str) or not 0 < len(number.strip()) <= 60:
            raise RefusedByAgency(f"answers.{self._field}: must be the number of a consultation at SIMBG")
        return self.look(question, number.strip())

    def look(self, question: Question, agency_ref: str) -> Receipt:
        row = self._row(agency_ref, correlation(question))
        if row is None:
            raise RefusedByAgency("SIMBG knows no consultation of this number")
        if str(row.get("no_konsultasi", agency_ref)).strip() != agency_ref:
            raise TryLater("SIMBG answered with another consultation", unknown=True, why=Why.NONSENSE)
        state = str(row.get("status_konsultasi", row.get("status_permohonan", ""))).strip()
        if state not in self._states:
            raise RefusedByAgency("SIMBG answered with a state of the consultation that we do not know")
        verdict, findings = self._states[state], {"status": state, **_figures(row)}
        if verdict is None:
            return Receipt(agency_ref, look_again_s=self._look_again_s)
        reasons = (f"Konsultasi {agency_ref} ditolak di SIMBG.",) if verdict is Verdict.REJECTED else ()
        return Receipt(agency_ref, verdict, reasons, findings)

    def read_reply(self, headers: Mapping[str, str], body: bytes) -> Reply:
        raise Forged("SIMBG never calls back")

    def _row(self, number: str, headers: Mapping[str, str]) -> Mapping[str, object] | None:
        """One consultation; None where there is none. Codes stand in the body, too: HTTP 200 may hold a refusal."""
        answer = call(
            self._http,
            "GET",
            f"{self._url}/getDataPBGRow/{quote(number, safe='')}",
            headers={**headers, "userName": self._user, "userKey": webhooks.as_password(self._secret)},
            limits=self._limits,
            accept=(404,),
        )
        told = answer.json()
        code = str(told.get("status", "")).strip()
        if code == UNKNOWN:
            return None
        if code in KEYS:
            raise Misconfigured(f"SIMBG answered with code {code}")
        if code != DONE:
            raise TryLater("SIMBG answered with no code that is known", unknown=True, why=Why.NONSENSE)
        data = told.get("data", told)
        row = data[0] if isinstance(data, list) and data else data
        if not isinstance(row, Mapping):
            raise TryLater("SIMBG answered without a consultation", unknown=True, why=Why.NONSENSE)
        return row


def _table(options: Mapping[str, object]) -> dict[str, Verdict | None]:
    """What each state of SIMBG means; None: it is still open. Misconfigured for one that means two things."""
    made: dict[str, Verdict | None] = {}
    for name, verdict, standard in (
        ("open", None, OPEN),
        ("approved", Verdict.APPROVED, APPROVED),
        ("rejected", Verdict.REJECTED, REJECTED),
    ):
        chosen = options.get(name, standard)
        for state in chosen if isinstance(chosen, list | tuple) else ():
            if str(state) in made:
                raise Misconfigured(f"options.{name}: {state} means something else already")
            made[str(state)] = verdict
    return made


def _figures(row: Mapping[str, object]) -> dict[str, str]:
    """What SIMBG says of the building, as its own words: for an officer to see, never to charge by."""
    found = {}
    for name, theirs in FIGURES.items():
        value = row.get(theirs)
        if isinstance(value, str | int) and not isinstance(value, bool):
            try:
                found[name] = strict_json.text({name: str(value)}, name, longest=LONGEST_FIGURE)
            except strict_json.Malformed:
                continue  # empty, or longer than any such figure
    return found
