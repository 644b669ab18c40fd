"""A worker that freezes longer than its lease finds its task done by another, and changes nothing any more."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from uuid import UUID

import psycopg
import pytest
from psycopg import sql

from ptsp.domain import routes
from ptsp.flows.answer_at_desk import answer_at_desk
from ptsp.flows.charge_fees import charge_fees
from ptsp.flows.claim_tasks import claim_tasks
from ptsp.flows.issue_decisions import draft_decisions, issue_decisions
from ptsp.flows.record_results import record_results
from ptsp.flows.submit_bundle import submit_bundle
from ptsp.infra.ledger import check_chains
from ptsp.jobs.ask_agency import ask_agency
from ptsp.jobs.drain import drain_once
from ptsp.kernel.specs import StepKind
from ptsp.main.demo.orders import BUILDING
from ptsp.sdk.contract import Question
from tests.flows.acts import pay
from tests.offices import Office

pytestmark = pytest.mark.journey

ONE_PERMIT = {"imb": (BUILDING, ("ktp", "land_proof", "pbb", "location", "drawings"))}
SHORT_S = 0.1  # a lease that has run out when the worker wakes up
LONGEST_ROUTE = 20


def test_a_late_answer_of_an_agency_is_thrown_away(office: Office) -> None:
    frozen = freeze_at(office, StepKind.ASK)
    thaw_after_another(office)
    deadline = time.monotonic() + 60
    late = ask_agency(office.tools.partners, office.tenant, frozen.questions, frozen.tasks, deadline)
    assert {result.state for result in late} == {routes.TaskState.APPROVED}
    changes_nothing(office, lambda: record(office, frozen, late))


def test_a_late_rejection_does_not_undo_an_approval(office: Office) -> None:
    frozen = freeze_at(office, StepKind.ASK)
    thaw_after_another(office)
    rejected = routes.TaskState.REJECTED
    late = [routes.Result(task.id, rejected, task.lease, reasons=("late",)) for task in frozen.tasks]
    changes_nothing(office, lambda: record(office, frozen, late))


def test_a_late_charge_makes_no_second_notice(office: Office) -> None:
    frozen = freeze_at(office, StepKind.CHARGE)
    thaw_after_another(office)

    def finish() -> None:
        with office.work("frozen") as work:
            charge_fees(work, office.tools.book, frozen.tasks)

    changes_nothing(office, finish)
    assert len(office.rows("SELECT 1 FROM app.fee_notice")) == 1


def test_a_decision_drafted_before_the_freeze_is_not_issued_twice(office: Office) -> None:
    frozen = freeze_at(office, StepKind.DECIDE)
    with office.work("frozen") as work:
        drafts = draft_decisions(work, office.tools.book, frozen.tasks, public_url=office.tools.public_url)
    assert len(drafts) == 1
    thaw_after_another(office)

    def finish() -> None:
        with office.work("frozen") as work:
            issue_decisions(work, [(draft, "0" * 64) for draft in drafts])

    changes_nothing(office, finish)
    ((number, state, sha),) = office.rows("SELECT number, state, sha256 FROM app.decision")
    assert (number[:4], state) == ("0001", "issued")
    assert sha != "0" * 64


def test_a_decision_not_drafted_before_the_freeze_draws_no_number(office: Office) -> None:
    frozen = freeze_at(office, StepKind.DECIDE)
    thaw_after_another(office)

    def finish() -> None:
        with office.work("frozen") as work:
            drafts = draft_decisions(
                work, office.tools.book, frozen.tasks, public_url=office.tools.public_url
            )
            assert drafts == []

    changes_nothing(office, finish)


def test_a_finish_within_the_lease_counts(office: Office) -> None:
    """The checks above can see a change."""
    held = freeze_at(office, StepKind.ASK, lease_s=60.0)
    before = everything(office)
    approved = routes.TaskState.APPROVED
    done = [routes.Result(task.id, approved, task.lease) for task in held.tasks]
    assert len(record(office, held, done)) == len(held.tasks)
    assert everything(office) != before


# ------------------------------------------------------------------------------------------ the freeze


@dataclass(frozen=True)
class Frozen:
    """What the worker held when it fell asleep."""

    tasks: list[routes.Claimed]
    questions: Mapping[UUID, Question]


def freeze_at(office: Office, kind: StepKind, *, lease_s: float = SHORT_S) -> Frozen:
    """Lodge a bundle, lead it to a task of this kind, and claim that as the worker that will freeze."""
    with office.work() as work:
        submit_bundle(work, office.order(ONE_PERMIT))
    for _ in range(LONGEST_ROUTE):
        if office.rows("SELECT 1 FROM app.task WHERE kind = :kind AND state = 'ready'", kind=kind.value):
            with office.work("frozen") as work:
                batch = claim_tasks(work, lease_s=lease_s, limit=200)
            return Frozen([task for task in batch.tasks if task.kind is kind], batch.questions)
        drain_once(office.tools, office.tenant)
        be_people(office)
    raise AssertionError(f"no task of kind {kind} came up")


def thaw_after_another(office: Office) -> None:
    """The lease runs out, and another worker does what the frozen one held, and all that follows."""
    time.sleep(SHORT_S)
    office.drain()


def be_people(office: Office) -> None:
    for task, agency in office.rows("SELECT id, agency FROM app.task WHERE kind='desk' AND state='asked'"):
        with office.work("desk") as work:
            answer_at_desk(work, agency, task, is_approved=True, reasons=())
    pay(office)


def record(office: Office, frozen: Frozen, results: list[routes.Result]) -> list[routes.Settled]:
    with office.work("frozen") as work:
        return record_results(work, sorted({task.bundle_id for task in frozen.tasks}), results)


def changes_nothing(office: Office, finish: Callable[[], object]) -> None:
    before = everything(office)
    finish()
    assert everything(office) == before
    with office.work() as work:
        assert check_chains(work.connection, office.tenant.id).broken == ()


def everything(office: Office) -> dict[str, str]:
    """A digest of every row of every table."""
    url = office.settings.admin_database_url.replace("+psycopg", "", 1)
    with psycopg.connect(url) as connection:
        names = connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'app'").fetchall()
        digest = "SELECT md5(coalesce(string_agg(t::text, '|' ORDER BY t::text), '')) FROM app.{} t"
        found = {}
        for (name,) in names:
            row = connection.execute(sql.SQL(digest).format(sql.Identifier(name))).fetchone()
            assert row is not None
            found[name] = row[0]
    return found
