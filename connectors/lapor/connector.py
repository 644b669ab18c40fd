"""Hands complaints over to SP4N-LAPOR by its XML of 2018; who complains is sent only where that is wished."""

import re
from collections.abc import Mapping
from xml.sax.saxutils import escape, quoteattr

import requests

from ptsp.sdk import webhooks
from ptsp.sdk.central import Counter, Telling, Unreadable
from ptsp.sdk.contract import Answer, Call, Receipt, Settings
from ptsp.sdk.errors import Misconfigured, RefusedByAgency
from ptsp.sdk.http import address, call, limits_from

PATH = "/api/stream/addstream"
KIND = "complaint"
LONGEST = 10_000
PERSON = (("email", "email"), ("telpon", "phone"))
_NOT_IN_XML = re.compile(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_NUMBER = r"<{0}>\s*(?:<!\[CDATA\[)?\s*([0-9A-Za-z._/-]{{1,100}})\s*(?:\]\]>)?\s*</{0}>"


class Lapor:
    def __init__(self, settings: Settings, http: requests.Session) -> None:
        self._url = address(settings.url)
        self._secret = settings.secret
        self._limits = limits_from(settings.options)
        self._http = http

    def check(self) -> None:
        """It has nothing that could be asked: a wrong token is found out by the first complaint."""
        if not self._secret:
            raise Misconfigured("secret: the token of LAPOR is not set")

    def tell(self, telling: Telling) -> Receipt:
        if telling.kind != KIND:
            raise Misconfigured(f"LAPOR is told of complaints, not of {telling.kind}")
        answer = call(
            self._http,
            "POST",
            f"{self._url}{PATH}",
            body=_document(telling.payload, webhooks.as_password(self._secret)),
            headers={"Content-Type": "text/xml; charset=utf-8"},
            limits=self._limits,
        )
        return _receipt(answer.body)

    def answer(self, call: Call, counter: Counter) -> Answer:
        del call, counter
        return Answer(401, {"kode": 401, "keterangan": "Unauthorized"})  # LAPOR calls nobody


def _document(complaint: Mapping[str, object], token: str) -> bytes:
    """Secret (the text is not published) and anonymous (nobody is named) are two things."""
    text = str(complaint.get("text", "")).strip()
    if not 0 < len(text) <= LONGEST:
        raise RefusedByAgency(f"isi: must have 1 to {LONGEST} characters")
    is_anonymous = complaint.get("is_anonymous") is not False
    is_secret = complaint.get("is_secret") is not False
    person = "" if is_anonymous else _person(complaint.get("applicant"))
    flags = f'rahasia="{int(is_secret)}" anonim="{int(is_anonymous)}"'
    written = (
        '<?xml version="1.0" encoding="UTF-8"?>'
        f"<lapor token={quoteattr(token)}>{person}<laporan {flags}><isi>{_text(text)}</isi></laporan></lapor>"
    )
    return written.encode("utf-8")


def _person(given: object) -> str:
    if not isinstance(given, Mapping):
        raise RefusedByAgency("pelapor: is missing, and the complaint is not anonymous")
    first, _, last = str(given.get("name", "")).strip().partition(" ")
    parts = [(tag, str(given.get(name, ""))) for tag, name in PERSON]
    parts += [("namadepan", first), ("namabelakang", last.strip())]
    return f"<pelapor>{''.join(f'<{tag}>{_text(value)}</{tag}>' for tag, value in parts)}</pelapor>"


def _text(value: str) -> str:
    """Escaped; what XML cannot hold at all is left out."""
    return escape(_NOT_IN_XML.sub("", value))


def _receipt(body: bytes) -> Receipt:
    """Its numbers, found by their names: whatever stands around them, and no parser that could be attacked."""
    said = body.decode("utf-8", "replace")
    tracking, transaction = _number("trackingid", said), _number("transaksiid", said)
    if not tracking:
        raise Unreadable("LAPOR answered without a tracking number", body)
    return Receipt(agency_ref=tracking, findings={"transaksiid": transaction} if transaction else {})


def _number(tag: str, said: str) -> str:
    found = re.findall(_NUMBER.format(tag), said, flags=re.IGNORECASE)
    return str(found[0]) if len(found) == 1 else ""
