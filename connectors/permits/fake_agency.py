"""A technical agency that thinks for a while and calls back. What it rejects stands in README.md."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from decimal import Decimal, InvalidOperation

from ptsp.sdk import strict_json, webhooks
from ptsp.sdk.contract import Listed, Verdict
from ptsp.sdk.errors import Forged
from ptsp.sdk.simulator import (
    Answer,
    Call,
    Case,
    Desk,
    Letter,
    Opening,
    Route,
    Rule,
    always,
    asks_for_rejection,
    listed,
)

LARGEST_FLOOR_AREA = 20_000
CLOSED_ZONES = {"green": "kawasan hijau", "protected": "kawasan lindung"}
NOBODYS_KEY = "00000000-0000-4000-8000-000000000000"
RICE_FIELD = "Sawah beririgasi tidak dapat dialihfungsikan."
MARKED = "Ditolak oleh dinas teknis (uji coba)."
_APPLICANT = {"nik": "3515121502809990", "name": "Pemohon Contoh", "address": "Jl. Contoh 1"}
_ABOUT = {"services": ["imb"], "applicant": _APPLICANT}


class FakeAgency:
    approved = {**_ABOUT, "answers": {"floor_area": "120.50", "zone": "housing"}}
    rejected = {**_ABOUT, "answers": {"floor_area": "120.50", "zone": "green"}}

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def routes(self) -> tuple[Route, ...]:
        return (
            Route("POST", "/cases", self._open),
            Route("POST", "/cases/list", self._list, lists=always),
            Route("GET", "/cases/{key}", self._show),
        )

    def _open(self, call: Call) -> Answer:
        if not self._genuine(call) or not call.key:
            return Answer.json(401, {"error": "webhook-signature or Idempotency-Key"})
        try:
            asked = strict_json.parse_object(call.body)
            url = strict_json.text(asked, "callback_url", longest=500)
            reasons = _reasons(asked, call.agency)
        except strict_json.Malformed as error:
            return Answer.json(422, {"error": str(error)})
        reference, step = call.about
        subject = ",".join(strict_json.texts(asked, "services"))
        opening = Opening(call.office, call.key, step, reference, subject, call.body.decode())
        case, fresh = self._desk.books.open_case(
            opening,
            prefix="KASUS",
            at=self._desk.clock(),
            owes=lambda case: self._letters(case, call, url, reasons),
        )
        if case.body != call.body.decode():
            return Answer.json(422, {"error": "Idempotency-Key: used before for another question"})
        if fresh and call.fault and call.fault.do == "reply_before_answer":
            self._desk.callbacks.send_now(self._letter(case, url, reasons))
        self._desk.callbacks.ring()
        return Answer.json(202, {"number": case.number})

    def _show(self, call: Call) -> Answer:
        if not self._genuine(call):
            return Answer.json(401, {"error": "webhook-signature"})
        case = self._desk.books.case_by_key(call.office, call.key)
        if case is None:
            return Answer.json(404, {"error": "no such case"})
        if self._desk.clock() < case.opened_at + self._desk.faults.script.delay_s:
            return Answer.json(200, {"number": case.number, "key": case.key, "state": "open"})
        reasons = _reasons(strict_json.parse_object(case.body.encode()), call.agency)
        verdict = {"state": "rejected", "reasons": list(reasons)} if reasons else {"state": "approved"}
        return Answer.json(200, {"number": case.number, "key": case.key, **verdict})

    def _list(self, call: Call) -> Answer:
        if not self._signed_id(call):
            return Answer.json(401, {"error": "webhook-signature"})
        try:
            wanted = strict_json.parse_object(call.body)
            since, until = (strict_json.text(wanted, name, longest=40) for name in ("since", "until"))
            after = strict_json.text(wanted, "after") if "after" in wanted else ""
            found = listed(self._desk, call.office, (since, until, after), _judge, call.fault)
        except ValueError as error:
            return Answer.json(422, {"error": str(error)})
        further = {"after": found.after} if found.after else {}
        return Answer.json(200, {"cases": [_told(one) for one in found.cases], **further})

    def _genuine(self, call: Call) -> bool:
        return self._signed_id(call) == call.key != ""

    def _signed_id(self, call: Call) -> str:
        """The id of a message that is ours; empty if it is not."""
        secret = self._desk.secret_for(call.tenant, call.agency)
        try:
            return webhooks.verify(secret, call.headers, call.body, now=self._desk.clock())
        except Forged:
            return ""

    def _letters(self, case: Case, call: Call, url: str, reasons: tuple[str, ...]) -> list[Letter]:
        letter = self._letter(case, url, reasons)
        if call.fault is None:
            return [letter]
        others = [one.key for one in self._desk.books.effects() if one.agency != case.agency]
        return list(_troubled(letter, call.fault, others[-1] if others else NOBODYS_KEY))

    def _letter(self, case: Case, url: str, reasons: tuple[str, ...]) -> Letter:
        result = {"result": "rejected", "reasons": list(reasons)} if reasons else {"result": "approved"}
        body = strict_json.dumps({"number": case.number, "key": case.key, **result})
        due = case.opened_at + self._desk.faults.script.delay_s
        return Letter(0, case.agency, url, f"msg_{case.key}", body, "", 0, due, None, None)


def _judge(case: Case) -> Verdict:
    reasons = _reasons(strict_json.parse_object(case.body.encode()), case.agency.partition("/")[2])
    return Verdict.REJECTED if reasons else Verdict.APPROVED


def _told(one: Listed) -> dict[str, str]:
    state = one.verdict.value if one.verdict else "open"
    return {"key": one.key, "number": one.number, "opened_at": one.opened_at, "state": state}


def _troubled(letter: Letter, rule: Rule, other_key: str) -> Iterator[Letter]:
    """The letters of one verdict under a scripted fault, in the order in which they are sent."""
    told = strict_json.parse_object(letter.body)
    wrong: dict[str, Mapping[str, object]] = {
        "unknown_question": {**told, "key": NOBODYS_KEY},
        "wrong_task": {**told, "key": other_key},
        "wrong_schema_reply": {"unexpected": True},
    }
    if rule.do == "wrong_key":
        yield replace(letter, trouble="wrong_signature")
    if rule.do in wrong:
        body = strict_json.dumps(wrong[rule.do])
        yield replace(letter, trouble=rule.do, body=body, message_id=f"{letter.message_id}x")
    yield replace(letter, next_at=_due(letter.next_at, rule))
    if rule.do == "duplicate_reply":
        yield letter


def _due(at: float, rule: Rule) -> float:
    """When a letter goes out. In the opposite order: as long after the end of its window as it came before."""
    if rule.do == "late":
        return at + rule.seconds
    if rule.do == "reversed":
        return at + 2 * (rule.seconds - at % rule.seconds)
    return at


def _reasons(asked: Mapping[str, object], agency: str) -> tuple[str, ...]:
    answers = dict(_flat(asked.get("answers")))
    reasons = []
    zone = CLOSED_ZONES.get(answers.get("zone", ""))
    if zone:
        reasons.append(f"Lokasi berada di {zone} menurut rencana tata ruang.")
    if _number(answers.get("floor_area", "0")) > LARGEST_FLOOR_AREA:
        reasons.append(f"Luas lantai melebihi {LARGEST_FLOOR_AREA} m2 yang diizinkan.")
    if agency == "agriculture" and answers.get("irrigated", "").lower() in ("true", "ya"):
        reasons.append(RICE_FIELD)
    applicant = asked.get("applicant")
    if isinstance(applicant, dict) and asks_for_rejection(str(applicant.get("address", "")), agency=agency):
        reasons.append(MARKED)
    return tuple(reasons)


def _flat(value: object) -> Iterator[tuple[str, str]]:
    """Answers by field code, also where they are grouped by service."""
    for code, inner in value.items() if isinstance(value, dict) else ():
        if isinstance(inner, dict):
            yield from _flat(inner)
        else:
            yield code, str(inner)


def _number(written: str) -> Decimal:
    try:
        return Decimal(written)
    except InvalidOperation as error:
        raise strict_json.Malformed("answers.floor_area: must be a number") from error
