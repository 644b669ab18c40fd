"""Letters to a messaging gateway, on a real HTTP server: signed so that a library of others accepts them."""

import base64
import json
import time

import pytest
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from ptsp.infra.post import Refused, TryLater, WebhookPost
from ptsp.sdk.http import Limits
from ptsp.sdk.workbench import THIS_MACHINE, Letterbox
from tests.post.conftest import LETTER, letter

SECRET = b"only for tests: 0123456789abcdef"
QUICK = Limits(connect_s=0.5, read_s=0.4, total_s=0.8)
NOWHERE = "http://127.0.0.1:1"


def post(now: float | None = None) -> WebhookPost:
    return WebhookPost(
        SECRET, now=time.time if now is None else lambda: now, limits=QUICK, reach=THIS_MACHINE
    )


def verified(box: Letterbox, at: int = 0, secret: bytes = SECRET) -> dict[str, object]:
    arrival = box.wait_for(at + 1)[at]
    read = Webhook(base64.b64encode(secret).decode()).verify(arrival.body, dict(arrival.headers))
    assert isinstance(read, dict)
    return read


def test_a_gateway_gets_the_whole_letter_with_a_signature_that_others_verify() -> None:
    with Letterbox(answers=(204,)).open() as box:
        post().send(letter(to=f"{box.url}/hook"))
        read = verified(box)
        assert read["type"] == "message.deadline_near"
        assert read["timestamp"] == "2026-11-22T03:15:00+00:00"
        assert read["data"] == {
            "id": str(LETTER.id),
            "office": "sidoarjo",
            "office_name": LETTER.office_name,
            "recipient": "head",
            "subject": LETTER.subject,
            "text": LETTER.body,
        }
        headers = {name.lower(): value for name, value in box.arrivals[0].headers.items()}
        assert headers["webhook-id"] == str(LETTER.id)
        assert headers["content-type"] == "application/json"
        with pytest.raises(WebhookVerificationError):
            verified(box, secret=SECRET[::-1])


def test_a_second_try_is_the_same_letter_under_a_new_signature() -> None:
    with Letterbox().open() as box:
        for now in (time.time(), time.time() + 60):
            post(now).send(letter(to=box.url))
        first, second = box.wait_for(2)
        assert first.body == second.body
        assert first.headers["webhook-id"] == second.headers["webhook-id"]
        assert first.headers["webhook-signature"] != second.headers["webhook-signature"]
        assert verified(box, 0) == verified(box, 1) == json.loads(first.body)


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (500, TryLater),
        (503, TryLater),
        (429, TryLater),
        (408, TryLater),
        (301, TryLater),
        (401, TryLater),
        (410, TryLater),
        (400, Refused),
        (404, Refused),
        (422, Refused),
    ],
)
def test_a_refusal_says_what_comes_next(status: int, error: type[Exception]) -> None:
    with (
        Letterbox(answers=(status,)).open() as box,
        pytest.raises(error, match=f"the gateway answered {status}"),
    ):
        post().send(letter(to=box.url))


def test_a_gateway_may_say_when() -> None:
    with Letterbox(answers=(429,), answer_headers={"Retry-After": "90"}).open() as box:
        with pytest.raises(TryLater) as caught:
            post().send(letter(to=box.url))
        assert caught.value.after == 90


@pytest.mark.parametrize("url", [NOWHERE, "https://user:word@gateway.example", "gateway.example"])
def test_a_gateway_that_cannot_be_reached_is_tried_later(url: str) -> None:
    with pytest.raises(TryLater, match=r"gateway|url"):
        post().send(letter(to=url))


def test_a_secret_that_anybody_could_guess_is_not_taken() -> None:
    with pytest.raises(ValueError, match="at least 24"):
        WebhookPost(b"short", now=time.time)
