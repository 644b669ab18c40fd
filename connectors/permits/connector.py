"""Opens a case at a technical agency and reads its signed callback. Both directions are signed alike."""

import time
import uuid
from collections.abc import Callable, Mapping

import requests

from ptsp.sdk import listings, strict_json, webhooks
from ptsp.sdk.contract import Listing, Question, Receipt, Reply, Settings, Verdict
from ptsp.sdk.errors import Forged, Misconfigured
from ptsp.sdk.http import Answer, address, call, correlation, limits_from, malformed_is_unknown

RESULTS = {"approved": Verdict.APPROVED, "rejected": Verdict.REJECTED}
STATES = {**RESULTS, "open": None}
NOBODYS_KEY = "00000000-0000-0000-0000-000000000000"


class Permits:
    def __init__(
        self, settings: Settings, http: requests.Session, *, clock: Callable[[], float] = time.time
    ) -> None:
        self._url = address(settings.url)
        self._secret = settings.secret
        self._callback_url = settings.callback_url
        self._limits = limits_from(settings.options)
        self._http = http
        self._clock = clock

    def check(self) -> None:
        """Looks for a case that cannot exist: the agency knows us if it says so."""
        if not self._callback_url:
            raise Misconfigured("callback_url: this agency answers by webhook and needs one")
        self._call("GET", f"/cases/{NOBODYS_KEY}", NOBODYS_KEY, accept=(404,))

    def ask(self, question: Question) -> Receipt:
        body = strict_json.dumps(
            {
                "reference": question.reference,
                "step": question.step,
                "callback_url": self._callback_url,
                **question.payload,
            }
        )
        headers = {"Idempotency-Key": question.key, **correlation(question)}
        answer = self._call("POST", "/cases", question.key, body=body, headers=headers)
        with malformed_is_unknown():
            return Receipt(agency_ref=strict_json.text(answer.json(), "number", longest=100))

    def look(self, question: Question, agency_ref: str) -> Receipt:
        case = self._call("GET", f"/cases/{question.key}", question.key).json()
        with malformed_is_unknown():
            _about(case, question.key)
            return _receipt(case, "state", STATES)

    def list_cases(self, since: str, until: str, after: str | None = None) -> Listing:
        """What is asked for stands in the body, so that the signature holds it."""
        window = listings.Window.of(since, until)
        wanted = {"since": since, "until": until} | ({"after": after} if after else {})
        message_id = f"list_{uuid.uuid4().hex}"
        answer = self._call("POST", "/cases/list", message_id, body=strict_json.dumps(wanted))
        with listings.readable():
            told = strict_json.parse_object(answer.body)
            rows = listings.rows(told, "cases")
            return listings.page(rows, STATES, window, was=after, after=told.get("after"))

    def read_reply(self, headers: Mapping[str, str], body: bytes) -> Reply:
        message_id = webhooks.verify(self._secret, headers, body, now=self._clock())
        try:
            told = strict_json.parse_object(body)
            key = strict_json.text(told, "key", longest=64)
            return Reply(message_id, key, _receipt(told, "result", RESULTS))
        except strict_json.Malformed as error:
            raise Forged(f"the callback is signed and makes no sense: {error}") from error

    def _call(
        self,
        method: str,
        path: str,
        key: str,
        *,
        body: bytes = b"",
        headers: Mapping[str, str] | None = None,
        accept: tuple[int, ...] = (),
    ) -> Answer:
        try:
            signature = webhooks.sign(self._secret, key, body, now=self._clock())
        except ValueError as error:
            raise Misconfigured(f"secret: {error}") from error
        sent = {"Content-Type": "application/json", **(headers or {}), **signature}
        return call(
            self._http,
            method,
            self._url + path,
            body=body,
            headers=sent,
            limits=self._limits,
            accept=accept,
        )


def _about(case: Mapping[str, object], key: str) -> None:
    if strict_json.text(case, "key", longest=64) != key:
        raise strict_json.Malformed("key: the answer is about another question")


def _receipt(told: Mapping[str, object], field: str, codes: Mapping[str, Verdict | None]) -> Receipt:
    verdict = strict_json.one_of(told, field, codes)
    reasons = strict_json.texts(told, "reasons")
    if verdict is Verdict.REJECTED and not reasons:
        raise strict_json.Malformed("reasons: a rejection has at least one")
    return Receipt(strict_json.text(told, "number", longest=100), verdict, reasons)
