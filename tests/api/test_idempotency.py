"""One Idempotency-Key, one bundle: whoever repeats gets the same answer, whoever changes is refused."""

import json
import threading
import uuid
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.api.hall import API, changed
from tests.api.problems import check_problem

PATH = f"{API}/sidoarjo/bundles"
SENDERS = 20


def bundles(hall):
    return hall.admin.execute("SELECT count(*) FROM app.bundle").fetchone()[0]


def test_the_same_key_and_body_get_the_same_answer_and_one_bundle(hall):
    body, key, before = hall.nuisance(), uuid.uuid4().hex, bundles(hall)
    first = hall.lodge(body, key=key)
    state = hall.stored()
    again = hall.lodge(body, key=key)
    assert (first.status_code, again.status_code) == (201, 201)
    assert again.data == first.data
    assert hall.stored() == state
    assert bundles(hall) == before + 1


@pytest.mark.parametrize(
    "other",
    [
        ("applicant.phone", "031"),
        ("applications.0.answers.area", "181"),
        ("applications.0.answers.area", "-1"),
    ],
)
def test_the_same_key_with_another_body_is_refused(hall, other):
    body, key = hall.nuisance(), uuid.uuid4().hex
    hall.lodge(body, key=key)
    state = hall.stored()
    check_problem(hall.lodge(changed(body, *other), key=key), 422, "Idempotency-Key")
    assert hall.stored() == state


def test_the_same_body_written_otherwise_is_another_body(hall):
    body, key = hall.nuisance(), uuid.uuid4().hex
    hall.lodge(body, key=key)
    check_problem(hall.lodge(raw=json.dumps(body, indent=1).encode(), key=key), 422, "Idempotency-Key")


def test_a_key_belongs_to_one_office(hall):
    body, key = hall.nuisance(), uuid.uuid4().hex
    hall.lodge(body, key=key)
    answer = hall.lodge(body, key=key, tenant="lamongan")
    check_problem(answer, 422)  # its own faults: documents of Sidoarjo do not exist in Lamongan
    assert "Idempotency-Key" not in {error["field"] for error in answer.json["errors"]}


def test_twenty_senders_at_once_make_one_bundle_and_all_get_its_answer(hall):
    body, key, before = hall.nuisance(), uuid.uuid4().hex, bundles(hall)
    together = threading.Barrier(SENDERS)

    def send(_):
        together.wait()
        return hall.lodge(body, key=key)

    with ThreadPoolExecutor(SENDERS) as pool:
        answers = list(pool.map(send, range(SENDERS)))
    assert [answer.status_code for answer in answers] == [201] * SENDERS
    assert len({answer.data for answer in answers}) == 1
    assert bundles(hall) == before + 1


def test_two_bodies_at_once_under_one_key_make_one_bundle(hall):
    key, before = uuid.uuid4().hex, bundles(hall)
    bodies = [hall.nuisance(area=str(100 + n)) for n in range(8)]
    together = threading.Barrier(len(bodies))

    def send(body):
        together.wait()
        return hall.lodge(body, key=key).status_code

    with ThreadPoolExecutor(len(bodies)) as pool:
        assert sorted(pool.map(send, bodies)) == [201] + [422] * 7
    assert bundles(hall) == before + 1


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 400),
        ({"Idempotency-Key": ""}, 400),
        ({"Idempotency-Key": "   "}, 400),
        ({"Idempotency-Key": "k" * 201}, 422),
        ({"Idempotency-Key": "k" * 4000}, 422),
        ({"Idempotency-Key": "kunci-é"}, 422),
        ({"Idempotency-Key": "a\x7fb"}, 422),
        ({"Idempotency-Key": "a\x00b"}, 422),
    ],
)
def test_a_key_that_is_none_is_named(hall, headers, status):
    body, before = hall.nuisance(), None
    before = hall.stored()
    answer = hall.post(PATH, body, headers=headers)
    check_problem(answer, status, "Idempotency-Key")
    assert hall.stored() == before


def test_the_longest_key_is_taken(hall):
    assert hall.lodge(hall.nuisance(), key=uuid.uuid4().hex + "k" * 168).status_code == 201


def test_a_refused_submission_leaves_its_key_free(hall):
    body, key = hall.nuisance(), uuid.uuid4().hex
    check_problem(hall.lodge(changed(body, "applicant.nik", "1"), key=key), 422, "applicant.nik")
    assert hall.lodge(body, key=key).status_code == 201
