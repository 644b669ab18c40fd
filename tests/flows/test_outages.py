"""Clocks stand while something is down, each touched once, whoever begins, ends or crashes meanwhile."""

import json
import threading
import uuid
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import text

from ptsp.domain import outages
from ptsp.domain.routes import Result, TaskState
from ptsp.flows.declare_outage import declare_outage
from ptsp.flows.end_outage import end_outage
from ptsp.flows.follow_outages import follow_outages
from ptsp.flows.record_results import record_results
from ptsp.flows.show_outages import show_outages
from ptsp.infra.work import begin
from ptsp.jobs.sweep_limits import sweep_outages
from ptsp.kernel.errors import Conflict, Invalid
from ptsp.kernel.specs import StopReason
from ptsp.main.demo.orders import FOUR_PERMITS
from tests.flows.acts import SIUP, as_admin, view
from tests.flows.silence import (
    MONDAY,
    application,
    at,
    differences,
    finish,
    follow,
    lodged,
    silent,
    task,
    told,
)

NOTE = "Jaringan putus."


def down(office, days, agency):
    with at(office, days, "operator") as work:
        ident = declare_outage(work, agency, NOTE)
    follow(office, days)
    return ident


def up(office, days, ident):
    with at(office, days, "operator") as work:
        end_outage(work, ident)
    follow(office, days)


def settled(office):
    return [
        row.settled_at is not None
        for row in office.rows("SELECT settled_at FROM app.outage ORDER BY began_at")
    ]


def bears(office, code, ident):
    return str(ident) in task(office, code).marks


def test_the_clocks_at_an_agency_stand_and_go_on_with_what_was_left(office):
    lodged(office, SIUP)
    finish(office, "file_check", 1)
    due, legal = task(office, "business_check").due_at, application(office, "siup").due_at
    ident = down(office, 2, "trade")
    assert task(office, "business_check").due_at is None
    assert application(office, "siup").due_at is None
    assert task(office, "identity").due_at is not None
    (stopped,) = told(office, "clock.stopped")
    assert (stopped["stop"], stopped["reason"], stopped["oss"]) == (str(ident), "outage", "41")
    assert differences(office) == ()
    up(office, 7, ident)
    calendar = office.tenant.calendar
    for before, after in (
        (due, task(office, "business_check").due_at),
        (legal, application(office, "siup").due_at),
    ):
        assert calendar.working_days_between(before.date(), after.date()) == 3
    assert len(told(office, "clock.resumed")) == 1
    assert settled(office) == [True]
    assert follow(office, 8) == 0
    assert differences(office) == ()


def test_the_legal_clock_runs_on_where_the_standard_does_not_know_outages(office):
    office = silent(office, "siup", stops=frozenset({StopReason.CLARIFICATION}))
    lodged(office, SIUP)
    finish(office, "file_check", 1)
    legal = application(office, "siup").due_at
    ident = down(office, 2, "trade")
    assert task(office, "business_check").due_at is None
    assert application(office, "siup").due_at == legal
    up(office, 7, ident)
    assert application(office, "siup").due_at == legal
    assert differences(office) == ()


def test_a_central_outage_holds_every_agency_and_desk_but_not_the_office(office):
    lodged(office, FOUR_PERMITS)
    down(office, 0, outages.CENTRAL)
    assert task(office, "file_check").due_at is None
    finish(office, "file_check", 1)
    rows = office.rows("SELECT kind, due_at FROM app.task WHERE started_at IS NOT NULL AND ended_at IS NULL")
    assert rows
    assert {row.due_at for row in rows} == {None}
    assert {row.kind for row in rows} <= {"ask", "desk"}
    assert office.rows("SELECT 1 FROM app.application WHERE due_at IS NOT NULL") == []
    assert differences(office) == ()


def test_what_begins_at_an_agency_that_is_down_is_stopped_as_it_begins(office):
    lodged(office, SIUP)
    ident = down(office, 0.5, "trade")
    assert told(office, "clock.stopped") == []
    finish(office, "file_check", 1)
    assert bears(office, "business_check", ident)
    assert task(office, "business_check").due_at is None
    (mark,) = json.loads(task(office, "business_check").marks)
    assert (mark["kind"], mark["at"]) == ("stop", (MONDAY + timedelta(days=1)).isoformat())
    assert application(office, "siup").due_at is None
    assert differences(office) == ()


def test_a_legal_clock_goes_on_as_soon_as_nothing_of_it_is_held_up(office):
    lodged(office, SIUP)
    finish(office, "file_check", 1)
    ident = down(office, 2, "trade")
    finish(office, "business_check", 3)  # answered on paper
    assert application(office, "siup").due_at is not None
    assert [one["positions"] for one in told(office, "clock.resumed")] == [[0]]
    assert differences(office) == ()
    up(office, 4, ident)
    assert len(told(office, "clock.resumed")) == 1
    assert settled(office) == [True]
    assert differences(office) == ()


def test_two_outages_hold_a_clock_until_the_last_has_ended(office):
    lodged(office, SIUP)
    finish(office, "file_check", 1)
    one = down(office, 2, "trade")
    other = down(office, 3, outages.CENTRAL)
    up(office, 4, one)
    assert application(office, "siup").due_at is None
    up(office, 8, other)
    assert application(office, "siup").due_at is not None
    assert differences(office) == ()


def test_a_crash_in_the_middle_leaves_the_rest_to_the_sweep_and_touches_no_bundle_twice(office):
    for _ in range(5):
        lodged(office, SIUP)
    with at(office, 0.1) as work:
        ident = declare_outage(work, "front_office", NOTE)
    with at(office, 0.1) as work:
        assert follow_outages(work, limit=2) == 2  # and then the command dies
    with at(office, 0.1) as work:
        follow_outages(work, limit=2)
        work.connection.rollback()  # as if it died in its transaction
    assert len(told(office, "clock.stopped")) == 2
    assert sweep_outages(office.tools, office.tenant) == 3
    assert sweep_outages(office.tools, office.tenant) == 0
    stopped = office.rows(
        "SELECT bundle_id, count(*) FROM app.event WHERE type = 'clock.stopped' GROUP BY bundle_id"
    )
    assert [row.count for row in stopped] == [1] * 5
    with office.work() as work:
        end_outage(work, ident)
    with office.work() as work:
        assert follow_outages(work, limit=2) == 2
    assert settled(office) == [False]
    assert sweep_outages(office.tools, office.tenant) == 3
    assert settled(office) == [True]
    assert office.rows("SELECT 1 FROM app.task WHERE due_at IS NULL AND state = 'ready'") == []
    assert differences(office) == ()


def test_two_who_follow_at_once_put_one_stop_on_a_clock(office, monkeypatch):
    """The second one looked before the first had committed, and finds the clock stopped under the lock."""
    lodged(office, SIUP)
    before = [row.id for row in office.rows("SELECT id FROM app.bundle")]
    ident = down(office, 0, "front_office")
    monkeypatch.setattr(outages, "bundles_to_stop", lambda *_, **__: before)
    with at(office, 0) as work:
        assert follow_outages(work) == 1
    monkeypatch.undo()
    up(office, 1, ident)
    monkeypatch.setattr(outages, "bundles_to_resume", lambda *_, **__: before)
    as_admin(office, "UPDATE app.outage SET settled_at = NULL")
    with at(office, 1) as work:
        assert follow_outages(work) == 1
    assert (len(told(office, "clock.stopped")), len(told(office, "clock.resumed"))) == (1, 1)
    assert differences(office) == ()


def test_a_legal_clock_goes_on_with_the_end_though_no_task_of_it_stands_any_more(office):
    lodged(office, SIUP)
    finish(office, "file_check", 1)
    ident = down(office, 2, "trade")
    as_admin(office, "UPDATE app.task SET state = 'cut', ended_at = now() WHERE code = 'business_check'")
    assert application(office, "siup").due_at is None
    up(office, 3, ident)
    assert application(office, "siup").due_at is not None


def test_a_task_that_begins_between_the_look_and_the_declarations_end_is_found(office):
    lodged(office, SIUP)
    desk = task(office, "file_check")
    with office.work() as beginning:
        record_results(beginning, [desk.bundle_id], [Result(desk.id, TaskState.APPROVED)])  # saw no outage
        with office.work("operator") as work:
            ident = declare_outage(work, "trade", NOTE)
        with office.work() as work:
            assert follow_outages(work) == 0  # and the declaration sees no such task
    assert not bears(office, "business_check", ident)
    assert sweep_outages(office.tools, office.tenant) == 1
    assert bears(office, "business_check", ident)
    assert application(office, "siup").due_at is None
    assert differences(office) == ()


def test_no_stop_comes_after_the_end_of_its_outage(office):
    """The end waits for whoever puts the stop on a clock, and then finds that clock."""
    lodged(office, SIUP)
    ident = down(office, 0, "trade")
    desk = task(office, "file_check")
    ended = threading.Event()

    def ending():
        with office.work("operator") as work:
            end_outage(work, ident)
        ended.set()

    with office.work() as beginning:
        record_results(beginning, [desk.bundle_id], [Result(desk.id, TaskState.APPROVED)])
        other = threading.Thread(target=ending)
        other.start()
        assert not ended.wait(0.5)
    other.join(10)
    assert ended.is_set()
    assert sweep_outages(office.tools, office.tenant) == 1
    assert task(office, "business_check").due_at is not None
    assert settled(office) == [True]
    assert differences(office) == ()


def answering(office):
    for row in office.rows("SELECT id, bundle_id FROM app.task WHERE code = 'file_check' ORDER BY bundle_id"):
        with office.work() as work:
            record_results(work, [row.bundle_id], [Result(row.id, TaskState.APPROVED)])


def failing(office):
    for agency in ("trade", "population", outages.CENTRAL):
        with office.work("operator") as work:
            ident = declare_outage(work, agency, NOTE)
        sweep_outages(office.tools, office.tenant)
        with office.work("operator") as work:
            end_outage(work, ident)
        sweep_outages(office.tools, office.tenant)


def test_many_declare_end_and_answer_at_once(office):
    """Bundles move on while outages come and go; in the end nothing stands, and all folds."""
    for _ in range(6):
        lodged(office, SIUP)
    with ThreadPoolExecutor() as pool:
        for done in [pool.submit(answering, office), pool.submit(failing, office)]:
            done.result(60)
    sweep_outages(office.tools, office.tenant)
    assert settled(office) == [True] * 3
    standing = office.rows(
        "SELECT code FROM app.task WHERE started_at IS NOT NULL AND ended_at IS NULL AND due_at IS NULL"
    )
    assert standing == []
    assert differences(office) == ()


def test_what_cannot_be_declared_or_ended(office):
    with at(office, 0) as work, pytest.raises(Invalid) as refused:
        declare_outage(work, "nobody", " ")
    assert [one.field for one in refused.value.faults] == ["agency", "note"]
    ident = down(office, 0, "trade")
    with at(office, 1) as work, pytest.raises(Conflict):
        declare_outage(work, "trade", NOTE)
    with at(office, 1) as work, pytest.raises(Conflict):
        end_outage(work, uuid.uuid4())
    up(office, 1, ident)
    with at(office, 2) as work, pytest.raises(Conflict):
        end_outage(work, ident)
    down(office, 3, "trade")


def test_another_office_neither_sees_it_nor_stands(offices):
    here, there = offices("sidoarjo"), offices("bontang")
    down(here, 0, outages.CENTRAL)
    with begin(there.tools.engine, there.tenant, actor="test") as work:
        assert show_outages(work).outages == ()
        assert work.connection.execute(text("SELECT count(*) FROM app.outage")).scalar() == 0


def test_everybody_can_see_what_is_down(office, client):
    accepted = lodged(office, SIUP)
    assert client.get("/api/v1/offices/sidoarjo/outages").get_json() == {"outages": []}
    down(office, 0, outages.CENTRAL)
    down(office, 0, "trade")
    seen = client.get("/api/v1/offices/sidoarjo/outages").get_json()["outages"]
    assert [one["agency"] for one in seen] == ["", "trade"] or [one["agency"] for one in seen] == [
        "trade",
        "",
    ]
    page = client.get("/sidoarjo/").get_data(as_text=True)
    assert NOTE in page
    assert "Sistem pusat" in page
    page = client.get(f"/sidoarjo/bundles/{accepted.reference}?key={accepted.key}").get_data(as_text=True)
    assert NOTE in page
    assert "sistem instansi terkait sedang terganggu" in page
    assert {event.type for event in view(office, accepted).events} >= {"clock.stopped"}
