"""Fees that are not paid in time: warned of, then interest month by month, until they are paid or the claim lapses."""

from dataclasses import replace
from datetime import timedelta

import pytest

from ptsp.flows.cancel_fee import cancel_fee
from ptsp.flows.track_bundle import track_bundle
from ptsp.kernel.specs import CollectionSpec
from ptsp.sdk.contract import Taking
from tests.flows.acts import HO, PAREPARE_HO, apply, lodge, now_in_force, open_bills, work_on
from tests.flows.collecting import (
    DUE,
    FEE,
    PAY_BY,
    WARNED,
    demand_day,
    demanded,
    demands,
    fee,
    letters,
    make_due,
    month,
    on,
    owing,
    pay_on,
    sweep,
    sweep_through,
    told,
    warnings,
)
from tests.flows.money import check_books, refunds, with_fees

DAY = timedelta(days=1)
ONE, TWO, THREE = 3_753, 7_505, 11_258  # 2 per cent a month of Rp187.625, half a rupiah rounded up
MOST = 90_060  # of 24 months and more


@pytest.fixture
def office(offices):
    return owing(offices("sidoarjo"))


def settled(office):
    return {
        row.number
        for row in office.rows(
            "SELECT number FROM app.fee_notice n JOIN app.settlement s ON s.notice_id = n.id"
        )
    }


def owed(office):
    (total,) = open_bills(office).values()
    return total


def with_collection(office, **changes):
    """The office with another way to collect the nuisance permit's fee."""
    pack = office.tenant.pack
    service = pack.services["ho"]
    rules = replace(service.fee.collection, **changes)
    changed = replace(
        service,
        fee=replace(service.fee, collection=rules),
        standard=replace(service.standard, version=service.standard.version + 1),
    )
    apply(office, replace(pack, services={**pack.services, "ho": changed}, digest=f"{changes}"))
    return now_in_force(office)


# ---------------------------------------------------------------------------------- warning and interest


def test_the_numbers_of_the_by_law_come_to_the_rupiah(office, tell):
    expected = {1: ONE, 2: TWO, 3: THREE, 24: MOST, 25: MOST, 30: MOST}
    sweep(office, WARNED)
    for number in range(1, 31):
        sweep(office, demand_day(number))
        if number in expected:
            assert owed(office) == FEE + expected[number], number
    assert len(demands(office)) == 24
    assert [given["demanded"] for given, _ in demands(office)][:4] == [0, ONE, TWO, THREE]
    assert all(given["unpaid"] == FEE for given, _ in demands(office))
    tell(
        "interest on 187.625: months 1/2/3/24/25 -> "
        + "/".join(str(expected[at]) for at in (1, 2, 3, 24, 25))
    )
    check_books(office)


def test_nothing_happens_before_its_day(office):
    assert sweep(office, DUE) == 0
    assert sweep(office, WARNED - DAY) == 1  # looked at, and put off to the day of the warning
    assert warnings(office) == []
    assert sweep(office, WARNED - DAY) == 0
    sweep(office, WARNED)
    ((number, issued_on, pay_by),) = warnings(office)
    assert (number, issued_on, pay_by) == (
        f"TEGURAN/00001/{office.tenant.pack.prefix}/{DUE.year}",
        WARNED,
        PAY_BY,
    )
    assert sweep(office, PAY_BY) == 0
    assert demanded(office) == []
    sweep(office, PAY_BY + DAY)
    assert demanded(office) == [(1, ONE, "valid")]
    assert sweep(office, month(2) - DAY) == 1  # the demand: from now on only to see it lapse
    assert len(demands(office)) == 1
    sweep(office, month(2))
    assert demanded(office) == [(1, ONE, "valid"), (2, TWO - ONE, "valid")]
    assert len(warnings(office)) == 1
    check_books(office)


def test_a_demand_is_paid_on_the_bill_of_its_fee_and_by_its_rule(office):
    sweep_through(office, 1)
    ((given, row),) = demands(office)
    assert row.bill == row.of_bill
    assert given == {"unpaid": FEE, "months": 1, "until": str(demand_day(1)), "demanded": 0}
    assert (row.issued_on, row.due_on) == (demand_day(1), demand_day(1) + timedelta(days=15))
    assert pay_on(office, demand_day(1), FEE) is Taking.WRONG_AMOUNT
    assert pay_on(office, demand_day(1), FEE + ONE) is Taking.BOOKED
    assert open_bills(office) == {}
    booked = office.rows("SELECT account, agency, amount::int FROM app.allocation ORDER BY amount")
    assert booked == [
        ("4.1.4.08.01", "treasurer", ONE),
        ("4.1.2.03.02", "public_works", 5_000),
        ("4.1.2.03.01", "treasurer", 182_625),
    ]
    work_on(office, is_paying=False)
    assert office.rows("SELECT state FROM app.application") == [("approved",)]
    sweep(office, month(5))
    assert len(demands(office)) == 1
    check_books(office)


def test_under_one_roof_a_demand_joins_the_bill_of_its_notice(offices):
    office = owing(offices("parepare"), PAREPARE_HO)
    sweep_through(office, 2)
    assert open_bills(office) == {fee(office).customer_no: FEE + TWO}
    assert {row.bill for _, row in demands(office)} == {fee(office).number}
    assert pay_on(office, month(2), FEE + TWO) is Taking.BOOKED
    check_books(office)


def test_after_a_time_without_workers_it_is_warned_of_first_and_then_all_is_demanded_at_once(office):
    sweep(office, month(4))
    assert (len(warnings(office)), demanded(office)) == (1, [])
    sweep(office, month(4) + timedelta(days=7))
    assert demanded(office) == []
    sweep(office, month(4) + timedelta(days=8))
    assert demanded(office) == [(4, 15_010, "valid")]
    check_books(office)


def flat(office):
    """The office where paying late costs the same however late."""
    interest = office.tenant.pack.services["ho"].fee.collection.interest
    return owing(
        with_collection(office, interest=replace(interest, lets={}, amount="round(unpaid * 0.02, 0)"))
    )


def test_a_flat_fine_is_demanded_once(offices):
    office = flat(offices("sidoarjo"))
    sweep_through(office, 6)
    assert demanded(office) == [(1, ONE, "valid")]
    check_books(office)


@pytest.mark.parametrize(("day", "fine"), [(DUE, 0), (DUE + DAY, ONE)], ids=["in time", "a day late"])
def test_a_flat_fine_is_for_those_who_pay_late(offices, day, fine):
    office = flat(offices("sidoarjo"))
    assert pay_on(office, day, FEE) is Taking.BOOKED
    assert sum(amount for _, amount, _ in demanded(office)) == fine


def test_without_interest_there_is_a_warning_and_no_demand(offices):
    office = owing(with_collection(offices("sidoarjo"), interest=None))
    sweep_through(office, 6)
    assert (len(warnings(office)), demanded(office)) == (1, [])
    ((_, _, _, body),) = letters(office)
    assert "STRD" not in body
    check_books(office)


def test_a_claim_goes_by_the_rules_it_was_charged_by(office):
    """Other rules come into force later: this claim keeps its own."""
    changed = with_collection(office, warn_after_days=1, pay_within_days=1, claim_years=1)
    assert changed.tenant.pack.services["ho"].fee.collection != CollectionSpec()
    sweep(changed, WARNED - DAY)
    assert warnings(changed) == []
    sweep(changed, WARNED)
    assert warnings(changed)[0].pay_by == PAY_BY


def test_interest_that_was_waived_does_not_come_back_with_the_next_month(office):
    sweep_through(office, 1)
    ((_, row),) = demands(office)
    ((number,),) = office.rows("SELECT number FROM app.fee_notice WHERE kind = 'demand'")
    with on(office, demand_day(1), "officer") as work:
        cancel_fee(work, number, "Bencana alam.")
    assert owed(office) == FEE
    sweep(office, demand_day(1) + DAY)
    assert len(demands(office)) == 1
    sweep(office, month(2))
    assert demanded(office) == [(1, ONE, "cancelled"), (2, TWO - ONE, "valid")]
    assert owed(office) == FEE + TWO - ONE
    check_books(office)


def test_interest_bears_no_interest_and_no_warning(office):
    pay_on(office, DUE + DAY, FEE)
    sweep_through(office, 12)
    assert (demanded(office), warnings(office)) == ([(1, ONE, "valid")], [])


# ---------------------------------------------------------------------------------- paid late, paid in time


LATE = [
    ("on the due date", DUE, 0),
    ("a day late", DUE + DAY, ONE),
    ("the last day of the first month", month(2) - DAY, ONE),
    ("the second month", month(2), TWO),
    ("after two years", month(25), MOST),
]


@pytest.mark.parametrize(("what", "day", "interest"), LATE, ids=[what for what, *_ in LATE])
def test_what_is_paid_late_costs_interest_though_nobody_had_demanded_it(office, what, day, interest):
    assert pay_on(office, day, FEE) is Taking.BOOKED
    assert sum(amount for _, amount, _ in demanded(office)) == interest
    assert len(settled(office)) == 1
    if interest:
        assert owed(office) == interest
        assert len(letters(office)) == 1
        assert pay_on(office, day + timedelta(days=40), interest) is Taking.BOOKED
    assert open_bills(office) == {}
    assert sweep(office, day + timedelta(days=400)) >= 1
    assert len(demands(office)) == (1 if interest else 0)
    work_on(office, is_paying=False)
    assert office.rows("SELECT state FROM app.application") == [("approved",)]
    check_books(office)


def test_paid_late_only_what_was_not_demanded_yet_is(office):
    sweep_through(office, 2)
    assert pay_on(office, month(3), FEE + TWO) is Taking.BOOKED
    assert demanded(office) == [(1, ONE, "valid"), (2, TWO - ONE, "valid"), (3, THREE - TWO, "valid")]
    assert owed(office) == THREE - TWO
    sweep(office, month(4))
    assert len(demands(office)) == 3
    check_books(office)


def test_money_that_moved_in_time_is_not_charged_for_the_days_it_took_to_be_told(office):
    sweep_through(office, 2)
    assert pay_on(office, DUE, FEE, told_on=month(2), moved=True) is Taking.BOOKED
    assert demanded(office) == [(1, ONE, "cancelled"), (2, TWO - ONE, "cancelled")]
    assert {row.closed_for for _, row in demands(office)} == {"paid before it was demanded"}
    assert (open_bills(office), refunds(office)) == ({}, [])
    check_books(office)


def test_money_that_moved_late_pays_what_stood_that_day_and_owes_for_its_own_months(office):
    sweep_through(office, 2)
    day = month(2) - DAY  # the first month was demanded by then, the second not
    assert pay_on(office, day, FEE + ONE, told_on=month(2), moved=True) is Taking.BOOKED
    assert demanded(office) == [(1, ONE, "valid"), (2, TWO - ONE, "cancelled")]
    assert (open_bills(office), refunds(office)) == ({}, [])
    check_books(office)


def test_money_that_moved_between_two_looks_is_charged_for_one_month_of_the_two_demanded(office):
    sweep(office, WARNED)
    sweep(office, month(2))  # nobody looked in the first month: both at once
    assert demanded(office) == [(2, TWO, "valid")]
    assert pay_on(office, month(2) - DAY, FEE, told_on=month(2), moved=True) is Taking.BOOKED
    assert demanded(office) == [(2, TWO, "cancelled"), (1, ONE, "valid")]
    assert owed(office) == ONE
    check_books(office)


def test_money_that_moved_late_and_too_short_is_owed_back_and_changes_nothing(office):
    sweep_through(office, 1)
    assert pay_on(office, demand_day(1), FEE, told_on=month(2), moved=True) is Taking.KEPT
    assert refunds(office) == [("short", FEE)]
    assert demanded(office) == [(1, ONE, "valid")]
    check_books(office)


# ---------------------------------------------------------------------------------- messages, and what is shown


def test_the_applicant_is_told_of_the_warning_and_of_each_demand_once(office):
    sweep_through(office, 2)
    sweep(office, month(2))
    warned, first, second = letters(office)
    assert {one.recipient for one in letters(office)} == {"applicant"}
    assert [one.kind for one in letters(office)] == ["fee.warned", "fee.demanded", "fee.demanded"]
    assert warned.subject.startswith(f"Surat teguran {warnings(office)[0].number}: ")
    for word in (f"24 Maret {DUE.year}", f"24 March {DUE.year}", "Rp187.625", "bunga keterlambatan", "STRD"):
        assert word in warned.body, word
    assert "Rp3.753 (STRD/00001/" in first.body
    assert "Terlambat: 1 bulan" in first.body
    assert "Late by: 2 months" in second.body
    assert fee(office).customer_no in second.body
    for one in letters(office):
        assert "Pemohon Contoh" not in one.body + one.subject


def test_the_page_tells_what_happened_in_words(offices):
    office = with_fees(offices("sidoarjo"), lines=("182625", "5000"))
    accepted = lodge(office, HO)
    work_on(office, is_paying=False)
    make_due(office)
    sweep_through(office, 1)
    assert pay_on(office, month(2), FEE + ONE) is Taking.BOOKED
    with on(office, month(2)) as work:
        view = track_bundle(work, office.tools.book, accepted.reference, accepted.key)
    said = [event.text["id"] for event in view.events]
    assert any("Surat teguran TEGURAN/00001" in one and f"24 Maret {DUE.year}" in one for one in said)
    assert sum("Surat tagihan STRD/" in one for one in said) == 2
    assert not any(one.startswith("fee.") for one in said)
    interest = [one for one in view.notices if one.kind == "demand"]
    assert [(one.months_late, one.total, one.state) for one in interest] == [
        (1, ONE, "settled"),
        (2, TWO - ONE, "open"),
    ]
    told_steps = [step["id"] for step in interest[1].lines[0].how]
    assert any("bunga yang sudah ditagih" in step for step in told_steps), told_steps


def test_the_ledger_names_the_warning_and_each_claim(office):
    sweep_through(office, 1)
    assert told(office, "fee.warned") == [
        {"number": warnings(office)[0].number, "notice": fee(office).number, "pay_by": str(PAY_BY)}
    ]
    kinds = [(one["kind"], one["total"]) for one in told(office, "fee.charged")]
    assert kinds == [("assessment", FEE), ("demand", ONE)]


# ---------------------------------------------------------------------------------- what a look costs


def test_what_is_paid_or_cancelled_is_looked_at_once_more_and_never_again(office):
    pay_on(office, DUE, FEE)
    assert sweep(office, month(1)) == 1
    assert office.rows("SELECT collect_on FROM app.fee_notice") == [(None,)]
    assert sweep(office, month(40)) == 0
