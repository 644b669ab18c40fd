"""A LAPOR of its own: every complaint that arrives is another one, as at the real system."""

import uuid
from xml.etree import ElementTree

from ptsp.sdk import webhooks
from ptsp.sdk.simulator import Answer, Call, Desk, Opening, Route

XML = "text/xml; charset=utf-8"


class FakeAgency:
    told = "complaint"
    approved = {
        "text": "Permohonan kami belum diproses <sudah> 30 hari & tidak ada kabar.",
        "is_secret": True,
        "is_anonymous": False,
        "applicant": {
            "name": "Pelapor Contoh Lengkap",
            "email": "pelapor@example.org",
            "phone": "0800000001",
        },
    }
    rejected = approved

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def routes(self) -> tuple[Route, ...]:
        return (Route("POST", "/api/stream/addstream", self._take),)

    def _take(self, call: Call) -> Answer:
        if b"<!" in call.body:  # no document types
            return _refused(400)
        try:
            root = ElementTree.fromstring(call.body)
        except ElementTree.ParseError:
            return _refused(400)
        if root.get("token") != webhooks.as_password(self._desk.secret_for(call.tenant, call.agency)):
            return _refused(401)
        complaint = root.find("laporan")
        text = complaint.findtext("isi", "") if complaint is not None else ""
        if complaint is None or not text or complaint.get("anonim") not in ("0", "1"):
            return _refused(422)
        if (complaint.get("anonim") == "1") == (root.find("pelapor") is not None):
            return _refused(422)
        opening = Opening(call.office, str(uuid.uuid4()), "complaint", text[:40], text, call.body.decode())
        case, _ = self._desk.books.open_case(opening, prefix="LPR", at=self._desk.clock())
        said = f"<hasil><trackingid> {case.number} </trackingid><TransaksiId>{case.key}</TransaksiId></hasil>"
        return Answer(200, said.encode(), XML)


def _refused(status: int) -> Answer:
    return Answer(status, b"<hasil><pesan>ditolak</pesan></hasil>", XML)
