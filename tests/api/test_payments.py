"""Money told by the bank: booked once, only in full, only for a bill of this office."""

import threading
import uuid
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from types import SimpleNamespace

import pytest

from ptsp.api.access import EXTENSION
from ptsp.sdk.webhooks import derive_secret
from tests.api.hall import accounts, bearer


@pytest.fixture
def bill(hall):
    """A bill that waits for its money: (bundle, account, total). Its payment task has not been claimed yet."""
    accepted = hall.lodged(hall.nuisance())
    for _ in range(4):
        hall.office.drain()
        for desk in ("front_office", "back_office"):
            approve(hall, hall.token(desk))
        notices = hall.track(accepted).json["notices"]
        if notices:
            return accepted, notices[0]["virtual_account"], notices[0]["total"]
    pytest.fail("no notice came")


def approve(hall, token):
    for task in hall.client().get("/api/v1/offices/sidoarjo/desk/tasks", headers=bearer(token)).json["tasks"]:
        path = f"/api/v1/offices/sidoarjo/desk/tasks/{task['id']}"
        assert hall.post(path, {"verdict": "approved"}, headers=bearer(token)).status_code == 200


def payments(hall):
    return hall.admin.execute("SELECT count(*) FROM app.payment").fetchone()[0]


def money(hall):
    """All that money can move, but for the numbers of requests, which are claimed first."""
    tables = ("payment", "settlement", "allocation", "refund", "fee_notice", "event", "task")
    rows = [hall.admin.execute(f"SELECT count(*) FROM app.{table}").fetchone() for table in tables]
    return rows + hall.admin.execute("SELECT id, state FROM app.task ORDER BY id").fetchall()


def code(answer):
    return answer.json["responseCode"]


def asked(hall, account, **changed):
    return hall.snap("/transfer-va/inquiry", {**accounts(account), "inquiryRequestId": "i-1"}, **changed)


def test_a_bill_is_asked_about_and_booked_once_however_often_it_is_told(hall, bill):
    accepted, account, total = bill
    answer = asked(hall, account)
    assert code(answer) == "2002400"
    told = answer.json["virtualAccountData"]
    assert (told["totalAmount"]["value"], told["virtualAccountName"]) == (f"{total}.00", "P****** C*****")
    before = payments(hall)
    assert code(hall.payment(account, total, "r-1")) == "2002500"
    state = money(hall)
    assert code(hall.payment(account, total, "r-1")) == "2002500"  # another request, the same money
    assert money(hall) == state
    assert payments(hall) == before + 1
    assert code(asked(hall, account)) == "4042414"
    (notice,) = hall.track(accepted).json["notices"]
    assert (notice["state"], notice["paid_at"] is not None) == ("settled", True)


def test_twenty_deliveries_at_once_book_once_and_all_are_told_so(hall, bill):
    _, account, total = bill
    before, together, reference = payments(hall), threading.Barrier(20), uuid.uuid4().hex

    def deliver(_):
        together.wait()
        return code(hall.payment(account, total, reference))

    with ThreadPoolExecutor(20) as pool:
        assert set(pool.map(deliver, range(20))) == {"2002500"}
    assert payments(hall) == before + 1


def test_twenty_payers_at_once_are_taken_once(hall, bill):
    _, account, total = bill
    before, together = payments(hall), threading.Barrier(20)

    def deliver(_):
        together.wait()
        return code(hall.payment(account, total))

    with ThreadPoolExecutor(20) as pool:
        assert sorted(pool.map(deliver, range(20))) == ["2002500"] + ["4042514"] * 19
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
    assert code(hall.payment(found["virtual_account"], found["total"])) == "2002500"
    hall.office.drain()
    assert hall.track(accepted).json["outcome"] == "approved"


@pytest.mark.parametrize(
    ("less", "number", "answered"),
    [(1, "", "4042513"), (-1, "", "4042513"), (0, "2699999999", "4042512")],
    ids=["short", "excess", "unknown"],
)
def test_what_is_not_the_bills_money_is_not_booked(hall, bill, less, number, answered):
    _, account, total = bill
    account = f"{account[:-10]}{number}" if number else account
    before = money(hall)
    assert code(hall.payment(account, total - less)) == answered
    assert money(hall) == before


def test_the_money_of_another_payment_is_inconsistent(hall, bill):
    _, account, total = bill
    hall.payment(account, total, "r-9")
    before = money(hall)
    assert code(hall.payment(account, total + 1, "r-9")) == "4042518"
    assert code(hall.payment(f"{account[:-10]}2699999999", total, "r-9")) == "4042518"
    assert money(hall) == before


def test_a_number_of_a_request_is_used_once(hall, bill):
    _, account, total = bill
    headers = {"X-EXTERNAL-ID": uuid.uuid4().hex}
    assert code(asked(hall, account, headers=headers)) == "2002400"
    assert code(hall.payment(account, total, headers=headers)) == "4092500"


def test_qris_money_is_kept_whatever_it_is_and_owed_back_where_it_does_not_fit(hall, bill):
    accepted, account, total = bill

    def told(amount, reference):
        notice = {
            "originalReferenceNo": reference,
            "originalPartnerReferenceNo": account[-10:],
            "latestTransactionStatus": "00",
            "amount": {"value": f"{amount}.00", "currency": "IDR"},
        }
        return code(hall.snap("/qr/qr-mpm-notify", notice))

    assert [told(total - 1, "q-1"), told(total, "q-2"), told(total, "q-2"), told(total, "q-3")] == [
        "2005200"
    ] * 4
    owed = hall.admin.execute("""SELECT f.reason, f.amount FROM app.refund f JOIN app.payment p ON p.id = f.payment_id
                                  WHERE p.channel = 'qris' ORDER BY 1""").fetchall()
    assert owed == [("double", total), ("short", total - 1)]
    (notice,) = hall.track(accepted).json["notices"]
    assert notice["state"] == "settled"


def test_the_bill_of_another_office_is_told_as_if_there_were_none(hall, bill):
    _, account, total = bill
    before = money(hall)
    assert code(hall.payment(account, total, tenant="bontang")) in ("4042512", "4042513")
    assert money(hall) == before


@pytest.mark.parametrize(
    ("agency", "tenant"), [("public_works", "sidoarjo"), ("bank", "bontang"), ("Bank", "sidoarjo")]
)
def test_money_told_by_anybody_else_is_refused(hall, bill, agency, tenant):
    _, account, total = bill
    before = hall.stored()
    secret = derive_secret(hall.settings.secret, tenant, agency)
    assert code(hall.payment(account, total, secret=secret)) == "4012501"
    assert hall.stored() == before


@pytest.mark.parametrize(
    "client", ["nowhere.bank", "sidoarjo.public_works", "sidoarjo", "bank", ".", "x" * 500]
)
def test_a_client_that_is_none_learns_nothing(hall, bill, client):
    _, account, total = bill
    before = hall.stored()
    answer = hall.payment(account, total, client=client)
    assert (answer.status_code, code(answer)) == (401, "4012500")
    assert hall.stored() == before


def test_a_call_that_breaks_is_told_as_an_error_of_this_interface(hall, bill, monkeypatch):
    """A bank takes anything else for no answer; told this, it asks again, and is served."""
    _, account, total = bill
    whole, before = hall.app.extensions[EXTENSION], money(hall)

    def unable(*_):
        raise OSError("no database")

    monkeypatch.setitem(hall.app.extensions, EXTENSION, replace(whole, engine=SimpleNamespace(begin=unable)))
    answer = hall.payment(account, total, "r-7")
    assert (answer.status_code, code(answer)) == (500, "5002500")
    assert money(hall) == before
    monkeypatch.setitem(hall.app.extensions, EXTENSION, whole)
    assert code(hall.payment(account, total, "r-7")) == "2002500"


def test_workers_are_woken_by_money_and_by_nothing_else(hall, bill, monkeypatch):
    _, account, total = bill
    rings = []
    whole = hall.app.extensions[EXTENSION]
    monkeypatch.setitem(hall.app.extensions, EXTENSION, replace(whole, ring=lambda: rings.append(1)))
    asked(hall, account)
    hall.payment(account, total - 1)
    assert rings == []
    hall.payment(account, total)
    assert rings == [1]


def test_a_giant_call_of_a_bank_is_not_read(hall):
    answer = hall.post("/snap/v1.0/transfer-va/payment", raw=b"x" * 10_000_000)
    assert (answer.status_code, code(answer)) == (413, "4132500")


def test_a_path_that_is_no_service_has_a_code_of_none(hall):
    assert code(hall.snap("/transfer-va/refund", {})) == "4040000"
