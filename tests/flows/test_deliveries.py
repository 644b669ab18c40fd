"""An agency that does not answer costs little, is noticed, and is told of once; nothing is lost, nothing is twice."""

import pytest

from ptsp.domain import deliveries
from ptsp.flows.claim_tasks import claim_tasks
from ptsp.flows.declare_outage import declare_outage
from ptsp.flows.replay_deliveries import hand_to_desk, replay_deliveries, replay_task
from ptsp.jobs.sweep_limits import sweep_outages
from ptsp.kernel.errors import Conflict, Invalid
from ptsp.sdk.errors import Misconfigured, RefusedByAgency, TryLater
from tests.flows.acts import as_admin, make_due
from tests.flows.dying import (
    APPROVED,
    about_to_ask,
    alerts,
    books,
    circuit,
    letters,
    open_since,
    questions,
    rows,
    watch,
    with_memory,
)

AWAY, CUT = TryLater("away"), TryLater("cut", unknown=True)
MANY = 14


def nothing_unseen(office) -> bool:
    with office.work() as work:
        return deliveries.unseen(work.connection) == []


def test_a_dead_agency_costs_five_tries_and_one_probe_a_wait_and_comes_back_by_itself(office):
    office.agencies.answers["identity"] = AWAY
    about_to_ask(office, MANY)
    for _ in range(3):
        office.drain()
    assert len(questions(office)) == deliveries.OPENS_AFTER
    assert {row.state for row in rows(office, "business_check")} == {"approved"}  # its neighbours
    held = [row for row in rows(office) if row.cause == "circuit"]
    assert len(held) >= MANY - deliveries.OPENS_AFTER
    untried = [row for row in held if row.attempts == 0]
    assert len(untried) == MANY - deliveries.OPENS_AFTER
    assert {(row.state, row.tried_at) for row in untried} == {("ready", None)}
    assert all(0 < row.wait_s <= deliveries.FIRST_WAIT_S * (1 + deliveries.SPREAD) for row in held)
    assert nothing_unseen(office)

    for probes in (1, 2, 3):  # all come due, and one goes
        before = circuit(office)
        make_due(office)
        for _ in range(3):
            office.drain()
        assert len(questions(office)) == deliveries.OPENS_AFTER + probes
        assert circuit(office).wait_s == 2 * before.wait_s
        assert nothing_unseen(office)

    del office.agencies.answers["identity"]
    make_due(office)
    office.drain()
    closed = circuit(office)
    assert (closed.failures, closed.opened_at) == (0, None)
    waiting = [row for row in rows(office) if row.state != "approved"]
    assert all(row.wait_s <= 2.0 for row in waiting)  # they need not wait for the next probe
    make_due(office)
    office.drain()
    assert {(row.state, row.cause) for row in rows(office)} == {("approved", None)}
    assert set(questions(office)) == {str(row.id) for row in rows(office)}


def test_a_probe_whose_worker_dies_is_followed_by_another(office):
    office.agencies.answers["identity"] = AWAY
    about_to_ask(office, 7)
    office.drain()
    make_due(office)
    with office.work() as work:
        (taken,) = claim_tasks(work, lease_s=60, limit=200).tasks  # and nothing more is heard of it
    assert circuit(office).probe == taken.id
    office.drain()
    assert len(questions(office)) == deliveries.OPENS_AFTER
    make_due(office)
    office.drain()
    assert len(questions(office)) == deliveries.OPENS_AFTER + 1
    assert circuit(office).probe != taken.id


def test_one_question_that_fails_alone_leaves_its_agency_open_to_others(office):
    """What an agency refuses, or what breaks the connector, says nothing of the agency."""
    office.agencies.answers["identity"] = RefusedByAgency("no such form")
    about_to_ask(office, MANY)
    office.drain()
    assert {(row.state, row.cause) for row in rows(office)} == {("stuck", "refused")}
    office.agencies.answers["identity"] = RuntimeError("a bug")
    about_to_ask(office, MANY)
    office.drain()
    assert len(set(questions(office))) == 2 * MANY
    assert not office.rows("SELECT 1 FROM app.circuit WHERE failures > 0")


def test_an_outage_is_noticed_stops_the_clocks_and_ends_with_the_first_answer(office):
    office.agencies.answers["identity"] = AWAY
    about_to_ask(office, 6)
    office.drain()
    assert watch(office) == 0
    open_since(office, 3)
    assert watch(office) == 1  # somebody is told, and no clock stands yet
    assert not office.rows("SELECT 1 FROM app.outage")
    open_since(office, 16)
    assert watch(office) == 1
    assert watch(office) == 0
    (declared,) = office.rows("SELECT agency, note, declared_by, ended_at FROM app.outage")
    assert (declared.agency, declared.declared_by, declared.ended_at) == ("population", "detector", None)
    assert "Tidak menjawab sejak" in declared.note
    sweep_outages(office.tools, office.tenant)
    assert {row.due_at for row in rows(office)} == {None}

    del office.agencies.answers["identity"]
    make_due(office)
    office.drain()
    assert circuit(office).opened_at is None
    watch(office)
    ((ended_by,),) = office.rows("SELECT ended_by FROM app.outage WHERE ended_at IS NOT NULL")
    assert ended_by == "detector"
    sweep_outages(office.tools, office.tenant)
    assert None not in {row.due_at for row in rows(office) if row.state != "approved"}
    assert watch(office) == 0


def test_an_outage_of_a_person_is_left_to_that_person(office):
    with office.work("person") as work:
        declare_outage(work, "population", "Pemeliharaan.")
    office.agencies.answers["identity"] = AWAY
    about_to_ask(office, 5)
    office.drain()
    open_since(office, 20)
    watch(office)
    del office.agencies.answers["identity"]
    make_due(office)
    office.drain()
    watch(office)
    assert office.rows("SELECT declared_by, ended_at FROM app.outage") == [("person", None)]


def test_one_cause_is_one_message_however_many_it_concerns_and_another_time_another_message(office):
    office.agencies.answers["identity"] = AWAY
    about_to_ask(office, 6)
    office.drain()
    open_since(office, 3)
    for _ in range(3):
        watch(office)
        make_due(office)
        office.drain()
        open_since(office, 3)
    watch(office)
    ((agency, cause, count, is_open),) = alerts(office)
    assert (agency, cause, is_open) == ("population", "circuit", True)
    assert count == circuit(office).failures > deliveries.OPENS_AFTER
    (letter,) = letters(office)
    assert (letter.recipient, letter.kind) == ("head", "delivery.circuit")
    assert "The agency does not answer" in letter.body
    assert "Instansi tidak menjawab" in letter.subject

    office.agencies.answers["identity"] = RefusedByAgency("no such form")  # it is there again
    for _ in range(2):
        make_due(office)
        office.drain()
    watch(office)
    assert alerts(office) == [("population", "circuit", count, False), ("population", "refused", 6, True)]
    assert [one.kind for one in letters(office)] == ["delivery.circuit", "delivery.refused"]

    office.agencies.answers["identity"] = APPROVED
    with office.work() as work:
        replay_deliveries(work, office.tools.partners, cause="refused")
    office.drain()
    watch(office)
    assert not any(is_open for *_, is_open in alerts(office))
    office.agencies.answers["identity"] = Misconfigured("no key")
    about_to_ask(office, 2)
    office.drain()
    watch(office)
    assert alerts(office)[-1] == ("population", "misconfigured", 2, True)
    assert len(letters(office)) == 3


def test_an_agency_that_can_be_asked_what_it_has_is_asked_before_anything_is_sent_again(office, monkeypatch):
    with_memory(office, monkeypatch, knows_keys=False, finds=True)
    office.agencies.answers["identity"] = CUT
    about_to_ask(office, 1)
    office.drain()
    assert [row.state for row in rows(office)] == ["unknown"]
    looked = books(office, [AWAY, None, APPROVED])
    for asked, state in ((1, "unknown"), (2, "unknown"), (2, "approved")):  # away; nothing there; it is there
        make_due(office)
        office.drain()
        assert [row.state for row in rows(office)] == [state]
        assert len(questions(office)) == asked
    (key,) = {str(row.id) for row in rows(office)}
    assert looked == [key] * 3
    assert set(questions(office)) == {key}


def test_what_a_dead_worker_may_have_sent_is_looked_for_first(office, monkeypatch):
    with_memory(office, monkeypatch, knows_keys=False, finds=True)
    about_to_ask(office, 1)
    with office.work() as work:
        assert claim_tasks(work, lease_s=0.0, limit=200).tasks
    looked = books(office, [APPROVED, None])
    for _ in range(2):
        office.drain()
    assert len(looked) == 2
    assert questions(office) + questions(office, "business_check") == [looked[1]]


def test_what_an_agency_without_memory_may_have_waits_for_a_person(office, monkeypatch):
    with_memory(office, monkeypatch, knows_keys=False, finds=False)
    office.agencies.answers["identity"] = CUT
    about_to_ask(office, 2)
    office.drain()
    assert {(row.state, row.cause) for row in rows(office)} == {("stuck", "needs_check")}
    office.agencies.answers["identity"] = APPROVED
    first, second = (row.id for row in rows(office))
    partners = office.tools.partners
    with office.work() as work:
        kept = replay_deliveries(work, partners, agency="population")
        assert (kept.going, set(kept.unsure)) == ((), {first, second})
        with pytest.raises(Conflict):
            replay_task(work, partners, first)
        replay_task(work, partners, first, sent_nothing=True)
    with office.work() as work:
        with pytest.raises(Invalid):
            hand_to_desk(work, second, "trade")
        hand_to_desk(work, second, "back_office")
        with pytest.raises(Conflict):
            hand_to_desk(work, second, "back_office")
    make_due(office)
    office.drain()
    assert [(row.state, row.desk) for row in rows(office)] == [("approved", None), ("asked", "back_office")]
    assert questions(office).count(str(first)) == 2
    assert questions(office).count(str(second)) == 1  # it is answered by hand now
    assert rows(office)[1].wait_s > 80_000
    assert nothing_unseen(office)


def test_what_never_came_through_until_its_limit_was_over_stops_and_goes_on_under_its_key(office):
    office.agencies.answers["identity"] = AWAY
    about_to_ask(office, 2)
    office.drain()
    as_admin(
        office, "UPDATE app.task SET due_at = clock_timestamp() - interval '1 s' WHERE code = 'identity'"
    )
    make_due(office)
    office.drain()
    assert {(row.state, row.cause) for row in rows(office)} == {("stuck", "too_old")}
    office.agencies.answers["identity"] = APPROVED
    partners = office.tools.partners
    with office.work() as work:
        plan = replay_deliveries(work, partners, is_plan=True)
    assert {row.state for row in rows(office)} == {"stuck"}
    with office.work() as work:
        done = replay_deliveries(work, partners)
    assert set(plan.going) == set(done.going) == {row.id for row in rows(office)}
    office.drain()
    assert {row.state for row in rows(office)} == {"approved"}
    assert set(questions(office)) == {str(row.id) for row in rows(office)}


def test_a_clock_that_stands_lets_a_question_be_tried_without_end(office):
    office.agencies.answers["identity"] = AWAY
    about_to_ask(office, 1)
    as_admin(office, "UPDATE app.task SET due_at = NULL, warn_at = NULL WHERE code = 'identity'")
    for _ in range(12):
        make_due(office)
        office.drain()
    assert {row.state for row in rows(office)} == {"ready"}
