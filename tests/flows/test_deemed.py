"""Silence is approval where the standard says so: with its evidence, through the gates, and never past a person."""

import uuid
from datetime import datetime

import pytest

from ptsp.domain import applications, deadlines
from ptsp.domain.routes import TaskState
from ptsp.flows.deemed_radar import deemed_radar
from ptsp.flows.move_clock import move_clock, resume, stop
from ptsp.flows.papers import permit_sheet
from ptsp.flows.take_reply import take_reply
from ptsp.flows.verify_decision import find_decision
from ptsp.kernel.limits import limit_from_list
from ptsp.kernel.specs import StopReason
from ptsp.main.demo.orders import FOUR_PERMITS
from ptsp.sdk.contract import Receipt, Reply, Verdict
from tests.flows.acts import SIUP, as_admin, lodge, pay, view, work_on
from tests.flows.silence import (
    LAW,
    application,
    at,
    differences,
    finish,
    lodged,
    silent,
    sweep,
    task,
    told,
)

DUE = 4.59  # Friday 2026-03-06 at midnight in Sidoarjo, in days after the first Monday 10.00: SIUP, complete on Tuesday


@pytest.fixture
def waiting(office):
    """SIUP, complete on Tuesday; two agencies are silent. The law approves it after Friday."""
    office = silent(office, "siup")
    accepted = lodged(office, SIUP)
    finish(office, "file_check", 1)
    return office, accepted


def states(office):
    return {row.code: row.state for row in office.rows("SELECT code, state FROM app.task")}


def test_silence_approves_after_the_last_day_and_not_on_it(waiting):
    office, _ = waiting
    assert sweep(office, DUE - 0.01) == (0, 0)
    assert application(office, "siup").deemed_on is None
    assert sweep(office, DUE + 0.01) == (1, 0)
    assert application(office, "siup").deemed_on is not None
    assert states(office) == {
        "file_check": "approved",
        "identity": "deemed",
        "business_check": "deemed",
        "decision": "ready",
    }
    assert differences(office) == ()


def test_a_second_sweep_finds_nothing(waiting):
    office, _ = waiting
    assert sweep(office, 7) == (1, 0)
    before = office.rows("SELECT last_event, head FROM app.bundle")
    assert sweep(office, 7) == (0, 0)
    assert office.rows("SELECT last_event, head FROM app.bundle") == before
    assert len(told(office, "application.deemed")) == 1


def test_a_limit_that_moved_since_the_look_is_looked_at_again(waiting, monkeypatch):
    """An agency's clock was extended, or a decree came, between the look and the lock."""
    office, _ = waiting
    (row,) = office.rows("SELECT due_at, bundle_id, position FROM app.application")
    monkeypatch.setattr(applications, "overdue", lambda *_, **__: [applications.Expiring(*row)])
    assert sweep(office, DUE - 0.01) == (0, 0)
    assert sweep(office, DUE + 0.01) == (1, 0)


def test_nothing_is_approved_where_the_standard_does_not_say_so(office):
    lodged(office, SIUP)
    finish(office, "file_check", 1)
    assert sweep(office, 30) == (0, 0)


def test_the_evidence_alone_gives_the_deadline_again(waiting):
    office, _ = waiting
    name = uuid.uuid4()
    check = task(office, "business_check")
    with at(office, 2) as work:
        move_clock(work, office.tools.book, check.id, stop(work, StopReason.CLARIFICATION, name))
    with at(office, 8) as work:
        move_clock(work, office.tools.book, check.id, resume(work, name))
    assert sweep(office, 7) == (0, 0)
    assert sweep(office, 14) == (1, 0)
    (event,) = told(office, "application.deemed")
    (evidence,) = event["applications"]
    assert event["oss"] == "57"
    assert (evidence["legal_basis"], evidence["position"]) == (LAW, 0)
    assert [stop["reason"] for stop in evidence["stops"]] == ["clarification"]
    marks = [deadlines.mark_from_facts(datetime.fromisoformat(one["at"]), one) for one in evidence["marks"]]
    with office.work() as work:
        calendar = office.tenant.calendars_at(work.connection, event["calendar"]).office
    started = datetime.fromisoformat(evidence["started"])
    clock = deadlines.fold(
        limit_from_list(evidence["limit"]), calendar, deadlines.Running(started, None, tuple(marks))
    )
    assert clock.due_at == datetime.fromisoformat(evidence["due"])
    assert [(stop.at, stop.to) for stop in clock.stops] == [
        tuple(datetime.fromisoformat(stop[end]) for end in ("from", "to")) for stop in evidence["stops"]
    ]
    assert set(map(tuple, evidence["responsible"])) <= set(map(tuple, evidence["open"]))
    assert {agency for _, agency in evidence["open"]} == {"population", "trade"}
    assert differences(office) == ()


def test_a_late_verdict_is_filed_and_changes_nothing(waiting):
    office, _ = waiting
    office.agencies.answers |= {code: Receipt(agency_ref="K-1") for code in ("identity", "business_check")}
    office.drain()
    check = task(office, "business_check")
    assert check.state == "asked"
    assert sweep(office, 7) == (1, 0)
    before = office.rows("SELECT last_event, head FROM app.bundle")
    reply = Reply("m-1", str(check.id), Receipt("K-1", Verdict.REJECTED, ("Terlambat.",)))
    with at(office, 8, "agency") as work:
        assert take_reply(work, "trade", reply, b"late") == "late"
    assert office.rows("SELECT last_event, head FROM app.bundle") == before
    assert states(office)["business_check"] == "deemed"


def test_a_task_that_a_worker_has_in_hand_is_taken_from_it(waiting):
    office, _ = waiting
    as_admin(
        office,
        "UPDATE app.task SET state = 'running', lease_token = gen_random_uuid() WHERE code = 'business_check'",
    )
    assert sweep(office, 7) == (1, 0)
    assert task(office, "business_check").lease_token is None
    assert differences(office) == ()


def test_what_was_rejected_is_not_approved_by_silence(waiting):
    office, _ = waiting
    finish(office, "business_check", 3, state=TaskState.REJECTED)
    assert sweep(office, 30) == (0, 0)


def test_a_clock_that_stands_is_not_over(waiting):
    office, _ = waiting
    check = task(office, "business_check")
    with at(office, 2) as work:
        move_clock(work, office.tools.book, check.id, stop(work, StopReason.FORCE_MAJEURE, uuid.uuid4()))
    assert sweep(office, 60) == (0, 0)


def test_a_decision_that_is_being_signed_is_the_offices_own(waiting):
    office, _ = waiting
    finish(office, "business_check", 3)
    finish(office, "identity", 3)
    as_admin(
        office, "UPDATE app.task SET state = 'running', lease_token = gen_random_uuid() WHERE kind = 'decide'"
    )
    assert sweep(office, 7) == (0, 0)
    as_admin(office, "UPDATE app.task SET state = 'ready', lease_token = NULL WHERE kind = 'decide'")
    assert sweep(office, 7) == (1, 0)


def test_the_permit_says_so_and_so_does_whoever_verifies_it(waiting, monkeypatch):
    office, accepted = waiting
    sheets = []
    monkeypatch.setattr(
        "ptsp.jobs.write_decisions.permit_sheet",
        lambda paper: sheets.append(permit_sheet(paper)) or sheets[-1],
    )
    assert sweep(office, 7) == (1, 0)
    office.drain()
    (sheet,) = sheets
    facts = {fact.label: fact.value for fact in sheet.deemed}
    assert facts["Dasar hukum"] == LAW
    assert facts["Dihitung sejak"] == "3 Maret 2026"
    assert facts["Batas waktu"] == "6 Maret 2026"
    seen = view(office, accepted)
    assert seen.outcome == "approved"
    (permit,) = seen.applications
    assert permit.deemed_on is not None
    assert permit.document.kind == "permit"
    with office.work() as work:
        found = find_decision(work, office.tools.book, permit.document.code)
    assert found.deemed.legal_basis == LAW
    assert (found.deemed.started_on.isoformat(), found.deemed.due_on.isoformat()) == (
        "2026-03-03",
        "2026-03-06",
    )
    texts = [event.text for event in seen.events if event.type == "application.deemed"]
    assert "fiktif positif" in texts[0]["id"]
    assert "approved by law" in texts[0]["en"]
    assert differences(office) == ()


def test_a_permit_that_was_decided_in_time_does_not_say_so(office):
    office = silent(office, "siup")
    accepted = lodge(office, SIUP)
    work_on(office)
    (permit,) = view(office, accepted).applications
    with office.work() as work:
        assert find_decision(work, office.tools.book, permit.document.code).deemed is None


def open_tasks(office, position):
    rows = office.rows("SELECT seq, code, state, kind FROM app.task ORDER BY seq")
    (graph,) = office.rows("SELECT shape FROM app.bundle")
    members = [step.members for step in deadlines.shape_from_text(graph.shape).steps]
    return {row.code: row for row in rows if position in members[row.seq]}


def test_in_a_bundle_only_what_is_its_own_ends_and_the_others_lose_nothing(office):
    office = silent(office, "imb")
    accepted = lodged(office, FOUR_PERMITS)
    finish(office, "file_check", 1)
    finish(office, "identity", 1)
    before = {row.seq: row.state for row in office.rows("SELECT seq, state FROM app.task")}
    position = application(office, "imb").position
    assert sweep(office, 60) == (1, 0)
    (event,) = told(office, "application.deemed")
    (row,) = office.rows("SELECT shape FROM app.bundle")
    steps = deadlines.shape_from_text(row.shape).steps
    after = {row.seq: row.state for row in office.rows("SELECT seq, state FROM app.task")}
    shared = [seq for seq, step in enumerate(steps) if position in step.members and len(step.members) > 1]
    assert [seq for seq in shared if before[seq] in ("ready", "blocked")]
    for seq, step in enumerate(steps):
        is_own = step.members == (position,)
        if is_own and step.kind in ("ask", "desk"):
            assert after[seq] in ("approved", "deemed")
        elif not is_own:
            assert after[seq] == before[seq]
    charge = next(seq for seq, step in enumerate(steps) if step.kind == "charge" and position in step.members)
    decide = next(seq for seq, step in enumerate(steps) if step.kind == "decide" and position in step.members)
    assert after[charge] == "ready"
    assert after[decide] == "blocked"  # it waits to be paid
    assert event["seqs"] == sorted(seq for seq, state in after.items() if state == "deemed")
    assert differences(office) == ()
    office.agencies.reject(
        "site_visit", "Lokasi tidak sesuai."
    )  # shared: the others are refused, this one not
    work_on(office)
    ended = {one.service: one.state for one in view(office, accepted).applications}
    assert ended["imb"] == "approved"
    assert "rejected" in ended.values()
    assert differences(office) == ()


def test_payment_gates_as_before(office):
    office = silent(office, "imb")
    accepted = lodged(office, {code: FOUR_PERMITS[code] for code in ("rekomendasi_lokasi", "imb")})
    finish(office, "file_check", 1)
    assert sweep(office, 60) == (1, 0)
    work_on(office, is_paying=False)
    imb = {one.service: one for one in view(office, accepted).applications}["imb"]
    assert (imb.state, imb.document) == ("open", None)
    assert sweep(office, 90) == (0, 0)
    assert pay(office) == 1
    work_on(office)
    imb = {one.service: one for one in view(office, accepted).applications}["imb"]
    assert imb.state == "approved"
    assert differences(office) == ()


def test_waiting_to_be_paid_is_no_silence(office):
    office = silent(office, "imb", stops=frozenset({StopReason.OUTAGE}))
    lodged(office, {"rekomendasi_lokasi": FOUR_PERMITS["rekomendasi_lokasi"], "imb": FOUR_PERMITS["imb"]})
    work_on(office, is_paying=False)
    assert application(office, "imb").due_at is not None
    assert sweep(office, 600) == (0, 0)


def test_the_radar_names_what_is_near_and_with_whom_it_lies(waiting):
    office, accepted = waiting
    with at(office, 1) as work:
        assert deemed_radar(work, office.tools.book, days=2) == ()
        (row,) = deemed_radar(work, office.tools.book, days=3)
    assert (row.reference, row.service, row.days_left) == (accepted.reference, "siup", 3)
    assert row.due_on.isoformat() == "2026-03-06"
    assert [(one.code, one.agency) for one in row.responsible] == [("identity", "population")]
    assert (row.held_by, row.outages, row.waits_for_person, row.legal_basis) == ((), (), False, LAW)
    sweep(office, 7)
    with at(office, 7) as work:
        assert deemed_radar(work, office.tools.book, days=3) == ()
