"""An agency is asked no more than its budget allows, and not at all what it has said already."""

import json
from dataclasses import replace

import pytest

from ptsp.domain import budgets
from ptsp.flows._budgets import spend_budgets
from ptsp.flows.claim_tasks import claim_tasks
from ptsp.flows.open_budget import open_budget
from ptsp.flows.submit_bundle import submit_bundle
from ptsp.jobs.drain import drain
from ptsp.kernel.errors import NotFound
from ptsp.kernel.specs import BudgetSpec
from ptsp.sdk.errors import TryLater, Why
from tests.flows.acts import SIUP, apply, approve_desks, as_admin, make_due, now_in_force

AGENCY = "population"
DUE_IN = "UPDATE app.task SET due_at = clock_timestamp() + interval '{}' WHERE code = 'identity' AND due_at IS NOT NULL"
EXPIRED = "UPDATE app.kept_verdict SET found_at = '2020-01-01', expires_at = '2020-01-31'"
YEAR = BudgetSpec(cache_days=30, purpose="licensing")


def budgeted(office, budget, *, manual=None, digest="budget", **options):
    """The office whose register has this budget."""
    pack = office.tenant.pack
    agency = replace(pack.agencies[AGENCY], budget=budget, manual=manual)
    agency = replace(agency, options={**agency.options, **options})
    apply(office, replace(pack, agencies={**pack.agencies, AGENCY: agency}, digest=digest))
    office.tools.book._known.clear()
    return now_in_force(office)


def waiting(office, number, **order):
    """So many bundles whose identity is about to be checked."""
    for _ in range(number):
        with office.work() as work:
            submit_bundle(work, office.order(SIUP, **order))


def hand_in(office, *, due=None):
    office.drain()
    approve_desks(office)
    if due:
        as_admin(office, DUE_IN.format(due))
    office.drain()


def checks(office):
    return office.rows(
        """SELECT id, state, attempts, cause, desk, extract(epoch FROM next_at - clock_timestamp())::float AS wait_s
             FROM app.task WHERE code = 'identity' ORDER BY state, id"""
    )


def asked(office):
    return [one for one in office.agencies.asked if one.step == "identity"]


def use(office):
    (row,) = office.rows("SELECT used, hits, in_second, closed_at FROM app.budget_use")
    return row


def notes(office, kind):
    bodies = [json.loads(row.body) for row in office.rows("SELECT body FROM app.event")]
    found = [
        body["data"] for body in bodies if body["type"] == kind and body["data"].get("task") == "identity"
    ]
    return [data.get("note") for data in found]


def test_a_day_is_spent_then_the_rest_waits_for_midnight_and_counts_as_no_try(office):
    office = budgeted(office, BudgetSpec(per_day=10, reserve_percent=25))
    waiting(office, 12)
    hand_in(office, due="9 days")
    rows = checks(office)
    done, put_off = [[row for row in rows if row.state == state] for state in ("approved", "ready")]
    assert (len(asked(office)), len(done), len(put_off), use(office).used) == (7, 7, 5, 7)
    assert {(row.cause, row.attempts) for row in put_off} == {("quota", 0)}
    with office.work() as work:
        midnight = budgets.next_day(work.today, office.tenant.calendar) - work.now
    assert all(abs(row.wait_s - midnight.total_seconds()) < 60 for row in put_off)

    one = put_off[0].id  # its limit ends today: it may use what is kept
    as_admin(office, DUE_IN.format("9 days"))
    as_admin(office, f"UPDATE app.task SET due_at = clock_timestamp() + interval '1 hour' WHERE id = '{one}'")
    make_due(office)
    office.drain()
    assert (len(asked(office)), use(office).used) == (8, 8)
    assert asked(office)[-1].key == str(one)


def test_no_second_sees_more_than_its_rate_whichever_worker_claims(office):
    office = budgeted(office, BudgetSpec(per_second=3))
    waiting(office, 12)
    office.drain()
    approve_desks(office)
    office.drain()
    (busiest,) = office.rows(
        """SELECT max(n) AS most FROM (
             SELECT count(*) AS n FROM app.task WHERE code = 'identity' AND tried_at IS NOT NULL
              GROUP BY date_trunc('second', tried_at)) s"""
    )
    assert busiest.most <= 3
    assert use(office).in_second <= 3
    while len(asked(office)) < 12:  # what is handed back comes due with the next second
        office.tools.asking.wait(0.1)
        drain(office.tools)
    assert use(office).used == 12
    assert {row.attempts for row in checks(office)} == {1}


def test_the_desk_answers_by_hand_once_the_budget_is_spent(office):
    desk = next(code for code, one in office.tenant.pack.agencies.items() if one.desk)
    office = budgeted(office, BudgetSpec(per_day=2), manual=desk)
    waiting(office, 3)
    hand_in(office)
    by_hand = [row for row in checks(office) if row.desk]
    assert [(row.state, row.desk, row.cause) for row in by_hand] == [("asked", desk, "quota")]
    assert notes(office, "task.asked") == [
        {"reason": "the agency's budget of the day is spent", "desk": desk}
    ]
    assert len(asked(office)) == 2


@pytest.mark.parametrize("has_desk", [False, True])
def test_an_agency_that_says_no_more_today_is_left_alone_until_its_day_is_opened(office, has_desk):
    desk = next(code for code, one in office.tenant.pack.agencies.items() if one.desk)
    office = budgeted(office, BudgetSpec(per_day=100), manual=desk if has_desk else None)
    office.agencies.answers["identity"] = TryLater("used up", after=3600, why=Why.QUOTA)
    waiting(office, 1)
    hand_in(office)
    assert use(office).closed_at is not None
    del office.agencies.answers["identity"]
    waiting(office, 3)
    hand_in(office)
    make_due(office)
    office.drain()
    assert len(asked(office)) == 1
    assert {row.desk for row in checks(office)} == ({desk} if has_desk else {None})
    with office.work("operator") as work:
        let_go = open_budget(work, AGENCY)
    assert let_go == (0 if has_desk else 4)
    office.drain()
    assert len(asked(office)) == (1 if has_desk else 5)
    with office.work("operator") as work, pytest.raises(NotFound):
        open_budget(work, "nobody")


def test_a_known_verdict_is_not_asked_for_again_until_it_expires(office):
    office = budgeted(office, YEAR)
    office.agencies.reject("identity", "Nama lengkap tidak sesuai.")
    waiting(office, 1)
    hand_in(office)
    office.agencies.answers.clear()
    waiting(office, 2)
    hand_in(office)
    assert len(asked(office)) == 1
    assert {row.state for row in checks(office)} == {"rejected"}
    assert (use(office).used, use(office).hits) == (1, 2)
    with office.work() as work:
        today = work.today
    assert notes(office, "task.rejected")[1:] == [{"reason": f"from a verdict of {today}"}] * 2

    as_admin(office, EXPIRED)
    waiting(office, 1)
    hand_in(office)
    assert len(asked(office)) == 2
    as_admin(office, EXPIRED)
    with office.work("worker") as work:
        assert budgets.sweep(work.connection, office.tenant.id, work.now) == 1
    assert office.rows("SELECT 1 FROM app.kept_verdict") == []


def test_what_is_kept_holds_no_data_and_is_of_one_person_purpose_and_office(offices):
    first, second = offices("sidoarjo"), offices("bontang")
    first, second = (budgeted(one, YEAR, digest=f"budget {one.tenant.code}") for one in (first, second))
    for office in (first, second):
        waiting(office, 1)
        hand_in(office)
    assert [one.tenant for one in asked(first)] == ["sidoarjo", "bontang"]  # the other office asks for itself
    ((ours,), (theirs,)) = (office.rows("SELECT * FROM app.kept_verdict") for office in (first, second))
    assert bytes(ours.key) != bytes(theirs.key)
    nik = first.order(SIUP).applicant.nik
    assert nik not in str(ours)

    waiting(first, 1, nik=nik[:-1] + ("1" if nik[-1] != "1" else "2"))
    hand_in(first)
    assert len(asked(first)) == 3  # another person
    first = budgeted(first, replace(YEAR, purpose="another purpose"), digest="budget 2")
    waiting(first, 1)
    hand_in(first)
    assert len(asked(first)) == 4
    first = budgeted(first, YEAR, digest="budget 3", threshold=95)
    waiting(first, 1)
    hand_in(first)
    assert len(asked(first)) == 5  # asked in another way


def test_a_question_that_was_not_put_in_the_end_is_not_counted(office):
    office = budgeted(office, BudgetSpec(per_day=100))
    office.agencies.answers["identity"] = TryLater("away")
    waiting(office, 8)
    hand_in(office)
    assert use(office).used == len(asked(office)) == 5  # then its circuit is open


def test_two_workers_that_claim_at_once_share_one_budget(office):
    """The second one's claim counts on from what the first one has written down, in the same second or day."""
    office = budgeted(office, BudgetSpec(per_day=5))
    waiting(office, 9)
    office.drain()
    approve_desks(office)
    got = []
    for _ in range(2):
        with office.work("worker") as work:
            claimed = claim_tasks(work, lease_s=60, limit=10)
            got.append(
                len(
                    [
                        one
                        for one in spend_budgets(work, office.tools.partners, claimed).tasks
                        if one.agency == AGENCY
                    ]
                )
            )
    assert got == [5, 0]
