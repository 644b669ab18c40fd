"""Reads a bank's signed call: money received for one bill. We never call the bank."""

import time
from collections.abc import Callable, Mapping
from datetime import datetime

import requests

from ptsp.sdk import strict_json, webhooks
from ptsp.sdk.contract import Payment, Settings
from ptsp.sdk.errors import Forged, Misconfigured

LARGEST_AMOUNT = 10**13


class Bank:
    def __init__(
        self, settings: Settings, http: requests.Session, *, clock: Callable[[], float] = time.time
    ) -> None:
        self._secret = settings.secret
        self._clock = clock

    def check(self) -> None:
        if len(self._secret) < webhooks.SHORTEST_SECRET:
            raise Misconfigured(f"secret: has at least {webhooks.SHORTEST_SECRET} bytes")

    def read_payment(self, headers: Mapping[str, str], body: bytes) -> Payment:
        signed_id = webhooks.verify(self._secret, headers, body, now=self._clock())
        try:
            return _payment(strict_json.parse_object(body), signed_id)
        except strict_json.Malformed as error:
            raise Forged(f"the call is signed and makes no sense: {error}") from error


def _payment(told: Mapping[str, object], signed_id: str) -> Payment:
    message_id = strict_json.text(told, "message_id")
    if message_id != signed_id:
        raise strict_json.Malformed("message_id: is not the webhook-id that was signed")
    return Payment(
        message_id=message_id,
        bill=strict_json.text(told, "bill", longest=64),
        amount=strict_json.whole(told, "amount", smallest=1, largest=LARGEST_AMOUNT),
        paid_at=_moment(strict_json.text(told, "paid_at", longest=40)),
        provider_ref=strict_json.text(told, "provider_ref", longest=100),
    )


def _moment(written: str) -> str:
    try:
        moment = datetime.fromisoformat(written)
    except ValueError as error:
        raise strict_json.Malformed("paid_at: must be an ISO 8601 time") from error
    if moment.utcoffset() is None:
        raise strict_json.Malformed("paid_at: must say its offset, such as +07:00")
    return moment.isoformat()
