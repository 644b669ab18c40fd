"""One bundle through the API alone: uploaded, quoted, lodged, worked on, paid, fetched and verified."""

import io
from collections import Counter

import pytest

from ptsp.main.demo.orders import FOUR_PERMITS
from tests.api.hall import API, bearer
from tests.api.problems import check_problem

DESKS = ("front_office", "back_office", "head")
VERIFY = "/api/v1/permits/verify"


@pytest.fixture(scope="module")
def done(hall):
    """A bundle that has gone all the way, with what its applicant saw before and after."""
    body = hall.four()
    for application in body["applications"]:
        _, codes = FOUR_PERMITS[application["service"]]
        application["documents"] = {code: hall.upload(application["service"], code) for code in codes}
    quoted = hall.post(f"{API}/sidoarjo/quotes", body).json
    accepted = hall.lodged(body)
    tokens = {desk: hall.token(desk) for desk in DESKS}
    for _ in range(20):
        hall.office.drain()
        answer_desks(hall, tokens)
        pay(hall, accepted)
        seen = hall.track(accepted).json
        if seen["state"] == "ended":
            return body, quoted, accepted, seen
    pytest.fail(f"still open: {seen['tasks']}")


def answer_desks(hall, tokens):
    for token in tokens.values():
        waiting = hall.client().get(f"{API}/sidoarjo/desk/tasks", headers=bearer(token)).json["tasks"]
        for task in waiting:
            path = f"{API}/sidoarjo/desk/tasks/{task['id']}"
            answer = hall.post(path, {"verdict": "approved"}, headers=bearer(token))
            assert (answer.status_code, answer.json) == (200, {"outcome": "recorded"})


def pay(hall, accepted):
    totals = Counter()
    for notice in hall.track(accepted).json["notices"]:
        totals[notice["virtual_account"]] += notice["total"] if notice["state"] == "open" else 0
    for account, total in totals.items():
        if total:
            answer = hall.payment(account, total)
            assert (answer.status_code, answer.json["responseCode"]) == (200, "2002500")


def documents(done):
    _, _, accepted, seen = done
    return accepted, [one["document"] for one in seen["applications"]]


def fetch(hall, accepted, number, **options):
    path = f"{API}/sidoarjo/bundles/{accepted['reference']}/decisions/{number}"
    return hall.client().get(path, headers=bearer(accepted["key"]), **options)


def test_a_quote_stores_nothing_and_says_what_then_comes(hall, done):
    body, quoted, accepted, seen = done
    before = hall.stored()
    assert hall.post(f"{API}/sidoarjo/quotes", body).json == quoted
    assert hall.stored() == before
    assert quoted["fee"] == seen["fee"] > 0
    assert quoted["promised_on"] == accepted["promised_on"] == seen["first_promised_on"]
    assert len(quoted["tasks"]) == len(seen["tasks"]) < quoted["tasks_before_merging"]


def test_three_permits_and_a_recommendation_come_out(done):
    _, _, _, seen = done
    assert seen["outcome"] == "approved"
    assert Counter(one["document"]["kind"] for one in seen["applications"]) == {
        "permit": 3,
        "recommendation": 1,
    }
    assert all(one["document"]["collectable"] for one in seen["applications"])


def test_every_document_is_verified_by_its_code_and_by_its_file(hall, done):
    accepted, issued = documents(done)
    for document in issued:
        answer = fetch(hall, accepted, document["number"])
        assert answer.content_type == "application/pdf"
        assert "attachment" in answer.headers["Content-Disposition"]
        assert answer.headers["Cache-Control"] == "private, no-store"
        by_code = hall.client().get(f"/api/v1/permits/{document['code']}").json
        assert (by_code["number"], by_code["state"]) == (document["number"], "valid")
        assert by_code["holder"] == "P****** C*****"
        by_file = hall.post(VERIFY, raw=answer.data, content_type="application/pdf").json
        assert by_file == {"valid": True, "reasons": [], "document": by_code, "paper": None}


@pytest.mark.parametrize("where", [0.2, 0.5, 0.9])
def test_an_altered_file_is_refused(hall, done, where):
    accepted, issued = documents(done)
    data = bytearray(fetch(hall, accepted, issued[0]["number"]).data)
    data[int(len(data) * where)] ^= 1
    told = hall.post(VERIFY, raw=bytes(data), content_type="application/pdf").json
    assert told["valid"] is False
    assert told["reasons"]
    assert told["document"] is None


@pytest.mark.parametrize("data", [b"%PDF-1.7", b"x", b"\x00" * 1000])
def test_what_is_no_document_of_ours_is_not_valid(hall, done, data):
    told = hall.post(VERIFY, raw=data, content_type="application/pdf").json
    assert told["valid"] is False
    assert told["reasons"]


def test_a_file_with_bytes_after_its_end_is_refused(hall, done):
    accepted, issued = documents(done)
    data = fetch(hall, accepted, issued[0]["number"]).data + b"\n% more"
    assert hall.post(VERIFY, raw=data, content_type="application/pdf").json["valid"] is False


def test_nothing_to_verify_is_a_fault_of_the_field(hall):
    check_problem(hall.post(VERIFY, raw=b"", content_type="application/pdf"), 422, "file")


def test_an_uploaded_document_comes_back_to_whoever_holds_the_key(hall, done):
    body, _, accepted, _ = done
    document = body["applications"][0]["documents"]["ktp"]
    path = f"{API}/sidoarjo/bundles/{accepted['reference']}/documents"
    answer = hall.client().get(f"{path}/{document.upper()}", headers=bearer(accepted["key"]))
    assert answer.status_code == 200
    assert answer.data.startswith(b"%PDF-")
    check_problem(hall.client().get(f"{path}/{document}"), 401)
    check_problem(hall.client().get(f"{path}/{document}", headers=bearer("x")), 404)


@pytest.mark.parametrize(
    ("query", "file", "field"),
    [
        ("requirement=ktp", True, "service"),
        ("service=imb", True, "requirement"),
        ("service=zzz&requirement=ktp", True, "service"),
        ("service=imb&requirement=zzz", True, "requirement"),
        ("service=imb&requirement=%00", True, "requirement"),
        ("service=imb&requirement=ktp&x=1", True, "x"),
        ("service=imb&requirement=ktp", False, "file"),
    ],
)
def test_an_upload_for_nothing_is_named_and_not_kept(hall, query, file, field):
    before = hall.stored()
    data = {"file": (io.BytesIO(b"%PDF-"), "a.pdf")} if file else {}
    check_problem(hall.client().post(f"{API}/sidoarjo/documents?{query}", data=data), 422, field)
    assert hall.stored() == before


@pytest.mark.parametrize("content", [b"", b"MZ\x90\x00", b"<svg/>", b"PK\x03\x04", b"%PDF-1.7 broken"])
def test_a_file_that_is_not_what_is_asked_for_is_refused(hall, content):
    before = hall.stored()
    data = {"file": (io.BytesIO(content), "ktp.pdf")}
    answer = hall.client().post(f"{API}/sidoarjo/documents?service=imb&requirement=ktp", data=data)
    check_problem(answer, 422, "file")
    assert hall.stored() == before
