"""An agency that is away is asked again, later each time; one that refuses stops its task and nobody else's."""

import json
from uuid import uuid4

import pytest

from ptsp.domain import routes
from ptsp.flows.record_results import record_results
from ptsp.jobs import ask_agency
from ptsp.sdk.contract import Receipt, Verdict
from ptsp.sdk.errors import ConnectorError, Misconfigured, RefusedByAgency, TryLater
from tests.flows.acts import SIUP, approve_desks, lodge, make_due, states, view, work_on


@pytest.fixture
def case(office):
    """A bundle whose two questions are about to be put, side by side."""
    accepted = lodge(office, SIUP)
    office.drain()
    approve_desks(office)
    return accepted


def task(office, code="identity"):
    (row,) = office.rows(
        """SELECT id, state, attempts, agency_ref, extract(epoch FROM next_at - clock_timestamp())::float AS wait_s
             FROM app.task WHERE code = :code""",
        code=code,
    )
    return row


def failures(office, code="identity"):
    ((count,),) = office.rows("SELECT failures FROM app.task WHERE code = :code", code=code)
    return count


def told(office, code="identity"):
    """What the ledger says of a task: (type, note)."""
    bodies = [
        json.loads(row.body) for row in office.rows("SELECT body FROM app.event ORDER BY bundle_id, seq")
    ]
    return [
        (body["type"], body["data"].get("note", {})) for body in bodies if body["data"].get("task") == code
    ]


def test_an_agency_that_is_away_is_asked_again_later_each_time_with_the_same_key(office, case, monkeypatch):
    monkeypatch.setattr(ask_agency.random, "random", lambda: 1.0)
    office.agencies.answers["identity"] = TryLater("away")
    waits = []
    for attempt in range(1, 7):
        office.drain()
        row = task(office)
        assert (row.state, row.attempts) == ("ready", attempt)
        waits.append(row.wait_s)
        make_due(office)
    assert all(later > 1.6 * earlier for earlier, later in zip(waits, waits[1:], strict=False)), waits
    del office.agencies.answers["identity"]
    office.drain()
    assert task(office).state == "approved"
    keys = [question.key for question in office.agencies.asked if question.step == "identity"]
    assert keys == [str(task(office).id)] * 7
    assert [kind for kind, _ in told(office)] == ["task.put_off"] * 6 + ["task.approved"]
    work_on(office)
    assert view(office, case).outcome == "approved"


def test_an_agency_that_was_looked_at_often_waits_after_one_hiccup_as_after_the_first(
    office, case, monkeypatch
):
    monkeypatch.setattr(ask_agency.random, "random", lambda: 1.0)
    office.agencies.answers["identity"] = Receipt(agency_ref="K-1", look_again_s=60)
    for _ in range(50):
        office.drain()
        make_due(office)
    assert (task(office).attempts, failures(office)) == (50, 0)
    waits = []
    for count in (1, 2):
        office.agencies.answers["identity"] = TryLater("away")
        office.drain()
        waits.append(task(office).wait_s)
        assert failures(office) == count
        make_due(office)
    assert waits == [pytest.approx(1.5, abs=0.4), pytest.approx(2.5, abs=0.4)]
    office.agencies.answers["identity"] = Receipt(agency_ref="K-1", look_again_s=60)
    office.drain()
    assert (failures(office), round(task(office).wait_s)) == (0, 60)


def test_what_is_handed_back_untried_neither_fails_nor_ends_the_row(office, case):
    office.agencies.answers["identity"] = TryLater("away")
    office.drain()
    make_due(office)
    with office.work() as work:
        (held,) = routes.claim(work.connection, office.tenant.id, lease=uuid4(), lease_s=60, limit=1)
        assert held.failures == 1
        routes.finish(
            work.connection,
            office.tenant.id,
            [routes.untried(held, cause=routes.Cause.CIRCUIT, again_s=0.0)],
            work.now,
        )
    assert failures(office) == 1


@pytest.mark.parametrize(
    ("error", "outcome"),
    [(TryLater("busy"), "not sent"), (TryLater("cut", unknown=True), "unknown")],
)
def test_the_ledger_says_whether_the_question_may_have_arrived(office, case, error, outcome):
    office.agencies.answers["identity"] = error
    office.drain()
    kind, state = ("task.unknown", "unknown") if error.unknown else ("task.put_off", "ready")
    assert told(office) == [(kind, {"error": "TryLater", "reason": str(error), "outcome": outcome})]
    assert task(office).state == state


def test_the_agencys_own_wish_is_kept_to(office, case):
    office.agencies.answers["identity"] = TryLater("out of quota", after=3600)
    office.drain()
    assert 3590 < task(office).wait_s <= 3600


@pytest.mark.parametrize(
    ("error", "state", "least_s"),
    [(RefusedByAgency("no such form"), "stuck", None), (Misconfigured("no key"), "ready", 290)],
)
def test_what_a_person_has_to_look_at_holds_up_nobody_else(office, case, error, state, least_s):
    office.agencies.answers["identity"] = error
    neighbours = [lodge(office, SIUP) for _ in range(3)]
    office.drain()
    del office.agencies.answers["identity"]
    approve_desks(office)
    office.drain()
    rows = office.rows(
        "SELECT state, attempts FROM app.task WHERE code = 'identity' ORDER BY attempts, state"
    )
    assert sorted(row.state for row in rows) == sorted([state, *["approved"] * 3])
    assert states(office)["business_check"] == "approved"
    (first,) = office.rows(
        """SELECT extract(epoch FROM next_at - clock_timestamp())::float AS wait_s FROM app.task
            WHERE code = 'identity' AND state = :state""",
        state=state,
    )
    assert first.wait_s == float("inf") if least_s is None else first.wait_s > least_s
    work_on(office)
    assert [view(office, one).outcome for one in neighbours] == ["approved"] * 3
    assert view(office, case).state == "open"


def test_a_task_that_is_stuck_is_not_asked_again_by_itself_and_a_late_answer_still_counts(office, case):
    office.agencies.answers["identity"] = RefusedByAgency("no such form")
    office.drain()
    asked = len(office.agencies.asked)
    make_due(office)
    office.drain()
    assert len(office.agencies.asked) == asked
    row, bundle = task(office), office.rows("SELECT id FROM app.bundle")[0].id
    with office.work("person") as work:
        assert record_results(work, [bundle], [routes.Result(row.id, routes.TaskState.APPROVED)])
    work_on(office)
    assert view(office, case).outcome == "approved"


def test_one_poisoned_question_in_a_hundred_is_the_only_one_that_waits(office):
    for _ in range(100):
        lodge(office, SIUP)
    office.drain()
    approve_desks(office)
    poisoned = str(office.rows("SELECT id FROM app.task WHERE code = 'identity' ORDER BY id LIMIT 1")[0].id)
    plainly = office.agencies.ask

    def ask(question):
        if question.key == poisoned:
            raise RefusedByAgency("cannot be read")
        return plainly(question)

    office.agencies.ask = ask
    office.drain()
    rows = office.rows("SELECT id, state FROM app.task WHERE code IN ('identity', 'business_check')")
    assert [str(row.id) for row in rows if row.state != "approved"] == [poisoned]


# ------------------------------------------------------------------- an answer that does not come by itself


def looked(office, answers):
    """The agency takes every case and says `answers` one by one when it is looked at."""
    looks = []

    def look(question, agency_ref):
        looks.append((question.key, agency_ref))
        answer = answers.pop(0)
        if isinstance(answer, ConnectorError):
            raise answer
        return answer

    office.agencies.answers["identity"] = Receipt(agency_ref="K-42")
    office.agencies.look = look
    return looks


def test_a_callback_that_never_comes_is_looked_for_after_patience(office, case):
    looks = looked(office, [Receipt("K-42"), Receipt("K-42", Verdict.APPROVED)])
    office.drain()
    row = task(office)
    assert (row.state, row.agency_ref) == ("asked", "K-42")
    assert ask_agency.PATIENCE_S - 5 < row.wait_s <= ask_agency.PATIENCE_S
    office.drain()
    assert looks == []  # patience first
    for _ in range(2):
        make_due(office)
        office.drain()
    assert looks == [(str(row.id), "K-42")] * 2
    assert len([one for one in office.agencies.asked if one.step == "identity"]) == 1
    assert task(office).state == "approved"
    assert [kind for kind, _ in told(office)] == ["task.asked", "task.approved"]  # the empty look is no news


def test_a_look_that_fails_leaves_the_case_with_the_agency(office, case):
    looks = looked(
        office, [TryLater("away", unknown=True), Receipt("K-42", Verdict.REJECTED, ("Tidak cocok.",))]
    )
    office.drain()
    make_due(office)
    office.drain()
    row = task(office)
    assert (row.state, row.agency_ref, len(looks)) == ("asked", "K-42", 1)
    make_due(office)
    office.drain()
    assert task(office).state == "rejected"
    assert len([one for one in office.agencies.asked if one.step == "identity"]) == 1


def test_a_question_of_unknown_outcome_is_put_again_under_its_key_and_not_looked_for(office, case):
    """The agency never gave a number, so there is nothing to look at; the key keeps it from counting twice."""
    looks = looked(office, [])
    office.agencies.answers["identity"] = TryLater("cut", unknown=True)
    office.drain()
    make_due(office)
    office.agencies.answers["identity"] = Receipt("K-42", Verdict.APPROVED)
    office.drain()
    assert task(office).state == "approved"
    assert looks == []
    assert len({one.key for one in office.agencies.asked if one.step == "identity"}) == 1


def test_an_agency_that_wants_to_be_polled_is_looked_at_when_it_says(office, case):
    looks = looked(office, [Receipt("K-42", look_again_s=7.0), Receipt("K-42", Verdict.APPROVED)])
    office.agencies.answers["identity"] = Receipt("K-42", look_again_s=5.0)
    office.drain()
    assert 3 < task(office).wait_s <= 5
    make_due(office)
    office.drain()
    assert 5 < task(office).wait_s <= 7
    make_due(office)
    office.drain()
    assert (task(office).state, len(looks)) == ("approved", 2)
