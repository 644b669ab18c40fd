"""Tells OSS RBA what becomes of its licences, and takes what it sends about businesses (NIB)."""

import base64
import hmac
import time
from collections.abc import Callable, Mapping

import requests

from ptsp.sdk import oss, strict_json, webhooks
from ptsp.sdk.central import Counter, Filing, Telling, Unreadable
from ptsp.sdk.contract import Answer, Call, Receipt, Settings
from ptsp.sdk.errors import Misconfigured, RefusedByAgency, TryLater, Why
from ptsp.sdk.http import MIB, Limits, address, call, limits_from

PATH = "/oss/"
STATUS_OF_FILES = ("receiveFileDS",)  # these are answered by {status, keterangan}
OFFICER = {"name": "Petugas PTSP", "number": "-", "position": "Kepala DPMPTSP"}
BUSY = frozenset({"429"})
KEYS = frozenset({"401", "403"})
REFUSED = frozenset({"400", "404", "405", "422"})
DONE = "200"
APPROVED, DEEMED = "application.ended:approved", "application.deemed"


class Oss:
    def __init__(
        self, settings: Settings, http: requests.Session, *, clock: Callable[[], float] = time.time
    ) -> None:
        options = settings.options
        self._url = address(settings.url)
        self._secret = settings.secret
        self._http = http
        self._clock = clock
        self._user = str(options.get("user", "ptsp"))
        self._contract = oss.contract(str(options.get("contract", oss.LATEST)))
        self._office = {name: str(options.get(name, "")) for name in ("kd_instansi", "kd_daerah")}
        officer = options.get("officer")
        self._officer = {**OFFICER, **(officer if isinstance(officer, Mapping) else {})}
        self._file_url = str(options.get("file_url", ""))
        bounds = limits_from(options)
        self._limits = Limits(bounds.connect_s, bounds.read_s, bounds.total_s, MIB)

    # We call OSS

    def check(self) -> None:
        """Asks for a table of codes: OSS knows us if it answers."""
        if not self._secret:
            raise Misconfigured("secret: the user_key of OSS is not set")
        for name, value in self._office.items():
            if not value:
                raise Misconfigured(f"options.{name}: is missing")
        self.reference("status")

    def tell(self, telling: Telling) -> Receipt:
        if telling.kind in oss.FINAL:
            licence = self._licence(telling)
            self._send("receiveLicense", {"IZINFINAL": licence})
            return Receipt(
                agency_ref=str(licence["id_izin"]), findings={"nomor_izin": str(licence["nomor_izin"])}
            )
        status = self._status(telling)
        self._send("receiveLicenseStatus", {"IZINSTATUS": status})
        return Receipt(agency_ref=str(status["id_izin"]), findings=_said(status))

    def find(self, telling: Telling) -> Receipt | None:
        """What OSS has: the same status of the same moment, or the licence under its number."""
        if telling.kind in oss.FINAL:
            licence = self._licence(telling)
            known = self._look("inqueryLicense", {"nib": licence["nib"], "id_izin": licence["id_izin"]})
            if str(oss.find_key(known, "nomor_izin") or "") != licence["nomor_izin"]:
                return None
            return Receipt(
                agency_ref=str(licence["id_izin"]), findings={"nomor_izin": str(licence["nomor_izin"])}
            )
        status = self._status(telling)
        known = self._look("checkLicenseStatus", {"nib": status["nib"], "id_izin": status["id_izin"]})
        code = str(oss.find_key(known, "kd_status") or "")
        at, ours = str(oss.find_key(known, "tgl_status") or ""), str(status["tgl_status"])
        if at > ours:
            raise RefusedByAgency("OSS has a later status by now: telling this one might turn it back")
        if code != status["kd_status"] or not oss.is_same_moment(at, ours):
            return None
        return Receipt(agency_ref=str(status["id_izin"]), findings=_said(status))

    def status(self, nib: str, id_izin: str) -> dict[str, str]:
        """How a licence stands at OSS: its code, what that means, and the event of ours that it is.

        An unknown code is shown as it is, with an empty meaning.
        """
        known = self._look("checkLicenseStatus", {"nib": nib, "id_izin": id_izin})
        code = str(oss.find_key(known, "kd_status") or "")
        meaning = oss.meaning(code, self._contract.version)
        return {"kd_status": code, "meaning": meaning or "", "event": oss.event_of(code) or ""}

    def inquire(self, number: str) -> Mapping[str, object]:
        """What OSS knows of a NIB, as it says it."""
        if oss.NIB.fullmatch(number) is None:
            raise RefusedByAgency("nib: must be 13 digits")
        known = self._look("inqueryNIB", {"nib": number})
        data = oss.find_key(known, "dataNIB")
        if not isinstance(data, Mapping) or not data:
            raise RefusedByAgency("OSS knows no such NIB")
        return data

    def reference(self, code: str) -> Mapping[str, object]:
        """One of OSS's tables of codes."""
        return self._look("getDataReferensi", {"kode": code})

    def _status(self, telling: Telling) -> dict[str, object]:
        code = oss.CODES.get(telling.kind)
        if code is None:
            raise Misconfigured(f"tells: OSS has no status for {telling.kind}")
        fields = {
            **self._case(telling),
            "kd_instansi": self._office["kd_instansi"],
            "kd_status": code,
            "tgl_status": oss.moment(telling.at),
            "nip_status": self._officer["number"],
            "nama_status": self._officer["name"],
            "keterangan": f"{telling.payload.get('reference', '')}: {telling.kind}",
        }
        bill = telling.payload.get("bill")
        if isinstance(bill, Mapping) and telling.kind.startswith("fee."):
            fields["data_pnbp"] = {
                "kd_billing": str(bill.get("customer_no", "")),
                "tgl_billing": fields["tgl_status"],
                "tgl_expire": str(bill.get("due_on", "")),
                "nominal": str(bill.get("total", "")),
            }
        return _fitting("IZINSTATUS", fields)

    def _licence(self, telling: Telling) -> dict[str, object]:
        decision = telling.payload.get("decision")
        if not isinstance(decision, Mapping) or not decision.get("number"):
            raise RefusedByAgency("IZINFINAL.nomor_izin: is missing")
        code = str(decision.get("code", ""))
        fields = {
            **self._case(telling),
            "kd_daerah": self._office["kd_daerah"],
            "nomor_izin": str(decision["number"]),
            "tgl_terbit_izin": oss.moment(telling.at)[:10],
            "tgl_berlaku_izin": str(decision.get("valid_until", "")),
            "nama_ttd": self._officer["name"],
            "nip_ttd": self._officer["number"],
            "jabatan_ttd": self._officer["position"],
            "status_izin": oss.CODES[DEEMED if telling.payload.get("is_deemed") else APPROVED],
            "file_izin": self._file_url.replace("{code}", code),
            "keterangan": str(telling.payload.get("reference", "")),
        }
        return _fitting("IZINFINAL", fields)

    def _case(self, telling: Telling) -> dict[str, object]:
        answers = telling.payload.get("answers")
        given = answers if isinstance(answers, Mapping) else {}
        names = ("nib", "id_produk", "id_proyek", "oss_id", "id_izin", "kd_izin")
        return {name: str(given.get(name, "")) for name in names}

    def _look(self, method: str, asked: Mapping[str, object]) -> Mapping[str, object]:
        """An inquiry. What is not known there is no answer, and no fault."""
        told = self._send(method, asked, accept=("404",))
        return {} if _code(told) == "404" else told

    def _send(
        self, method: str, body: Mapping[str, object], *, accept: tuple[str, ...] = ()
    ) -> Mapping[str, object]:
        """One call. Codes stand in the body, too: HTTP 200 may hold a refusal."""
        if not self._contract.has(method):
            raise Misconfigured(f"options.contract: version {self._contract.version} has no {method}")
        headers = {"Content-Type": "application/json", "user_key": webhooks.as_password(self._secret)}
        answer = call(
            self._http,
            "POST",
            f"{self._url}/{method}",
            body=strict_json.dumps(body),
            headers=headers,
            limits=self._limits,
            accept=tuple(int(code) for code in accept),
        )
        try:
            told = strict_json.parse_object(answer.body)
        except strict_json.Malformed as error:
            raise Unreadable(f"OSS answered {method} with what is no JSON", answer.body) from error
        code = _code(told)
        if code != DONE and code not in accept:
            raise _refusal(method, code, answer.body)
        return told

    # OSS calls us

    def answer(self, call: Call, counter: Counter) -> Answer:
        method = call.path.removeprefix(PATH)
        try:
            body: Mapping[str, object] = strict_json.parse_object(call.body)
        except strict_json.Malformed:
            body = {}
        nib = oss.nib_of(body)
        given = {name.lower(): value for name, value in call.headers.items()}
        if not (
            self._is_token(given.get("token", ""), nib) or self._is_login(given.get("authorization", ""))
        ):
            return _answer(method, 401, "Unauthorized")
        if call.method != "POST" or method not in oss.OUR_METHODS:
            return _answer(method, 404, "Method tidak dikenal")
        counter.keep(Filing(method, nib, call.body, is_odd=not nib))
        if not nib:
            return _answer(method, 400, "nib: harus 13 angka; isi disimpan untuk diperiksa")
        return _answer(method, 200, "Data diterima")

    def _is_token(self, token: str, nib: str) -> bool:
        if not (token and nib and self._secret):
            return False
        password = webhooks.as_password(self._secret)
        known = [oss.token(self._user, password, nib, day) for day in oss.days(self._clock())]
        given = token.strip().lower().encode()
        return any(hmac.compare_digest(given, one.encode()) for one in known)

    def _is_login(self, authorization: str) -> bool:
        kind, _, login = authorization.partition(" ")
        if kind.lower() != "basic" or not self._secret:
            return False
        try:
            given = base64.b64decode(login.strip(), validate=True)
        except ValueError:
            return False
        known = f"{self._user}:{webhooks.as_password(self._secret)}".encode()
        return hmac.compare_digest(given, known)


def _fitting(name: str, fields: dict[str, object]) -> dict[str, object]:
    """RefusedByAgency naming the field that OSS would refuse: it is not sent."""
    if wrong := oss.wrong_field(fields):
        raise RefusedByAgency(f"{name}.{wrong}")
    return fields


def _said(status: Mapping[str, object]) -> dict[str, str]:
    return {name: str(status[name]) for name in ("kd_status", "tgl_status")}


def _code(told: Mapping[str, object]) -> str:
    code = oss.find_key(told, "kode")
    return str(code).strip() if isinstance(code, str | int) and not isinstance(code, bool) else ""


def _refusal(method: str, code: str, raw: bytes) -> Exception:
    said = f"OSS answered {method} with code {code}"
    if code in KEYS:
        return Misconfigured(said)
    if code in REFUSED:
        return RefusedByAgency(said)
    if code in BUSY:
        return TryLater(said, why=Why.BUSY)
    if code.startswith("5"):
        return TryLater(said, unknown=True)
    return Unreadable(f"OSS answered {method} with no code that is known", raw)


def _answer(method: str, code: int, said: str) -> Answer:
    if method in STATUS_OF_FILES:
        return Answer(code, {"status": 1 if code == 200 else 2, "keterangan": said})
    return Answer(code, {"kode": code, "keterangan": said})
