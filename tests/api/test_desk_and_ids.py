"""Who may see and do what: a desk's token, a bundle's key; and what is not yours looks as if it were not there."""

import uuid

import pytest

from tests.api.hall import API, bearer
from tests.api.problems import check_problem

TASKS = f"{API}/sidoarjo/desk/tasks"
APPROVE, REJECT = {"verdict": "approved"}, {"verdict": "rejected", "reasons": ["Berkas tidak lengkap."]}


@pytest.fixture
def waiting(hall):
    """A task that waits at the front office."""
    accepted = hall.lodged(hall.nuisance())
    hall.office.drain()
    (row,) = hall.office.rows(
        """SELECT t.id FROM app.task t JOIN app.bundle b ON b.id = t.bundle_id
            WHERE b.reference = :it AND t.kind = 'desk' AND t.state = 'asked'""",
        it=accepted["reference"],
    )
    return str(row.id)


@pytest.fixture(scope="module")
def front(hall):
    return bearer(hall.token("front_office"))


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Authorization": ""},
        {"Authorization": "Bearer"},
        {"Authorization": "Bearer "},
        {"Authorization": "Basic eDp5"},
        {"Authorization": "Bearer wrong"},
        {"Authorization": "Bearer " + "x" * 5000},
        {"Authorization": "Bearer é"},
    ],
)
def test_without_a_desks_token_there_is_no_desk(hall, waiting, headers):
    before = hall.stored()
    check_problem(hall.client().get(TASKS, headers=headers), 401)
    check_problem(hall.post(f"{TASKS}/{waiting}", APPROVE, headers=headers), 401)
    assert hall.stored() == before


def test_a_token_opens_one_desk_of_one_office(hall, waiting, front):
    assert waiting in {task["id"] for task in hall.client().get(TASKS, headers=front).json["tasks"]}
    check_problem(hall.client().get(f"{API}/bontang/desk/tasks", headers=front), 401)
    other = bearer(hall.token("back_office"))
    abroad = bearer(hall.token("front_office", "bontang"))
    assert hall.client().get(TASKS, headers=other).json["tasks"] == []
    before = hall.stored()
    strange = hall.post(f"{TASKS}/{waiting}", APPROVE, headers=other)
    check_problem(strange, 404)
    assert strange.data == hall.post(f"{TASKS}/{uuid.uuid4()}", APPROVE, headers=other).data
    check_problem(hall.post(f"{TASKS}/{waiting}", APPROVE, headers=abroad), 401)
    at_home = hall.post(f"{API}/bontang/desk/tasks/{waiting}", APPROVE, headers=abroad)
    assert at_home.data == strange.data
    assert hall.stored() == before


def test_a_revoked_token_opens_nothing(hall):
    token = hall.token("back_office")
    assert hall.client().get(TASKS, headers=bearer(token)).status_code == 200
    hall.admin.execute("UPDATE app.credential SET revoked_at = now() WHERE agency = 'back_office'")
    check_problem(hall.client().get(TASKS, headers=bearer(token)), 401)


def test_a_verdict_is_given_once(hall, waiting, front):
    assert hall.post(f"{TASKS}/{waiting.upper()}", APPROVE, headers=front).status_code == 200
    before = hall.stored()
    check_problem(hall.post(f"{TASKS}/{waiting}", APPROVE, headers=front), 409)
    check_problem(hall.post(f"{TASKS}/{waiting}", REJECT, headers=front), 409)
    assert hall.stored() == before


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"verdict": "rejected"}, "reasons"),
        ({"verdict": "rejected", "reasons": []}, "reasons"),
        ({"verdict": "rejected", "reasons": ["  "]}, "reasons"),
        ({"verdict": "rejected", "reasons": [""]}, "reasons[0]"),
        ({"verdict": "rejected", "reasons": ["a" * 501]}, "reasons[0]"),
        ({"verdict": "rejected", "reasons": ["ya", "a\x1fb"]}, "reasons[1]"),
        ({"verdict": "rejected", "reasons": "Tidak"}, "reasons"),
        ({"verdict": "rejected", "reasons": [None]}, "reasons[0]"),
        ({"verdict": "maybe"}, "verdict"),
        ({"verdict": None}, "verdict"),
        ({}, "verdict"),
        ({"verdict": "approved", "by": "me"}, "by"),
    ],
)
def test_a_verdict_that_is_none_is_named(hall, waiting, front, body, field):
    before = hall.stored()
    check_problem(hall.post(f"{TASKS}/{waiting}", body, headers=front), 422, field)
    assert hall.stored() == before


def test_a_task_that_waits_for_others_cannot_be_answered(hall, front):
    accepted = hall.lodged(hall.nuisance())
    (row,) = hall.office.rows(
        """SELECT t.id FROM app.task t JOIN app.bundle b ON b.id = t.bundle_id
            WHERE b.reference = :it AND t.kind = 'desk'""",
        it=accepted["reference"],
    )
    hall.admin.execute("UPDATE app.task SET state = 'blocked' WHERE id = %s", (row.id,))
    check_problem(hall.post(f"{TASKS}/{row.id}", APPROVE, headers=front), 409)


# ------------------------------------------------------------------------------------------- bundles


@pytest.fixture(scope="module")
def mine(hall):
    return hall.lodged(hall.nuisance())


def test_a_bundle_needs_its_key(hall, mine):
    path = f"{API}/sidoarjo/bundles/{mine['reference']}"
    assert hall.client().get(path, headers=bearer(mine["key"])).status_code == 200
    check_problem(hall.client().get(path), 401)
    check_problem(hall.client().get(path, headers={"Authorization": f"Basic {mine['key']}"}), 401)


@pytest.mark.parametrize(
    "suffix", ["", "/decisions/0001/HO/SDA/2026", "/documents/0b0b0b0b-0000-4000-8000-000000000000"]
)
def test_what_is_not_yours_looks_as_if_it_were_not_there(hall, mine, suffix):
    other = hall.lodged(hall.nuisance())
    cases = (
        ("sidoarjo", "SDA-260101-XXXXXXX", mine["key"]),  # never existed
        ("sidoarjo", mine["reference"], other["key"]),
        ("sidoarjo", mine["reference"], "wrong"),
        ("sidoarjo", mine["reference"], "é"),
        ("sidoarjo", mine["reference"].lower(), mine["key"]),
        ("sidoarjo", f"{mine['reference']}%00", mine["key"]),
        ("sidoarjo", f"%20{mine['reference']}", mine["key"]),
        ("sidoarjo", "..%2e", mine["key"]),
        ("sidoarjo", "A" * 5000, mine["key"]),
        ("bontang", mine["reference"], mine["key"]),
    )
    answers = [
        hall.client().get(f"{API}/{tenant}/bundles/{reference}{suffix}", headers=bearer(key))
        for tenant, reference, key in cases
    ]
    for answer in answers:
        check_problem(answer, 404)
    assert len({answer.data for answer in answers}) == 1
    assert len({tuple(sorted(answer.headers)) for answer in answers}) == 1


@pytest.mark.parametrize(
    "suffix", ["/../../x", "/decisions/../../etc/passwd", "/documents/../x", "/documents/1", "/decisions/%00"]
)
def test_no_path_leads_out_of_a_bundle(hall, mine, suffix):
    answer = hall.client().get(
        f"{API}/sidoarjo/bundles/{mine['reference']}{suffix}", headers=bearer(mine["key"])
    )
    check_problem(answer, 404)


def test_a_document_of_another_bundle_is_not_handed_out(hall, mine):
    body = hall.nuisance()
    document = body["applications"][0]["documents"]["ktp"]
    hall.lodged(body)
    path = f"{API}/sidoarjo/bundles/{mine['reference']}/documents"
    strange = hall.client().get(f"{path}/{document}", headers=bearer(mine["key"]))
    check_problem(strange, 404)
    assert strange.data == hall.client().get(f"{path}/{uuid.uuid4()}", headers=bearer(mine["key"])).data
