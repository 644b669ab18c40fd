"""What waits at a desk comes in the order in which it is due; officers take it, one at a time; the office sees all."""

import uuid
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from click.testing import CliRunner

from ptsp.flows.answer_at_desk import answer_at_desk
from ptsp.flows.desk_queue import desk_queue, tasks_due
from ptsp.flows.move_clock import move_clock, stop
from ptsp.flows.open_desk import Desk, desk_of, open_desk
from ptsp.flows.submit_bundle import submit_bundle
from ptsp.flows.take_task import release_task, take_task
from ptsp.infra.work import begin
from ptsp.kernel.errors import Conflict, Invalid, NotFound
from ptsp.kernel.specs import StopReason
from ptsp.main.cli import cli
from ptsp.main.wiring import engine_for
from tests.flows.acts import HO, SIUP, lodge, work_on

MONDAY = datetime(2026, 3, 2, 3, tzinfo=UTC)  # 10.00 WIB
DESK = "front_office"
ONE, OTHER = Desk(DESK, "loket-1"), Desk(DESK, "loket-2")


def at(office, days):
    now = MONDAY + timedelta(days=days)
    return begin(office.tools.engine, office.tenant, actor="test", now=now)


def lodged(office, *days):
    """Bundles lodged on these days, handed to the desk; their tasks there, in that order."""
    tasks = []
    for day in days:
        with at(office, day) as work:
            accepted = submit_bundle(work, office.order(SIUP))
        tasks += office.rows(
            """SELECT t.id FROM app.task t JOIN app.bundle b ON b.id = t.bundle_id
                WHERE b.reference = :it AND t.kind = 'desk'""",
            it=accepted.reference,
        )
    office.drain()
    return [row.id for row in tasks]


def queue(office, **asked):
    with at(office, 7) as work:
        return desk_queue(work, DESK, **asked)


def test_the_queue_is_ordered_by_what_is_due_and_says_what_is_left(office):
    late, last_day, fresh, held = lodged(office, 3, 4, 7, 0)
    with at(office, 7) as work:
        move_clock(work, office.tools.book, held, stop(work, StopReason.CLARIFICATION, uuid.uuid4()))
    with at(office, 0) as work:
        (held_in_time,) = lodged(office, 6)
    with at(office, 6) as work:
        move_clock(work, office.tools.book, held_in_time, stop(work, StopReason.OUTAGE, uuid.uuid4()))
    page = queue(office)
    assert [task.id for task in page.tasks] == [held, late, last_day, fresh, held_in_time]
    assert [(task.is_overdue, task.left_working_days, task.held_by) for task in page.tasks] == [
        (True, -4, ("clarification",)),  # it was over when its clock was stopped
        (True, -1, ()),  # lodged on Thursday, due on Friday; it is Monday
        (False, 0, ()),
        (False, 1, ()),
        (False, None, ("outage",)),
    ]
    assert page.next is None


def test_a_queue_is_read_page_by_page_though_what_was_read_is_done_meanwhile(office):
    tasks = lodged(office, 0, 0, 1, 1, 2, 2, 3)
    with at(office, 0) as work:
        move_clock(work, office.tools.book, tasks[1], stop(work, StopReason.OUTAGE, uuid.uuid4()))
    seen, after = [], None
    while True:
        page = queue(office, limit=2, after=after)
        seen += [task.id for task in page.tasks]
        after = page.next
        if after is None:
            break
        done = page.tasks[-1 if len(seen) > 2 else 0].id
        with office.work("desk") as work:
            answer_at_desk(work, DESK, done, is_approved=True, reasons=())
    assert sorted(seen) == sorted(tasks)
    assert len(set(seen)) == len(tasks)
    assert seen[-1] == tasks[1], "what is on hold comes last"


@pytest.mark.parametrize(
    "after",
    ["", "x", "~", "held~", "held~x", "2026-03-02~00000000-0000-0000-0000-000000000000", "~" * 99],
)
def test_a_page_that_is_none_is_refused(office, after):
    with at(office, 0) as work:
        if not after:
            assert desk_queue(work, DESK, after=after).tasks == ()
            return
        with pytest.raises(Invalid) as refused:
            desk_queue(work, DESK, after=after)
    assert [one.field for one in refused.value.faults] == ["after"]


def test_an_officer_takes_a_task_and_has_a_queue_of_his_own(office):
    first, second = lodged(office, 0, 0)
    with office.work("desk") as work:
        take_task(work, ONE, first)
        take_task(work, ONE, first)
    with office.work("desk") as work, pytest.raises(Conflict):
        take_task(work, OTHER, first)
    with office.work("desk") as work, pytest.raises(Conflict):
        release_task(work, OTHER, first)
    assert [task.id for task in queue(office, officer="loket-1").tasks] == [first]
    assert queue(office, officer="loket-2").tasks == ()
    assert {task.id: task.officer for task in queue(office).tasks} == {first: "loket-1", second: None}
    with office.work("desk") as work:
        release_task(work, ONE, first)
        take_task(work, OTHER, first)
    assert [task.id for task in queue(office, officer="loket-2").tasks] == [first]


def test_only_an_officer_of_the_desk_takes_what_waits_there(office):
    (task,) = lodged(office, 0)
    for desk, kind in (
        (Desk(DESK, None), Invalid),
        (Desk("back_office", "loket-1"), NotFound),
    ):
        with office.work("desk") as work, pytest.raises(kind):
            take_task(work, desk, task)
    with office.work("desk") as work:
        answer_at_desk(work, DESK, task, is_approved=True, reasons=())
    with office.work("desk") as work, pytest.raises(Conflict):
        take_task(work, ONE, task)


def test_of_many_officers_who_take_a_task_at_once_one_has_it(office):
    (task,) = lodged(office, 0)

    def take(number):
        try:
            with office.work("desk") as work:
                take_task(work, Desk(DESK, f"loket-{number}"), task)
        except Conflict:
            return 0
        return 1

    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(take, range(12))) == 1


@pytest.mark.parametrize("label", ["", "Loket 1", "x" * 41, "-1", "a\n"])
def test_an_officers_label_is_a_label(office, label):
    with office.work() as work, pytest.raises(Invalid) as refused:
        open_desk(work, DESK, label)
    assert [one.field for one in refused.value.faults] == ["officer"]


def test_a_token_says_whose_it_is(office):
    owner = engine_for(office.settings, "ptsp_owner", pool_size=1)
    with begin(owner, office.tenant, actor="test") as work:
        tokens = [open_desk(work, DESK, officer) for officer in (None, "loket-2")]
    owner.dispose()
    with office.work() as work:
        assert [desk_of(work, token) for token in tokens] == [Desk(DESK, None), OTHER]
        assert desk_of(work, "wrong") is None


def test_what_is_due_in_the_office_names_every_agency_but_no_payer(office):
    lodged(office, 0, 4)
    with at(office, 3) as work:
        assert [task.agency for task in tasks_due(work, days=1)] == [DESK]
        assert [task.agency for task in tasks_due(work, days=2)] == [DESK, DESK]
        assert tasks_due(work, agency="population", days=250) == ()
    lodge(office, HO)
    work_on(office, is_paying=False)
    (payment,) = office.rows("SELECT due_at FROM app.task WHERE kind = 'payment' AND state = 'asked'")
    assert payment.due_at
    with office.work() as work:
        assert "payment" not in {task.kind for task in tasks_due(work, days=250)}


def test_the_command_lists_what_is_due(office, monkeypatch):
    lodge(office, SIUP)
    office.drain()
    for name, value in office.settings.as_env({}).items():
        monkeypatch.setenv(name, value)
    every = CliRunner().invoke(cli, ["tasks", "due", "--days", "5"])
    assert every.exit_code == 0, every.output
    assert "file_check at front_office, 1 working days left" in every.output
    assert every.output.endswith("1 tasks are due\n")
    none = CliRunner().invoke(cli, ["tasks", "due", "--tenant", "bontang", "--agency", "front_office"])
    assert none.output == "nothing is due\n"
