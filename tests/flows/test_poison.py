"""A task that fails again and again stops alone, visibly, and holds nobody up."""

import time
from dataclasses import replace
from uuid import uuid4

import pytest

from ptsp.domain import deliveries
from ptsp.domain.routes import setbacks
from ptsp.flows.replay_deliveries import replay_task
from ptsp.infra.ledger import check_chains
from ptsp.jobs import drain
from ptsp.kernel.errors import Conflict, NotFound
from ptsp.sdk.contract import Question, Receipt
from tests.flows.acts import SIUP, approve_desks, lodge
from tests.offices import Office

LEASE_S = 0.05


class Killed(BaseException):
    """What the end of a worker looks like from inside."""


@pytest.fixture
def trades(office: Office) -> tuple[Office, list[str]]:
    """Three trade licences that wait for their business check; leases are short."""
    office = replace(office, tools=replace(office.tools, lease_s=LEASE_S))
    references = [lodge(office, SIUP).reference for _ in range(3)]
    office.drain()
    approve_desks(office)
    return office, references


def poison(office: Office, monkeypatch: pytest.MonkeyPatch, reference: str, error: BaseException) -> None:
    """One bundle's business check breaks whoever asks it."""
    well = office.agencies.ask

    def ask(question: Question) -> Receipt:
        if question.reference == reference and question.step == "business_check":
            raise error
        return well(question)

    monkeypatch.setattr(office.agencies, "ask", ask)


def states(office: Office) -> dict[str, str]:
    """Reference -> state of its business check."""
    found = office.rows(
        "SELECT b.reference, t.state FROM app.task t JOIN app.bundle b ON b.id = t.bundle_id"
        " WHERE t.code = 'business_check'"
    )
    return {row.reference: row.state for row in found}


def die_until_stuck(office: Office) -> int:
    """Drain again and again, each time as a new worker; returns how many of them died."""
    deaths = 0
    deadline = time.monotonic() + 20
    while set(states(office).values()) & {"ready", "running", "unknown"} and time.monotonic() < deadline:
        try:
            office.drain()
        except Killed:
            deaths += 1
        time.sleep(LEASE_S * 1.5)
    return deaths


def test_a_connector_that_breaks_on_one_question_keeps_no_other_waiting(trades, monkeypatch):
    office, references = trades
    monkeypatch.setattr(setbacks, "FIRST_WAIT_S", 0.0)
    monkeypatch.setattr(setbacks, "LONGEST_WAIT_S", 0.0)
    poison(office, monkeypatch, references[1], RuntimeError("a bug, with a name in it"))
    for _ in range(setbacks.MOST_FAULTS + 2):
        office.drain()
    seen = states(office)
    assert seen.pop(references[1]) == "stuck"
    assert set(seen.values()) == {"approved"}
    kept = " ".join(row.body for row in office.rows("SELECT body FROM app.event"))
    assert "RuntimeError" in kept
    assert "a bug, with a name in it" not in kept


def test_what_kills_its_worker_again_and_again_is_put_before_a_person(trades, monkeypatch):
    office, references = trades
    poison(office, monkeypatch, references[1], Killed())
    deaths = die_until_stuck(office)
    seen = states(office)
    assert seen.pop(references[1]) == "stuck"
    assert set(seen.values()) == {"approved"}
    assert deaths == drain.MOST_CRASHES
    with office.work() as work:
        assert check_chains(work.connection, office.tenant.id).broken == ()


def test_a_person_sends_a_stuck_task_on_and_it_ends_under_the_same_key(trades, monkeypatch):
    office, references = trades
    monkeypatch.setattr(drain, "MOST_CRASHES", 2)
    with monkeypatch.context() as poisoned:
        poison(office, poisoned, references[1], Killed())
        assert die_until_stuck(office) == 2
    with office.work() as work:
        (task,) = deliveries.dead(work.connection)
        assert task.cause == "poison"
        replay_task(work, office.tools.partners, task.id)
    office.drain()
    assert set(states(office).values()) == {"approved"}
    asked = [one.key for one in office.agencies.asked if one.step == "business_check"]
    assert asked.count(str(task.id)) == 1
    with office.work() as work, pytest.raises(Conflict):
        replay_task(work, office.tools.partners, task.id)
    with office.work() as work, pytest.raises(NotFound):
        replay_task(work, office.tools.partners, uuid4())
