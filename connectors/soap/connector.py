"""Files a case by SOAP with a system that knows no keys: before it files one again, it asks which cases are there."""

import base64
from collections.abc import Iterator, Mapping
from pathlib import Path
from urllib.parse import urlsplit

import requests

from ptsp.sdk import listings, strict_json, webhooks
from ptsp.sdk.contract import Listing, Question, Receipt, Reply, Settings, Verdict
from ptsp.sdk.errors import Forged, Misconfigured, RefusedByAgency
from ptsp.sdk.http import address, correlation, limits_from, malformed_is_unknown, seconds
from ptsp.sdk.soap import SoapClient

WSDL = Path(__file__).with_name("perizinan.wsdl")
BINDING = "{urn:perizinan:v1}PerizinanBinding"
STATES = {"PROSES": None, "SETUJU": Verdict.APPROVED, "TOLAK": Verdict.REJECTED}
NAMES = listings.Names("NomorRujukan", "NomorPerkara", "DibukaPada", "Status")
NOBODYS_KEY = "00000000-0000-0000-0000-000000000000"


class Soap:
    def __init__(self, settings: Settings, http: requests.Session) -> None:
        self._secret = settings.secret
        self._look_again_s = seconds(settings.options, "look_again_s", 30, longest=86_400)
        url = address(settings.url)
        login = f"{settings.options.get('user', 'ptsp')}:{webhooks.as_password(settings.secret)}".encode()
        self._client = SoapClient(
            http,
            wsdl=_wsdl(settings.options, url),
            binding=BINDING,
            url=f"{url}/perizinan",
            headers={"Authorization": "Basic " + base64.b64encode(login).decode("ascii")},
            limits=limits_from(settings.options),
        )

    def check(self) -> None:
        """Asks for cases that cannot exist: the agency knows us if it says so."""
        if not self._secret:
            raise Misconfigured("secret: the agency's password is not set")
        self._cases(NOBODYS_KEY, {})

    def ask(self, question: Question) -> Receipt:
        fields = {
            "NomorRujukan": question.key,
            "NomorBerkas": question.reference,
            "Langkah": question.step,
            "Isian": [{"_value_1": value, "bidang": name} for name, value in _sorted(question.payload)],
        }
        said = self._client.call("AjukanPermohonan", fields, correlation(question))
        with malformed_is_unknown():
            number = strict_json.text(
                {"NomorPerkara": said[""]} if "" in said else said, "NomorPerkara", longest=100
            )
        return Receipt(agency_ref=number, look_again_s=self._look_again_s)

    def find(self, question: Question) -> Receipt | None:
        """The oldest case under our reference, however many there are."""
        cases = self._cases(question.key, correlation(question))
        return self._receipt(cases[0]) if cases else None

    def look(self, question: Question, agency_ref: str) -> Receipt:
        cases = self._cases(question.key, correlation(question))
        with malformed_is_unknown():
            mine = [
                case for case in cases if strict_json.text(case, "NomorPerkara", longest=100) == agency_ref
            ]
            if not mine:
                raise strict_json.Malformed("NomorPerkara: the answer is about another case")
        return self._receipt(mine[0])

    def list_cases(self, since: str, until: str, after: str | None = None) -> Listing:
        """What was filed twice stands there twice, under one reference."""
        window = listings.Window.of(since, until)
        wanted = {"Sejak": since, "Sampai": until} | ({"Lanjut": after} if after else {})
        said = self._list(wanted)
        with listings.readable():
            rows = listings.rows({"Perkara": said.get("Perkara") or []}, "Perkara")
            if strict_json.whole(said, "Jumlah", smallest=0, largest=listings.MOST) != len(rows):
                raise strict_json.Malformed("Jumlah: counts other cases than there are")
            return listings.page(rows, STATES, window, names=NAMES, was=after, after=said.get("Lanjut"))

    def read_reply(self, headers: Mapping[str, str], body: bytes) -> Reply:
        raise Forged("this agency never calls back")

    def _list(self, wanted: Mapping[str, object]) -> dict[str, object]:
        try:
            return self._client.call("DaftarPermohonan", wanted)
        except ValueError as error:  # an interface of the agency's own, without this operation
            raise Misconfigured(
                "options.wsdl_url: the interface has no operation DaftarPermohonan"
            ) from error

    def _cases(self, key: str, headers: Mapping[str, str]) -> list[dict[str, object]]:
        """The cases under a reference, the oldest first; all of them about that one."""
        said = self._client.call("StatusPermohonan", {"NomorRujukan": key}, headers)
        with malformed_is_unknown():
            cases = said.get("Perkara") or []
            count = strict_json.whole(said, "Jumlah", smallest=0, largest=50)
            if not isinstance(cases, list) or len(cases) != count:
                raise strict_json.Malformed("Jumlah: counts other cases than there are")
            if any(strict_json.text(case, "NomorRujukan", longest=100) != key for case in cases):
                raise strict_json.Malformed("NomorRujukan: the answer is about another case")
            return cases

    def _receipt(self, case: Mapping[str, object]) -> Receipt:
        with malformed_is_unknown():
            number = strict_json.text(case, "NomorPerkara", longest=100)
            reasons = strict_json.texts({"Alasan": case.get("Alasan") or []}, "Alasan")
            state = strict_json.text(case, "Status", longest=64)
        if state not in STATES or (STATES[state] is Verdict.REJECTED and not reasons):
            raise RefusedByAgency("the agency answered with a state we do not know, or with a bare rejection")
        verdict = STATES[state]
        if verdict is None:
            return Receipt(number, look_again_s=self._look_again_s)
        return Receipt(number, verdict, reasons)


def _wsdl(options: Mapping[str, object], url: str) -> str:
    """Our own copy of the interface, or the agency's: at its own host only."""
    written = str(options.get("wsdl_url", ""))
    if written and urlsplit(written).netloc != urlsplit(url).netloc:
        raise Misconfigured("options.wsdl_url: must be at the host of the url")
    return written or str(WSDL)


def _sorted(payload: Mapping[str, object]) -> list[tuple[str, str]]:
    return sorted(_flat("", payload))


def _flat(name: str, value: object) -> Iterator[tuple[str, str]]:
    if isinstance(value, Mapping):
        for code, inner in value.items():
            yield from _flat(f"{name}.{code}" if name else str(code), inner)
    elif isinstance(value, list | tuple):
        yield name, ",".join(map(str, value))
    elif isinstance(value, bool):
        yield name, "ya" if value else "tidak"
    elif value is not None:
        yield name, str(value)
