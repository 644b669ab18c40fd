"""Moves are taken back, cut short, raced and mixed; every case stays whole."""

import random
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from ptsp.domain.routes import Result, TaskState
from ptsp.flows.move_cases import begin_move, moved_cases
from ptsp.flows.record_results import record_results
from ptsp.kernel.limits import Limit
from ptsp.main.demo.orders import FOUR_PERMITS
from tests.flows.acts import HO, view, work_on
from tests.flows.moving import (
    NOISE,
    at,
    check,
    codes,
    finish,
    in_force,
    lodged,
    move,
    one_move,
    permit,
    plan,
    stored,
    tasks,
    undo,
    with_noise,
    without,
)


@pytest.fixture
def pack(packs):
    return next(pack for pack in packs if pack.code == "sidoarjo")


def test_an_undone_move_leaves_the_case_as_it_was(office, pack):
    accepted = lodged(office, HO)
    finish(office, "file_check", 1)
    before, ahead = permit(office), set(tasks(office))
    office = in_force(office, pack, route=with_noise(pack))
    ident, (done,) = move(office)
    (back,) = undo(office, ident)
    assert back.can_move
    assert back.promised == (done.promised[1], done.promised[0])
    assert back.dropped == done.added
    after = permit(office)
    for name in ("standard_id", "promised_on", "due_at", "clock_started_at", "first_promised_on"):
        assert getattr(after, name) == getattr(before, name)
    assert set(tasks(office)) == ahead
    assert undo(office, ident) == []
    assert office.rows("SELECT undone_at FROM app.case_move")[0].undone_at is not None
    check(office)
    work_on(office)
    seen = view(office, accepted)
    assert seen.outcome == "approved"
    assert "noise" not in {task.code for task in seen.tasks}
    assert "kembali ke versi 1" in " ".join(event.text["id"] for event in seen.events)
    check(office)


def test_where_the_new_part_has_begun_nothing_is_undone(office, pack):
    lodged(office, HO)
    finish(office, "file_check", 1)
    office = in_force(office, pack, route=with_noise(pack))
    ident, _ = move(office)
    finish(office, "identity", 2)
    assert tasks(office)["noise"].state == "ready"
    before = stored(office)
    (back,) = undo(office, ident, days=2)
    assert codes(back) == ["step_left_out"]
    assert "noise" in str(back.reasons[0])
    assert stored(office) == before
    check(office)


def test_a_case_that_was_moved_on_is_not_undone_by_the_older_move(office, pack):
    lodged(office, HO)
    office = in_force(office, pack, route=with_noise(pack))
    older, _ = move(office)
    office = in_force(office, pack, version=3, valid_months=5)
    newer, _ = move(office, number=3)
    assert [codes(one) for one in undo(office, older)] == [["case_moved_on"]]
    assert [one.can_move for one in undo(office, newer)] == [True]
    assert [one.can_move for one in undo(office, older)] == [True]
    check(office)


def test_a_case_that_moved_on_between_plan_and_move_is_judged_anew(office, pack):
    gone = lodged(office, HO)
    left = lodged(office, HO)
    office = in_force(office, pack, route=without(pack, "ho", "site_visit"))
    assert [one.can_move for one in plan(office)] == [True, True]
    with at(office, 1) as work:
        ident = begin_move(work, office.tools.book, "ho", 2)
    for code in ("file_check", "identity"):
        finish(office, code, 1, reference=gone.reference)
    assert codes(one_move(office, ident, gone.reference)) == ["step_left_out"]
    assert one_move(office, ident, left.reference).dropped == ("site_visit at public_works",)
    with at(office, 1) as work:
        assert moved_cases(work, ident) == [left.reference]
    check(office)


def test_a_crash_between_cases_leaves_each_whole_and_the_rest_for_the_next_time(office, pack, monkeypatch):
    references = [lodged(office, HO, days).reference for days in range(3)]
    office = in_force(office, pack, route=with_noise(pack))
    with at(office, 1) as work:
        ident = begin_move(work, office.tools.book, "ho", 2)
    assert one_move(office, ident, references[0]).can_move
    before = stored(office)

    def torn(*_):
        raise RuntimeError("killed")

    with monkeypatch.context() as patched:
        patched.setattr("ptsp.domain.moves.add_case", torn)
        with pytest.raises(RuntimeError):
            one_move(office, ident, references[1])
    assert stored(office) == before
    check(office)
    again, done = move(office)
    assert [one.reference for one in done] == references[1:]
    assert [len(undo(office, one)) for one in (ident, again)] == [1, 2]
    check(office)


def test_two_at_once_move_a_case_once(office, pack):
    accepted = lodged(office, HO)
    office = in_force(office, pack, route=with_noise(pack))
    with at(office, 1) as work:
        ident = begin_move(work, office.tools.book, "ho", 2)
    together = threading.Barrier(4)

    def send(_):
        together.wait()
        return one_move(office, ident, accepted.reference)

    with ThreadPoolExecutor(4) as pool:
        done = list(pool.map(send, range(4)))
    assert sorted(map(codes, done)) == [[], ["case_pinned"], ["case_pinned"], ["case_pinned"]]
    check(office)


@pytest.mark.parametrize("seed", range(8))
def test_whatever_moves_and_goes_back_the_ledger_tells_every_date(office, pack, seed, tell):
    """Random progress, a random other version, perhaps back again, then to the end."""
    chance = random.Random(seed)
    accepted = lodged(office, FOUR_PERMITS)
    _go_some_way(office, chance, days=2)
    code = chance.choice(list(FOUR_PERMITS))
    office = in_force(office, pack, code, route=_other_route(chance, pack.services[code].route))
    ident, (done,) = move(office, code, days=3)
    check(office)
    _go_some_way(office, chance, days=4)
    back = undo(office, ident, days=5) if chance.random() < 0.5 else []
    check(office)
    work_on(office)
    assert view(office, accepted).outcome == "approved"
    check(office)
    tell(f"seed {seed}, {code}: {codes(done) or 'moved'}, back: {[codes(one) or 'moved' for one in back]}")


def _go_some_way(office, chance, days):
    for _ in range(chance.randrange(7)):
        ready = office.rows(
            """SELECT id, bundle_id FROM app.task
                WHERE state = 'ready' AND kind IN ('ask', 'desk') ORDER BY seq"""
        )
        if ready:
            one = chance.choice(ready)
            with at(office, days) as work:
                record_results(work, [one.bundle_id], [Result(one.id, TaskState.APPROVED)])


def _other_route(chance, route):
    """Other limits; perhaps one step less, perhaps one more."""
    gone = chance.choice(route).code if chance.random() < 0.6 else None
    made = [
        replace(
            one,
            limit=Limit(chance.randrange(1, 9)),
            after=tuple(code for code in one.after if code != gone),
        )
        for one in route
        if one.code != gone
    ]
    if chance.random() < 0.6:
        made.append(replace(NOISE, after=tuple(code for code in NOISE.after if code != gone)))
    return tuple(made)
