"""A SIMBG of its own. How a consultation ends stands in its number; see README.md."""

from ptsp.sdk import webhooks
from ptsp.sdk.simulator import Answer, Call, Desk, Opening, Route


class FakeAgency:
    approved = {"answers": {"simbg_consultation": "PBG-351501-02032026-01"}}
    rejected = {"answers": {"simbg_consultation": "PBG-351501-02032026-99"}}

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def routes(self) -> tuple[Route, ...]:
        return (Route("GET", "/getDataPBGRow/{number}", self._show),)

    def _show(self, call: Call) -> Answer:
        """As the real one: the code stands in the body, and HTTP says 200."""
        if call.headers.get("userkey") != webhooks.as_password(
            self._desk.secret_for(call.tenant, call.agency)
        ):
            return Answer.json(200, {"status": 401, "error": "userKey"})
        number = call.values["number"]
        if not number.startswith("PBG-") or number.startswith("PBG-000000"):
            return Answer.json(200, {"status": "404", "error": "Data tidak ditemukan"})
        reference, step = call.about
        opening = Opening(call.office, number, step, reference, number, "")
        case, _ = self._desk.books.open_case(opening, prefix="SIMBG", at=self._desk.clock())
        is_open = self._desk.clock() < case.opened_at + self._desk.faults.script.delay_s
        ended = "25" if number.endswith("99") else "15"
        return Answer.json(
            200,
            {
                "status": 200,
                "no_konsultasi": number,
                "status_konsultasi": "10" if is_open else ended,
                "nm_pemilik": "Pemilik Contoh",
                "fungsi_bg": "Fungsi Hunian",
                "almt_bgn": "Jl. Contoh 1",
                "luas_bgn": "1.200,5",
                "tinggi_bgn": 8,
                "jml_lantai": "2",
            },
        )
