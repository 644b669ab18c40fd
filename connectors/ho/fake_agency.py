"""An older agency that never calls anybody: it has to be looked at. What it rejects stands in README.md."""

import base64
from urllib.parse import parse_qs

from ptsp.sdk import webhooks
from ptsp.sdk.contract import Listed, Verdict
from ptsp.sdk.simulator import Answer, Call, Case, Desk, Opening, Route, always, asks_for_rejection, listed

MARKED = "Ditolak oleh dinas izin gangguan (uji coba)."
STATES = {None: "PROSES", Verdict.APPROVED: "SETUJU", Verdict.REJECTED: "TOLAK"}
TOO_LOUD = "Usaha dengan gangguan besar tidak dapat diizinkan di kawasan perumahan."
_ABOUT = {
    "applicant": {"nik": "3515121502809990", "name": "Pemohon Contoh", "address": "Jl. Contoh 1"},
    "services": ["ho"],
}


class FakeAgency:
    approved = {**_ABOUT, "answers": {"area": "90", "land_use": "trade", "disturbance": "large"}}
    rejected = {**_ABOUT, "answers": {"area": "90", "land_use": "housing", "disturbance": "large"}}

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def routes(self) -> tuple[Route, ...]:
        return (
            Route("PUT", "/perkara/{key}", self._file),
            Route("GET", "/perkara/{number}", self._show),
            Route("GET", "/perkara", self._list, lists=always),
        )

    def _file(self, call: Call) -> Answer:
        if not self._known(call):
            return Answer.text(401, "SIAPA")
        try:
            form = parse_qs(call.body.decode("ascii"), strict_parsing=True, keep_blank_values=True)
        except ValueError:
            return Answer.text(400, "FORMULIR RUSAK")
        _, step = call.about
        reference = form.get("nomor_berkas", [""])[0]
        subject = form.get("layanan", [""])[0]
        opening = Opening(call.office, call.key, step, reference, subject, call.body.decode("ascii"))
        case, _ = self._desk.books.open_case(opening, prefix="HO", at=self._desk.clock())
        if case.body != call.body.decode("ascii"):
            return Answer.text(422, "KUNCI SUDAH DIPAKAI")
        return Answer.text(200, f"DITERIMA|{case.number}")

    def _show(self, call: Call) -> Answer:
        if not self._known(call):
            return Answer.text(401, "SIAPA")
        case = self._desk.books.case_by_number(call.office, call.values["number"])
        if case is None:
            return Answer.text(404, "TIDAK ADA")
        if self._desk.clock() < case.opened_at + self._desk.faults.script.delay_s:
            return Answer.text(200, "PROSES")
        reasons = _reasons(case.body, call.agency)
        return Answer.text(
            200, "|".join(["SELESAI", "TOLAK", *reasons] if reasons else ["SELESAI", "SETUJU"])
        )

    def _list(self, call: Call) -> Answer:
        if not self._known(call):
            return Answer.text(401, "SIAPA")
        wanted = (call.query.get("sejak", ""), call.query.get("sampai", ""), call.query.get("lanjut", ""))
        try:
            found = listed(self._desk, call.office, wanted, _judge, call.fault)
        except ValueError:
            return Answer.text(422, "WAKTU TIDAK DIMENGERTI")
        count = len(found.cases)
        last = f"LANJUT|{count}|{found.after}" if found.after else f"HABIS|{count}"
        return Answer.text(200, "\n".join([*map(_line, found.cases), last]))

    def _known(self, call: Call) -> bool:
        password = webhooks.as_password(self._desk.secret_for(call.tenant, call.agency))
        kind, _, login = call.headers.get("authorization", "").partition(" ")
        try:
            given = base64.b64decode(login, validate=True).decode().partition(":")[2]
        except ValueError:
            return False
        return kind == "Basic" and given == password


def _line(one: Listed) -> str:
    return f"{one.key}|{one.number}|{one.opened_at}|{STATES[one.verdict]}"


def _judge(case: Case) -> Verdict:
    return Verdict.REJECTED if _reasons(case.body, case.agency.partition("/")[2]) else Verdict.APPROVED


def _reasons(body: str, agency: str) -> list[str]:
    form = parse_qs(body, keep_blank_values=True)
    told = {name.rpartition(".")[2]: values[0] for name, values in form.items()}
    loud_at_home = (told.get("disturbance"), told.get("land_use")) == ("large", "housing")
    reasons = [TOO_LOUD] if loud_at_home else []
    return reasons + [MARKED] * asks_for_rejection(told.get("alamat", ""), agency=agency)
