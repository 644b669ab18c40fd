"""Deadlines are warned of: each warning once, to whom the standard says, never of a clock that stands or has ended."""

import random
import uuid
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import pytest

from ptsp.domain.routes import Result, TaskState
from ptsp.flows.follow_calendar import follow_calendar
from ptsp.flows.move_clock import extension, move_clock, resume, stop
from ptsp.flows.record_results import record_results
from ptsp.flows.refold import recompute
from ptsp.flows.submit_bundle import submit_bundle
from ptsp.flows.warn import warn
from ptsp.infra.work import begin
from ptsp.kernel.limits import Limit, Unit
from ptsp.kernel.specs import ClockSpec, ExtensionSpec, StopReason
from ptsp.main.demo.orders import FOUR_PERMITS
from tests.flows.acts import HO, SIUP, apply, as_admin, lodge, now_in_force, pay, view, work_on
from tests.flows.warned import FRONT, HEAD, MONDAY, SUPERVISOR, URL, at, events, finish, lodged, task, warned

SEED = 20261122


@pytest.fixture(autouse=True)
def _refolded(office):
    """Whatever a test did, the ledger alone still gives every date."""
    yield
    with office.work() as work:
        assert recompute(work.connection, office.tenant).differences == ()


def test_a_step_is_warned_of_when_its_share_is_used_and_only_once(office):
    accepted = lodged(office)
    assert task(office, "file_check").warn_at == MONDAY + timedelta(hours=22)  # Tuesday 08.00, its last day
    assert warned(office, 1, 7) == []
    assert warned(office, 1, 8) == [(FRONT, "used")]
    assert warned(office, 1, 23) == []
    (event,) = events(office)
    assert event == {
        "of": "step",
        "seq": 0,
        "at": "used",
        "value": 80,
        "occurrence": 0,
        "due": "2026-03-03T23:59:59+07:00",
        "to": [FRONT],
    }
    (told,) = [one.text for one in view(office, accepted).events if one.type == "deadline.warned"]
    assert told["id"] == "Batas waktu Pemeriksaan kelengkapan berkas mendekat; diperingatkan: pelaksana."


def test_an_overdue_step_escalates_and_is_warned_of_again_every_three_working_days(office):
    lodged(office)
    got = {day: warned(office, day) for day in range(1, 12)}
    both = [(FRONT, "overdue"), (SUPERVISOR, "overdue")]
    assert {day: rows for day, rows in got.items() if rows} == {
        1: [(FRONT, "used")],
        2: both,  # Wednesday
        7: both,  # Monday
        10: both,  # Thursday
    }
    assert [one["occurrence"] for one in events(office)] == [0, 0, 1, 2]


def test_after_a_long_silence_only_the_last_repetition_is_sent(office):
    lodged(office)
    assert Counter(warned(office, 21)) == {
        (FRONT, "used"): 1,
        (FRONT, "overdue"): 1,
        (SUPERVISOR, "overdue"): 1,
    }
    assert warned(office, 21) == []


def test_a_legal_limit_is_warned_of_and_goes_up_to_the_head_and_the_applicant(office):
    lodged(office)
    finish(office, "file_check", 1)
    got = {day: [one for one in warned(office, day) if one[1] != "used"] for day in range(1, 9)}
    legal = [one for one in events(office) if one["of"] == "application"]
    assert [(one["at"], one["to"]) for one in legal] == [
        ("left", [SUPERVISOR]),
        ("overdue", [HEAD, "applicant"]),
    ]
    assert (SUPERVISOR, "left") in got[2]  # Wednesday; it ends on Friday
    assert {(HEAD, "overdue"), ("applicant", "overdue")} <= set(got[7])  # Monday


def test_while_a_clock_stands_nobody_is_warned_and_then_by_the_new_date(office):
    lodged(office)
    one = task(office, "file_check")
    name = uuid.uuid4()
    with at(office, 0, 15) as work:
        move_clock(work, office.tools.book, one.id, stop(work, StopReason.CLARIFICATION, name))
    assert task(office, "file_check").warn_at is None
    assert warned(office, 8) == []
    with at(office, 8) as work:
        move_clock(work, office.tools.book, one.id, resume(work, name))
    assert warned(office, 9, 7) == []
    assert warned(office, 9, 8) == [(FRONT, "used")]


def test_an_overdue_clock_that_stands_is_not_warned_of_until_it_goes_on(office):
    lodged(office)
    one = task(office, "file_check")
    name = uuid.uuid4()
    assert len(warned(office, 2)) == 3
    with at(office, 3) as work:
        move_clock(work, office.tools.book, one.id, stop(work, StopReason.OUTAGE, name))
    assert warned(office, 8) == []
    with at(office, 8) as work:
        move_clock(work, office.tools.book, one.id, resume(work, name))
    assert warned(office, 8) == [(FRONT, "overdue"), (SUPERVISOR, "overdue")]


def test_an_extended_limit_is_warned_of_anew(office):
    pack = office.tenant.pack
    standard = pack.services["siup"].standard
    clock = ClockSpec("file_check", extension=ExtensionSpec(Limit(5), "Perda 1/2026"))
    longer = replace(standard, version=9, clock=clock)
    service = replace(pack.services["siup"], standard=longer)
    apply(office, replace(pack, services={**pack.services, "siup": service}, digest="longer"))
    office = now_in_force(office)
    lodged(office)
    assert warned(office, 1) == [(FRONT, "used")]
    one = task(office, "file_check")
    with at(office, 1) as work:
        move_clock(work, office.tools.book, one.id, extension(Limit(2), work, "Perda 1/2026"))
    assert warned(office, 2) == []
    assert warned(office, 3) == [(FRONT, "used")]  # Thursday, the new last day


def decree(office, version, body):
    as_admin(
        office,
        f"""INSERT INTO app.calendar (tenant_id, version, digest, content, decree, applied_by)
            SELECT tenant_id, {version}, '{version}', {body}::text, 'Keputusan Bupati {version}/2026', 'test'
              FROM app.calendar WHERE tenant_id = {office.tenant.id} AND version = {version - 1}""",
    )
    return now_in_force(office)


def test_a_new_calendar_moves_the_warnings_with_the_date(office):
    lodged(office)
    off = "jsonb_set(content::jsonb, '{office,off,2026-03-03}', '\"Libur daerah\"')"
    changed = decree(office, 2, off)
    with at(changed, 0, 16) as work:
        assert follow_calendar(work).bundles == 1
    assert task(office, "file_check").warn_at == MONDAY + timedelta(days=1, hours=22)
    assert warned(changed, 1) == []
    assert warned(changed, 2) == [(FRONT, "used")]


def test_a_warning_that_a_new_calendar_puts_into_the_past_is_still_given(office):
    """A make-up day is decreed when the moment of the warning has gone by."""
    start = MONDAY + timedelta(days=4)  # Friday
    with begin(office.tools.engine, office.tenant, actor="test", now=start) as work:
        submit_bundle(work, office.order(SIUP))
    assert task(office, "file_check").warn_at == start + timedelta(days=2, hours=22)  # Monday
    worked = "jsonb_set(content::jsonb, '{office,worked,2026-03-07}', '\"Pengganti\"')"
    changed = decree(office, 2, worked)
    with at(changed, 5, 12) as work:
        assert follow_calendar(work).bundles == 1
    assert warned(changed, 5, 12) == [(FRONT, "used")]
    assert warned(changed, 5, 13) == []


def test_what_has_ended_rings_nothing(office):
    accepted = lodge(office, FOUR_PERMITS)
    work_on(office)
    assert view(office, accepted).outcome == "approved"
    for table in ("task", "application"):
        assert office.rows(f"SELECT 1 FROM app.{table} WHERE warn_at IS NOT NULL") == []
    assert warned(office, 3650) == []


def test_every_limit_that_runs_has_its_next_warning(office):
    lodge(office, FOUR_PERMITS)
    office.drain()
    running = office.rows("SELECT code, warn_at, due_at FROM app.task WHERE due_at IS NOT NULL")
    assert running
    assert all(row.warn_at for row in running)


def test_nobody_is_warned_of_a_payment(office):
    lodge(office, HO)
    work_on(office, is_paying=False)
    assert (
        office.rows("SELECT warn_at FROM app.task WHERE kind = 'payment' AND state = 'asked'")[0].warn_at
        is None
    )


def test_an_overdue_legal_limit_is_not_warned_of_while_its_payment_is_awaited(office):
    lodged(office, HO)
    finish(office, "file_check", 1)
    work_on(office, is_paying=False)  # by the clock of the database, long after that Monday
    (waiting,) = office.rows("SELECT due_at, warn_at FROM app.application")
    assert waiting.due_at
    assert waiting.warn_at is None
    pay(office)
    (paid,) = office.rows("SELECT warn_at FROM app.application")
    assert paid.warn_at


def test_several_workers_at_once_warn_once(office, tell):
    for _ in range(12):
        lodged(office)
    dice = random.Random(SEED)
    days = [1, 2, 2, 7, 7, 10]

    def look(day):
        with at(office, day, 10, dice.randrange(60)) as work:
            return warn(work, public_url=URL, limit=dice.choice((1, 3, 50)))

    with ThreadPoolExecutor(4) as pool:
        for day in days:
            list(pool.map(look, [day] * 12))
    for day in days:
        warned(office, day)
    kinds = Counter(
        (row.recipient, row.kind) for row in office.rows("SELECT recipient, kind FROM app.message")
    )
    assert kinds == {
        (FRONT, "deadline.used"): 12,
        (FRONT, "deadline.overdue"): 36,
        (SUPERVISOR, "deadline.overdue"): 36,
    }
    assert len(events(office)) == 12 * 4
    tell(f"seed {SEED}: 12 bundles, 4 workers, {sum(kinds.values())} warnings, doubled 0")


def test_a_worker_that_dies_in_the_middle_has_done_nothing_and_the_next_does_all(office):
    lodged(office)
    with pytest.raises(KeyboardInterrupt):
        warn_and_die(office)
    assert office.rows("SELECT 1 FROM app.message") == []
    assert events(office) == []
    assert len(warned(office, 2)) == 3


def warn_and_die(office):
    with at(office, 2) as work:
        assert warn(work, public_url=URL) == 1
        raise KeyboardInterrupt


def test_a_bundle_in_other_hands_is_left_for_the_next_look(office):
    lodged(office)
    one = task(office, "file_check")
    with at(office, 2) as other:
        record_results(other, [one.bundle_id], [Result(one.id, TaskState.APPROVED)])
        with at(office, 2) as work:
            assert warn(work, public_url=URL) == 0
    assert (FRONT, "overdue") not in warned(office, 2)


def test_a_shared_step_is_warned_of_once_for_all_its_permits(office):
    lodged(office, FOUR_PERMITS)
    assert warned(office, 1) == [(FRONT, "used")]


def test_steps_of_another_version_are_warned_of_as_their_own_standard_says(office):
    lodged(office)
    pack = office.tenant.pack
    quiet = replace(pack.services["siup"].standard, version=8, warnings=())
    service = replace(pack.services["siup"], standard=quiet)
    apply(office, replace(pack, services={**pack.services, "siup": service}, digest="silent"))
    changed = now_in_force(office)
    lodged(changed)
    assert warned(changed, 2) == [(FRONT, "overdue"), (FRONT, "used"), (SUPERVISOR, "overdue")]


def test_a_limit_in_office_hours_is_told_with_the_time_of_day(office):
    pack = office.tenant.pack
    hours = tuple(((450, 720), (780, 960)) if day < 5 else () for day in range(7))
    service = pack.services["siup"]
    step, *others = service.route
    standard = replace(service.standard, version=7)
    hourly = replace(
        service, standard=standard, route=(replace(step, limit=Limit(4, Unit.WORKING_HOURS)), *others)
    )
    apply(
        office,
        replace(
            pack,
            services={**pack.services, "siup": hourly},
            calendar=replace(pack.calendar, hours=hours),
            digest="hourly",
        ),
    )
    changed = now_in_force(office)
    lodged(changed)  # Monday 10.00: two hours before noon, two after 13.00
    assert task(changed, "file_check").warn_at == MONDAY + timedelta(
        hours=4, minutes=12
    )  # 48 minutes are left
    assert warned(changed, 0, 15) == [(FRONT, "used")]
    (row,) = changed.rows("SELECT body FROM app.message")
    assert "Batas waktu: Senin, 2 Maret 2026, pukul 15.00\n" in row.body
