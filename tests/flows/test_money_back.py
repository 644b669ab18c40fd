"""Money that goes back: after a withdrawal, a lapse and a refusal; its transfer; and the first collection."""

from datetime import timedelta
from threading import Barrier, Thread

import pytest

from ptsp.domain.corrections import Ask
from ptsp.flows.ask_correction import ask_correction
from ptsp.flows.claim_tasks import claim_tasks
from ptsp.flows.fetch_document import fetch_decision
from ptsp.flows.issue_decisions import draft_decisions
from ptsp.flows.pay_back import FIRST, pay_back, refunds_owed
from ptsp.flows.withdraw_application import withdraw_application, withdrawal
from ptsp.jobs.lapse_corrections import lapse_corrections
from ptsp.kernel.errors import Conflict, Invalid, NotFound
from ptsp.sdk.contract import Receipt, Taking
from tests.flows.acts import (
    HO,
    PAREPARE_HO,
    as_admin,
    lodge,
    make_due,
    open_bills,
    pay,
    states,
    view,
    work_on,
)
from tests.flows.money import CHARGED, THREE, check_books, correct, notices, paying, refunds, with_fees


def half_way(offices):
    """The nuisance permit is paid and waits for the building permit, whose technical review is still out."""
    office = with_fees(offices("sidoarjo"), ho_waits=True)
    office.agencies.answers["technical"] = Receipt("K-1")
    accepted = lodge(office, THREE)
    work_on(office)
    assert [(one.total, one.paid) for one in notices(office)] == [(CHARGED, True)]
    return office, accepted


def withdraw(office, accepted, *services):
    with office.work("applicant") as work:
        withdraw_application(work, office.tools.book, accepted.reference, accepted.key, services, "")


def paying_back(office, number, reference="SP2D-1", after=timedelta()):
    with office.work("clerk") as work:
        pay_back(work, number, reference, work.now + after)


def fetch(office, accepted):
    (number,) = [one.document.number for one in view(office, accepted).applications]
    with office.work() as work:
        return fetch_decision(work, office.tools.files, accepted.reference, accepted.key, number)


def paid_twice(office):
    """The number of what is owed back."""
    lodge(office, HO)
    work_on(office, is_paying=False)
    ((customer_no, total),) = open_bills(office).items()
    assert paying(office, customer_no, total) is Taking.BOOKED
    assert paying(office, customer_no, total, moved=True) is Taking.KEPT
    return office.rows("SELECT number FROM app.refund")[0].number


def ended(office):
    return {row.service: row.state for row in office.rows("SELECT service, state FROM app.application")}


def test_what_was_paid_for_a_withdrawn_application_is_owed_back(offices):
    office, accepted = half_way(offices)
    with office.work() as work:
        told = withdrawal(work, office.tools.book, accepted.reference, accepted.key, ("ho",))
    assert (told.already_paid, told.notices_cancelled) == (CHARGED, 0)
    withdraw(office, accepted, "ho")
    assert refunds(office) == [("withdrawn", CHARGED)]
    assert [one.stands for one in notices(office)] == ["cancelled"]
    check_books(office)


def test_an_additional_notice_goes_with_its_application(offices):
    office, accepted = half_way(offices)
    correct(office, notices(office)[0].number, {"area": "200"})
    correct(office, notices(office)[0].number, {"area": "190"})
    pay(office)
    correct(office, notices(office)[0].number, {"area": "250"})
    withdraw(office, accepted, "ho")
    assert sorted(refunds(office)) == [("withdrawn", 10_500), ("withdrawn", CHARGED)]
    assert {one.stands for one in notices(office)} == {"cancelled"}
    assert open_bills(office) == {}
    check_books(office)


def test_what_was_paid_before_a_refusal_is_owed_back(offices):
    office, accepted = half_way(offices)
    correct(office, notices(office)[0].number, {"area": "200"})
    office.agencies.reject("technical")
    make_due(office)
    work_on(office, is_paying=False)
    assert ended(office) == {"rekomendasi_lokasi": "approved", "imb": "rejected", "ho": "rejected"}
    assert refunds(office) == [("refused", CHARGED)]
    assert {one.stands for one in notices(office)} == {"cancelled"}
    told = " ".join(event.text["id"] for event in view(office, accepted).events)
    assert "dikembalikan karena permohonan ditolak" in told
    check_books(office)


def test_what_was_paid_before_a_lapse_is_owed_back(offices):
    """The nuisance permit joins another one's open question by the step they share."""
    office = with_fees(offices("sidoarjo"), ho_waits=True)
    office.agencies.answers["technical"] = Receipt("K-1")
    accepted = lodge(office, THREE)
    work_on(office)
    ((task, agency),) = office.rows("SELECT id, agency FROM app.task WHERE code = 'technical'")
    at = {one.service: at for at, one in enumerate(view(office, accepted).applications)}
    with office.work("desk") as work:
        ask = Ask((f"{at['imb']}.floors",), (), "Berapa lantai?")
        ask_correction(work, office.tools.book, "front_office", task, ask)
    as_admin(office, "UPDATE app.correction SET lapses_at = clock_timestamp()")
    assert lapse_corrections(office.tools, office.tenant) == 1
    work_on(office)
    assert ended(office) == {"rekomendasi_lokasi": "approved", "imb": "lapsed", "ho": "rejected"}
    assert refunds(office) == [("refused", CHARGED)]
    check_books(office)


def test_a_paid_permit_that_is_being_signed_can_no_longer_be_withdrawn(offices):
    office = with_fees(offices("sidoarjo"))
    accepted = lodge(office, HO)
    work_on(office, is_paying=False)
    assert pay(office) == 1
    with office.work() as work:
        batch = claim_tasks(work, lease_s=60, limit=10).tasks
        (draft,) = draft_decisions(work, office.tools.book, batch, public_url="http://127.0.0.1")
    assert draft.needs_document
    with pytest.raises(Conflict, match="decided already"):
        withdraw(office, accepted)
    assert (refunds(office), states(office)["decision"]) == ([], "running")
    check_books(office)


def test_a_refund_is_transferred_once(offices):
    office = with_fees(offices("sidoarjo"))
    number = paid_twice(office)
    with office.work() as work:
        page = refunds_owed(work)
    assert [(one.refund.number, one.refund.amount, one.payment.amount) for one in page.owed] == [
        (number, CHARGED, CHARGED)
    ]
    paying_back(office, number)
    paying_back(office, number)
    with pytest.raises(Conflict, match="already, by the order 'SP2D-1'"):
        paying_back(office, number, "SP2D-2")
    with office.work() as work:
        assert refunds_owed(work).owed == []
    assert office.rows("SELECT reference FROM app.payout") == [("SP2D-1",)]
    assert office.rows("SELECT count(*) FROM app.event WHERE type = 'refund.paid'") == [(1,)]
    check_books(office)


def test_one_transfer_order_pays_one_refund_and_money_without_a_bill_goes_back_too(offices):
    office = with_fees(offices("sidoarjo"))
    first = paid_twice(office)
    assert paying(office, "2699999999", 700, moved=True) is Taking.KEPT
    second = office.rows("SELECT number FROM app.refund WHERE reason = 'unknown_bill'")[0].number
    paying_back(office, first)
    with pytest.raises(Conflict, match="was for another refund"):
        paying_back(office, second)
    paying_back(office, second, "SP2D-2")
    check_books(office)


WRONG = [
    ("reference", {"reference": " "}),
    ("paid_at", {"after": timedelta(days=2)}),
    ("paid_at", {"after": timedelta(days=-2)}),
]


@pytest.mark.parametrize(("field", "how"), WRONG, ids=["no reference", "too late", "before it was owed"])
def test_a_transfer_that_makes_no_sense_is_refused(offices, field, how):
    office = with_fees(offices("sidoarjo"))
    number = paid_twice(office)
    with pytest.raises(Invalid) as wrong:
        paying_back(office, number, **how)
    assert [one.field for one in wrong.value.faults] == [field]
    with pytest.raises(NotFound):
        paying_back(office, "SKRDLB/1")


def test_two_clerks_at_once_pay_back_once(offices):
    office = with_fees(offices("sidoarjo"))
    number = paid_twice(office)
    start, ends = Barrier(4), []

    def clerk(reference):
        start.wait()
        try:
            paying_back(office, number, reference)
            ends.append("paid")
        except Conflict:
            ends.append("refused")

    clerks = [Thread(target=clerk, args=(f"SP2D-{at}",)) for at in range(4)]
    for one in clerks:
        one.start()
    for one in clerks:
        one.join()
    assert sorted(ends) == ["paid", "refused", "refused", "refused"]
    assert office.rows("SELECT count(*) FROM app.payout") == [(1,)]
    check_books(office)


def test_refunds_come_a_page_at_a_time(offices):
    office = with_fees(offices("sidoarjo"))
    for at in range(5):
        assert paying(office, "2699999999", 100 + at, moved=True) is Taking.KEPT
    seen, after = [], FIRST
    while after is not None:
        with office.work() as work:
            page = refunds_owed(work, after=after, most=2)
        seen += [one.refund.amount for one in page.owed]
        after = page.last
    assert seen == [100, 101, 102, 103, 104]


def test_the_first_collection_is_put_on_record(offices):
    office = with_fees(offices("parepare"))
    accepted = lodge(office, PAREPARE_HO)
    work_on(office, is_paying=False)
    with pytest.raises(Conflict, match="collected once the fee is paid"):
        fetch(office, accepted)
    assert office.rows("SELECT 1 FROM app.handover") == []
    assert pay(office) == 1
    fetch(office, accepted)
    (first,) = office.rows("SELECT decision_id, at FROM app.handover")
    fetch(office, accepted)
    assert office.rows("SELECT decision_id, at FROM app.handover") == [first]
    number = notices(office)[0].number
    correct(office, number, {"area": "90"})  # what was collected stays paid
    check_books(office)


def test_a_refusal_is_collected_without_a_payment(offices):
    office = with_fees(offices("parepare"))
    office.agencies.reject("nuisance_review")
    accepted = lodge(office, PAREPARE_HO)
    work_on(office, is_paying=False)
    fetch(office, accepted)
    assert office.rows("SELECT count(*) FROM app.handover") == [(1,)]
