"""A bank with a counter: whoever pays there makes it call the platform, signed, until that has understood."""

import hashlib
import uuid
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta, timezone

from ptsp.sdk import strict_json
from ptsp.sdk.simulator import Answer, Call, Case, Desk, Letter, Opening, Route
from ptsp.sdk.simulator.script import PAYMENTS

WIB = timezone(timedelta(hours=7))
LARGEST_AMOUNT = 10**13
LATE_S = 5.0


class FakeAgency:
    approved: dict[str, object] = {}
    rejected: dict[str, object] = {}

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def routes(self) -> tuple[Route, ...]:
        return (Route("POST", "/tellers/pay", self._pay, rooted=True),)

    def _pay(self, call: Call) -> Answer:
        try:
            paid = strict_json.parse_object(call.body)
            tenant, url = strict_json.text(paid, "tenant"), strict_json.text(paid, "url", longest=500)
            bill = strict_json.text(paid, "bill", longest=64)
            amount = strict_json.whole(paid, "amount", smallest=1, largest=LARGEST_AMOUNT)
            agency = strict_json.text({"agency": "bank", **paid}, "agency")
            fault, seconds = _fault(call, paid)
        except strict_json.Malformed as error:
            return Answer.json(422, {"error": str(error)})
        key = call.key or uuid.uuid4().hex
        opening = Opening(f"{tenant}/{agency}", key, "payment", bill, key, call.body.decode())
        case, _ = self._desk.books.open_case(
            opening,
            prefix="BYR",
            at=self._desk.clock(),
            owes=lambda case: list(_letters(_letter(case, url, amount), case, url, fault, seconds)),
        )
        self._desk.callbacks.ring()
        return Answer.json(202, {"provider_ref": _provider_ref(case), "message_id": _message_id(case)})


def _letters(letter: Letter, case: Case, url: str, fault: str, seconds: float) -> Iterator[Letter]:
    if fault == "wrong_signature":
        yield replace(letter, trouble="wrong_signature")
        return
    if fault == "wrong_amount":
        amount = strict_json.parse_object(letter.body)["amount"]
        yield replace(_letter(case, url, int(str(amount)) - 1), trouble="wrong_amount")
        return
    letter = replace(letter, next_at=letter.next_at + seconds) if fault == "late" else letter
    yield letter
    if fault == "double":
        yield letter


def _letter(case: Case, url: str, amount: int) -> Letter:
    told = {
        "message_id": _message_id(case),
        "bill": case.reference,
        "amount": amount,
        "paid_at": datetime.fromtimestamp(case.opened_at, WIB).isoformat(timespec="seconds"),
        "provider_ref": _provider_ref(case),
    }
    body = strict_json.dumps(told)
    return Letter(0, case.agency, url, _message_id(case), body, "", 0, case.opened_at, None, None)


def _message_id(case: Case) -> str:
    return f"msg_{hashlib.sha256(case.key.encode()).hexdigest()[:32]}"


def _provider_ref(case: Case) -> str:
    return f"{case.number}-{_message_id(case)[4:12]}"  # its own also after the books began anew


def _fault(call: Call, paid: dict[str, object]) -> tuple[str, float]:
    """By the counter's order, else by the script."""
    if "fault" in paid:
        chosen = {name: name for name in (*PAYMENTS, "late")}
        return strict_json.one_of(paid, "fault", chosen), LATE_S
    return (call.fault.do, call.fault.seconds) if call.fault else ("", 0.0)
