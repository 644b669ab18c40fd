"""An older licensing system: SOAP by hand over HTTP. Filed twice are two cases. What it rejects stands in README.md."""

import base64
import threading
from collections.abc import Mapping
from pathlib import Path

from lxml import etree

from ptsp.sdk import webhooks
from ptsp.sdk.contract import Listed, Verdict
from ptsp.sdk.simulator import Answer, Call, Case, Desk, Opening, Route, asks_for_rejection, listed

ENVELOPE, OURS = "http://schemas.xmlsoap.org/soap/envelope/", "urn:perizinan:v1"
STATUS_ACTION = '"urn:perizinan:v1:StatusPermohonan"'
LIST_ACTION = '"urn:perizinan:v1:DaftarPermohonan"'
STATES = {None: "PROSES", Verdict.APPROVED: "SETUJU", Verdict.REJECTED: "TOLAK"}
TOO_TALL = "Ketinggian bangunan melebihi batas keselamatan penerbangan."
MARKED = "Ditolak oleh sistem perizinan lama (uji coba)."
BOMB = (
    '<?xml version="1.0"?><!DOCTYPE b [<!ENTITY a "aaaaaaaaaa">'
    + "".join(f'<!ENTITY {chr(98 + at)} "{f"&{chr(97 + at)};" * 10}">' for at in range(9))
    + '<!ENTITY x SYSTEM "file:///etc/hostname">]>'
    + f'<e:Envelope xmlns:e="{ENVELOPE}"><e:Body>&j;&x;</e:Body></e:Envelope>'
)
_ABOUT = {
    "applicant": {"nik": "3515121502809990", "name": "Pemohon <Contoh> & Co", "address": "Jl. Contoh 1"},
    "services": ["imb"],
}


class FakeAgency:
    approved = {**_ABOUT, "answers": {"height": "12"}}
    rejected = {**_ABOUT, "answers": {"height": "90"}}

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._filing = threading.Lock()

    def routes(self) -> tuple[Route, ...]:
        return (
            Route("POST", "/perizinan", self._answer, looks=_only_looks, lists=_lists),
            Route("GET", "/perizinan.wsdl", self._interface),
        )

    def _interface(self, call: Call) -> Answer:
        return Answer(200, Path(__file__).with_name("perizinan.wsdl").read_bytes(), "text/xml; charset=utf-8")

    def _answer(self, call: Call) -> Answer:
        if not self._known(call):
            return Answer(401, b"")
        fault = call.fault.do if call.fault else ""
        if fault == "soap_client":
            return _fault("Client", "Data tidak lengkap.")
        try:
            asked = _body(call.body)
        except (etree.LxmlError, ValueError):
            return _fault("Client", "Pesan tidak dapat dibaca.")
        does = {"AjukanPermohonan": self._file, "DaftarPermohonan": self._list}
        said = does.get(etree.QName(asked).localname, self._show)(call, asked)
        if fault == "soap_server":
            return _fault("Server", "Kesalahan internal.")
        return Answer(200, BOMB.encode(), "text/xml") if fault == "entities" else said

    def _file(self, call: Call, asked: etree._Element) -> Answer:
        key = _text(asked, "NomorRujukan")
        told = {one.get("bidang", ""): one.text or "" for one in asked.findall(f"{{{OURS}}}Isian")}
        with self._filing:
            count = len(self._cases(call.office, key))
            opening = Opening(
                call.office,
                key if not count else f"{key}#{count + 1}",  # it does not look what it has already
                _text(asked, "Langkah"),
                _text(asked, "NomorBerkas"),
                told.get("services", ""),
                "\n".join(f"{name}={value}" for name, value in told.items()),
            )
            case, _ = self._desk.books.open_case(opening, prefix="PRK", at=self._desk.clock())
        return _said("AjukanPermohonanResponse", {"NomorPerkara": case.number})

    def _show(self, call: Call, asked: etree._Element) -> Answer:
        key = _text(asked, "NomorRujukan")
        cases = self._cases(call.office, key)
        if call.fault and call.fault.do == "wrong_case":
            key = f"{key}x"
        return _said(
            "StatusPermohonanResponse", {"Jumlah": str(len(cases))}, [self._shown(key, one) for one in cases]
        )

    def _list(self, call: Call, asked: etree._Element) -> Answer:
        wanted = (_text(asked, "Sejak"), _text(asked, "Sampai"), _text(asked, "Lanjut"))
        try:
            found = listed(self._desk, call.office, wanted, _judge, call.fault)
        except ValueError:
            return _fault("Client", "Waktu tidak dimengerti.")
        further = {"Lanjut": found.after} if found.after else {}
        count = {"Jumlah": str(len(found.cases))}
        return _said("DaftarPermohonanResponse", count, [_told(one) for one in found.cases], further)

    def _shown(self, key: str, case: Case) -> dict[str, list[str]]:
        shown = {"NomorRujukan": [key], "NomorPerkara": [case.number]}
        if self._desk.clock() < case.opened_at + self._desk.faults.script.delay_s:
            return {**shown, "Status": ["PROSES"]}
        reasons = _reasons(case)
        return {**shown, "Status": ["TOLAK" if reasons else "SETUJU"], "Alasan": reasons}

    def _cases(self, office: str, key: str) -> list[Case]:
        """Those of one reference, the oldest first."""
        found = []
        case = self._desk.books.case_by_key(office, key)
        while case is not None:
            found.append(case)
            case = self._desk.books.case_by_key(office, f"{key}#{len(found) + 1}")
        return found

    def _known(self, call: Call) -> bool:
        password = webhooks.as_password(self._desk.secret_for(call.tenant, call.agency))
        kind, _, login = call.headers.get("authorization", "").partition(" ")
        try:
            given = base64.b64decode(login, validate=True).decode().partition(":")[2]
        except ValueError:
            return False
        return kind == "Basic" and given == password


def _only_looks(headers: Mapping[str, str]) -> bool:
    return headers.get("soapaction") == STATUS_ACTION


def _lists(headers: Mapping[str, str]) -> bool:
    return headers.get("soapaction") == LIST_ACTION


def _body(message: bytes) -> etree._Element:
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False)
    (asked,) = etree.fromstring(message, parser).find(f"{{{ENVELOPE}}}Body")
    return asked


def _text(asked: etree._Element, name: str) -> str:
    return asked.findtext(f"{{{OURS}}}{name}") or ""


def _said(
    name: str,
    fields: Mapping[str, str],
    cases: list[dict[str, list[str]]] | None = None,
    last: Mapping[str, str] | None = None,
) -> Answer:
    said = etree.Element(f"{{{OURS}}}{name}", nsmap={"p": OURS})
    for field, value in fields.items():
        etree.SubElement(said, f"{{{OURS}}}{field}").text = value
    for case in cases or ():
        shown = etree.SubElement(said, f"{{{OURS}}}Perkara")
        for field, values in case.items():
            for value in values:
                etree.SubElement(shown, f"{{{OURS}}}{field}").text = value
    for field, value in (last or {}).items():
        etree.SubElement(said, f"{{{OURS}}}{field}").text = value
    return _enveloped(200, said)


def _fault(code: str, words: str) -> Answer:
    fault = etree.Element(f"{{{ENVELOPE}}}Fault", nsmap={"soap": ENVELOPE})
    etree.SubElement(fault, "faultcode").text = f"soap:{code}"
    etree.SubElement(fault, "faultstring").text = words
    return _enveloped(500, fault)


def _enveloped(status: int, content: etree._Element) -> Answer:
    envelope = etree.Element(f"{{{ENVELOPE}}}Envelope", nsmap={"soap": ENVELOPE})
    etree.SubElement(envelope, f"{{{ENVELOPE}}}Body").append(content)
    return Answer(
        status, etree.tostring(envelope, xml_declaration=True, encoding="utf-8"), "text/xml; charset=utf-8"
    )


def _told(one: Listed) -> dict[str, list[str]]:
    """As it was filed: the second case of a reference has the same reference."""
    return {
        "NomorRujukan": [one.key.partition("#")[0]],
        "NomorPerkara": [one.number],
        "DibukaPada": [one.opened_at],
        "Status": [STATES[one.verdict]],
    }


def _judge(case: Case) -> Verdict:
    return Verdict.REJECTED if _reasons(case) else Verdict.APPROVED


def _reasons(case: Case) -> list[str]:
    told = dict(line.partition("=")[::2] for line in case.body.splitlines())
    height = told.get("answers.height", "0")
    reasons = [TOO_TALL] if height.isdigit() and int(height) > 45 else []
    agency = case.agency.partition("/")[2]
    return reasons + [MARKED] * asks_for_rejection(told.get("applicant.address", ""), agency=agency)
