"""The officer's page: what the promised date hangs on, whose days were used, and what waits at a desk."""

import uuid

import pytest

from ptsp.domain.corrections import Ask
from ptsp.domain.deadlines import MarkKind
from ptsp.flows.ask_correction import ask_correction
from ptsp.flows.fetch_document import fetch_for_desk
from ptsp.flows.open_desk import Desk
from ptsp.flows.show_case import show_case
from ptsp.flows.show_queue import show_queue
from ptsp.flows.steer_clock import Steering, steer_clock
from ptsp.flows.take_task import take_task
from ptsp.kernel.errors import Conflict, Invalid, NotFound
from ptsp.kernel.specs import StopReason
from ptsp.main.demo.orders import FOUR_PERMITS
from tests.flows.acts import SIUP, as_admin
from tests.flows.officers import (
    BACK,
    BOTH,
    FRONT,
    MONDAY,
    PBG,
    at,
    check_ledger,
    finish,
    lodged,
    seen,
    shares,
    steer,
    task,
    working_day,
)


@pytest.fixture
def bontang(offices):
    return offices("bontang")


def test_only_a_desk_that_has_or_had_a_task_of_the_case_sees_it(bontang):
    lodged(bontang, SIUP)
    check = task(bontang, "file_check").id
    with bontang.work() as work:
        for agency, one in ((BACK, check), (FRONT, uuid.uuid4()), (BACK, task(bontang, "data_check").id)):
            with pytest.raises(NotFound):
                show_case(work, bontang.tools.book, agency, one)  # the last one has not come to its desk yet
    finish(bontang, "file_check", 1)
    assert seen(bontang, 2).task.state == "approved"
    assert not seen(bontang, 2).may.verdict


def test_a_case_shows_what_is_asked_with_the_number_masked(office):
    accepted = lodged(office, SIUP)
    case = seen(office, 0)
    assert (case.reference, case.task.code, case.task.agency) == (accepted.reference, "file_check", FRONT)
    assert "*" in case.applicant_nik
    (one,) = case.applications
    assert {answer.name: answer.value for answer in one.answers}["0.capital"].isdigit()
    assert {paper.label["en"] for paper in case.papers} == {
        "Applicant's identity card",
        "Proof of the right to use the place of business",
    }
    assert one.starts_after == case.task.name
    assert (one.legal.started_at, one.legal.due_at) == (None, None)


def test_a_task_sees_only_the_answers_of_its_own_applications(bontang):
    lodged(bontang, BOTH)
    case = seen(bontang, 0)
    assert all(one.is_mine and one.answers for one in case.applications)
    cards = [paper for paper in case.papers if paper.services == ("pbg", "siup")]
    assert len(cards) == 2  # each brought one, and it does for both
    assert cards[0].uploaded_at > cards[1].uploaded_at
    finish(bontang, "file_check", 1)
    case = seen(bontang, 1, code="data_check", agency=BACK)
    assert {paper.services for paper in case.papers} == {("siup",)}
    assert [(one.service, one.is_mine) for one in case.applications] == [("pbg", False), ("siup", True)]
    assert all(bool(one.answers) == one.is_mine for one in case.applications)


def test_the_table_names_who_is_critical_and_what_slack_the_others_have(office):
    """A step that ends later by all its slack moves nothing; one day more does."""
    lodged(office)
    for code in ("file_check", "identity"):
        finish(office, code, 1)
    case = seen(office, 1)
    steps = {one.seq: one for one in case.steps}
    assert any(one.is_critical for one in steps.values())
    assert {one.is_critical for one in steps.values() if one.slack == 0} == {True}
    begun = [one for one in steps.values() if one.due_at and not one.is_critical]
    assert begun
    slow = max(begun, key=lambda one: one.slack)
    calendar = office.tenant.calendar
    for more, moved in ((0, 0), (1, 1)):
        day = calendar.add_working_days(slow.expected_on, slow.slack + more)
        later = seen(office, (day - MONDAY.date()).days)
        step = next(one for one in later.steps if one.seq == slow.seq)
        assert (step.slack, step.over_days) == (-moved, slow.slack + more)
        assert step.is_critical
    finish(office, case_code(office, slow.seq), (day - MONDAY.date()).days)
    after = seen(office, (day - MONDAY.date()).days)
    assert calendar.working_days_between(case.promised_on, after.promised_on) == 1
    (*_, move) = after.moves
    assert (move.old, move.new) == (case.promised_on, after.promised_on)
    assert move.why["id"]
    check_ledger(office)


def case_code(office, seq):
    ((code,),) = office.rows("SELECT code FROM app.task WHERE seq = :seq", seq=seq)
    return code


def test_a_step_that_stands_loses_its_slack_day_by_day(bontang):
    lodged(bontang, BOTH)
    finish(bontang, "file_check", 1)

    def own(day):
        return next(one for one in seen(bontang, day).steps if one.agency == BACK)

    before = own(1)
    steer(bontang, 1, MarkKind.STOP, code="data_check", agency=BACK, reason=StopReason.FORCE_MAJEURE)
    now = own(working_day(bontang, 1, 3))
    assert now.held_by == (StopReason.FORCE_MAJEURE,)
    assert before.slack - now.slack == 3
    assert not now.is_critical


# ----------------------------------------------------------------------------------------- attribution


@pytest.mark.parametrize(
    ("late_step", "party"),
    [("technical_check", "public_works"), ("fee_setting", "public_works"), ("decision", "head")],
)
def test_a_late_day_of_the_building_approval_is_that_of_the_unit_that_took_it(bontang, late_step, party):
    """30 days: 28 of the public works agency and 2 of the office; whoever takes 4 more has 4 late days."""
    lodged(bontang, PBG)
    day = run_to_the_end(bontang, late_step)
    case = seen(bontang, day)
    found = shares(case)
    assert (found["public_works"][0], found["head"][0]) == (28, 2)
    assert case.applications[0].late_days == 4
    assert {name: late for name, (_, _, late) in found.items() if late} == {party: 4}
    assert found[party][1] == found[party][0] + 4
    assert sum(late for _, _, late in found.values()) == case.applications[0].late_days
    check_ledger(bontang)


def run_to_the_end(office, late_step, *, front=1):
    """Every step takes just its limit, the late one 4 days more; returns the day after lodging of the end."""
    day = working_day(office, 0, front)
    finish(office, "file_check", day)
    finish(office, "identity", day)
    for code, limit in (("technical_check", 8), ("expert_hearing", 18), ("fee_setting", 2)):
        day = working_day(office, day, limit + (4 if code == late_step else 0))
        finish(office, code, day)
    for code, limit in (("fee_notice", 0), ("payment", 0), ("decision", 2)):
        day = working_day(office, day, limit + (4 if code == late_step else 0))
        finish(office, code, day)
    return day


def test_days_before_the_file_was_complete_are_nobodys_late_days(bontang):
    """The legal clock starts with the complete file: a slow front desk is late by its own limit alone."""
    lodged(bontang, PBG)
    day = run_to_the_end(bontang, "technical_check", front=9)
    found = shares(seen(bontang, day))
    assert {name: late for name, (_, _, late) in found.items() if late} == {"public_works": 4}
    assert found[FRONT][:2] == (1, 9)


def test_days_for_which_the_applicant_was_awaited_are_the_applicants_and_late_by_nobody(office):
    lodged(office, SIUP)
    days = working_day(office, 0, 1)
    with at(office, days) as work:
        ask = Ask(("0.capital",), (), "Perbaiki modal.")
        ask_correction(work, office.tools.book, FRONT, task(office, "file_check").id, ask)
    later = working_day(office, days, 5)
    case = seen(office, later)
    assert shares(case)["applicant"] == (None, 5, 0)
    assert shares(case)[FRONT][:2] == (1, 1)
    assert case.applications[0].late_days == 0
    assert case.applications[0].elapsed_days == later
    (told,) = case.corrections
    assert told.state == "open"
    assert (case.may.verdict, case.may.take_back, case.may.returnable.why_not) == (False, True, "waiting")
    assert case.may.resumable == ()
    with pytest.raises(Conflict):
        steer(office, later, MarkKind.RESUME)


# ------------------------------------------------------------------------------- documents and queues


def test_a_document_is_handed_to_the_desk_whose_task_it_is_for(office):
    lodged(office, SIUP)
    check = task(office, "file_check").id
    (paper, *_) = seen(office, 0).papers
    loose = office.document("ktp")  # of no bundle
    files, content = office.tools.files, b"%PDF-1.7 ktp"
    sha = files.put(office.tenant.code, content)
    as_admin(office, f"UPDATE app.document SET sha256 = '{sha}' WHERE id = '{paper.id}'")
    with office.work() as work:
        data, row = fetch_for_desk(work, office.tools.book, files, FRONT, check, paper.id)
        assert (data, row.name) == (content, paper.name)
        for agency, document in ((BACK, paper.id), (FRONT, uuid.uuid4()), (FRONT, loose)):
            with pytest.raises(NotFound):
                fetch_for_desk(work, office.tools.book, files, agency, check, document)


def test_a_document_of_an_application_that_the_task_is_not_for_is_not_handed_out(bontang):
    lodged(bontang, BOTH)
    finish(bontang, "file_check", 1)
    ((drawings,),) = bontang.rows(
        "SELECT id FROM app.document WHERE requirement = 'drawings' AND bundle_id IS NOT NULL"
    )
    shown = {paper.id for paper in seen(bontang, 1).papers}
    assert drawings in shown
    files = bontang.tools.files
    as_admin(bontang, f"UPDATE app.document SET sha256 = '{files.put('bontang', b'%PDF')}'")
    front, back = (task(bontang, code).id for code in ("file_check", "data_check"))
    with bontang.work() as work:
        assert fetch_for_desk(work, bontang.tools.book, files, FRONT, front, drawings)[0] == b"%PDF"
        with pytest.raises(NotFound):
            fetch_for_desk(work, bontang.tools.book, files, BACK, back, drawings)


def test_a_queue_shows_what_is_due_first_and_what_is_on_hold_apart(office):
    first, second = lodged(office, SIUP), lodged(office, FOUR_PERMITS)
    ids = {
        row.reference: row.id
        for row in office.rows(
            """SELECT b.reference, t.id FROM app.task t JOIN app.bundle b ON b.id = t.bundle_id
            WHERE t.code = 'file_check'"""
        )
    }
    officer, nobody = Desk(FRONT, "loket-1"), Desk(FRONT, None)

    def queue(tab, desk=officer, days=3):
        with at(office, days) as work:
            return show_queue(work, desk, tab, None)

    tasks = queue("all").tasks
    assert {one.reference for one in tasks} == {first.reference, second.reference}
    assert [(one.is_over, one.left_days) for one in tasks] == [(True, -2), (True, -2)]
    assert len(max(tasks, key=lambda one: len(one.services)).services) == 4
    with at(office, 0) as work:
        take_task(work, officer, ids[first.reference])
        wanted = Steering(MarkKind.STOP, reason=StopReason.FORCE_MAJEURE)
        steer_clock(work, office.tools.book, FRONT, ids[second.reference], wanted)
    assert [one.reference for one in queue("mine").tasks] == [first.reference]
    assert [(one.reference, one.held_by) for one in queue("held").tasks] == [
        (second.reference, (StopReason.FORCE_MAJEURE,))
    ]
    assert [one.reference for one in queue("all").tasks] == [first.reference, second.reference]
    for desk, tab in ((nobody, "mine"), (officer, "none")):
        with pytest.raises(Invalid):
            queue(tab, desk)
