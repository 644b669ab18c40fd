"""The promised date moves with what happens, each time with its cause, and follows from the ledger alone."""

import json
import uuid
from datetime import UTC, datetime, timedelta

import pytest

from ptsp.domain import deadlines
from ptsp.domain.routes import Result, TaskState
from ptsp.flows.explain_promise import explain_promise
from ptsp.flows.follow_calendar import follow_calendar
from ptsp.flows.move_clock import extension, move_clock, resume, stop
from ptsp.flows.record_results import record_results
from ptsp.flows.refold import recompute
from ptsp.flows.submit_bundle import submit_bundle
from ptsp.infra.work import begin
from ptsp.kernel.errors import Conflict, Invalid
from ptsp.kernel.limits import Limit
from ptsp.kernel.specs import StopReason
from ptsp.main.demo.orders import FOUR_PERMITS
from tests.flows.acts import as_admin, lodge, now_in_force, view, work_on

MONDAY = datetime(2026, 3, 2, 3, tzinfo=UTC)  # 10.00 WIB


def at(office, days, hour=3):
    """The office on another day."""
    return begin(
        office.tools.engine, office.tenant, actor="test", now=MONDAY + timedelta(days=days, hours=hour - 3)
    )


def lodged(office, wanted=FOUR_PERMITS):
    order = office.order(wanted)
    with at(office, 0) as work:
        return submit_bundle(work, order)


def task(office, code):
    (row,) = office.rows(
        "SELECT id, bundle_id, agency, seq, due_at, state FROM app.task WHERE code = :code", code=code
    )
    return row


def promise(office):
    (row,) = office.rows("SELECT promised_on, first_promised_on, held_by, calendar FROM app.bundle")
    return row


def moves(office):
    rows = office.rows("SELECT body FROM app.event WHERE type = 'promise.moved' ORDER BY seq")
    return [json.loads(row.body)["data"] for row in rows]


def differences(office):
    with office.work() as work:
        return recompute(work.connection, office.tenant).differences


def finish(office, code, days):
    """This task is approved, so many days after lodging."""
    one = task(office, code)
    with at(office, days) as work:
        assert record_results(work, [one.bundle_id], [Result(one.id, TaskState.APPROVED)])


def check_file(office, days):
    finish(office, "file_check", days)


def test_a_step_that_ends_early_or_late_moves_the_promise_once_with_its_cause(office):
    lodged(office)
    before = promise(office)
    assert before.promised_on == before.first_promised_on
    check_file(office, 4)  # Friday; it was due on Tuesday
    (moved,) = moves(office)
    assert moved["old"] == before.promised_on.isoformat()
    assert moved["new"] == promise(office).promised_on.isoformat() > moved["old"]
    assert [(one["kind"], one["when"]) for one in moved["causes"]] == [("task.approved", "late")]
    assert promise(office).first_promised_on == before.first_promised_on
    assert differences(office) == ()


def test_a_stop_holds_the_promise_and_a_resumption_moves_it_by_the_pause_less_the_slack(office):
    accepted = lodged(office)
    check_file(office, 1)
    finish(office, "identity", 1)
    before = promise(office).promised_on
    visit = task(office, "site_visit")
    name = uuid.uuid4()
    with at(office, 2) as work:
        explained = explain_promise(work, office.tools.book, accepted.reference)
        (slack,) = (days for seq, _, days in explained.slack if seq == visit.seq)
    with at(office, 2) as work:
        move_clock(work, office.tools.book, visit.id, stop(work, StopReason.MISSED_VISIT, name))
    assert task(office, "site_visit").due_at is None
    assert promise(office).held_by == ["missed_visit"]
    assert promise(office).promised_on == before
    with at(office, 9) as work:  # five working days later
        move_clock(work, office.tools.book, visit.id, resume(work, name))
    assert promise(office).held_by == []
    calendar = office.tenant.calendar
    assert calendar.working_days_between(before, promise(office).promised_on) == 5 - slack
    due = task(office, "site_visit").due_at
    assert calendar.working_days_between(visit.due_at.date(), due.date()) == 5
    assert differences(office) == ()


def test_a_clock_takes_only_what_can_happen_to_it(office):
    lodged(office)
    desk = task(office, "file_check")
    with at(office, 1) as work, pytest.raises(Conflict):
        move_clock(work, office.tools.book, desk.id, resume(work, uuid.uuid4()))
    with at(office, 1) as work, pytest.raises(Conflict):
        move_clock(
            work,
            office.tools.book,
            task(office, "site_visit").id,
            stop(work, StopReason.OUTAGE, uuid.uuid4()),
        )
    with at(office, 1) as work, pytest.raises(Invalid) as refused:
        move_clock(work, office.tools.book, desk.id, extension(Limit(5), work, "Pasal 1"))
    assert [one.field for one in refused.value.faults] == ["by"]
    assert moves(office) == []
    assert differences(office) == ()


def test_a_decree_recomputes_open_cases_and_leaves_the_old_date_and_its_name(office):
    accepted = lodged(office)
    before = promise(office)
    as_admin(
        office,
        f"""INSERT INTO app.calendar (tenant_id, version, digest, content, decree, applied_by)
            SELECT tenant_id, 2, 'two',
                   jsonb_set(content::jsonb, '{{office,off,{before.promised_on}}}', '"Libur daerah"')::text,
                   'Keputusan Bupati 1/2026', 'test' FROM app.calendar WHERE tenant_id = {office.tenant.id}""",
    )
    office = now_in_force(office)
    with at(office, 1) as work:
        assert follow_calendar(work).bundles == 1
    with at(office, 1) as work:
        assert follow_calendar(work).bundles == 0
    (moved,) = moves(office)
    assert moved["old"] == before.promised_on.isoformat()
    assert moved["causes"] == [{"kind": "calendar.changed", "legal_basis": "Keputusan Bupati 1/2026"}]
    assert promise(office).calendar == 2
    assert differences(office) == ()
    texts = [event.text["id"] for event in view(office, accepted).events if event.type == "promise.moved"]
    assert "mundur" in texts[0]
    assert "Keputusan Bupati 1/2026" in texts[0]


def test_a_whole_bundle_ends_without_a_difference(office):
    accepted = lodge(office, FOUR_PERMITS)
    work_on(office)
    assert view(office, accepted).outcome == "approved"
    assert differences(office) == ()
    assert all(one["causes"] for one in moves(office))


@pytest.mark.parametrize(
    ("planted", "named"),
    [
        ("UPDATE app.bundle SET promised_on = promised_on + 1", "promised date"),
        ("UPDATE app.bundle SET held_by = '{payment}'", "what holds it"),
        ("UPDATE app.task SET due_at = due_at + interval '1 day' WHERE due_at IS NOT NULL", "limit of task"),
        ("UPDATE app.task SET started_at = started_at - interval '1 day' WHERE seq = 0", "clock of task 0"),
        ("UPDATE app.application SET promised_on = promised_on - 1 WHERE position = 2", "application 2"),
        ("UPDATE app.application SET due_at = now() WHERE position = 1", "legal limit of application 1"),
        (
            'UPDATE app.event SET body = replace(body, \'"causes":[{\', \'"causes":[],"was":[{\')',
            "without a cause",
        ),
        ("DELETE FROM app.event WHERE type = 'task.approved'", "clock of task"),
    ],
)
def test_every_planted_difference_is_found(office, planted, named):
    lodged(office)
    check_file(office, 4)
    assert differences(office) == ()
    as_admin(office, planted)
    assert any(named in one for one in differences(office)), differences(office)


def test_the_explanation_names_the_path_and_every_day_skipped(office):
    accepted = lodged(office)
    with at(office, 0) as work:
        explained = explain_promise(work, office.tools.book, accepted.reference)
    assert explained.path[0].seq == 0
    assert explained.path[0].name["id"] == "Pemeriksaan kelengkapan berkas"
    assert explained.path[-1].ends_on == explained.promised_on
    for earlier, later in zip(explained.path, explained.path[1:], strict=False):
        assert earlier.ends_on == later.begins_on
    for step in explained.path:
        skipped = sum((one.last - one.first).days + 1 for one in step.skipped)
        assert (step.ends_on - step.begins_on).days - skipped == step.limit.amount
    reasons = {one.reason for step in explained.path for one in step.skipped}
    assert {"Sabtu", "Minggu"} <= reasons
    critical = {step.seq for step in explained.path}
    slack = {seq: days for seq, _, days in explained.slack}
    assert {slack[seq] for seq in critical} == {0}
    assert any(days > 0 for days in slack.values())


def test_legal_clocks_start_when_the_file_is_found_complete(office):
    lodged(office)
    assert [row.clock_started_at for row in office.rows("SELECT clock_started_at FROM app.application")] == [
        None
    ] * 4
    check_file(office, 2)
    rows = office.rows("SELECT clock_started_at, due_at FROM app.application ORDER BY position")
    assert {row.clock_started_at for row in rows} == {MONDAY + timedelta(days=2)}
    assert all(row.due_at for row in rows)
    assert deadlines.oss_code(deadlines.MarkKind.RESET) == "43"


def test_a_task_that_ends_though_its_clock_stood_lets_the_legal_clock_go_on(office):
    """The agency answers all the same; nobody would ever take the stop off the application."""
    lodged(office)
    check_file(office, 1)
    finish(office, "identity", 1)
    visit = task(office, "site_visit")
    with at(office, 2) as work:
        move_clock(work, office.tools.book, visit.id, stop(work, StopReason.MISSED_VISIT, uuid.uuid4()))
    (before,) = office.rows("SELECT due_at FROM app.application WHERE service = 'imb'")
    assert before.due_at is None
    finish(office, "site_visit", 4)
    (after,) = office.rows("SELECT due_at FROM app.application WHERE service = 'imb'")
    assert after.due_at is not None
    assert promise(office).held_by == []
    assert differences(office) == ()


def test_a_sentence_names_no_task_where_only_a_legal_limit_went_on(office):
    """A cause without tasks is left out, and leaves no hole in the sentence."""
    accepted = lodged(office)
    check_file(office, 1)
    finish(office, "identity", 1)
    visit = task(office, "site_visit")
    with at(office, 2) as work:
        move_clock(work, office.tools.book, visit.id, stop(work, StopReason.MISSED_VISIT, uuid.uuid4()))
    finish(office, "site_visit", 4)
    assert {"kind": "clock.resumed", "seqs": []}.items() <= moves(office)[-1]["causes"][-1].items()
    told = [event.text for event in view(office, accepted).events if event.type == "promise.moved"][-1]
    assert "waktu" not in told["id"]
    assert "  " not in told["id"] + told["en"]
