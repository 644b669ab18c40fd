"""A small synthetic population register. The serial of the NIK decides; README.md has the table."""

import threading
from collections import Counter
from urllib.parse import parse_qsl

from ptsp.sdk import strict_json, webhooks
from ptsp.sdk.simulator import Answer, Call, Desk, Opening, Route

ELEMENTS = ("NO_KK", "NAMA_LGKP", "JENIS_KLMIN", "TMPT_LHR", "TGL_LHR")
SIMILAR = {"NAMA_LGKP", "TMPT_LHR"}  # compared by likeness, so they carry a number
DAY_S = 86_400
WIB_S = 7 * 3600  # the quota's day is Jakarta's
RESIDENT = {
    "name": "Pemohon Contoh",
    "kk": "3515121502089990",
    "birth_place": "Sidoarjo",
    "birth_on": "1980-02-15",
    "gender": "male",
    "address": "Jl. Contoh 1",
}


class FakeAgency:
    approved = {"applicant": {"nik": "3515121502809990", **RESIDENT}}
    rejected = {"applicant": {"nik": "3515121502809998", **RESIDENT}}

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._lock = threading.Lock()
        self._hits: Counter[tuple[str, int]] = Counter()

    def routes(self) -> tuple[Route, ...]:
        return (Route("POST", "/dukcapil/get_json/{institution}/nik_verifby_elemen", self._check),)

    def _check(self, call: Call) -> Answer:
        try:
            asked = _asked(call)
            nik = strict_json.text(asked, "NIK", longest=16)
            strict_json.whole(asked, "TRESHOLD", smallest=90, largest=100)
        except strict_json.Malformed as error:
            return Answer.json(400, {"error": str(error)})
        secret = self._desk.secret_for(call.tenant, call.agency)
        if asked.get("password", asked.get("PASSWORD")) != webhooks.as_password(secret):
            return Answer.json(401, {"error": "user_id or password"})
        if self._used_up(call):
            return _code("05", "Kuota akses hari ini telah habis")
        self._write_down(call, nik)
        return _verdicts(asked, nik)

    def _used_up(self, call: Call) -> bool:
        quota = self._desk.faults.script.quota
        today = call.office, int((self._desk.clock() + WIB_S) // DAY_S)
        with self._lock:
            self._hits[today] += 1
            over = quota is not None and self._hits[today] > quota
        return over or bool(call.fault and call.fault.do == "quota")

    def _write_down(self, call: Call, nik: str) -> None:
        reference, step = call.about
        opening = Opening(call.office, call.key, step, reference, "", f"serial {nik[-4:]}")
        self._desk.books.open_case(opening, prefix="DUK", at=self._desk.clock())


def _asked(call: Call) -> dict[str, object]:
    """As JSON or as a form, which has no numbers."""
    if "urlencoded" not in call.headers.get("content-type", ""):
        return strict_json.parse_object(call.body)
    form: dict[str, object] = dict(parse_qsl(call.body.decode()))
    return {**form, "TRESHOLD": int(str(form.get("TRESHOLD", "0")))}


def _verdicts(asked: dict[str, object], nik: str) -> Answer:
    serial = nik[-4:]
    if serial == "9989":
        return Answer.json(200, {"content": {"RESPON": "Data Ditemukan, Status Non Aktif"}})
    if not "9990" <= serial <= "9998":
        return _code("13", "Data tidak ditemukan")
    found = {element: _same(element) for element in ELEMENTS if element in asked}
    if serial == "9998":
        found["NAMA_LGKP"] = "Tidak Sesuai (41)"
    return Answer.json(200, {"content": [{"NIK": nik, **found}]})


def _same(element: str) -> str:
    return "Sesuai (100)" if element in SIMILAR else "Sesuai"


def _code(code: str, words: str) -> Answer:
    return Answer.json(200, {"content": [{"RESPONSE_CODE": code, "RESPON": words}]})
