"""Asks SiCantik, through the government service bus, how a case of another office stands."""

import re
from collections.abc import Mapping, Sequence
from typing import cast
from urllib.parse import quote, urlencode

import requests

from ptsp.sdk import splp, strict_json
from ptsp.sdk.contract import Question, Receipt, Reply, Settings, Verdict
from ptsp.sdk.errors import Forged, Misconfigured, RefusedByAgency
from ptsp.sdk.http import address, call, correlation, limits_from, malformed_is_unknown, seconds

NOBODYS_NUMBER = "TIDAK-ADA"
NUMBER = re.compile(r"[A-Za-z0-9./_-]{1,60}")
REJECTED = "Permohonan {number} ditolak pada sistem asal."
LONGEST = 500


class Splp:
    def __init__(self, settings: Settings, http: requests.Session) -> None:
        chosen = settings.options
        base = splp.path(
            str(chosen.get("api", "api/sicantik")),
            str(chosen.get("version", "1")),
            domain=str(chosen.get("domain", "")),
        )
        self._url = f"{address(settings.url)}{base}/interop/{quote(str(chosen.get('template', '')), safe='')}"
        self._options = chosen
        self._secret = settings.secret
        self._keys = splp.Keys.read(settings.secret)
        self._meanings = _meanings(chosen)
        self._look_again_s = seconds(chosen, "look_again_s", 3600, longest=86_400)
        self._limits = limits_from(chosen)
        self._http = http

    def check(self) -> None:
        """Looks for a case that cannot exist: subscription, token and salt are right if the reply opens."""
        if not self._secret:
            raise Misconfigured("secret: apikey, token and salt are not set")
        if self._rows(NOBODYS_NUMBER, {}):
            raise Misconfigured("template: it has a case that cannot exist")

    def ask(self, question: Question) -> Receipt:
        name = str(self._options.get("answer", "no_permohonan"))
        answers = question.payload.get("answers")
        number = answers.get(name) if isinstance(answers, Mapping) else None
        if not isinstance(number, str) or not NUMBER.fullmatch(number):
            raise RefusedByAgency(f"answers.{name}: must be the number of a case there")
        return self._stands(number, {"Idempotency-Key": question.key, **correlation(question)})

    def look(self, question: Question, agency_ref: str) -> Receipt:
        return self._stands(agency_ref, correlation(question))

    def read_reply(self, headers: Mapping[str, str], body: bytes) -> Reply:
        raise Forged("the service bus never calls back")

    def _stands(self, number: str, headers: Mapping[str, str]) -> Receipt:
        """All rows of the case must say the same; a word that the options do not name goes to a person."""
        rows = self._rows(number, headers)
        field = str(self._options.get("status_field", "status"))
        words = {str(row.get(field, "")).strip().casefold() for row in rows}
        if not words:
            raise RefusedByAgency("there is no case of this number")
        if not words <= set(self._meanings):
            raise RefusedByAgency(f"{field}: a word that the options do not name")
        found = {self._meanings[word] for word in words}
        if len(found) > 1:
            raise RefusedByAgency(f"{field}: rows of one case contradict each other")
        (verdict,) = found
        if verdict is None:
            return Receipt(agency_ref=number, look_again_s=self._look_again_s)
        reasons = self._reasons(rows, number) if verdict is Verdict.REJECTED else ()
        return Receipt(agency_ref=number, verdict=verdict, reasons=reasons)

    def _reasons(self, rows: Sequence[Mapping[str, object]], number: str) -> tuple[str, ...]:
        field = str(self._options.get("reason_field", "keterangan"))
        told = (row.get(field) for row in rows)
        said = {word.strip()[:LONGEST] for word in told if isinstance(word, str) and word.strip()}
        return tuple(sorted(said)) or (REJECTED.format(number=number),)

    def _rows(self, number: str, headers: Mapping[str, str]) -> list[Mapping[str, object]]:
        """The rows of one case; a template that ignores the number gives others as well."""
        wanted = {"instansi_id": str(self._options.get("instansi_id", "")), "no_permohonan": number}
        query = urlencode({name: value for name, value in wanted.items() if value})
        known = {**self._keys.headers("auth"), **headers}
        answer = call(self._http, "GET", f"{self._url}?{query}", headers=known, limits=self._limits)
        with malformed_is_unknown():
            sealed = strict_json.text(answer.json(), "data", longest=self._limits.max_bytes)
            rows = splp.unseal(sealed, self._keys.salt)
        field = str(self._options.get("number_field", "no_permohonan"))
        return [row for row in rows if row.get(field) == number]


def _meanings(options: Mapping[str, object]) -> dict[str, Verdict | None]:
    """What each word of the other system means, None for a case that is not decided. Raises Misconfigured."""
    meanings: dict[str, Verdict | None] = {}
    for name, verdict in (("approved", Verdict.APPROVED), ("rejected", Verdict.REJECTED), ("open", None)):
        for word in cast(Sequence[str], options.get(name, ())):
            if meanings.setdefault(word.strip().casefold(), verdict) is not verdict:
                raise Misconfigured(f"options.{name}: {word!r} means two things")
    return meanings
