"""A case at a desk, through the API and through the pages on the real platform."""

import re
import uuid

import pytest

from tests.api.hall import API, bearer
from tests.api.problems import check_problem

TASKS = f"{API}/sidoarjo/desk/tasks"
OWN = {"Origin": "http://localhost"}


@pytest.fixture
def accepted(hall):
    made = hall.lodged(hall.nuisance())
    hall.office.drain()
    return made


@pytest.fixture
def waiting(hall, accepted):
    """The file check of a fresh bundle, at the front office."""
    (row,) = hall.office.rows(
        """SELECT t.id FROM app.task t JOIN app.bundle b ON b.id = t.bundle_id
            WHERE b.reference = :it AND t.code = 'file_check'""",
        it=accepted["reference"],
    )
    return str(row.id)


@pytest.fixture(scope="module")
def front(hall):
    return bearer(hall.token("front_office"))


@pytest.fixture(scope="module")
def others(hall):
    """Those who have no business with a task of the front office, with the status they get."""
    return (
        ({}, 401),
        (bearer("wrong"), 401),
        (bearer(hall.token("front_office", "bontang")), 401),
        (bearer(hall.token("back_office")), 404),
    )


def get(hall, headers, task):
    return hall.client().get(f"{TASKS}/{task}", headers=headers)


def steer(hall, headers, task, **body):
    return hall.post(f"{TASKS}/{task}/clock", body, headers=headers)


def test_a_case_is_told_to_its_own_desk_alone(hall, accepted, waiting, front, others):
    answer = get(hall, front, waiting)
    assert answer.status_code == 200
    told = answer.json
    assert (told["reference"], told["task"]["id"]) == (accepted["reference"], waiting)
    assert "*" in told["applicant_nik"]
    (one,) = told["applications"]
    assert {"party", "share", "used", "late"} <= one["parties"][0].keys()
    assert one["legal"]["limit"]["unit"] == "working_days"
    assert {step["is_mine"] for step in told["steps"]} == {True, False}
    assert all(isinstance(step["slack"], int) for step in told["steps"])
    for headers, status in others:
        check_problem(get(hall, headers, waiting), status)
        check_problem(steer(hall, headers, waiting, kind="stop", reason="force_majeure"), status)
        paper = told["papers"][0]["id"]
        answer = hall.client().get(f"{TASKS}/{waiting}/documents/{paper}", headers=headers)
        check_problem(answer, status)
    assert get(hall, front, uuid.uuid4()).data == get(hall, others[-1][0], waiting).data


def test_a_document_of_the_case_is_handed_out_as_uploaded(hall, front):
    document = hall.upload("ho", "ktp")
    body = hall.nuisance()
    body["applications"][0]["documents"]["ktp"] = document
    accepted = hall.lodged(body)
    hall.office.drain()
    (row,) = hall.office.rows(
        """SELECT t.id FROM app.task t JOIN app.bundle b ON b.id = t.bundle_id
            WHERE b.reference = :it AND t.code = 'file_check'""",
        it=accepted["reference"],
    )
    answer = hall.client().get(f"{TASKS}/{row.id}/documents/{document}", headers=front)
    assert answer.status_code == 200
    assert answer.data.startswith(b"%PDF-")
    assert answer.headers["Cache-Control"] == "private, no-store"
    stray = hall.upload("ho", "ktp")
    check_problem(hall.client().get(f"{TASKS}/{row.id}/documents/{stray}", headers=front), 404)


def test_a_clock_is_stopped_and_goes_on(hall, accepted, waiting, front):
    assert steer(hall, front, waiting, kind="stop", reason="missed_visit", note="kosong").status_code == 200
    told = get(hall, front, waiting).json
    (held,) = told["may"]["resumable"]
    assert (held["reason"], told["held_by"]) == ("missed_visit", ["missed_visit"])
    assert hall.track(accepted).json["held_by"] == ["missed_visit"]
    assert steer(hall, front, waiting, kind="restart", stop=held["id"]).status_code == 200
    assert get(hall, front, waiting).json["held_by"] == []
    before = hall.stored()
    check_problem(steer(hall, front, waiting, kind="resume"), 409)
    assert hall.stored() == before


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "kind"),
        ({"kind": "pause"}, "kind"),
        ({"kind": None}, "kind"),
        ({"kind": "stop"}, "reason"),
        ({"kind": "stop", "reason": "holiday"}, "reason"),
        ({"kind": "stop", "reason": "outage"}, "reason"),
        ({"kind": "stop", "reason": "payment"}, "reason"),
        ({"kind": "stop", "reason": "force_majeure", "note": "a" * 2001}, "note"),
        ({"kind": "stop", "reason": "force_majeure", "note": "a\x1fb"}, "note"),
        ({"kind": "stop", "reason": "force_majeure", "who": "me"}, "who"),
        ({"kind": "resume", "stop": "1"}, "stop"),
        ({"kind": "extend"}, "by"),
        ({"kind": "extend", "by": {"amount": 0}}, "by.amount"),
        ({"kind": "extend", "by": {"amount": 1.5}}, "by.amount"),
        ({"kind": "extend", "by": {"amount": 10**9}}, "by.amount"),
        ({"kind": "extend", "by": {"amount": 1, "unit": "years"}}, "by.unit"),
        ({"kind": "extend", "by": {"amount": 1}}, "by"),  # the standard knows no extension
    ],
)
def test_what_cannot_happen_to_a_clock_is_named(hall, waiting, front, body, field):
    before = hall.stored()
    check_problem(steer(hall, front, waiting, **body), 422, field)
    assert hall.stored() == before


# ---------------------------------------------------------------------------- the pages on the platform


@pytest.fixture
def officer(hall):
    client = hall.client()
    answer = client.post("/sidoarjo/desk", data={"token": hall.token("front_office")}, headers=OWN)
    assert (answer.status_code, answer.location) == (303, "/sidoarjo/desk/queue")
    return client


def test_an_officer_finds_a_case_in_the_queue_returns_it_takes_that_back_and_approves(
    hall, accepted, waiting, officer
):
    queue = officer.get("/sidoarjo/desk/queue")
    assert accepted["reference"] in queue.text
    path = f"/sidoarjo/desk/tasks/{waiting}"
    page = officer.get(path)
    assert page.status_code == 200
    assert "Tanggal janji sekarang bergantung pada" in page.text
    names = re.findall(r'name="(fields|documents)" value="(0\.\w+)"', page.text)
    assert {kind for kind, _ in names} == {"fields", "documents"}
    kind, name = names[0]
    asked = {kind: name, "message": "Perbaiki."}
    answer = officer.post(f"{path}/return", data={"message": ""}, headers=OWN)
    assert answer.status_code == 422
    assert answer.text.count("-fault") >= 2
    assert officer.post(f"{path}/return", data=asked, headers=OWN).status_code == 303
    assert "Menunggu pemohon" in officer.get(path).text
    assert accepted["reference"] in officer.get("/sidoarjo/desk/queue?tab=held").text
    assert officer.post(f"{path}/approve", headers=OWN).status_code == 409
    assert officer.post(f"{path}/take-back", headers=OWN).status_code == 303
    assert officer.post(f"{path}/stop", data={"reason": "force_majeure"}, headers=OWN).status_code == 303
    assert officer.post(f"{path}/resume", headers=OWN).status_code == 303
    answer = officer.post(f"{path}/extend", data={"amount": "1", "unit": "working_days"}, headers=OWN)
    assert answer.status_code == 422
    answer = officer.post(f"{path}/approve", headers=OWN)
    assert answer.location == f"{path}?done=approve"
    assert "Langkah ini disetujui" in officer.get(answer.location).text
    states = {task["code"]: task["state"] for task in hall.track(accepted).json["tasks"]}
    assert states["file_check"] == "approved"


def test_a_rejection_needs_a_reason_on_the_page_too(hall, accepted, waiting, officer):
    path = f"/sidoarjo/desk/tasks/{waiting}/reject"
    assert "wajib diisi" in officer.post(path, data={"reasons": " "}, headers=OWN).text
    assert officer.post(path, data={"reasons": "Berkas kabur."}, headers=OWN).status_code == 303
    (task,) = [one for one in hall.track(accepted).json["tasks"] if one["code"] == "file_check"]
    assert (task["state"], task["reasons"]) == ("rejected", ["Berkas kabur."])


def test_a_token_opens_no_page_of_another_office_and_none_once_it_is_revoked(hall, waiting):
    token = hall.token("front_office")
    client = hall.client()
    assert client.post("/bontang/desk", data={"token": token}, headers=OWN).status_code == 403
    client.post("/sidoarjo/desk", data={"token": token}, headers=OWN)
    assert client.get(f"/sidoarjo/desk/tasks/{waiting}").status_code == 200
    hall.admin.execute(
        "UPDATE app.credential SET revoked_at = now() WHERE created_at = (SELECT max(created_at) FROM app.credential)"
    )
    assert client.get(f"/sidoarjo/desk/tasks/{waiting}").location == "/sidoarjo/desk"
    assert client.post(f"/sidoarjo/desk/tasks/{waiting}/approve", headers=OWN).location == "/sidoarjo/desk"


def test_an_officer_with_a_label_takes_a_task_and_another_sees_whose_it_is(hall, waiting):
    mine, other = hall.client(), hall.client()
    for client, label in ((mine, "loket-1"), (other, "loket-2")):
        token = hall.token("front_office", officer=label)
        assert client.post("/sidoarjo/desk", data={"token": token}, headers=OWN).status_code == 303
    path = f"/sidoarjo/desk/tasks/{waiting}"
    assert mine.post(f"{path}/take", headers=OWN).status_code == 303
    assert "Diambil oleh loket-1" in other.get(path).text
    assert f"{path}/release" not in other.get(path).text
    assert waiting in mine.get("/sidoarjo/desk/queue?tab=mine").text
    assert waiting not in other.get("/sidoarjo/desk/queue?tab=mine").text
    assert other.post(f"{path}/take", headers=OWN).status_code == 409
    assert mine.post(f"{path}/release", headers=OWN).status_code == 303
