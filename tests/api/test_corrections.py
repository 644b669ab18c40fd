"""Corrections, withdrawals and objections over the API: a desk's token, an applicant's key, and problems by field."""

import uuid

import pytest

from tests.api.hall import API, bearer
from tests.api.problems import check_problem, fields
from tests.flows.acts import SIUP, work_on

DESK = f"{API}/sidoarjo/desk"
ASK = {"fields": ["0.area"], "documents": ["0.ktp"], "message": "Luas tidak cocok dengan gambar."}


@pytest.fixture(scope="module")
def front(hall):
    return bearer(hall.token("front_office"))


@pytest.fixture(scope="module")
def head(hall):
    return bearer(hall.token("head"))


@pytest.fixture
def mine(hall):
    return hall.lodged(hall.nuisance())


@pytest.fixture
def task(hall, mine):
    return task_of(hall, mine)


def task_of(hall, accepted):
    hall.office.drain()
    (row,) = hall.office.rows(
        """SELECT t.id FROM app.task t JOIN app.bundle b ON b.id = t.bundle_id
            WHERE b.reference = :it AND t.code = 'file_check'""",
        it=accepted["reference"],
    )
    return str(row.id)


def own(accepted, what):
    return f"{API}/sidoarjo/bundles/{accepted['reference']}/{what}"


def ask(hall, task, front, **changed):
    return hall.post(f"{DESK}/tasks/{task}/correction", ASK | changed, headers=front)


def test_a_correction_from_the_desk_to_the_answer(hall, mine, task, front):
    asked = ask(hall, task, front)
    assert asked.status_code == 201
    assert asked.json["round"] == 1
    ident = asked.json["id"]
    waiting = hall.client().get(f"{DESK}/corrections", headers=front).json["corrections"]
    assert ident in {one["id"] for one in waiting}
    (seen,) = hall.track(mine).json["corrections"]
    assert (seen["id"], seen["state"], seen["rounds_left"]) == (ident, "open", 2)
    assert [one["name"] for one in seen["fields"]] == ["0.area"]
    verdict = hall.post(f"{DESK}/tasks/{task}", {"verdict": "approved"}, headers=front)
    check_problem(verdict, 409)
    path, key = own(mine, f"corrections/{ident}"), bearer(mine["key"])
    body = {"answers": {"0.area": "200.5"}, "documents": {"0.ktp": hall.upload("ho", "ktp")}}
    check_problem(hall.post(path, body), 401)
    check_problem(hall.post(path, body, headers=bearer("WRONG")), 404)
    check_problem(hall.post(path, {"answers": {}, "documents": {}}, headers=key), 422, "answers.0.area")
    wrong = hall.post(path, body | {"answers": {"0.area": "luas"}}, headers=key)
    check_problem(wrong, 422, "answers.0.area")
    other = hall.post(path, body | {"answers": {"0.area": "200", "0.road": "local"}}, headers=key)
    check_problem(other, 422, "answers.0.road")
    assert hall.post(path, body, headers=key).json == {"outcome": "answered"}
    check_problem(hall.post(path, body, headers=key), 409)
    assert hall.track(mine).json["corrections"][0]["state"] == "answered"
    assert hall.post(f"{DESK}/tasks/{task}", {"verdict": "approved"}, headers=front).status_code == 200


def test_a_desk_takes_back_what_it_asked(hall, task, front):
    path = f"{DESK}/tasks/{task}/correction"
    check_problem(hall.client().delete(path, headers=front), 404)
    ask(hall, task, front)
    check_problem(ask(hall, task, front), 409)
    strange = bearer(hall.token("back_office"))
    check_problem(hall.client().delete(path, headers=strange), 404)
    assert hall.client().delete(path, headers=front).json == {"outcome": "taken_back"}
    check_problem(hall.client().delete(path, headers=front), 409)


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"fields": [], "documents": []}, "fields"),
        ({"fields": ["0.nothing"]}, "fields[0]"),
        ({"documents": ["9.ktp"]}, "documents[0]"),
        ({"documents": ["../x"]}, "documents[0]"),
        ({"fields": ["\u0660.area"]}, "fields[0]"),
        ({"message": "  "}, "message"),
        ({"message": None}, "message"),
        ({"by": "me"}, "by"),
    ],
)
def test_what_cannot_be_asked_is_named(hall, task, front, changed, field):
    before = hall.stored()
    check_problem(ask(hall, task, front, **changed), 422, field)
    assert hall.stored() == before


def test_a_desk_asks_only_with_its_token_and_only_for_its_own_tasks(hall, task):
    strange, abroad = bearer(hall.token("back_office")), bearer(hall.token("front_office", "bontang"))
    before = hall.stored()
    check_problem(ask(hall, task, {}), 401)
    check_problem(ask(hall, task, strange), 404)
    assert ask(hall, task, strange).data == ask(hall, uuid.uuid4(), strange).data
    check_problem(ask(hall, task, abroad), 401)
    assert hall.client().get(f"{DESK}/corrections", headers=strange).json["corrections"] == []
    assert hall.stored() == before


def test_a_withdrawal_takes_what_waits_for_it_along(hall):
    accepted = hall.lodged(hall.four())
    path, key = own(accepted, "withdrawals"), bearer(accepted["key"])
    refused = hall.post(path, {"services": ["imb"]}, headers=key)
    check_problem(refused, 409)
    assert "ho" in refused.json["detail"]
    check_problem(hall.post(path, {"services": ["nothing"]}, headers=key), 422, "services[0]")
    check_problem(hall.post(path, {"services": []}), 401)
    check_problem(hall.post(path, {}, headers=bearer("WRONG")), 404)
    answer = hall.post(path, {"services": ["imb", "ho"], "reason": "Batal membangun."}, headers=key)
    assert answer.json == {"outcome": "withdrawn"}
    states = {one["service"]: one["state"] for one in hall.track(accepted).json["applications"]}
    assert states == {"imb": "withdrawn", "ho": "withdrawn", "siup": "open", "rekomendasi_lokasi": "open"}
    assert hall.post(path, {}, headers=key).status_code == 200
    assert hall.track(accepted).json["outcome"] == "withdrawn"
    check_problem(hall.post(path, {}, headers=key), 409)


def test_an_objection_reaches_the_desk_that_signs_and_annuls_the_refusal(hall, front, head):
    hall.office.agencies.reject("business_check", "Modal belum disetor.")
    accepted = hall.lodged(hall.order(SIUP))
    work_on(hall.office)
    hall.office.agencies.answers.clear()
    path, key = own(accepted, "objections"), bearer(accepted["key"])
    body = {"service": "siup", "grounds": "Modal sudah disetor."}
    check_problem(hall.post(path, body), 401)
    check_problem(hall.post(path, body, headers=bearer("WRONG")), 404)
    check_problem(hall.post(path, body | {"service": "imb"}, headers=key), 422, "service")
    check_problem(hall.post(path, body | {"grounds": " "}, headers=key), 422, "grounds")
    made = hall.post(path, body, headers=key)
    assert made.status_code == 201
    check_problem(hall.post(path, body, headers=key), 409)
    (at_desk,) = hall.client().get(f"{DESK}/objections", headers=head).json["objections"]
    assert (at_desk["id"], at_desk["grounds"]) == (made.json["id"], "Modal sudah disetor.")
    assert hall.client().get(f"{DESK}/objections", headers=front).json["objections"] == []
    decide = f"{DESK}/objections/{made.json['id']}"
    verdict = {"verdict": "upheld", "reasons": ["Setoran terbukti."]}
    check_problem(hall.post(decide, verdict, headers=front), 404)
    check_problem(hall.post(decide, verdict | {"reasons": []}, headers=head), 422, "reasons")
    assert fields(hall.post(decide, {"verdict": "maybe", "reasons": ["x"]}, headers=head)) == {"verdict"}
    assert hall.post(decide, verdict, headers=head).status_code == 200
    (one,) = hall.track(accepted).json["applications"]
    assert (one["state"], one["objection"]["state"]) == ("rejected", "upheld")
    code = one["document"]["code"]
    assert hall.client().get(f"/api/v1/permits/{code}").json["state"] == "annulled"
