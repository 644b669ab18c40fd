"""Claims that nobody pays lapse in the end, unless they are admitted; and whoever collects at once collects once."""

import os
import random
import uuid
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from functools import partial
from threading import Thread

import pytest

from ptsp.domain.collection import months_late
from ptsp.flows.admit_debt import admit_debt
from ptsp.flows.cancel_fee import cancel_fee
from ptsp.flows.collect_fees import collect_fees
from ptsp.flows.correct_fee import correct_fee
from ptsp.flows.overdue_fees import overdue_fees
from ptsp.flows.take_payment import take_payment
from ptsp.flows.till import due
from ptsp.kernel.errors import Conflict, Invalid, NotFound
from ptsp.kernel.limits import add_months
from ptsp.sdk.contract import Money, Standing, Taking
from tests.flows.acts import HO, as_admin, lodge, open_bills, view, work_on
from tests.flows.collecting import (
    DUE,
    FEE,
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
from tests.flows.money import check_books, notices, refunds, with_fees

DAY = timedelta(days=1)
YEARS = 36  # months
ONE, TWO, MOST = 3_753, 7_505, 90_060


@pytest.fixture
def office(offices):
    return owing(offices("sidoarjo"))


def admit(office, day, number=None, *, known_on=None, note="Surat pengakuan 12/2027."):
    with on(office, known_on or day, "officer") as work:
        return admit_debt(work, number or fee(office).number, day, note)


def standing(office):
    """How each notice stands, fees before interest."""
    return [(one.kind, one.stands) for one in sorted(notices(office), key=lambda one: (one.kind, one.number))]


def interest_number(office):
    ((number,),) = office.rows("SELECT number FROM app.fee_notice WHERE kind = 'demand'")
    return number


# ---------------------------------------------------------------------------------- lapse


def test_a_claim_lapses_three_years_after_its_warning_with_the_interest_on_it(office):
    sweep_through(office, 2)
    end = add_months(WARNED, YEARS)
    sweep(office, end)
    assert standing(office)[0] == ("assessment", "valid")
    assert demanded(office)[-1] == (37, MOST - TWO, "valid")  # nobody looked since the second month
    sweep(office, end + DAY)
    assert {state for _, state in standing(office)} == {"lapsed"}
    assert len(told(office, "fee.lapsed")) == 4
    (customer_no,) = {one.customer_no for one in notices(office)}
    with on(office, end + DAY, "bank") as work:
        assert due(work, customer_no).standing is Standing.CLOSED
    assert pay_on(office, end + DAY, FEE + MOST) is Taking.CLOSED
    assert pay_on(office, end + DAY, FEE, moved=True) is Taking.KEPT
    assert refunds(office) == [("closed", FEE)]
    sweep(office, end + timedelta(days=2000))
    assert {row.collect_on for row in office.rows("SELECT collect_on FROM app.fee_notice")} == {None}
    check_books(office)


def test_a_claim_that_nobody_warned_of_lapses_three_years_after_it_was_due(office):
    end = add_months(DUE, YEARS)
    sweep(office, end + DAY)
    assert (standing(office), warnings(office), demanded(office)) == ([("assessment", "lapsed")], [], [])
    check_books(office)


def test_after_the_lapse_the_application_waits_for_a_person_and_can_be_charged_anew(offices):
    office = with_fees(offices("sidoarjo"), lines=("182625", "5000"))
    accepted = lodge(office, HO)
    work_on(office, is_paying=False)
    make_due(office)
    day = add_months(DUE, YEARS) + DAY
    sweep(office, day)
    work_on(office)
    assert office.rows("SELECT state FROM app.application") == [("open",)]
    (shown,) = view(office, accepted).notices
    assert (shown.state, shown.closed_for["id"]) == ("lapsed", "penagihannya kedaluwarsa")
    with on(office, day, "officer") as work:
        again = correct_fee(work, office.tools.book, shown.number, {}, "Ditetapkan kembali.")
    assert again.total == FEE
    assert pay_on(office, day, FEE) is Taking.BOOKED
    work_on(office, is_paying=False)
    assert office.rows("SELECT state FROM app.application") == [("approved",)]
    check_books(office)


def test_an_admission_interrupts_the_lapse_and_the_interest_lives_with_it(office):
    sweep_through(office, 1)
    admitted_on = add_months(WARNED, YEARS) - timedelta(days=5)
    assert admit(office, admitted_on) is True
    assert admit(office, admitted_on) is False
    assert told(office, "fee.admitted") == [{"number": fee(office).number, "on": str(admitted_on)}]
    sweep(office, add_months(WARNED, YEARS) + timedelta(days=400))
    assert {state for _, state in standing(office)} == {"valid"}
    end = add_months(admitted_on, YEARS)
    sweep(office, end)
    assert {state for _, state in standing(office)} == {"valid"}
    assert open_bills(office) == {fee(office).customer_no: FEE + MOST}
    sweep(office, end + DAY)
    assert {state for _, state in standing(office)} == {"lapsed"}
    check_books(office)


def test_interest_on_a_fee_that_was_paid_lapses_by_its_own_due_date(office):
    day = month(1)
    assert pay_on(office, day, FEE) is Taking.BOOKED
    end = add_months(day + timedelta(days=15), YEARS)
    sweep(office, end)
    assert demanded(office) == [(1, ONE, "valid")]
    sweep(office, end + DAY)
    assert demanded(office) == [(1, ONE, "lapsed")]
    assert (warnings(office), standing(office)[0]) == ([], ("assessment", "valid"))
    check_books(office)


def test_interest_itself_may_be_admitted(office):
    day = month(1)
    pay_on(office, day, FEE)
    later = day + timedelta(days=700)
    assert admit(office, later, interest_number(office))
    sweep(office, add_months(later, YEARS))
    assert demanded(office) == [(1, ONE, "valid")]
    sweep(office, add_months(later, YEARS) + DAY)
    assert demanded(office) == [(1, ONE, "lapsed")]


def test_what_cannot_be_admitted(office):
    number = fee(office).number
    with pytest.raises(NotFound):
        admit(office, month(1), "SKRD/99999/SDA/2026")
    for day, known_on in ((DUE - timedelta(days=16), month(1)), (month(1) + DAY, month(1))):
        with pytest.raises(Invalid, match="admitted_on"):
            admit(office, day, known_on=known_on)
    for note in ("", "  ", "\x00", "x" * 100_000):
        with pytest.raises(Invalid, match="note"):
            admit(office, month(1), note=note)
    lapsed = add_months(DUE, YEARS) + DAY
    with pytest.raises(Conflict, match="does not revive"):  # though nobody has looked since
        admit(office, lapsed)
    sweep(office, lapsed)
    with pytest.raises(Conflict, match="lapsed"):
        admit(office, month(1), known_on=lapsed)
    assert told(office, "fee.admitted") == []
    assert fee(office).number == number


def test_what_is_paid_cannot_be_admitted(office):
    pay_on(office, DUE, FEE)
    with pytest.raises(Conflict, match="settled"):
        admit(office, month(1))


# ---------------------------------------------------------------------------------- what is overdue


def test_what_is_overdue_is_listed_with_how_far_it_was_collected(office):
    with on(office, DUE) as work:
        assert overdue_fees(work).overdue == []
    sweep_through(office, 2)
    admit(office, month(2))
    with on(office, month(3)) as work:
        claim, first, second = overdue_fees(work).overdue
        pages, after = [], (date.min, uuid.UUID(int=0))
        while after:
            page = overdue_fees(work, after=after, most=2)
            pages += page.overdue
            after = page.last
    assert (claim.notice.number, claim.months, claim.warned_on) == (fee(office).number, 3, WARNED)
    assert (claim.demanded, claim.admitted_on) == (TWO, month(2))
    assert claim.lapses_after == add_months(month(2), YEARS)
    assert [one.notice.kind.value for one in (first, second)] == ["demand", "demand"]
    assert [one.notice.number for one in pages] == [one.notice.number for one in (claim, first, second)]
    pay_on(office, month(3), FEE + TWO)
    with on(office, month(3)) as work:
        assert overdue_fees(work).overdue == []  # what was demanded for the third month is not due yet


# ---------------------------------------------------------------------------------- at once


def at_once(*acts: Callable[[], object]) -> list[object]:
    """What each gave, or what it raised."""
    ends: dict[int, object] = {}

    def run(at: int, act: Callable[[], object]) -> None:
        try:
            ends[at] = act()
        except Exception as error:
            ends[at] = error

    threads = [Thread(target=run, args=pair) for pair in enumerate(acts)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return [ends[at] for at in range(len(acts))]


def test_workers_that_look_at_once_warn_and_demand_once(office):
    for _ in range(2):
        lodge(office, HO)
    work_on(office, is_paying=False)
    make_due(office)

    def look(day):
        with on(office, day, "worker") as work:
            return collect_fees(work)

    for day in (WARNED, demand_day(1), month(2)):
        ends = at_once(*[partial(look, day)] * 4)
        assert not [end for end in ends if isinstance(end, Exception)], ends
    assert len(warnings(office)) == 3
    assert sorted(demanded(office)) == [(1, ONE, "valid")] * 3 + [(2, TWO - ONE, "valid")] * 3
    assert len(letters(office)) == 9
    assert sorted(number for number, *_ in warnings(office)) == [
        f"TEGURAN/{serial:05d}/{office.tenant.pack.prefix}/{DUE.year}" for serial in (1, 2, 3)
    ]
    check_books(office)


def test_a_payment_beside_a_look_is_charged_for_its_months_and_no_more(office):
    for _ in range(5):
        lodge(office, HO)
    work_on(office, is_paying=False)
    make_due(office)
    sweep(office, WARNED)
    customers = sorted(open_bills(office))
    assert len(customers) == 6
    day = demand_day(1)

    def look():
        with on(office, day, "worker") as work:
            return collect_fees(work, limit=2)

    def paying(customer_no):
        money = Money(customer_no, FEE, uuid.uuid4().hex, f"{day}T09:00:00+07:00", "va")
        with on(office, day, "bank") as work:
            return take_payment(work, "bank", money)

    ends = at_once(*(partial(paying, who) for who in customers), look, look, look)
    assert not [end for end in ends if isinstance(end, Exception)], ends
    assert set(ends[:6]) <= {Taking.BOOKED, Taking.WRONG_AMOUNT}
    sweep(office, day)
    assert demanded(office) == [(1, ONE, "valid")] * 6
    check_books(office)


# ---------------------------------------------------------------------------------- any order


# More of them: COLLECTION_WALKS=200 pytest tests/flows/test_debts_lapse.py
SEEDS = range(int(os.environ.get("COLLECTION_WALKS", "6")))


@pytest.mark.parametrize("seed", SEEDS)
def test_in_any_order_interest_is_what_the_months_until_payment_cost(offices, seed, tell):
    """Days pass, workers look or do not, officers waive, payers pay late, in time, and are told late."""
    chance = random.Random(seed)
    office = owing(offices("sidoarjo"))
    day, paid_on, waived, swept_on = DUE, None, 0, None
    for _ in range(chance.randint(4, 25)):
        day += timedelta(days=chance.choice((1, 5, 11, 31, 90)))
        act = chance.choice(("look", "look", "look", "look", "waive", "pay", "pay before"))
        if act == "look":
            sweep(office, day)
            swept_on = day
        elif act == "waive" and (number := unpaid_interest(office)):
            with on(office, day, "officer") as work:
                cancel_fee(work, number, "Keringanan.")
            waived += 1
        elif act.startswith("pay") and paid_on is None and chance.random() < 0.4:
            paid_on = paid(office, chance, day, is_told_late=act == "pay before")
    sweep(office, day + DAY)
    until = paid_on or day + DAY
    counted = sum(one.total for _, one in demands(office) if one.closed_for != "paid before it was demanded")
    if any(state == "lapsed" for _, state in standing(office)):
        assert paid_on is None
    elif paid_on or (warnings(office) and day + DAY > warnings(office)[0].pay_by):
        cost = (min(months_late(DUE, until), 24) * FEE * 2 + 50) // 100
        assert counted == cost or (waived and counted > cost)  # waived for months after the payment
    check_books(office)
    tell(f"seed {seed}: until {until}, {len(demands(office))} demands, {waived} waived, looked at {swept_on}")


def unpaid_interest(office):
    found = [
        one for one in notices(office) if one.kind == "demand" and one.stands == "valid" and not one.paid
    ]
    return found[0].number if found else ""


def paid(office, chance, day, *, is_told_late):
    """Everything that stood open on the day the money moved; that day."""
    moved_on = max(DUE, day - timedelta(days=chance.choice((2, 20, 45)))) if is_told_late else day
    stood = sum(
        row.total
        for row in office.rows("SELECT id, kind, total, issued_on FROM app.fee_notice WHERE state = 'valid'")
        if not (row.kind == "demand" and row.issued_on > moved_on)
    )
    taken = pay_on(office, moved_on, stood, told_on=day, moved=is_told_late)
    if taken is Taking.BOOKED:
        return moved_on
    assert taken in (Taking.CLOSED, Taking.KEPT)
    assert fee(office).stands == "lapsed"
    return None


def test_a_claim_of_before_there_was_any_collection_is_looked_at_by_the_first_round(office):
    as_admin(office, "UPDATE app.fee_notice SET collect_on = '-infinity'")
    today = datetime.now(UTC).date()
    assert sweep(office, today) == 1
    assert office.rows("SELECT collect_on FROM app.fee_notice") == [(WARNED,)]
