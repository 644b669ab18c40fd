"""Withdrawal and lapse in a bundle: every combination, what waits for what, and what is left of the bundle."""

import itertools
import random
from dataclasses import replace

import pytest

from ptsp.domain.corrections import Answer, Ask
from ptsp.domain.routes import Result, TaskState
from ptsp.flows.answer_correction import answer_correction
from ptsp.flows.ask_correction import ask_correction, take_back_correction
from ptsp.flows.claim_tasks import claim_tasks
from ptsp.flows.record_results import record_results
from ptsp.flows.withdraw_application import withdraw_application, withdrawal
from ptsp.infra.ledger import check_chains
from ptsp.jobs.lapse_corrections import lapse_corrections
from ptsp.kernel.errors import Conflict, Invalid, NotFound
from ptsp.main.demo.orders import FOUR_PERMITS
from ptsp.sdk.contract import Receipt
from tests.flows.acts import (
    HO,
    PAREPARE_HO,
    PAREPARE_IMB,
    SIUP,
    apply,
    approve_desks,
    as_admin,
    lodge,
    now_in_force,
    pay,
    states,
    view,
    with_service,
    work_on,
)
from tests.flows.test_corrections import at_desk, check_ledger, faults

NEEDS = {"imb": {"rekomendasi_lokasi"}, "ho": {"rekomendasi_lokasi", "imb"}}
SERVICES = tuple(FOUR_PERMITS)
SUBSETS = [set(one) for size in range(1, 5) for one in itertools.combinations(SERVICES, size)]


def withdraw(office, accepted, *services, reason=""):
    with office.work("api:bundles") as work:
        withdraw_application(work, office.tools.book, accepted.reference, accepted.key, services, reason)


def preview(office, accepted, *services):
    with office.work("api:bundles") as work:
        return withdrawal(work, office.tools.book, accepted.reference, accepted.key, services)


def waiting(services) -> set[str]:
    """Those that cannot be approved without these, by the packs."""
    lost = set(services)
    while more := {one for one, needs in NEEDS.items() if needs & lost} - lost:
        lost |= more
    return lost - set(services)


@pytest.mark.parametrize("gone", SUBSETS, ids=lambda one: "+".join(sorted(one)))
def test_every_combination_of_a_bundle(office, gone):
    accepted = lodge(office, FOUR_PERMITS)
    before = view(office, accepted)
    told = preview(office, accepted, *sorted(gone))
    assert set(told.waiting_services) == waiting(gone)
    if waiting(gone):
        with pytest.raises(Conflict) as refused:
            withdraw(office, accepted, *gone)
        assert all(one in str(refused.value) for one in waiting(gone))
        assert view(office, accepted) == before
        return
    withdraw(office, accepted, *gone)
    seen = view(office, accepted)
    assert {one.service for one in seen.applications if one.state == "withdrawn"} == gone
    open_tasks = [task for task in seen.tasks if task.state not in ("cut", "approved")]
    assert all(set(task.services) - gone for task in open_tasks)
    assert sum(task.state == "cut" for task in seen.tasks) == told.steps_ended
    check_ledger(office)
    work_on(office)
    seen = view(office, accepted)
    assert seen.outcome == ("withdrawn" if gone == set(SERVICES) else "approved")
    assert {one.service: one.state for one in seen.applications} == {
        one: "withdrawn" if one in gone else "approved" for one in SERVICES
    }
    assert seen.events[-1].type == "bundle.ended"
    check_ledger(office)


def test_a_withdrawal_moves_the_promise_and_says_why(office):
    accepted = lodge(office, FOUR_PERMITS)
    before = view(office, accepted)
    withdraw(office, accepted, "ho", reason=" Usaha batal. ")
    seen = view(office, accepted)
    assert seen.promised_on < before.promised_on
    moved = next(one for one in seen.events if one.type == "promise.moved")
    assert "sebuah permohonan ditarik" in moved.text["id"]
    stored = office.rows("SELECT body FROM app.event")
    assert not any("Usaha batal" in row.body for row in stored)
    ((note,),) = office.rows("SELECT closing_note FROM app.application WHERE service = 'ho'")
    assert b"Usaha" not in bytes(note)


def test_open_notices_are_taken_back_and_the_joint_bill_shrinks(office):
    accepted = lodge(office, FOUR_PERMITS)
    work_on(office, is_paying=False)
    owed = {one.service: one.total for one in view(office, accepted).notices if one.state == "open"}
    assert "imb" in owed
    gone = ("imb", "ho")
    told = preview(office, accepted, *gone)
    assert (told.notices_cancelled, told.already_paid) == (sum(owed.get(one, 0) for one in gone), 0)
    withdraw(office, accepted, *gone)
    seen = view(office, accepted)
    assert {one.service for one in seen.notices if one.state == "cancelled"} == set(gone) & set(owed)
    check_ledger(office)
    work_on(office)
    assert view(office, accepted).outcome == "approved"
    check_ledger(office)


def test_a_task_in_a_workers_hands_is_lost_to_it(office):
    """Its lease is gone: what the worker brings back counts no more."""
    accepted = lodge(office, SIUP)
    with office.work("worker") as work:
        (task,) = claim_tasks(work, lease_s=60, limit=10).tasks
    withdraw(office, accepted)
    with office.work("worker") as work:
        assert record_results(work, [task.bundle_id], [Result(task.id, TaskState.ASKED, task.lease)]) == []
    assert set(states(office).values()) == {"cut"}
    assert office.drain() == 0
    check_ledger(office)


def test_a_shared_step_no_longer_waits_for_what_was_only_theirs_who_left(office):
    """The trading licence's own check comes before the identity check, which the nuisance permit shares."""
    service = office.tenant.pack.services["siup"]
    route = tuple(
        replace(step, after=("business_check",)) if step.code == "identity" else step
        for step in service.route
    )
    apply(office, with_service(office.tenant.pack, "siup", version=2, digest="later", route=route))
    office = now_in_force(office)
    office.agencies.answers["business_check"] = Receipt("K-1")
    accepted = lodge(office, SIUP | HO)
    office.drain()
    approve_desks(office)
    office.drain()
    assert states(office)["identity"] == "blocked"
    withdraw(office, accepted, "siup")
    assert states(office)["identity"] == "ready"
    assert states(office)["business_check"] == "cut"
    check_ledger(office)
    work_on(office)
    assert {one.service: one.state for one in view(office, accepted).applications} == {
        "siup": "withdrawn",
        "ho": "approved",
    }
    check_ledger(office)


def test_what_has_been_decided_can_no_longer_be_withdrawn(office):
    accepted = lodge(office, FOUR_PERMITS)
    work_on(office, is_paying=False)
    assert {one.service: one.may_withdraw for one in view(office, accepted).applications}["siup"] is False
    with pytest.raises(Conflict, match="siup"):
        withdraw(office, accepted, "siup")
    with pytest.raises(Invalid) as refused:
        withdraw(office, accepted, "imb", "nothing")
    assert faults(refused) == {("services[1]", "not_in_bundle")}
    withdraw(office, accepted)  # all that is left
    with pytest.raises(Conflict):
        withdraw(office, accepted)
    seen = view(office, accepted)
    assert {one.state for one in seen.applications} == {"approved", "withdrawn"}
    assert seen.outcome == "approved"
    check_ledger(office)


def test_signed_but_not_yet_paid_is_decided(offices):
    """Payment after signature: the document is there, only its collection waits."""
    office = offices("parepare")
    accepted = lodge(office, PAREPARE_IMB)
    work_on(office, is_paying=False)
    (seen,) = view(office, accepted).applications
    assert (seen.state, seen.document.collectable, seen.may_withdraw) == ("open", False, False)
    with pytest.raises(Conflict):
        withdraw(office, accepted)


def test_a_withdrawal_needs_the_key(office):
    accepted = lodge(office, SIUP)
    with office.work() as work, pytest.raises(NotFound):
        withdraw_application(work, office.tools.book, accepted.reference, "WRONG", (), "")


def test_a_permit_that_waited_for_one_that_lapsed_is_refused_with_that_reason(office):
    accepted = lodge(office, FOUR_PERMITS)
    task = at_desk(office)
    at = {one.service: at for at, one in enumerate(view(office, accepted).applications)}
    with office.work("desk") as work:
        ask_correction(
            work, office.tools.book, "front_office", task, Ask((f"{at['imb']}.floors",), (), "Berapa lantai?")
        )
    as_admin(office, "UPDATE app.correction SET lapses_at = clock_timestamp()")
    assert lapse_corrections(office.tools, office.tenant) == 1
    work_on(office)
    seen = view(office, accepted)
    assert {one.service: one.state for one in seen.applications} == {
        "rekomendasi_lokasi": "approved",
        "imb": "lapsed",
        "ho": "rejected",
        "siup": "approved",
    }
    ho = seen.applications[at["ho"]]
    assert ho.reasons == (
        "Izin Mendirikan Bangunan (IMB) yang menjadi syarat telah gugur karena tidak diperbaiki pada waktunya.",
    )
    assert seen.outcome == "partly_approved"
    check_ledger(office)


def test_a_bundle_of_which_all_lapsed_has_lapsed(office):
    accepted = lodge(office, SIUP)
    task = at_desk(office)
    with office.work("desk") as work:
        ask_correction(work, office.tools.book, "front_office", task, Ask(("0.goods",), (), "Barang?"))
    as_admin(office, "UPDATE app.correction SET lapses_at = clock_timestamp()")
    assert lapse_corrections(office.tools, office.tenant) == 1
    seen = view(office, accepted)
    assert (seen.state, seen.outcome) == ("ended", "lapsed")
    check_ledger(office)


@pytest.mark.parametrize("seed", range(4))
def test_any_history_folds_again_to_what_is_stored(offices, seed):
    """Desks, workers, payments, corrections, withdrawals and silence in any order; seed 0 to 3."""
    chance = random.Random(seed)
    office = offices(chance.choice(("sidoarjo", "sidoarjo", "parepare")))
    wanted = FOUR_PERMITS if office.tenant.code == "sidoarjo" else PAREPARE_IMB | PAREPARE_HO
    accepted = lodge(office, wanted)
    moves = [
        office.drain,
        office.drain,
        lambda: pay(office),
        lambda: _approve_one(office, chance),
        lambda: _return_one(office, accepted, chance),
        lambda: _answer_one(office, accepted, chance),
        lambda: _take_back_one(office, chance),
        lambda: _withdraw_one(office, accepted, chance),
        lambda: _lapse(office, chance),
    ]
    for number in range(80):
        chance.choice(moves)()
        if number % 10 == 0:
            check_ledger(office)
    lapse_all(office)
    work_on(office)
    assert view(office, accepted).outcome
    check_ledger(office)
    with office.work() as work:
        assert check_chains(work.connection, office.tenant.id).broken == ()


def _approve_one(office, chance):
    if chance.random() < 0.4 and not office.rows("SELECT 1 FROM app.correction WHERE state = 'open'"):
        approve_desks(office)


def _return_one(office, accepted, chance):
    tasks = office.rows("SELECT id, seq FROM app.task WHERE kind IN ('desk', 'ask')")
    task = chance.choice(tasks)
    seen = view(office, accepted)
    at = chance.randrange(len(seen.applications))
    service = office.tenant.pack.services[seen.applications[at].service]
    names = [f"{at}.{one.code}" for one in service.requirements]
    what = Ask((), (chance.choice(names),), "Perbaiki.")
    try:
        with office.work("desk") as work:
            ask_correction(work, office.tools.book, "front_office", task.id, what)
    except (Conflict, Invalid, NotFound):  # not under way, no rounds left, closing steps
        return


def _open_corrections(office):
    return office.rows(
        """SELECT c.id, c.documents, t.id AS task FROM app.correction c
             JOIN app.task t ON t.bundle_id = c.bundle_id AND t.seq = c.seq WHERE c.state = 'open' ORDER BY c.id"""
    )


def _answer_one(office, accepted, chance):
    found = _open_corrections(office)
    if not found:
        return
    one = chance.choice(found)
    documents = {name: office.document(name.partition(".")[2]) for name in one.documents}
    called_for = {
        f"{at}.{code}"
        for at, shown in office.rows("SELECT position, shown FROM app.application")
        for code in shown
    }
    documents = {name: ident for name, ident in documents.items() if name in called_for}
    with office.work("api") as work:
        answer_correction(
            work, office.tools.book, accepted.reference, accepted.key, one.id, Answer({}, documents)
        )


def _take_back_one(office, chance):
    found = _open_corrections(office)
    if found and chance.random() < 0.3:
        with office.work("desk") as work:
            take_back_correction(work, "front_office", chance.choice(found).task)


def _withdraw_one(office, accepted, chance):
    if chance.random() < 0.7:
        return
    try:
        withdraw(office, accepted, chance.choice(view(office, accepted).applications).service)
    except Conflict:
        return


def _lapse(office, chance):
    if chance.random() < 0.2:
        lapse_all(office)


def lapse_all(office):
    as_admin(office, "UPDATE app.correction SET lapses_at = clock_timestamp() WHERE state = 'open'")
    lapse_corrections(office.tools, office.tenant)
