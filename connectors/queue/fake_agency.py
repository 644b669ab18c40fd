"""A technical agency behind a queue. What it rejects stands in README.md.

Whoever runs it hands it each message as a call of `POST /questions`, and carries its letters to the queue of replies.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal, InvalidOperation

from ptsp.sdk import queues, strict_json
from ptsp.sdk.errors import Forged
from ptsp.sdk.queues import MOST_AT_ONCE
from ptsp.sdk.simulator import Answer, Call, Case, Desk, Letter, Opening, Route, Rule, asks_for_rejection

LARGEST_FLOOR_AREA = 20_000
CLOSED_ZONES = {"green": "kawasan hijau", "protected": "kawasan lindung"}
NOBODYS_KEY = "00000000-0000-4000-8000-000000000000"
MARKED = "Ditolak oleh dinas teknis (uji coba)."
_APPLICANT = {"nik": "3515121502809990", "name": "Pemohon Contoh", "address": "Jl. Contoh 1"}
_ABOUT = {"services": ["imb"], "applicant": _APPLICANT}

Asked = Mapping[str, object]


class FakeAgency:
    approved = {**_ABOUT, "answers": {"floor_area": "120.50", "zone": "housing"}}
    rejected = {**_ABOUT, "answers": {"floor_area": "120.50", "zone": "green"}}

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def routes(self) -> tuple[Route, ...]:
        return (Route("POST", "/questions", self._take),)

    def _take(self, call: Call) -> Answer:
        secret = self._desk.secret_for(call.tenant, call.agency)
        try:
            queues.opened(secret, call.headers, call.body, now=self._desk.clock())
            asked = strict_json.objects(strict_json.parse_object(call.body), "questions", most=MOST_AT_ONCE)
            openings = [_opening(call.office, one) for one in asked]
            reasons = {
                opening.key: _reasons(one, call.agency) for opening, one in zip(openings, asked, strict=True)
            }
        except Forged:
            return Answer.json(401, {"error": "webhook-signature"})
        except strict_json.Malformed as error:
            return Answer.json(422, {"error": str(error)})
        found = self._desk.books.open_cases(
            openings,
            prefix="ANTRE",
            at=self._desk.clock(),
            owes=lambda cases: self._letters(call, cases, reasons),
        )
        by_key = {opening.key: opening.body for opening in openings}
        if any(case.body != by_key[case.key] for case in found):
            return Answer.json(422, {"error": "key: used before for another question"})
        if call.fault and call.fault.do == "reply_before_answer":
            self._desk.callbacks.send_now(self._letter(call, found, reasons))
        self._desk.callbacks.ring()
        return Answer.json(202, {"taken": len(found)})

    def _letters(
        self, call: Call, cases: Sequence[Case], reasons: Mapping[str, tuple[str, ...]]
    ) -> list[Letter]:
        """Questions that are put again are answered again: the first answer may be lost."""
        letter = self._letter(call, cases, reasons)
        if call.fault is None:
            return [letter]
        others = [one.key for one in self._desk.books.effects() if one.agency != call.office]
        return list(_troubled(letter, call.fault, others[-1] if others else NOBODYS_KEY))

    def _letter(self, call: Call, cases: Sequence[Case], reasons: Mapping[str, tuple[str, ...]]) -> Letter:
        replies = [_reply(case, reasons[case.key]) for case in cases]
        due = self._desk.clock() + self._desk.faults.script.delay_s
        body = strict_json.dumps({"replies": replies})
        return Letter(0, call.office, queues.AGENCY, cases[0].number, body, "", 0, due, None, None)


def _opening(office: str, asked: Asked) -> Opening:
    key, reference = strict_json.text(asked, "key", longest=64), strict_json.text(asked, "reference")
    subject = ",".join(strict_json.texts(asked, "services"))
    return Opening(
        office, key, strict_json.text(asked, "step"), reference, subject, strict_json.dumps(asked).decode()
    )


def _reply(case: Case, reasons: tuple[str, ...]) -> dict[str, object]:
    told = {"number": case.number, "key": case.key}
    return (
        {**told, "result": "rejected", "reasons": list(reasons)}
        if reasons
        else {**told, "result": "approved"}
    )


def _troubled(letter: Letter, rule: Rule, other_key: str) -> Iterator[Letter]:
    """The letters of one message under a scripted fault, in the order in which they are sent."""
    told = strict_json.parse_object(letter.body)["replies"]
    first, rest = (told[0], told[1:]) if isinstance(told, list) else ({}, [])
    wrong: dict[str, Mapping[str, object]] = {
        "unknown_question": {"replies": [{**first, "key": NOBODYS_KEY}, *rest]},
        "wrong_task": {"replies": [{**first, "key": other_key}, *rest]},
        "wrong_schema_reply": {"unexpected": True},
    }
    if rule.do == "lost_reply":
        return
    if rule.do == "wrong_key":
        yield replace(letter, trouble="wrong_signature")
    if rule.do in wrong:
        yield replace(letter, trouble=rule.do, body=strict_json.dumps(wrong[rule.do]))
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


def _reasons(asked: Asked, agency: str) -> tuple[str, ...]:
    answers = asked.get("answers")
    flat = {code: str(value) for code, value in answers.items()} if isinstance(answers, dict) else {}
    reasons = []
    zone = CLOSED_ZONES.get(flat.get("zone", ""))
    if zone:
        reasons.append(f"Lokasi berada di {zone} menurut rencana tata ruang.")
    if _number(flat.get("floor_area", "0")) > LARGEST_FLOOR_AREA:
        reasons.append(f"Luas lantai melebihi {LARGEST_FLOOR_AREA} m2 yang diizinkan.")
    applicant = asked.get("applicant")
    if isinstance(applicant, dict) and asks_for_rejection(str(applicant.get("address", "")), agency=agency):
        reasons.append(MARKED)
    return tuple(reasons)


def _number(written: str) -> Decimal:
    try:
        return Decimal(written)
    except InvalidOperation as error:
        raise strict_json.Malformed("answers.floor_area: must be a number") from error
