"""A small SiCantik behind the service bus. The number of the case decides; README.md says how."""

import secrets
from collections.abc import Mapping

from ptsp.sdk import splp
from ptsp.sdk.simulator import Answer, Call, Case, Desk, Opening, Route

NOBODYS_NUMBER = "TIDAK-ADA"
REJECTED = "TOLAK"  # in the number of a case that is rejected
REASON = "Berkas tidak memenuhi syarat (uji coba)."
TEMPLATE = "5f0c7d52-0000-4000-8000-0000000000aa"


class FakeAgency:
    approved = {"answers": {"no_permohonan": "SC/2026/000001"}}
    rejected = {"answers": {"no_permohonan": "SC/2026/TOLAK-000002"}}
    options = {
        "template": TEMPLATE,
        "approved": ["Selesai"],
        "rejected": ["Drop"],
        "open": ["Menunggu", "Proses"],
    }

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def routes(self) -> tuple[Route, ...]:
        short, long = "/api/sicantik/{version}", "/t/{domain}/api/sicantik/{version}"
        return tuple(
            Route("GET", f"{base}/interop/{{template}}", self._report, looks=_looks) for base in (short, long)
        )

    def _report(self, call: Call) -> Answer:
        keys = splp.Keys.read(self._desk.secret_for(call.tenant, call.agency))
        given = (call.headers.get("apikey"), call.headers.get("auth"))
        if given != (keys.apikey, f"Bearer {keys.token}"):
            return Answer.json(401, {"code": "900902", "message": "Missing Credentials"})
        if call.values["template"] != TEMPLATE:
            return Answer.json(403, {"code": "900908", "message": "Resource forbidden"})
        number = call.query.get("no_permohonan", "")
        rows = [] if number == NOBODYS_NUMBER else [self._row(self._case(call, number), number)]
        sealed = splp.seal({"items": rows}, keys.salt, iv=secrets.token_bytes(splp.IV_BYTES))
        return Answer.json(200, {"data": sealed})

    def _case(self, call: Call, number: str) -> Case:
        """The books keep who was asked about for the first time, and when: it stood open until a moment later."""
        known = [
            case
            for case in self._desk.books.effects()
            if (case.agency, case.subject) == (call.office, number)
        ]
        if known and not call.key:
            return known[0]
        reference, step = call.about
        opening = Opening(call.office, call.key or number, step, reference, number, "{}")
        return self._desk.books.open_case(opening, prefix="SC", at=self._desk.clock())[0]

    def _row(self, case: Case, number: str) -> dict[str, object]:
        row: dict[str, object] = {"no_permohonan": number, "nama_izin": "Izin Contoh"}
        if self._desk.clock() < case.opened_at + self._desk.faults.script.delay_s:
            return {**row, "status": "Proses"}
        is_rejected = REJECTED in number
        return (
            {**row, "status": "Drop", "keterangan": REASON} if is_rejected else {**row, "status": "Selesai"}
        )


def _looks(headers: Mapping[str, str]) -> bool:
    return "idempotency-key" not in headers
