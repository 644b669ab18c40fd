"""Calls of agencies: only the one that was asked, only once, only what it may say. Nothing else changes anything."""

import json
import threading
import time
import uuid
from concurrent.futures import ThreadPoolExecutor

import pytest

from ptsp.sdk.contract import Receipt
from ptsp.sdk.webhooks import derive_secret
from tests.api.hall import HO_DOCUMENTS, NUISANCE, bearer
from tests.api.problems import check_problem

STEP, AGENCY = "site_visit", "public_works"


@pytest.fixture(scope="module", autouse=True)
def _agencies_answer_later(hall):
    for step in (STEP, "nuisance_review"):
        hall.office.agencies.answers[step] = Receipt(agency_ref="K-7")


@pytest.fixture
def asked(hall):
    """The key of a question that the agency has and has not answered."""
    accepted = hall.lodged(hall.order({"ho": (NUISANCE, HO_DOCUMENTS)}))
    hall.office.drain()
    token = hall.token("front_office")
    for task in hall.client().get("/api/v1/offices/sidoarjo/desk/tasks", headers=bearer(token)).json["tasks"]:
        path = f"/api/v1/offices/sidoarjo/desk/tasks/{task['id']}"
        assert hall.post(path, {"verdict": "approved"}, headers=bearer(token)).status_code == 200
    hall.office.drain()
    return task_of(hall, accepted, STEP, "asked")


def task_of(hall, accepted, code, state):
    (row,) = hall.office.rows(
        """SELECT t.id, t.state FROM app.task t JOIN app.bundle b ON b.id = t.bundle_id
            WHERE b.reference = :it AND t.code = :code""",
        it=accepted["reference"],
        code=code,
    )
    assert row.state == state
    return str(row.id)


def state_of(hall, key):
    return hall.office.rows("SELECT state FROM app.task WHERE id = :id", id=uuid.UUID(key))[0].state


def verdict(key, result="approved", **more):
    reasons = ["Jarak ke sungai kurang."] if result == "rejected" else []
    return {"key": key, "result": result, "number": "K-7", "reasons": reasons, **more}


@pytest.mark.parametrize("result", ["approved", "rejected"])
def test_a_genuine_reply_counts_once_and_is_answered_alike_again(hall, asked, result):
    told, message = verdict(asked, result), uuid.uuid4().hex
    first = hall.reply(AGENCY, told, message_id=message)
    assert (first.status_code, first.json) == (200, {"outcome": "recorded"})
    assert state_of(hall, asked) == result
    before = hall.stored()
    again = hall.reply(AGENCY, told, message_id=message)
    assert (again.status_code, again.data) == (200, first.data)
    assert hall.stored() == before


def test_a_late_reply_is_filed_and_changes_nothing_else(hall, asked):
    hall.reply(AGENCY, verdict(asked))
    late = hall.reply(AGENCY, verdict(asked, "rejected"))
    assert (late.status_code, late.json) == (200, {"outcome": "late"})
    assert state_of(hall, asked) == "approved"


def test_a_message_id_with_other_content_is_a_conflict(hall, asked):
    message = uuid.uuid4().hex
    hall.reply(AGENCY, verdict(asked), message_id=message)
    before = hall.stored()
    check_problem(hall.reply(AGENCY, verdict(asked, "rejected"), message_id=message), 409)
    assert hall.stored() == before


def test_twenty_deliveries_of_one_reply_at_once_all_get_its_answer(hall, asked):
    told, message, together = verdict(asked), uuid.uuid4().hex, threading.Barrier(20)

    def deliver(_):
        together.wait()
        answer = hall.reply(AGENCY, told, message_id=message)
        return answer.status_code, answer.data

    with ThreadPoolExecutor(20) as pool:
        answers = set(pool.map(deliver, range(20)))
    assert answers == {(200, b'{"outcome":"recorded"}\n')}
    told_of = hall.office.rows(
        """SELECT 1 FROM app.event e JOIN app.task t ON t.bundle_id = e.bundle_id
            WHERE t.id = :id AND e.type = 'task.approved' AND e.body LIKE '%"site_visit"%'""",
        id=uuid.UUID(asked),
    )
    assert len(told_of) == 1


MINE = b'{"master": "of somebody else"}' * 2
CASES = {
    # what is done to the call -> status
    "another_secret": (lambda hall, key: {"secret": MINE}, 401),
    "another_agencys_secret": (lambda hall, key: {"secret": secret(hall, "environment")}, 401),
    "another_offices_secret": (lambda hall, key: {"secret": secret(hall, AGENCY, "bontang")}, 401),
    "the_banks_secret": (lambda hall, key: {"secret": secret(hall, "bank")}, 401),
    "another_body": (lambda hall, key: {"body": json.dumps(verdict(key, "rejected")).encode()}, 401),
    "a_space_more": (lambda hall, key: {"body": json.dumps(verdict(key)).encode() + b" "}, 401),
    "no_signature": (lambda hall, key: {"headers": {"webhook-signature": ""}}, 401),
    "garbage_for_a_signature": (lambda hall, key: {"headers": {"webhook-signature": "garbage"}}, 401),
    "only_v2": (lambda hall, key: {"headers": {"webhook-signature": "v2,AAAA"}}, 401),
    "a_signature_of_no_ascii": (lambda hall, key: {"headers": {"webhook-signature": "v1,é"}}, 401),
    "another_message_id": (lambda hall, key: {"headers": {"webhook-id": "x"}}, 401),
    "no_message_id": (lambda hall, key: {"headers": {"webhook-id": ""}}, 401),
    "six_minutes_old": (lambda hall, key: {"now": time.time() - 360}, 401),
    "six_minutes_ahead": (lambda hall, key: {"now": time.time() + 360}, 401),
    "time_as_nan": (lambda hall, key: {"headers": {"webhook-timestamp": "NaN"}}, 401),
    "time_as_float": (lambda hall, key: {"headers": {"webhook-timestamp": f"{time.time()}"}}, 401),
    "time_far_away": (lambda hall, key: {"headers": {"webhook-timestamp": "1e999"}}, 401),
    "at_another_agencys_door": (lambda hall, key: {"door": "environment"}, 401),
    "at_the_door_of_one_that_never_calls": (lambda hall, key: {"door": "ho"}, 401),
    "at_a_desks_door": (lambda hall, key: {"door": "front_office"}, 404),
    "at_no_door": (lambda hall, key: {"door": "nobody"}, 404),
}  # fmt: skip


def secret(hall, agency, tenant="sidoarjo"):
    return derive_secret(hall.settings.secret, tenant, agency)


@pytest.mark.parametrize(("spoil", "status"), CASES.values(), ids=list(CASES))
def test_a_call_that_is_not_what_it_claims_changes_nothing(hall, asked, spoil, status):
    before = hall.stored()
    check_problem(hall.reply(AGENCY, verdict(asked), **spoil(hall, asked)), status)
    assert hall.stored() == before


SENSELESS = {
    "not_json": lambda key: b"approved",
    "an_array": lambda key: b"[]",
    "empty": lambda key: b"",
    "nan": lambda key: b'{"key": NaN}',
    "key_twice": lambda key: b'{"result":"rejected",' + json.dumps(verdict(key)).encode()[1:],
    "not_utf_8": lambda key: b"\xff\xfe",
    "ten_thousand_deep": lambda key: b"[" * 10_000,
    "nul": lambda key: json.dumps(verdict(key, number="K\x00")).encode(),
    "no_verdict": lambda key: {"key": key, "number": "K-7"},
    "still_open": lambda key: verdict(key, "open"),
    "verdict_of_no_kind": lambda key: verdict(key, "maybe"),
    "verdict_as_yes": lambda key: {**verdict(key), "result": True},
    "rejected_without_reasons": lambda key: {**verdict(key, "rejected"), "reasons": []},
    "no_key": lambda key: {"result": "approved", "number": "K-7"},
    "key_of_65_letters": lambda key: verdict("k" * 65),
}


@pytest.mark.parametrize("make", SENSELESS.values(), ids=list(SENSELESS))
def test_a_signed_call_that_makes_no_sense_is_refused_and_changes_nothing(hall, asked, make):
    before = hall.stored()
    check_problem(hall.reply(AGENCY, make(asked)), 401)
    assert hall.stored() == before


@pytest.mark.parametrize("key", ["x", "../x", "0b0b0b0b-0000-4000-8000-000000000000", "0" * 32])
def test_a_reply_to_no_question_is_told_so(hall, key):
    before = hall.stored()
    check_problem(hall.reply(AGENCY, verdict(key)), 404)
    assert hall.stored() == before


def test_a_reply_to_another_agencys_question_is_told_as_if_there_were_none(hall, asked):
    before = hall.stored()
    strange = hall.reply("environment", verdict(asked))
    check_problem(strange, 404)
    assert strange.data == hall.reply("environment", verdict(str(uuid.uuid4()))).data
    assert hall.stored() == before


def test_a_reply_before_the_question_is_told_as_if_there_were_none(hall):
    accepted = hall.lodged(hall.order({"ho": (NUISANCE, HO_DOCUMENTS)}))
    key = task_of(hall, accepted, STEP, "blocked")
    before = hall.stored()
    check_problem(hall.reply(AGENCY, verdict(key)), 404)
    assert hall.stored() == before


def test_a_giant_call_is_not_read(hall):
    started = time.monotonic()
    check_problem(hall.reply(AGENCY, b"x" * 10_000_000), 413)
    assert time.monotonic() - started < 5
