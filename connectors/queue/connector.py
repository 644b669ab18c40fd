"""Writes questions as signed messages, many in one, and reads the signed answers of one agency."""

import time
from collections.abc import Callable, Mapping, Sequence

import requests

from ptsp.sdk import queues, strict_json
from ptsp.sdk.contract import Question, Receipt, Reply, Settings, Verdict
from ptsp.sdk.errors import Forged, Misconfigured
from ptsp.sdk.queues import MOST_AT_ONCE, Message
from ptsp.sdk.webhooks import SHORTEST_SECRET

RESULTS = {"approved": Verdict.APPROVED, "rejected": Verdict.REJECTED}
BATCH = 25
PATIENCE_S = 300.0


class Queue:
    def __init__(
        self, settings: Settings, http: requests.Session, *, clock: Callable[[], float] = time.time
    ) -> None:
        del http  # nothing goes by HTTP
        self._secret = settings.secret
        self._queue = str(settings.options.get("queue", ""))
        self._clock = clock
        self.batch = int(str(settings.options.get("batch", BATCH)))
        self.patience_s = float(str(settings.options.get("patience_s", PATIENCE_S)))

    def check(self) -> None:
        if len(self._secret) < SHORTEST_SECRET:
            raise Misconfigured(f"secret: at least {SHORTEST_SECRET} bytes")

    def write(self, questions: Sequence[Question]) -> Message:
        self.check()
        first = questions[0]
        asked = [
            {"key": one.key, "reference": one.reference, "step": one.step, **one.payload} for one in questions
        ]
        body = strict_json.dumps({"questions": asked})
        message_id, headers = queues.signed(self._secret, first.tenant, first.agency, body, now=self._clock())
        queue = self._queue or f"ptsp.questions.{first.tenant}.{first.agency}"
        return Message(queue, message_id, body, headers)

    def read(self, headers: Mapping[str, str], body: bytes) -> list[Reply]:
        message_id = queues.opened(self._secret, headers, body, now=self._clock())
        try:
            replies = strict_json.objects(strict_json.parse_object(body), "replies", most=MOST_AT_ONCE)
            return [_reply(message_id, told) for told in replies]
        except strict_json.Malformed as error:
            raise Forged(f"the message is signed and makes no sense: {error}") from error


def _reply(message_id: str, told: Mapping[str, object]) -> Reply:
    key = strict_json.text(told, "key", longest=64)
    verdict = strict_json.one_of(told, "result", RESULTS)
    reasons = strict_json.texts(told, "reasons")
    if verdict is Verdict.REJECTED and not reasons:
        raise strict_json.Malformed("reasons: a rejection has at least one")
    receipt = Receipt(strict_json.text(told, "number", longest=100), verdict, reasons)
    return Reply(f"{message_id}:{key}", key, receipt)
