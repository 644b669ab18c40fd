"""Money told by the bank: booked once, only in full, only for a bill of this office."""

import threading
import uuid
from concurrent.futures import ThreadPoolExecutor

import pytest

from ptsp.sdk.webhooks import derive_secret
from tests.api.hall import bearer
from tests.api.problems import check_problem


@pytest.fixture
def bill(hall):
    """A bill that waits for its money: (bundle, bill, total). Its payment task has not been claimed yet."""
    accepted = hall.lodged(hall.nuisance())
    for _ in range(4):
        hall.office.drain()
        for desk in ("front_office", "back_office"):
            approve(hall, hall.token(desk))
        notices = hall.track(accepted).json["notices"]
        if notices:
            return accepted, notices[0]["bill"], notices[0]["total"]
    pytest.fail("no notice came")


def approve(hall, token):
    for task in hall.client().get("/api/v1/offices/sidoarjo/desk/tasks", headers=bearer(token)).json["tasks"]:
        path = f"/api/v1/offices/sidoarjo/desk/tasks/{task['id']}"
        assert hall.post(path, {"verdict": "approved"}, headers=bearer(token)).status_code == 200


def paid(owed, **changed):
    _, name, total = owed
    return {"bill": name, "amount": total, "provider_ref": uuid.uuid4().hex} | changed


def payments(hall):
    return hall.admin.execute("SELECT count(*) FROM app.payment").fetchone()[0]


def test_money_is_booked_once_however_often_it_is_told(hall, bill):
    told, before = paid(bill), payments(hall)
    assert hall.payment(told).json == {"outcome": "booked"}
    state = hall.stored()
    again = hall.payment(told)  # another message, the same money
    assert (again.status_code, again.json) == (200, {"outcome": "booked before"})
    assert hall.stored() == state
    assert payments(hall) == before + 1
    (notice,) = hall.track(bill[0]).json["notices"]
    assert (notice["state"], notice["paid_at"][:19]) == ("settled", "2026-03-02T02:00:00")


def test_twenty_deliveries_at_once_book_once_and_all_are_told_so(hall, bill):
    told, before, together = paid(bill), payments(hall), threading.Barrier(20)

    def deliver(_):
        together.wait()
        answer = hall.payment(told)
        return answer.status_code, answer.json["outcome"] if answer.status_code == 200 else answer.text

    with ThreadPoolExecutor(20) as pool:
        answers = sorted(pool.map(deliver, range(20)))
    assert answers == [(200, "booked")] + [(200, "booked before")] * 19
    assert payments(hall) == before + 1


def test_the_money_may_come_before_anybody_looked_at_the_payment(hall):
    accepted = hall.lodged(hall.nuisance())
    found = None
    while found is None:  # stop the worker exactly when the notice is out
        hall.admin.execute(
            "UPDATE app.task SET next_at = 'infinity' WHERE kind = 'payment' AND state = 'ready'"
        )
        hall.office.drain()
        approve(hall, hall.token("front_office"))
        notices = hall.track(accepted).json["notices"]
        found = notices[0] if notices else None
    hall.payment({"bill": found["bill"], "amount": found["total"], "provider_ref": uuid.uuid4().hex})
    hall.office.drain()
    assert hall.track(accepted).json["outcome"] == "approved"


@pytest.mark.parametrize(
    ("changed", "status", "field"),
    [
        ({"amount": 1}, 422, "amount"),
        ({"amount": 10**13}, 422, "amount"),
        ({"bill": "SKRD/99999/SDA/2026"}, 404, None),
        ({"bill": "../x"}, 404, None),
        ({"paid_at": "9999-12-31T00:00:00Z"}, 422, "paid_at"),
        ({"paid_at": "0001-01-01T00:00:00+14:00"}, 422, "paid_at"),
        ({"amount": 0}, 401, None),
        ({"amount": -1}, 401, None),
        ({"amount": 1.5}, 401, None),
        ({"amount": "1000"}, 401, None),
        ({"amount": True}, 401, None),
        ({"amount": 10**18}, 401, None),
        ({"bill": ""}, 401, None),
        ({"bill": "x" * 65}, 401, None),
        ({"bill": None}, 401, None),
        ({"provider_ref": ""}, 401, None),
        ({"paid_at": "yesterday"}, 401, None),
        ({"paid_at": "2026-03-02T09:00:00"}, 401, None),
        ({"message_id": "another"}, 401, None),
    ],
)
def test_what_is_not_the_bills_money_is_not_booked(hall, bill, changed, status, field):
    before = hall.stored()
    check_problem(hall.payment(paid(bill, **changed)), status, field)
    assert hall.stored() == before


def test_the_money_of_another_payment_is_a_conflict(hall, bill):
    told = paid(bill)
    hall.payment(told)
    before = hall.stored()
    check_problem(hall.payment(told | {"amount": told["amount"] + 1}), 409)
    check_problem(hall.payment(told | {"bill": "SKRD/99999/SDA/2026"}), 409)
    assert hall.stored() == before


def test_a_bill_that_was_paid_takes_no_second_payment(hall, bill):
    hall.payment(paid(bill))
    before = hall.stored()
    check_problem(hall.payment(paid(bill)), 404)
    assert hall.stored() == before


def test_the_bill_of_another_office_is_told_as_if_there_were_none(hall, bill):
    before = hall.stored()
    strange = hall.payment(paid(bill), tenant="bontang")
    check_problem(strange, 404)
    assert hall.stored() == before
    assert strange.json["detail"] == f"there is nothing to pay under the bill {bill[1]!r}"


@pytest.mark.parametrize(
    ("agency", "tenant"),
    [("public_works", "sidoarjo"), ("bank", "bontang"), ("bank", ""), ("Bank", "sidoarjo")],
)
def test_money_told_by_anybody_else_is_refused(hall, bill, agency, tenant):
    before = hall.stored()
    check_problem(hall.payment(paid(bill), secret=derive_secret(hall.settings.secret, tenant, agency)), 401)
    assert hall.stored() == before


def test_money_told_to_an_office_that_is_none_is_refused(hall, bill):
    check_problem(hall.payment(paid(bill), tenant="nowhere"), 404)
