"""Money through the API: bills, how each amount came about, what was paid, and the signed papers."""

from dataclasses import replace

import pytest

from ptsp.api.paying import with_codes
from ptsp.flows.track_bundle import track_bundle
from ptsp.main.wiring import partners_of
from tests.api.hall import API, SIMULATORS, bearer
from tests.api.problems import check_problem
from tests.flows.acts import pay


@pytest.fixture
def charged(hall):
    """A bundle whose fee was set: what its applicant holds."""
    accepted = hall.lodged(hall.nuisance())
    for _ in range(4):
        hall.office.drain()
        for desk in ("front_office", "back_office"):
            token = hall.token(desk)
            path = f"{API}/sidoarjo/desk/tasks"
            for task in hall.client().get(path, headers=bearer(token)).json["tasks"]:
                hall.post(f"{path}/{task['id']}", {"verdict": "approved"}, headers=bearer(token))
        if hall.track(accepted).json["notices"]:
            return accepted
    pytest.fail("no notice came")


def paper(hall, accepted, number, **changed):
    path = f"{API}/sidoarjo/bundles/{accepted['reference']}/papers/{number}"
    return hall.client().get(path, headers=bearer(changed.get("key", accepted["key"])))


def test_a_notice_has_its_bill_its_lines_and_how_each_came_about(hall, charged):
    told = hall.track(charged).json
    (notice,) = told["notices"]
    (bill,) = told["bills"]
    assert (bill["number"], bill["state"], bill["owed"]) == (notice["bill"], "open", notice["total"])
    assert bill["due_on"] == notice["due_on"]
    assert bill["customer_no"] == notice["customer_no"]
    assert notice["virtual_account"].endswith(notice["customer_no"]) or not notice["virtual_account"]
    assert (notice["kind"], notice["about"], notice["closed_on"]) == ("assessment", "", None)
    for line in notice["lines"]:
        assert line["agency"] == "treasurer"
        assert line["agency_name"]["id"] == "Bendahara Penerimaan"
        assert line["how"][0]["id"].startswith("Isian: ")
        assert line["how"][0]["en"].startswith("Given: ")
        assert line["receipt"]["rule"]["legal_basis"]
    assert told["payments"] == []


def test_a_payment_says_what_it_was_booked_for_and_comes_to_its_parts(hall, charged):
    pay(hall.office)
    told = hall.track(charged).json
    (payment,) = told["payments"]
    assert payment["channel"] == "va"
    assert sum(part["amount"] for part in payment["parts"]) == payment["amount"]
    lines = {(line["account"], line["agency"], line["amount"]) for line in told["notices"][0]["lines"]}
    assert {(one["account"], one["agency"], one["amount"]) for one in payment["parts"]} == lines
    assert told["bills"][0]["state"] == "paid"
    assert told["bills"][0]["due_on"] is None


def test_papers_are_handed_out_to_whoever_holds_the_key(hall, charged):
    pay(hall.office)
    told = hall.track(charged).json
    for number in (told["notices"][0]["number"], told["payments"][0]["receipt"]):
        answer = paper(hall, charged, number)
        assert answer.status_code == 200
        assert answer.data.startswith(b"%PDF-")
        assert answer.content_type == "application/pdf"
        assert answer.headers["Content-Disposition"] == f"attachment; filename={number.replace('/', '-')}.pdf"
        assert answer.headers["Cache-Control"] == "private, no-store"
        assert paper(hall, charged, number).data == answer.data
        check_problem(paper(hall, charged, number, key="WRONG"), 404)
    check_problem(paper(hall, charged, "SKRD/99999/SDA/2026"), 404)
    check_problem(hall.client().get(f"{API}/sidoarjo/bundles/{charged['reference']}/papers/SKRD/1"), 401)


def test_a_quote_tells_how_each_amount_came_about(hall):
    body = hall.nuisance()
    answer = hall.post(f"{API}/sidoarjo/quotes", {"applications": body["applications"]})
    assert answer.status_code == 200
    for notice in answer.json["notices"]:
        assert (notice["number"], notice["code"], notice["bill"]) == ("", "", "")
        assert all(line["how"] for line in notice["lines"])


def test_an_open_bill_has_a_qris_code_of_its_amount(hall, charged):
    """By the simulated bank's merchant in the pack; without a bank that can be reached the bill stays payable."""
    with_bank = replace(hall.access, partners=partners_of(hall.settings.with_simulators(SIMULATORS)))
    nobody = {code: url for code, url in SIMULATORS.items() if code != "bank"}
    without = replace(hall.access, partners=partners_of(hall.settings.with_simulators(nobody)))
    (code,) = codes(with_bank, hall, charged)
    (bill,) = hall.track(charged).json["bills"]
    assert code.startswith("000201010212")
    assert f"54{len(str(bill['owed'])):02d}{bill['owed']}" in code
    assert bill["customer_no"] in code
    assert codes(without, hall, charged) == [""]
    pay(hall.office)
    assert codes(with_bank, hall, charged) == [""]


def codes(access, hall, accepted):
    with hall.office.work() as work:
        bundle = track_bundle(work, access.book, accepted["reference"], accepted["key"])
    return [bill.qr for bill in with_codes(access, bundle).bills]
