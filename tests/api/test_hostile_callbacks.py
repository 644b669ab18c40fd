"""Whatever a stranger sends to the door of an agency, rightly signed or not: no verdict, no 5xx, nothing uncaught."""

import base64
import json
import time
import uuid
from collections import Counter
from types import SimpleNamespace

import pytest
from hypothesis import HealthCheck, given, seed, settings
from hypothesis import strategies as st

from ptsp.sdk import webhooks
from tests.api.problems import check_problem
from tests.checks import shared_data

DOOR = "/agency/sidoarjo/public_works/replies"
NAMES = ("webhook-id", "webhook-timestamp", "webhook-signature")
SEED = 20_261_123
BODY = json.dumps({"key": str(uuid.uuid4()), "result": "approved", "number": "K-1", "reasons": []}).encode()

plain = st.text(st.characters(min_codepoint=32, max_codepoint=255, exclude_characters="\x7f"), max_size=80)
signatures = st.one_of(
    plain,
    st.binary(max_size=40).map(lambda raw: "v1," + base64.b64encode(raw).decode()),
    st.lists(st.sampled_from(["v1,", "v2,AAAA", "v1a,AAAA", ",", "v1", "v1,=", "v1,A A"]), max_size=20).map(
        " ".join
    ),
)
times = st.one_of(
    plain, st.integers().map(str), st.floats().map(str), st.sampled_from(["", "1e9", "NaN", "-1", "٣"])
)
answers = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(allow_nan=True), st.text(max_size=30)),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=10), inner, max_size=3),
    max_leaves=8,
)
told = st.dictionaries(st.sampled_from(["key", "result", "number", "reasons", "more"]), answers, max_size=5)
bodies = st.one_of(
    st.binary(max_size=200),
    answers.map(lambda value: json.dumps(value).encode()),
    told.map(lambda v: json.dumps(v).encode()),
)


def test_nothing_a_stranger_sends_is_taken_or_breaks_anything(hall, tell):
    """Signed ones too: a body at random is never a verdict on a question of ours."""
    seen: Counter[tuple[str, int]] = Counter()
    before = hall.stored()

    @seed(SEED)
    @settings(max_examples=300, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(st.booleans(), plain, times, signatures, bodies)
    def fuzz(is_signed, message_id, at, signature, body):
        secret = webhooks.derive_secret(hall.settings.secret, "sidoarjo", "public_works")
        headers = dict(zip(NAMES, (message_id, at, signature), strict=True))
        if is_signed:
            headers = webhooks.sign(secret, uuid.uuid4().hex, body, now=time.time())
        answer = hall.post(DOOR, raw=body, headers=headers)
        seen["signed" if is_signed else "not", answer.status_code] += 1
        assert answer.status_code == 401 or (is_signed and answer.status_code in (404, 422)), answer.text

    fuzz()
    assert hall.stored() == before
    tried = sum(seen.values())
    tell(f"callbacks at random, seed {SEED}: {tried} tried, accepted bad 0, uncaught 0, {dict(seen)}")
    assert tried >= 300


def test_a_connector_that_trips_over_a_callback_refuses_it(hall, monkeypatch):
    def trip(headers, body):
        raise ZeroDivisionError

    monkeypatch.setattr(
        type(hall.access.partners), "connector", lambda *_: SimpleNamespace(read_reply=trip), raising=True
    )
    check_problem(hall.post(DOOR, raw=BODY, headers={}), 401)


def variants(secret, now):
    """Every case that the published libraries' own tests check, by its published name."""
    good = webhooks.sign(secret, "msg_1", BODY, now=now)
    fits = good["webhook-signature"]
    aged = {
        "old": webhooks.sign(secret, "msg_1", BODY, now=now - 301),
        "new": webhooks.sign(secret, "msg_1", BODY, now=now + 301),
    }
    return {
        "missing webhook-id": ({**good, "webhook-id": ""}, False),
        "missing webhook-timestamp": ({**good, "webhook-timestamp": ""}, False),
        "missing webhook-signature": ({**good, "webhook-signature": ""}, False),
        "invalid timestamp text": ({**good, "webhook-timestamp": "yesterday"}, False),
        "invalid signature": ({**good, "webhook-signature": "v1,dmVyeSB3cm9uZw=="}, False),
        "partial signature": ({**good, "webhook-signature": fits[: len(fits) // 2]}, False),
        "timestamp too old (> 5 min)": (aged["old"], False),
        "timestamp too new (> 5 min)": (aged["new"], False),
        "several signatures, one right, space separated": (
            {**good, "webhook-signature": f"v1,dmVyeSB3cm9uZw== {fits} v2,AAAA"}, True
        ),
        "unknown version v1a beside v1": ({**good, "webhook-signature": f"v1a,AAAA {fits}"}, True),
        "secret with and without the whsec_ prefix": (good, True),
    }  # fmt: skip


def test_the_published_cases_are_answered_as_published(tell):
    published = json.loads(shared_data("conformance", "standard-webhooks-vectors.json").read_text())
    secret = webhooks.secret_from_text(published["secret"])
    assert webhooks.secret_from_text(published["secret"].removeprefix("whsec_")) == secret
    now = published["vectors"][0]["timestamp"]
    found = variants(secret, now)
    assert set(found) == set(published["cases"])
    for name, (headers, is_good) in found.items():
        try:
            taken = webhooks.verify(secret, headers, BODY, now=now) == "msg_1"
        except webhooks.Forged:
            taken = False
        assert taken == is_good, name
    tell(
        f"Standard Webhooks: {len(published['vectors'])} vector, {len(found)} published cases, all as published"
    )


@pytest.mark.parametrize(
    "listed", ["{wrong} {good}", "{good} {wrong}", "v2,AAAA {good}", "{wrong} {wrong} {good}"]
)
def test_a_list_with_one_good_signature_is_taken_at_the_door(hall, listed):
    """Taken means that its body was read: it asks about no question of ours."""
    secret = webhooks.derive_secret(hall.settings.secret, "sidoarjo", "public_works")
    signed = webhooks.sign(secret, uuid.uuid4().hex, BODY, now=time.time())
    good, wrong = signed["webhook-signature"], "v1," + base64.b64encode(b"0" * 32).decode()
    headers = {**signed, "webhook-signature": listed.format(good=good, wrong=wrong)}
    check_problem(hall.post(DOOR, raw=BODY, headers=headers), 404)
