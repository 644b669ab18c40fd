"""Cash at the counter, and its way to the treasury's account."""

import uuid
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy.exc import IntegrityError

from ptsp.domain import treasury
from ptsp.flows.deposit_cash import cash_to_deposit, deposit_cash
from ptsp.flows.open_desk import Desk
from ptsp.flows.take_cash import CashTaken, find_bill, take_cash, treasurer_only
from ptsp.kernel.errors import Conflict, Invalid, NotFound
from ptsp.sdk.contract import Standing
from tests.flows.acts import open_bills, work_on
from tests.flows.treasurers import NOBODY, billed, cash_on, moved, today
from tests.offices import Office


def take(office: Office, customer_no: str, amount: int, key: str = "") -> CashTaken:
    with office.work("desk") as work:
        return take_cash(work, customer_no, amount, key=key or uuid.uuid4().hex, by="loket-kas")


def deposit(office: Office, day, reference: str):
    with office.work("desk") as work:
        return deposit_cash(work, day, reference, by="loket-kas")


def to_deposit(office: Office):
    with office.work() as work:
        return cash_to_deposit(work)


def test_a_bill_is_found_by_every_number_that_a_payer_may_bring(office: Office) -> None:
    customer_no, total = billed(office)
    ((notice, bill),) = office.rows("SELECT number, bill FROM app.fee_notice")
    spaced = f" {customer_no[:4]} {customer_no[4:]} "
    with office.work() as work:
        found = [find_bill(work, each) for each in (customer_no, spaced, f"77777{customer_no}", notice, bill)]
        for unknown in ("", "SKRD/1", NOBODY, "٣٣٣"):
            with pytest.raises(NotFound):
                find_bill(work, unknown)
    assert {(one.customer_no, one.total, one.standing) for one in found} == {
        (customer_no, total, Standing.OPEN)
    }
    assert found[0].payer == "P****** C*****"
    assert [one.number for one in found[0].notices] == [notice]


def test_cash_settles_the_bill_and_two_clicks_are_one_payment(office: Office) -> None:
    customer_no, total = billed(office)
    first = take(office, customer_no, total, "form-1")
    again = take(office, customer_no, total, "form-1")
    assert first == again
    assert first.receipt.startswith("SSRD/")
    rows = office.rows("SELECT amount, channel, provider, taken_by, receipt FROM app.payment")
    assert rows == [(total, "cash", "cash", "loket-kas", first.receipt)]
    assert open_bills(office) == {}
    work_on(office)
    assert office.rows("SELECT state FROM app.application") == [("approved",)]


def test_two_clicks_at_once_are_one_payment(office: Office) -> None:
    customer_no, total = billed(office)
    with ThreadPoolExecutor(4) as pool:
        taken = list(pool.map(lambda _: take(office, customer_no, total, "form-1"), range(8)))
    assert len(set(taken)) == 1
    assert office.rows("SELECT count(*) FROM app.payment") == [(1,)]


@pytest.mark.parametrize("off", [-1, 1])
def test_only_the_exact_amount_is_taken(office: Office, off: int) -> None:
    customer_no, total = billed(office)
    with pytest.raises(Invalid) as refused:
        take(office, customer_no, total + off)
    assert [(one.field, one.code, dict(one.values)) for one in refused.value.faults] == [
        ("amount", "cash_amount", {"total": str(total)})
    ]
    assert office.rows("SELECT count(*) FROM app.payment") == [(0,)]


def test_no_cash_is_taken_for_what_is_paid_or_unknown(office: Office) -> None:
    customer_no, total = billed(office)
    take(office, customer_no, total)
    for number in (customer_no, NOBODY):
        with pytest.raises(Conflict):
            take(office, number, total)


def test_only_the_treasurers_desk_takes_money() -> None:
    treasurer_only(Desk("treasurer", None))
    with pytest.raises(NotFound):
        treasurer_only(Desk("front_office", "loket-1"))


def test_a_days_cash_is_deposited_in_one_act_and_once(office: Office) -> None:
    customer_no, total = billed(office)
    take(office, customer_no, total)
    cash_on(
        office, 5_000, "2026-03-02T23:30:00+07:00"
    )  # the day before by UTC+9 would be the same; by UTC it is
    cash_on(office, 7_000, "2026-03-03T00:30:00+07:00")
    waits = to_deposit(office)
    now = today(office)
    assert [(str(one.day), one.amount, one.is_late) for one in waits[:2]] == [
        ("2026-03-02", 5_000, True),
        ("2026-03-03", 7_000, True),
    ]
    assert (waits[2].day, waits[2].amount, waits[2].is_late) == (now, total, False)
    assert waits[2].due_on == now + timedelta(days=1)
    done = deposit(office, waits[0].day, " BDG-1 ")
    assert (done.amount, done.reference) == (5_000, "BDG-1")
    assert [one.day for one in to_deposit(office)] == [waits[1].day, now]
    with pytest.raises(Conflict):
        deposit(office, waits[0].day, "BDG-2")
    with pytest.raises(Invalid) as used:
        deposit(office, now, "BDG-1")
    assert [one.code for one in used.value.faults] == ["deposit_reference_used"]
    deposit(office, now, "BDG-2")
    cash_on(office, 9_000, office.rows("SELECT now()")[0][0].isoformat())
    assert to_deposit(office)[-1].amount == 9_000  # what came later that day waits for the next deposit


@pytest.mark.parametrize(("days", "is_late"), [(1, False), (2, True)])
def test_cash_is_late_once_a_whole_day_has_passed(office: Office, days: int, *, is_late: bool) -> None:
    cash_on(office, 5_000, f"{today(office) - timedelta(days)}T10:00:00+07:00")
    assert [one.is_late for one in to_deposit(office)] == [is_late]


@pytest.mark.parametrize("reference", ["", "  ", "x" * 101])
def test_a_deposit_has_a_reference(office: Office, reference: str) -> None:
    cash_on(office, 5_000, "2026-03-02T10:00:00+07:00")
    with pytest.raises(Invalid):
        deposit(office, to_deposit(office)[0].day, reference)


def test_two_deposits_of_one_day_at_once_are_one(office: Office) -> None:
    cash_on(office, 5_000, "2026-03-02T10:00:00+07:00")
    day = to_deposit(office)[0].day

    def try_it(number: int) -> bool:
        try:
            deposit(office, day, f"BDG-{number}")
        except Conflict:
            return False
        return True

    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(try_it, range(6))) == 1
    assert office.rows("SELECT count(*), sum(amount)::int FROM app.deposit") == [(1, 5_000)]


@pytest.mark.parametrize("wrong", ["amount", "not_cash"])
def test_the_database_adds_a_deposit_up(office: Office, wrong: str) -> None:
    moved(office, 5_000, "R-1", "2026-03-02")
    cash_on(office, 5_000, "2026-03-02T10:00:00+07:00")
    channel = "cash" if wrong == "amount" else "va"
    ((payment,),) = office.rows("SELECT id FROM app.payment WHERE channel = :channel", channel=channel)
    said = treasury.Deposit(
        uuid.uuid4(), today(office), "BDG-9", 5_001 if wrong == "amount" else 5_000, now(office), "x"
    )
    with pytest.raises(IntegrityError, match="payments that were not cash"), office.work() as work:
        treasury.add_deposit(work.connection, office.tenant.id, said, [payment])
    right = replace(said, amount=5_000)
    if wrong == "amount":
        with office.work() as work:
            assert treasury.add_deposit(work.connection, office.tenant.id, right, [payment])


def now(office: Office):
    return office.rows("SELECT now()")[0][0]
