"""Fees that are corrected: unpaid, paid and higher, paid and lower; and claims that are cancelled."""

import json

import pytest
from sqlalchemy import text

from ptsp.domain import fees
from ptsp.flows._billing import Asked, make_notices
from ptsp.flows._billing import charged as charged_fact
from ptsp.flows._settling import tell
from ptsp.flows.cancel_fee import cancel_fee
from ptsp.flows.explain_fee import explain_fee
from ptsp.kernel.errors import Conflict, Invalid, NotFound
from ptsp.kernel.money import rupiah
from ptsp.sdk.contract import Taking
from tests.flows.acts import HO, PAREPARE_HO, as_admin, lodge, open_bills, pay, view, work_on
from tests.flows.money import CHARGED, check_books, correct, notices, paying, refunds, with_fees

LARGER, SMALLER = {"area": "200"}, {"area": "90"}
MORE, LESS = 215_000, 99_500


@pytest.fixture
def office(offices):
    return with_fees(offices("sidoarjo"))


def cancel(office, number, reason="Keliru."):
    with office.work("officer") as work:
        cancel_fee(work, number, reason)


def charged(office):
    """A nuisance permit that waits for its payment; the number of the notice."""
    lodge(office, HO)
    work_on(office, is_paying=False)
    (notice,) = notices(office)
    assert notice.total == CHARGED
    return notice.number


def paid(office):
    number = charged(office)
    assert pay(office) == 1
    return number


@pytest.mark.parametrize(("changes", "total"), [(LARGER, MORE), (SMALLER, LESS)], ids=["up", "down"])
def test_an_unpaid_notice_is_replaced(office, changes, total):
    number = charged(office)
    came = correct(office, number, changes)
    assert (came.total, came.owed_back) == (total, 0)
    old, new = notices(office)
    assert (old.number, old.stands, new.number, new.stands, new.total) == (
        number,
        "cancelled",
        came.notice,
        "valid",
        total,
    )
    assert open_bills(office) == {old.customer_no: total}
    assert paying(office, old.customer_no, CHARGED) is Taking.WRONG_AMOUNT
    work_on(office)
    assert office.rows("SELECT state FROM app.application") == [("approved",)]
    check_books(office)


def test_a_replaced_notice_under_one_roof_has_a_bill_of_its_own(offices):
    office = with_fees(offices("parepare"))
    lodge(office, PAREPARE_HO)
    work_on(office, is_paying=False)
    (old,) = notices(office)
    came = correct(office, old.number, LARGER)
    (total,) = open_bills(office).values()
    assert came.total == total
    assert paying(office, old.customer_no, old.total) is Taking.CLOSED
    assert paying(office, old.customer_no, old.total, moved=True) is Taking.KEPT
    assert refunds(office) == [("closed", old.total)]
    work_on(office)
    check_books(office)


def test_a_paid_fee_that_rises_is_claimed_by_an_additional_notice_and_holds_no_permit(office):
    number = paid(office)
    came = correct(office, number, LARGER)
    first, more = notices(office)
    assert (more.kind, more.total, more.number) == ("additional", MORE - CHARGED, came.notice)
    assert more.number.startswith("SKRDKBT/")
    assert (first.paid, more.paid) == (True, False)
    work_on(office, is_paying=False)
    assert office.rows("SELECT state FROM app.application") == [("approved",)]
    with office.work() as work:
        explained = explain_fee(work, office.tools.book, more.number)
    told = "\n".join(explained.lines[0].how)
    assert (explained.about, explained.reason) == (number, "Diukur ulang.")
    assert "round(area * 1000, 0) = 200000" in told
    assert "fee - assessed = 200000 - 180000 = 20000" in told
    assert paying(office, more.customer_no, MORE - CHARGED) is Taking.BOOKED
    check_books(office)


def test_it_rises_twice_and_falls_below_the_first(office):
    number = paid(office)
    correct(office, number, {"area": "190"})
    correct(office, number, LARGER)  # in place of the one that nobody paid
    work_on(office)
    assert [(one.total, one.stands, one.paid) for one in notices(office)] == [
        (CHARGED, "valid", True),
        (10_500, "cancelled", False),
        (MORE - CHARGED, "valid", True),
    ]
    correct(office, number, {"area": "230"})
    came = correct(office, number, SMALLER, "Ukuran yang benar.")
    assert (came.total, came.owed_back) == (LESS, MORE - LESS)
    standing = [one for one in notices(office) if one.stands == "valid"]
    assert [(one.number, one.total, one.paid) for one in standing] == [(came.notice, LESS, True)]
    assert sum(amount for _, amount in refunds(office)) == MORE - LESS
    assert {reason for reason, _ in refunds(office)} == {"corrected"}
    assert office.rows("SELECT state FROM app.application") == [("approved",)]
    check_books(office)


def test_a_paid_fee_that_falls_is_owed_back_and_stays_paid(office):
    number = paid(office)
    came = correct(office, number, SMALLER)
    assert refunds(office) == [("corrected", CHARGED - LESS)]
    old, new = notices(office)
    assert (old.stands, new.number, new.paid) == ("cancelled", came.notice, True)
    assert open_bills(office) == {}
    work_on(office, is_paying=False)
    assert office.rows("SELECT state FROM app.application") == [("approved",)]
    check_books(office)


def test_a_correction_that_takes_back_an_additional_notice_leaves_only_what_was_paid(office):
    number = paid(office)
    more = correct(office, number, LARGER).notice
    came = correct(office, more, {"area": "180"})
    assert (came.notice, came.total, came.owed_back) == (None, CHARGED, 0)
    assert [(one.stands, one.paid) for one in notices(office)] == [("valid", True), ("cancelled", False)]
    check_books(office)


def test_a_fee_that_comes_to_nothing_is_settled_with_nothing(offices):
    office = with_fees(offices("sidoarjo"), lines=("if(area < 100, 0, 5000)", "0"))
    lodge(office, HO)
    work_on(office, is_paying=False)
    correct(office, notices(office)[0].number, SMALLER)
    work_on(office, is_paying=False)
    assert office.rows("SELECT state FROM app.application") == [("approved",)]
    check_books(office)


SAME = [{}, {"area": "180.00"}, {"business_name": "Toko Lain"}]


@pytest.mark.parametrize("changes", SAME, ids=["none", "other writing", "no matter"])
def test_what_comes_to_the_same_is_no_correction(office, changes):
    number = paid(office)
    with pytest.raises(Conflict, match="comes to the same"):
        correct(office, number, changes)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"area": "0"}, "area"),
        ({"area": "banyak"}, "area"),
        ({"area": ""}, "area"),
        ({"road": "highway"}, "road"),
        ({"colour": "red"}, "colour"),
    ],
    ids=["too small", "no number", "nothing", "no choice", "unknown"],
)
def test_a_wrong_change_names_its_field_and_changes_nothing(office, changes, field):
    number = charged(office)
    with pytest.raises(Invalid) as wrong:
        correct(office, number, changes)
    assert [fault.field for fault in wrong.value.faults] == [f"corrected.answers.{field}"]
    assert [one.stands for one in notices(office)] == ["valid"]


def test_reasons_and_numbers_are_needed(office):
    number = charged(office)
    with pytest.raises(Invalid, match="reason"):
        correct(office, number, LARGER, "  ")
    with pytest.raises(NotFound):
        correct(office, "SKRD/99999/X/2026", LARGER)


def test_money_of_one_line_does_not_pay_another_that_rises(offices):
    lines = ("round(area * 100, 0)", "round(max(0, 40000 - area * 50), 0)")
    office = with_fees(offices("sidoarjo"), lines=lines)
    lodge(office, HO)
    work_on(office, is_paying=False)
    assert pay(office) == 1
    (first,) = notices(office)
    with pytest.raises(Conflict, match="line2 falls"):
        correct(office, first.number, LARGER)
    correct(office, first.number, {"area": "100"})  # 8,000 less on one account, 4,000 more on the other
    assert refunds(office) == [("corrected", 4_000)]
    ((lines,),) = office.rows("SELECT lines FROM app.fee_notice WHERE state = 'valid'")
    assert [line["amount"] for line in json.loads(lines)] == [10_000, 35_000]
    check_books(office)


def test_only_what_is_no_assessment_can_be_cancelled(office):
    number = paid(office)
    with pytest.raises(Conflict, match="not waived"):
        cancel(office, number)
    more = correct(office, number, LARGER).notice
    with pytest.raises(Invalid):
        cancel(office, more, " ")
    cancel(office, more)
    assert open_bills(office) == {}
    with pytest.raises(Conflict, match="nothing to cancel"):
        cancel(office, more)
    with pytest.raises(NotFound):
        cancel(office, "SKRDKBT/1")
    check_books(office)


def demanded(office, number):
    """Interest on a notice, as a demand; its number."""
    with office.work("worker") as work:
        notice = fees.notice(work.connection, work.tenant.id, number)
        line = {**notice.read_lines()[0], "code": "interest", "amount": 700}
        bill = fees.Bill((fees.BillLine(**line),), 700)
        service = office.tools.book.standard(work.connection, office.tenant, notice.standard_id)
        bundle = work.connection.execute(text("SELECT reference FROM app.bundle")).scalar_one()
        asked = Asked(
            notice.application_id,
            notice.bundle_id,
            bundle,
            service,
            notice.standard_id,
            bill,
            "{}",
            fees.NoticeKind.DEMAND,
            notice.id,
        )
        (made,) = make_notices(work, [asked])
        tell(work, notice.bundle_id, [charged_fact(work, made, "ho")])
    return made.number


def test_interest_goes_with_the_claim_it_was_demanded_on(office):
    number = charged(office)
    demand = demanded(office, number)
    with pytest.raises(Conflict, match="correct that one"):
        correct(office, demand, LARGER)
    came = correct(office, number, LARGER)
    assert [(one.kind, one.stands) for one in notices(office)] == [
        ("assessment", "cancelled"),
        ("assessment", "valid"),
        ("demand", "cancelled"),
    ]
    again = demanded(office, came.notice)
    cancel(office, again)
    assert open_bills(office) == {notices(office)[0].customer_no: MORE}


def test_a_lapsed_claim_is_made_anew_while_its_application_is_open(office):
    number = charged(office)
    as_admin(
        office, "UPDATE app.fee_notice SET state = 'lapsed', closed_on = issued_on, closed_for = 'lapsed'"
    )
    came = correct(office, number, {}, "Ditetapkan kembali.")
    assert came.total == CHARGED
    work_on(office)
    assert office.rows("SELECT state FROM app.application") == [("approved",)]
    check_books(office)


def test_the_applicant_reads_what_happened_to_the_money(office):
    accepted = lodge(office, HO)
    work_on(office, is_paying=False)
    assert pay(office) == 1
    came = correct(office, notices(office)[0].number, SMALLER)
    told = [event.text["id"] for event in view(office, accepted).events]
    amount = rupiah(came.owed_back)
    assert any(
        words.startswith(f"{amount} akan dikembalikan karena retribusi dihitung ulang") for words in told
    )
    assert f"{came.notice} lunas dengan {rupiah(LESS)} dari uang yang sudah diterima." in told
