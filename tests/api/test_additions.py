"""`POST .../bundles/<reference>/applications`: one more permit for an open bundle."""

import uuid

import pytest

from tests.api.hall import API, bearer, changed
from tests.api.problems import check_problem
from tests.flows.acts import SIUP, work_on

NOBODYS = "5c3c1f7e-0c55-4a53-9e3e-3d5a2b6c7d10"  # an id that no document has


def wanted(hall):
    (one,) = hall.order(SIUP)["applications"]
    return one


def add(hall, accepted, body, *, key=None, secret=None):
    headers = {"Idempotency-Key": key or uuid.uuid4().hex, **bearer(secret or accepted["key"])}
    return hall.post(f"{API}/sidoarjo/bundles/{accepted['reference']}/applications", body, headers=headers)


def test_a_permit_is_added_and_seen(hall):
    accepted = hall.lodged(hall.nuisance())
    answer = add(hall, accepted, wanted(hall))
    assert answer.status_code == 201, answer.text
    assert answer.json.keys() == {"reference", "service", "promised_on", "bundle_promised_on"}
    seen = hall.track(accepted).json
    assert [one["service"] for one in seen["applications"]] == ["ho", "siup"]
    assert seen["promised_on"] == answer.json["bundle_promised_on"]
    assert "application.added" in [event["type"] for event in seen["events"]]


def test_the_same_key_and_body_get_the_same_answer(hall):
    accepted, body, key = hall.lodged(hall.nuisance()), wanted(hall), uuid.uuid4().hex
    first = add(hall, accepted, body, key=key)
    state = hall.stored()
    assert add(hall, accepted, body, key=key).data == first.data
    check_problem(add(hall, accepted, changed(body, "answers.capital", "1"), key=key), 422, "Idempotency-Key")
    assert hall.stored() == state


@pytest.mark.parametrize(
    ("path", "value", "status", "field"),
    [
        ("answers.capital", -1, 422, "answers.capital"),
        ("answers.colour", "red", 422, "answers.colour"),
        ("documents.ktp", ..., 422, "documents.ktp"),
        ("documents.ktp", NOBODYS, 422, "documents.ktp"),
        ("service", "ho", 422, "service"),
        ("service", "nothing", 422, "service"),
        ("service", ..., 422, "service"),
        ("extra", 1, 422, "extra"),
    ],
)
def test_what_is_wrong_is_named_and_nothing_is_stored(hall, path, value, status, field):
    accepted, body = hall.lodged(hall.nuisance()), wanted(hall)
    state = hall.stored()
    check_problem(add(hall, accepted, changed(body, path, value)), status, field)
    assert hall.stored() == state


def test_only_with_the_bundles_key_and_a_key_for_the_request(hall):
    accepted, body = hall.lodged(hall.nuisance()), wanted(hall)
    check_problem(add(hall, accepted, body, secret="WRONG"), 404)
    path = f"{API}/sidoarjo/bundles/{accepted['reference']}/applications"
    check_problem(hall.post(path, body, headers=bearer(accepted["key"])), 400, "Idempotency-Key")
    check_problem(hall.post(path, body, headers={"Idempotency-Key": "k"}), 401)


def test_a_bundle_that_has_ended_takes_no_more(hall):
    accepted = hall.lodged(hall.order(SIUP))
    work_on(hall.office)
    check_problem(add(hall, accepted, wanted(hall)), 409)
