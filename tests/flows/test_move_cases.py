"""Running cases go by another version of their standard; what cannot stays and says why."""

import json
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from ptsp.domain.corrections import Ask
from ptsp.domain.routes import TaskState
from ptsp.flows.ask_correction import ask_correction, take_back_correction
from ptsp.flows.declare_outage import declare_outage
from ptsp.flows.move_cases import begin_move, move_case, open_cases
from ptsp.flows.move_clock import move_clock, stop
from ptsp.flows.track_bundle import track_bundle
from ptsp.kernel.errors import Conflict, NotFound
from ptsp.kernel.limits import Limit
from ptsp.kernel.specs import FieldSpec, RequirementSpec, StopReason
from ptsp.main.demo.orders import FOUR_PERMITS
from tests.flows.acts import HO, SIUP, lodge, pay, view, work_on
from tests.flows.moving import (
    MONDAY,
    NOISE,
    TEXT,
    at,
    check,
    codes,
    finish,
    in_force,
    lodged,
    move,
    permit,
    plan,
    stored,
    tasks,
    with_noise,
    without,
)


@pytest.fixture
def pack(packs):
    return next(pack for pack in packs if pack.code == "sidoarjo")


def test_a_plan_says_what_the_move_then_does_and_changes_nothing(office, pack):
    first = lodged(office, HO)
    second = lodged(office, FOUR_PERMITS, days=1)
    finish(office, "file_check", 1, reference=first.reference)
    office = in_force(office, pack, route=with_noise(pack))
    before = stored(office)
    planned = plan(office)
    assert stored(office) == before
    assert [one.reference for one in planned] == [first.reference, second.reference]
    assert [one.added for one in planned] == [("noise at environment",)] * 2
    assert [one.dropped for one in planned] == [()] * 2
    _, done = move(office)
    assert done == planned
    rows = office.rows(
        """SELECT b.promised_on, a.promised_on AS own FROM app.bundle b JOIN app.application a ON a.bundle_id = b.id
            WHERE a.service = 'ho' ORDER BY b.lodged_at, b.id"""
    )
    assert [(one.bundle_promised[1], one.promised[1]) for one in done] == [tuple(row) for row in rows]
    assert plan(office) == []
    check(office)


def test_what_has_begun_stays_and_the_case_ends_by_the_new_version(office, pack):
    accepted = lodged(office, FOUR_PERMITS)
    finish(office, "file_check", 1)
    before = {row.seq: row.id for row in office.rows("SELECT seq, id FROM app.task WHERE state <> 'blocked'")}
    office = in_force(office, pack, route=with_noise(pack))
    ident, (done,) = move(office)
    assert done.can_move
    assert done.promised[1] > done.promised[0]
    after = {row.seq: row.id for row in office.rows("SELECT seq, id FROM app.task")}
    assert before.items() <= after.items()
    assert tasks(office)["noise"].state == "blocked"
    check(office)
    work_on(office)
    seen = view(office, accepted)
    assert seen.outcome == "approved"
    assert {"noise", "site_visit"} <= {task.code for task in seen.tasks if "ho" in task.services}
    assert all(task.services for task in seen.tasks)
    assert "noise" in [question.step for question in office.agencies.asked]
    (event,) = [event for event in seen.events if event.type == "bundle.replanned"]
    assert "versi 2" in event.text["id"]
    (moved,) = [
        event for event in seen.events if event.type == "promise.moved" and "alur" in event.text["id"]
    ]
    assert done.bundle_promised[0] < done.bundle_promised[1]
    assert moved.at == event.at
    check(office)
    assert ident


def test_the_legal_clock_keeps_its_start_and_takes_the_new_limit(office, pack):
    lodged(office, HO)
    finish(office, "file_check", 1)
    before = permit(office)
    standard = pack.services["ho"].standard
    longer = replace(standard.time_limit, limit=Limit(standard.time_limit.limit.amount + 10))
    service = replace(pack.services["ho"], standard=replace(standard, time_limit=longer))
    office = in_force(office, replace(pack, services={**pack.services, "ho": service}))
    _, (done,) = move(office, days=2)
    after = permit(office)
    assert after.clock_started_at == before.clock_started_at
    calendar = office.tenant.calendar
    assert calendar.working_days_between(before.due_at.date(), after.due_at.date()) == 10
    assert (done.added, done.dropped) == ((), ())
    check(office)


def test_a_task_under_way_gets_the_new_limit_from_its_own_beginning(office, pack):
    lodged(office, HO)
    before = tasks(office)["file_check"].due_at
    route = tuple(
        replace(one, limit=Limit(4)) if one.code == "file_check" else one for one in pack.services["ho"].route
    )
    office = in_force(office, pack, route=route)
    move(office)
    after = tasks(office)["file_check"].due_at
    assert office.tenant.calendar.working_days_between(before.date(), after.date()) == 3
    check(office)


def test_a_clock_that_stands_goes_on_standing(office, pack):
    lodged(office, HO)
    finish(office, "file_check", 1)
    (task,) = office.rows("SELECT id FROM app.task WHERE code = 'identity'")
    name = task.id
    with at(office, 2) as work:
        move_clock(work, office.tools.book, task.id, stop(work, StopReason.MISSED_VISIT, name))
    office = in_force(office, pack, route=with_noise(pack))
    _, (done,) = move(office, days=2)
    assert done.can_move
    assert permit(office).due_at is None
    assert office.rows("SELECT held_by FROM app.bundle")[0].held_by == ["missed_visit"]
    check(office)


def test_a_legal_clock_starts_with_the_move_if_the_new_version_waits_for_nothing(office, pack):
    lodged(office, HO)
    assert permit(office).clock_started_at is None
    standard = pack.services["ho"].standard
    at_once = replace(standard, clock=replace(standard.clock, starts_after=None))
    service = replace(pack.services["ho"], standard=at_once)
    office = in_force(office, replace(pack, services={**pack.services, "ho": service}))
    move(office, days=1)
    assert permit(office).clock_started_at == MONDAY + timedelta(days=1)
    assert permit(office).due_at is not None
    check(office)


def only_checked(office, days=1):
    finish(office, "file_check", days)


CANNOT = [
    pytest.param(
        "step_left_out", lambda pack: {"route": without(pack, "ho", "identity")}, id="begun and gone"
    ),
    pytest.param(
        "document_missing",
        lambda pack: {
            "requirements": (
                *pack.services["ho"].requirements,
                RequirementSpec("plan", TEXT, ("application/pdf",), 5),
            )
        },
        id="a document that was not asked for before",
    ),
    pytest.param(
        "missing",
        lambda pack: {"fields": (*pack.services["ho"].fields, FieldSpec("noise", TEXT, "text"))},
        id="an answer that was not asked for before",
    ),
    pytest.param(
        "at_most",
        lambda pack: {
            "fields": tuple(
                replace(one, maximum=Decimal(1)) if one.code == "area" else one
                for one in pack.services["ho"].fields
            )
        },
        id="an answer that will not do any more",
    ),
]


@pytest.mark.parametrize(("code", "changes"), CANNOT)
def test_a_case_that_cannot_move_says_why_and_stays(office, pack, code, changes):
    lodged(office, HO)
    only_checked(office)
    office = in_force(office, pack, **changes(pack))
    before = stored(office)[:4]
    (planned,) = plan(office)
    assert codes(planned) == [code]
    _, (done,) = move(office)
    assert done == planned
    assert stored(office)[:4] == before
    check(office)


def test_what_has_been_rejected_billed_or_stands_at_its_decision_stays(office, pack):
    rejected = lodged(office, HO)
    finish(office, "file_check", 1, state=TaskState.REJECTED)
    dear = replace(
        pack.services["ho"].fee,
        lines=tuple(replace(line, amount=f"({line.amount}) * 2") for line in pack.services["ho"].fee.lines),
    )
    assert rejected
    office.drain()  # the refusal
    billed = lodge(office, HO)
    work_on(office, is_paying=False)
    office = in_force(office, pack, fee=dear)
    planned = {one.reference: codes(one) for one in plan(office)}
    assert planned == {billed.reference: ["fee_differs"]}
    _, (done,) = move(office)
    assert "Rp" in str(done.reasons[0])
    check(office)
    pay(office)
    assert [codes(one) for one in plan(office)] == [["case_deciding"]]


def test_a_bill_that_stays_the_same_keeps_nobody(office, pack):
    accepted = lodge(office, HO)
    work_on(office, is_paying=False)
    office = in_force(office, pack, valid_months=7)
    with office.work() as work:
        ident = begin_move(work, office.tools.book, "ho", 2)
        assert move_case(work, office.tools.book, ident, accepted.reference).can_move
    work_on(office)
    assert view(office, accepted).outcome == "approved"
    check(office)


def test_a_rejected_step_keeps_the_case_where_it_is(office, pack):
    lodged(office, SIUP)
    finish(office, "file_check", 1)
    finish(office, "business_check", 2, state=TaskState.REJECTED)
    office = in_force(office, pack, "siup", valid_months=7)
    assert [codes(one) for one in plan(office, "siup", days=2)] == [["case_rejected"]]


def not_of(seen, service):
    return {(task.code, task.services) for task in seen.tasks if task.services != (service,)}


def test_other_permits_of_the_bundle_keep_their_way(office, pack):
    accepted = lodged(office, FOUR_PERMITS)
    before = view(office, accepted)
    office = in_force(office, pack, "siup", route=(*pack.services["siup"].route[:2],))
    (planned,) = plan(office, "siup")
    assert planned.dropped == ("business_check at trade",)
    move(office, "siup")
    after = view(office, accepted)
    assert after.tasks_before_merging == before.tasks_before_merging - 1
    assert not_of(after, "siup") == not_of(before, "siup")
    check(office)
    work_on(office)
    assert view(office, accepted).outcome == "approved"


def test_a_version_nobody_applied_and_one_of_a_later_day_are_refused(office, pack):
    lodged(office, SIUP)
    with at(office) as work, pytest.raises(NotFound):
        open_cases(work, office.tools.book, "siup", 7)
    standard = replace(pack.services["siup"].standard, valid_from=(MONDAY + timedelta(days=9)).date())
    service = replace(pack.services["siup"], standard=standard)
    office = in_force(office, replace(pack, services={**pack.services, "siup": service}), "siup")
    with at(office) as work, pytest.raises(Conflict):
        begin_move(work, office.tools.book, "siup", 2)


def test_the_ledger_says_what_was_moved(office, pack):
    lodged(office, HO)
    office = in_force(office, pack, route=with_noise(pack))
    ident, _ = move(office)
    (row,) = office.rows("SELECT body FROM app.event WHERE type = 'bundle.replanned'")
    data = json.loads(row.body)["data"]
    assert (data["from"], data["to"], data["move"], data["service"]) == (1, 2, str(ident), "ho")
    assert "noise" in data["tasks"]


def test_a_tracking_page_shows_no_task_of_nobody(office, pack):
    accepted = lodged(office, FOUR_PERMITS)
    office = in_force(office, pack, "imb", route=without(pack, "imb", "technical"))
    move(office, "imb")
    with office.work() as work:
        seen = track_bundle(work, office.tools.book, accepted.reference, accepted.key)
    known = {task.seq for task in seen.tasks}
    assert all(known.issuperset(task.after) for task in seen.tasks)
    assert office.rows("SELECT count(*) AS n FROM app.task")[0].n > len(known)


def test_a_case_with_a_correction_open_waits_for_it(office, pack):
    lodged(office, HO)
    office.drain()
    (task,) = office.rows("SELECT id, agency FROM app.task WHERE code = 'file_check'")
    with office.work("desk") as work:
        ask_correction(work, office.tools.book, task.agency, task.id, Ask((), ("0.ktp",), "Buram."))
    office = in_force(office, pack, route=with_noise(pack))
    assert [codes(one) for one in plan(office)] == [["case_in_correction"]]
    with office.work("desk") as work:
        take_back_correction(work, task.agency, task.id)
    _, (done,) = move(office)
    assert done.can_move
    check(office)


def test_what_begins_with_the_move_at_an_agency_that_is_down_is_stopped(office, pack):
    lodged(office, HO)
    finish(office, "file_check", 1)
    with office.work() as work:
        declare_outage(work, "environment", "Uji.")
    beside = replace(NOISE, after=())
    office = in_force(office, pack, route=(*pack.services["ho"].route, beside))
    move(office)
    assert tasks(office)["noise"].state == "ready"
    assert tasks(office)["noise"].due_at is None
    assert office.rows("SELECT held_by FROM app.bundle")[0].held_by == ["outage"]
    check(office)


def test_warnings_follow_the_new_version_where_no_date_does(office, pack):
    lodged(office, HO)
    finish(office, "file_check", 1)
    standard = pack.services["ho"].standard
    service = replace(pack.services["ho"], standard=replace(standard, warnings=()))
    before = office.rows("SELECT warn_at FROM app.task WHERE warn_at IS NOT NULL")
    assert before
    office = in_force(office, replace(pack, services={**pack.services, "ho": service}))
    move(office)
    assert office.rows("SELECT warn_at FROM app.task WHERE warn_at IS NOT NULL") == []
    assert office.rows("SELECT warn_at FROM app.application WHERE warn_at IS NOT NULL") == []
    check(office)
