"""Signatures both ways: the published vector, the window, the list, and whatever a stranger sends."""

import base64
import hmac
import json
import time
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from standardwebhooks.webhooks import Webhook

from ptsp.sdk import webhooks
from ptsp.sdk.errors import Forged
from tests.checks import shared_data

SECRET = b"s" * 32
NOW = 1_800_000_000
BODY = b'{"number": "A-1"}'


def signed(**changes: str) -> dict[str, str]:
    return {**webhooks.sign(SECRET, "msg_1", BODY, now=NOW), **changes}


def test_the_published_vector_is_met() -> None:
    published = json.loads(shared_data("conformance", "standard-webhooks-vectors.json").read_text())
    secret = webhooks.secret_from_text(published["secret"])
    for vector in published["vectors"]:
        headers = webhooks.sign(secret, vector["id"], vector["payload"].encode(), now=vector["timestamp"])
        assert headers["webhook-signature"] == vector["signature"]
        read = webhooks.verify(secret, headers, vector["payload"].encode(), now=vector["timestamp"])
        assert read == vector["id"]


@pytest.mark.parametrize("body", ["{}", '{"name": "Pemohon \u00e9"}', ""])
def test_the_published_library_and_ours_understand_each_other(body: str) -> None:
    theirs = Webhook(base64.b64encode(SECRET).decode())
    ours = webhooks.sign(SECRET, "msg_1", body.encode(), now=time.time())
    if body:
        theirs.verify(body, ours)
    moment = datetime.now(tz=UTC)
    headers = {
        "webhook-id": "msg_2",
        "webhook-timestamp": str(int(moment.timestamp())),
        "webhook-signature": theirs.sign("msg_2", moment, body),
    }
    assert webhooks.verify(SECRET, headers, body.encode(), now=moment.timestamp()) == "msg_2"


def test_a_genuine_message_gives_its_id_in_any_spelling_of_the_headers() -> None:
    assert webhooks.verify(SECRET, signed(), BODY, now=NOW) == "msg_1"
    assert webhooks.verify(SECRET, {k.title(): v for k, v in signed().items()}, BODY, now=NOW) == "msg_1"


def test_a_body_that_is_no_text_is_only_bytes() -> None:
    body = b"\xff\xfe\x00"
    assert webhooks.verify(SECRET, webhooks.sign(SECRET, "msg_1", body, now=NOW), body, now=NOW) == "msg_1"


@pytest.mark.parametrize("off", [-300, -299, 0, 299, 300])
def test_five_minutes_either_way_are_fresh(off: int) -> None:
    assert webhooks.verify(SECRET, signed(), BODY, now=NOW + off) == "msg_1"


@pytest.mark.parametrize("off", [-301, 301, 86_400, float("nan"), float("inf")])
def test_outside_the_window_is_forged(off: float) -> None:
    with pytest.raises(Forged):
        webhooks.verify(SECRET, signed(), BODY, now=NOW + off)


GOOD = webhooks.sign(SECRET, "msg_1", BODY, now=NOW)["webhook-signature"]


@pytest.mark.parametrize(
    "listed",
    [
        pytest.param(f"v1,{base64.b64encode(b'0' * 32).decode()} {GOOD}", id="one wrong, one right"),
        pytest.param(f"v1a,{GOOD[3:]} {GOOD}", id="an unknown version beside"),
        pytest.param(f"v1,!!! {GOOD}", id="one that is no base64"),
    ],
)
def test_one_right_signature_in_the_list_is_enough(listed: str) -> None:
    assert webhooks.verify(SECRET, signed(**{"webhook-signature": listed}), BODY, now=NOW) == "msg_1"


@pytest.mark.parametrize(
    ("header", "value"),
    [
        ("webhook-id", ""),
        ("webhook-id", "msg_2"),
        ("webhook-id", "msg.1"),
        ("webhook-id", "msg_1\n"),
        ("webhook-id", "é"),
        ("webhook-timestamp", ""),
        ("webhook-timestamp", "NaN"),
        ("webhook-timestamp", "1e999"),
        ("webhook-timestamp", f"{NOW}.0"),
        ("webhook-timestamp", f" {NOW}"),
        ("webhook-timestamp", f"+{NOW}"),
        ("webhook-timestamp", "١٨٠٠٠٠٠٠٠٠"),
        ("webhook-timestamp", "9" * 400),
        ("webhook-timestamp", str(NOW + 1)),
        ("webhook-signature", ""),
        ("webhook-signature", "garbage"),
        ("webhook-signature", "v1,"),
        ("webhook-signature", "v1,AAAA"),
        ("webhook-signature", "v1," + "A" * 100_000),
        ("webhook-signature", GOOD[:-4]),
        ("webhook-signature", GOOD.replace("v1,", "v2,")),
        ("webhook-signature", GOOD.replace("v1,", "v1a,")),
        ("webhook-signature", "v1,é"),
        ("webhook-signature", " ".join(["v1,AAAA"] * 16 + [GOOD])),
    ],
)
def test_a_wrong_header_is_forged(header: str, value: str) -> None:
    with pytest.raises(Forged):
        webhooks.verify(SECRET, signed(**{header: value}), BODY, now=NOW)


@pytest.mark.parametrize("header", ["webhook-id", "webhook-timestamp", "webhook-signature"])
def test_a_missing_header_is_forged(header: str) -> None:
    headers = signed()
    del headers[header]
    with pytest.raises(Forged):
        webhooks.verify(SECRET, headers, BODY, now=NOW)


@pytest.mark.parametrize("secret", [b"", b"x" * 23])
def test_without_a_real_secret_nothing_is_genuine_and_nothing_is_signed(secret: bytes) -> None:
    digest = hmac.new(secret, f"msg_1.{NOW}.".encode() + BODY, "sha256").digest()
    headers = signed(**{"webhook-signature": f"v1,{base64.b64encode(digest).decode()}"})
    with pytest.raises(Forged):
        webhooks.verify(secret, headers, BODY, now=NOW)
    with pytest.raises(ValueError, match="24 bytes"):
        webhooks.sign(secret, "msg_1", BODY, now=NOW)


def test_the_split_between_id_time_and_body_cannot_be_moved() -> None:
    headers = webhooks.sign(SECRET, "a", f"{NOW}.rest".encode(), now=NOW)
    moved = {**headers, "webhook-id": f"a.{NOW}"}
    with pytest.raises(Forged):
        webhooks.verify(SECRET, moved, b"rest", now=NOW)


@given(st.dictionaries(st.text(max_size=20), st.text(max_size=80)), st.binary(max_size=300))
def test_strangers_are_forged_and_nothing_else(headers: dict[str, str], body: bytes) -> None:
    names = ("webhook-id", "webhook-timestamp", "webhook-signature")
    shuffled = dict(zip(names, headers.values(), strict=False))
    for tried in (headers, shuffled, {**signed(), **shuffled}):
        if tried == signed() and body == BODY:
            continue
        with pytest.raises(Forged):
            webhooks.verify(SECRET, tried, body, now=NOW)


def test_every_agency_of_every_tenant_has_a_secret_of_its_own() -> None:
    pairs = [("a", "b"), ("a", "c"), ("b", "a"), ("ab", ""), ("", "ab"), ("a" * 256, "b")]
    secrets = {webhooks.derive_secret(b"master", *pair) for pair in pairs}
    assert len(secrets) == len(pairs)
    assert webhooks.derive_secret(b"master", "a", "b") != webhooks.derive_secret(b"other", "a", "b")
    assert {len(secret) for secret in secrets} == {32}
    with pytest.raises(ValueError, match="empty"):
        webhooks.derive_secret(b"", "a", "b")


def test_a_password_is_the_secret_where_it_is_text_and_hex_where_it_is_not() -> None:
    assert webhooks.as_password(b"plain-Text!") == "plain-Text!"
    assert webhooks.as_password(b"\x00\xff") == "00ff"
    assert webhooks.as_password(b"two words") == "two words"
    assert webhooks.as_password(b"two lines\n") == b"two lines\n".hex()
    assert webhooks.as_password(b" blank") == b" blank".hex()


def test_a_secret_is_read_with_and_without_its_prefix() -> None:
    assert webhooks.secret_from_text("whsec_AAEC") == webhooks.secret_from_text("AAEC") == b"\x00\x01\x02"
    with pytest.raises(ValueError, match="base64"):
        webhooks.secret_from_text("whsec_!")
