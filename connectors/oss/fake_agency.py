"""An OSS of its own: it takes every push for a new one, as the real one does, and calls us on demand.

Its books count what was told twice: `doubled` there must stay empty.
"""

import base64
import http.client
import json
import uuid
from collections.abc import Mapping
from urllib.parse import urlsplit

from ptsp.sdk import oss, strict_json, webhooks
from ptsp.sdk.simulator import Answer, Call, Desk, Letter, Opening, Route

NIB = "9120000000001"
LICENCE = {
    "nib": NIB,
    "id_produk": "P-1",
    "id_proyek": "R-202600000000000000001",
    "oss_id": "O-202600000000000000001",
    "id_izin": "I-202600000000000000001",
    "kd_izin": "029000000001",
}
FAULTS = ("double", "wrong_token", "no_token", "basic")
USER = "ptsp"
TIMEOUT_S = 10.0


class FakeAgency:
    options = {"kd_instansi": "351", "kd_daerah": "3515000000"}
    told = "application.ended:approved"
    approved = {"reference": "TST-1", "service": "siup", "answers": LICENCE}
    rejected = approved

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        desk.callbacks.carried_by(self._carry)

    def routes(self) -> tuple[Route, ...]:
        return (
            Route("POST", "/receiveLicenseStatus", self._take_status),
            Route("POST", "/receiveLicense", self._take_licence),
            Route("POST", "/checkLicenseStatus", self._show_status),
            Route("POST", "/inqueryLicense", self._show_licence),
            Route("POST", "/inqueryNIB", self._show_nib),
            Route("POST", "/getDataReferensi", self._show_codes),
            Route("POST", "/send", self._send),
        )

    def _take_status(self, call: Call) -> Answer:
        return self._taken(call, "IZINSTATUS", "responreceiveLicenseStatus", ("kd_status", "tgl_status"))

    def _take_licence(self, call: Call) -> Answer:
        return self._taken(call, "IZINFINAL", "responreceiveLicense", ("nomor_izin",))

    def _taken(self, call: Call, name: str, envelope: str, distinct: tuple[str, ...]) -> Answer:
        """One effect for each push. What is the same as before is there twice, and counted."""
        told = self._read(call, name)
        if isinstance(told, Answer):
            return told
        wrong = oss.wrong_field(told)
        code = str(told.get("kd_status", "50"))
        if wrong or (code not in oss.STATUSES and code != "58"):
            return Answer.json(200, {envelope: {"kode": 400, "keterangan": wrong or "kd_status"}})
        subject = "/".join(str(told.get(field, "")) for field in ("id_izin", *distinct))
        opening = Opening(call.office, str(uuid.uuid4()), name, str(told["nib"]), subject, json.dumps(told))
        self._desk.books.open_case(opening, prefix="OSS", at=self._desk.clock())
        return Answer.json(200, {envelope: {"kode": 200, "keterangan": "Sukses", "dataNIB": {}}})

    def _show_status(self, call: Call) -> Answer:
        """Under the other of the two names that the guide's examples have for it."""
        asked = self._read(call)
        if isinstance(asked, Answer):
            return asked
        known = self._told(call, "IZINSTATUS", str(asked.get("id_izin")))
        if not known:
            return Answer.json(200, {"responcheckStatusLicense": {"kode": "404", "keterangan": "Tidak ada"}})
        said = {name: known[name] for name in ("id_izin", "kd_status", "tgl_status")}
        return Answer.json(200, {"responcheckStatusLicense": {"kode": "200", "data": [said]}})

    def _show_licence(self, call: Call) -> Answer:
        asked = self._read(call)
        if isinstance(asked, Answer):
            return asked
        known = self._told(call, "IZINFINAL", str(asked.get("id_izin")))
        if not known:
            return Answer.json(200, {"responInqueryLicense": {"kode": 404, "keterangan": "Tidak ada"}})
        return Answer.json(200, {"responInqueryLicense": {"kode": 200, "dataIzin": known}})

    def _show_nib(self, call: Call) -> Answer:
        asked = self._read(call)
        if isinstance(asked, Answer):
            return asked
        if asked.get("nib") != NIB:
            return Answer.json(200, {"responinqueryNIB": {"kode": 404, "keterangan": "NIB tidak ada"}})
        about = {"nib": NIB, "nama_perseroan": "CV CONTOH", "status_nib": "01"}
        return Answer.json(200, {"responInquiryNIB": {"kode": "200", "dataNIB": about}})

    def _show_codes(self, call: Call) -> Answer:
        asked = self._read(call)
        if isinstance(asked, Answer):
            return asked
        codes = [{"kode": code, "uraian": one.meaning} for code, one in oss.STATUSES.items()]
        return Answer.json(200, {"respongetDataReferensi": {"kode": 200, "data": codes}})

    def _told(self, call: Call, name: str, licence: str) -> Mapping[str, object]:
        """The last that was told of a licence."""
        told = [
            json.loads(case.body)
            for case in self._desk.books.effects()
            if case.agency == call.office and case.step == name
        ]
        return next((one for one in reversed(told) if one["id_izin"] == licence), {})

    def _read(self, call: Call, name: str = "") -> dict[str, object] | Answer:
        if call.headers.get("user_key") != self._password(call.tenant, call.agency):
            return Answer.json(401, {"kode": 401, "keterangan": "user_key"})
        try:
            body = strict_json.parse_object(call.body)
        except strict_json.Malformed:
            body = {}
        told = body.get(name) if name else body
        return told if isinstance(told, dict) else Answer.json(200, {"kode": 400, "keterangan": name})

    # It calls us

    def _send(self, call: Call) -> Answer:
        """`{"url", "method"?, "body"?, "fault"?}`: calls `<url>/oss/<method>` until somebody has taken it."""
        try:
            order = strict_json.parse_object(call.body)
            url = strict_json.text(order, "url", longest=500)
        except strict_json.Malformed as error:
            return Answer.json(422, {"error": str(error)})
        method, fault = str(order.get("method", "receiveNIB")), str(order.get("fault", ""))
        if fault and fault not in FAULTS:
            return Answer.json(422, {"error": f"fault: must be one of {', '.join(FAULTS)}"})
        about = {"nib": NIB, "nama_perseroan": "CV CONTOH", "data_proyek": [{"id_proyek": "R-1"}]}
        body = order.get("body") or {"dataNIB": about}
        for _ in range(2 if fault == "double" else 1):
            message = str(uuid.uuid4())
            trouble = "" if fault == "double" else fault
            self._desk.books.owe(
                Letter(
                    0,
                    call.office,
                    f"{url}/oss/{method}",
                    message,
                    strict_json.dumps(body),
                    trouble,
                    0,
                    self._desk.clock(),
                    None,
                    None,
                )
            )
        self._desk.callbacks.ring()
        return Answer.json(202, {"message": message})

    def _carry(self, letter: Letter) -> int | None:
        tenant, _, agency = letter.agency.partition("/")
        password = self._password(tenant, agency)
        headers = {"Content-Type": "application/json"}
        if letter.trouble == "basic":
            headers["Authorization"] = "Basic " + base64.b64encode(f"{USER}:{password}".encode()).decode()
        elif letter.trouble != "no_token":
            nib = oss.nib_of(json.loads(letter.body))
            day = oss.days(self._desk.clock())[0]
            secret = "wrong" if letter.trouble == "wrong_token" else password
            headers["Token"] = oss.token(USER, secret, nib, day)
        place = urlsplit(letter.url)
        line = http.client.HTTPConnection(place.hostname or "", place.port, timeout=TIMEOUT_S)
        try:
            line.request("POST", place.path, letter.body, headers)
            return line.getresponse().status
        except (OSError, http.client.HTTPException):  # nobody there: it stays owed
            return None
        finally:
            line.close()

    def _password(self, tenant: str, agency: str) -> str:
        return webhooks.as_password(self._desk.secret_for(tenant, agency))
