"""A permit joins a bundle that is under way: its file is looked at, what was done for the others is not done again."""

import hashlib
import json
import threading
import uuid
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest

from ptsp.domain.applications import Addition, Wanted
from ptsp.domain.routes import Result, TaskState
from ptsp.flows.add_application import add_application
from ptsp.flows.record_results import record_results
from ptsp.flows.refold import recompute
from ptsp.flows.submit_bundle import submit_bundle
from ptsp.flows.withdraw_application import withdraw_application
from ptsp.infra.ledger import check_chains
from ptsp.infra.work import begin
from ptsp.kernel.errors import Conflict, Invalid, NotFound
from ptsp.main.demo.orders import FOUR_PERMITS, NUISANCE
from tests.flows.acts import HO, SIUP, lodge, view, work_on

MONDAY = datetime(2026, 3, 2, 3, tzinfo=UTC)  # 10.00 WIB
IMB = {"imb": (FOUR_PERMITS["imb"][0], (*FOUR_PERMITS["imb"][1], "location"))}


def at(office, days=0):
    return begin(office.tools.engine, office.tenant, actor="test", now=MONDAY + timedelta(days=days))


def lodged(office, wanted=IMB):
    order = office.order(wanted)
    with at(office) as work:
        return submit_bundle(work, order)


def addition(office, wanted=SIUP, key=None, **documents):
    ((service, (answers, papers)),) = wanted.items()
    key = key or uuid.uuid4().hex
    given = {code: office.document(code) for code in papers} | documents
    return Addition(Wanted(service, answers, given), f"test:{key}", hashlib.sha256(key.encode()).digest())


def add(office, accepted, one=None, *, days=2, key=None):
    one = one or addition(office)
    with at(office, days) as work:
        return add_application(work, office.tools.book, accepted.reference, key or accepted.key, one)


def finish(office, code, days=1):
    """This task is approved, once for everybody."""
    for row in office.rows(
        "SELECT id, bundle_id FROM app.task WHERE code = :code AND state IN ('ready', 'asked')", code=code
    ):
        with at(office, days) as work:
            assert record_results(work, [row.bundle_id], [Result(row.id, TaskState.APPROVED)])


def seen_tasks(office, accepted):
    return {(task.code, task.services): task for task in view(office, accepted).tasks}


def check(office):
    with office.work() as work:
        assert recompute(work.connection, office.tenant).differences == ()
        assert check_chains(work.connection, office.tenant.id).broken == ()


def test_a_permit_joins_with_its_own_check_and_all_comes_out(office):
    accepted = lodged(office)
    finish(office, "file_check")
    added = add(office, accepted)
    tasks = seen_tasks(office, accepted)
    assert ("file_check", ("imb",)) in tasks
    assert tasks["file_check", ("siup",)].state == "ready"
    assert tasks["identity", ("imb",)].state == "ready"  # under way, so it has one of its own
    assert tasks["identity", ("siup",)].state == "blocked"
    assert added.bundle_promised_on >= added.promised_on
    check(office)
    work_on(office)
    seen = view(office, accepted)
    assert seen.outcome == "approved"
    assert [one.state for one in seen.applications] == ["approved", "approved"]
    assert [event.text["id"] for event in seen.events if event.type == "application.added"] == [
        "Permohonan Surat Izin Usaha Perdagangan (SIUP) ditambahkan."
    ]
    check(office)


def test_a_site_already_visited_is_not_visited_again(office):
    accepted = lodged(office)
    for code in ("file_check", "identity", "site_visit"):
        finish(office, code)
    add(office, accepted, addition(office, HO))
    tasks = seen_tasks(office, accepted)
    assert tasks["site_visit", ("imb", "ho")].state == "approved"
    assert tasks["identity", ("imb", "ho")].state == "approved"
    own_check = tasks["file_check", ("ho",)]
    assert own_check.seq in tasks["nuisance_review", ("ho",)].after
    check(office)
    work_on(office)
    assert view(office, accepted).outcome == "approved"
    visits = [question for question in office.agencies.asked if question.step == "site_visit"]
    assert visits == []
    check(office)


def test_what_nobody_has_begun_is_shared(office):
    accepted = lodged(office)
    add(office, accepted, addition(office, HO), days=0)
    tasks = seen_tasks(office, accepted)
    assert len(tasks["site_visit", ("imb", "ho")].after) == 1
    assert set(tasks["identity", ("imb", "ho")].after) == {
        tasks["file_check", (service,)].seq for service in ("imb", "ho")
    }
    check(office)


def test_the_legal_clock_starts_when_its_own_file_is_found_complete(office):
    accepted = lodged(office)
    finish(office, "file_check")
    add(office, accepted)
    (row,) = office.rows("SELECT clock_started_at, due_at FROM app.application WHERE position = 1")
    assert row == (None, None)
    finish(office, "file_check", days=3)
    (row,) = office.rows("SELECT clock_started_at, due_at FROM app.application WHERE position = 1")
    assert row.clock_started_at == MONDAY + timedelta(days=3)
    assert row.due_at
    check(office)


def test_the_promise_moves_with_the_permit_as_cause(office):
    accepted = lodged(office, SIUP)
    before = office.rows("SELECT promised_on, first_promised_on FROM app.bundle")[0]
    added = add(office, accepted, addition(office, HO))
    assert added.bundle_promised_on > before.promised_on
    (row,) = office.rows("SELECT body FROM app.event WHERE type = 'promise.moved'")
    data = json.loads(row.body)["data"]
    assert (data["old"], data["new"]) == (
        before.promised_on.isoformat(),
        added.bundle_promised_on.isoformat(),
    )
    assert [one["kind"] for one in data["causes"]] == ["application.added"]
    told = [event.text["id"] for event in view(office, accepted).events if event.type == "promise.moved"]
    assert "ditambahkan" in told[0]
    assert (
        office.rows("SELECT first_promised_on FROM app.bundle")[0].first_promised_on
        == before.first_promised_on
    )
    check(office)


def test_a_permit_of_the_bundle_stands_for_a_document(office):
    accepted = lodged(office)
    papers = tuple(code for code in HO["ho"][1] if code != "building_permit")
    add(office, accepted, addition(office, {"ho": (NUISANCE, papers)}))
    tasks = seen_tasks(office, accepted)
    assert tasks["decision", ("imb",)].seq in tasks["nuisance_review", ("ho",)].after
    work_on(office)
    assert view(office, accepted).outcome == "approved"
    check(office)


def test_a_permit_that_was_withdrawn_stands_for_nothing(office):
    accepted = lodged(office, {**IMB, **SIUP})
    with at(office, 1) as work:
        withdraw_application(work, office.tools.book, accepted.reference, accepted.key, ["imb"], "")
    papers = tuple(code for code in HO["ho"][1] if code != "building_permit")
    with pytest.raises(Invalid) as refused:
        add(office, accepted, addition(office, {"ho": (NUISANCE, papers)}))
    assert [one.field for one in refused.value.faults] == ["documents.building_permit"]
    add(office, accepted, addition(office, HO))
    check(office)
    work_on(office)
    assert [one.state for one in view(office, accepted).applications] == ["withdrawn", "approved", "approved"]
    check(office)


def test_the_same_key_adds_once_and_another_body_is_refused(office):
    accepted = lodged(office)
    one = addition(office, key="k")
    first = add(office, accepted, one)
    again = add(office, accepted, one)
    assert (again.is_replay, again.promised_on) == (True, first.promised_on)
    other = addition(office, HO, key="k")
    with pytest.raises(Invalid, match="used before"):
        add(office, accepted, Addition(other.wanted, one.client_key, b"another"))
    elsewhere = lodged(office)
    with pytest.raises(Invalid, match="used before"):
        add(office, elsewhere, one)
    assert office.rows("SELECT count(*) AS n FROM app.application")[0].n == 3
    check(office)


def test_many_at_once_under_one_key_add_one(office):
    accepted, one = lodged(office), addition(office, key="k")
    together = threading.Barrier(6)

    def send(_):
        together.wait()
        return add(office, accepted, one)

    with ThreadPoolExecutor(6) as pool:
        made = list(pool.map(send, range(6)))
    assert sorted(added.is_replay for added in made) == [False] + [True] * 5
    check(office)


@pytest.mark.parametrize(
    ("wanted", "fields"),
    [
        pytest.param({"imb": IMB["imb"]}, ["service"], id="it is there already"),
        pytest.param({"nothing": ({}, ())}, ["service"], id="nobody offers it"),
        pytest.param(
            {"siup": ({}, ())}, ["answers.business_name", "answers.capital"], id="answers are missing"
        ),
        pytest.param(
            {"siup": (SIUP["siup"][0], ("ktp",))}, ["documents.place_proof"], id="a document is missing"
        ),
    ],
)
def test_what_is_wrong_is_named_and_nothing_is_stored(office, wanted, fields):
    accepted = lodged(office)
    before = [
        office.rows(f"SELECT t::text FROM app.{name} t ORDER BY 1") for name in ("bundle", "task", "event")
    ]
    with pytest.raises(Invalid) as refused:
        add(office, accepted, addition(office, wanted))
    assert [one.field for one in refused.value.faults][: len(fields)] == fields
    assert before == [
        office.rows(f"SELECT t::text FROM app.{name} t ORDER BY 1") for name in ("bundle", "task", "event")
    ]


def test_a_document_of_somebody_else_undoes_it(office):
    accepted = lodged(office)
    with pytest.raises(Invalid) as refused:
        add(office, accepted, addition(office, SIUP, ktp=uuid.uuid4()))
    assert [(one.field, one.code) for one in refused.value.faults] == [("documents.ktp", "no_such_document")]
    assert office.rows("SELECT count(*) AS n FROM app.application")[0].n == 1
    check(office)


def test_only_an_open_bundle_and_only_its_applicant(office):
    accepted = lodge(office, SIUP)
    with pytest.raises(NotFound):
        add(office, accepted, addition(office, HO), key="WRONG")
    work_on(office)
    with pytest.raises(Conflict, match="has ended"):
        add(office, accepted, addition(office, HO))
    check(office)
