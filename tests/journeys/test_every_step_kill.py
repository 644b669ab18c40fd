"""A death before or after every statement, commit and call of a bundle's life changes nothing of how it ends."""

import random
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar
from uuid import UUID

import psycopg
import pytest
from sqlalchemy import Engine, event

from ptsp.domain.applications import Order
from ptsp.flows.answer_at_desk import answer_at_desk
from ptsp.flows.refold import recompute
from ptsp.flows.submit_bundle import Accepted, submit_bundle
from ptsp.flows.take_payment import take_payment
from ptsp.infra.files import FileStore
from ptsp.infra.ledger import check_chains
from ptsp.main.demo.orders import BUILDING, TRADE
from ptsp.sdk.contract import Money, Question, Receipt
from tests.flows.acts import open_bills
from tests.offices import CONNECTORS, Agencies, Office

pytestmark = pytest.mark.journey

SEED = 7
SAMPLE = 30  # deaths of one run of this test; with more steps than these, a sample drawn from the seed
ROUNDS = 12
UNSTEADY = 5  # a life has some steps more when it looks anew which pack is in force, every two seconds
TWO_PERMITS = {
    "imb": (BUILDING, ("ktp", "land_proof", "pbb", "location", "drawings")),
    "siup": (TRADE, ("ktp", "place_proof")),
}

T = TypeVar("T")


class Killed(BaseException):
    """What no `except Exception` catches: the process is gone. Transactions that were open roll back."""


@dataclass
class Fuse:
    """Counts steps, and blows at one of them."""

    blows_at: int | None = None
    steps: int = 0
    where: str = ""
    is_lit: bool = False

    def step(self, where: str) -> None:
        if not self.is_lit:
            return
        self.steps += 1
        if self.steps == self.blows_at:
            self.where = where
            raise Killed(where)

    @contextmanager
    def lit(self) -> Iterator[None]:
        self.is_lit = True
        try:
            yield
        finally:
            self.is_lit = False

    @contextmanager
    def around(self, what: str) -> Iterator[None]:
        self.step(f"before {what}")
        yield
        self.step(f"after {what}")

    @contextmanager
    def watching(self, *engines: Engine) -> Iterator[None]:
        """A step before and after each statement, before each commit, and after it: before the next begin."""
        listeners = {
            "before_cursor_execute": lambda _c, _r, sql, *_: self.step(f"before {sql.strip()[:50]}"),
            "after_cursor_execute": lambda _c, _r, sql, *_: self.step(f"after {sql.strip()[:50]}"),
            "commit": lambda _c: self.step("before commit"),
            "begin": lambda _c: self.step("before begin"),
        }
        for engine in engines:
            for name, listener in listeners.items():
                event.listen(engine, name, listener)
        try:
            yield
        finally:
            for engine in engines:
                for name, listener in listeners.items():
                    event.remove(engine, name, listener)


@dataclass
class Breakable(Agencies):
    """Agencies with a step before the question arrives and one after its effect."""

    fuse: Fuse = field(default_factory=Fuse)

    def ask(self, question: Question) -> Receipt:
        with self.fuse.around(f"asking {question.step}"):
            return super().ask(question)


@dataclass(frozen=True)
class BreakableFiles:
    """The file store with a step before and after a document is kept."""

    inner: FileStore
    fuse: Fuse

    def put(self, tenant: str, data: bytes) -> str:
        with self.fuse.around("keeping a document"):
            return self.inner.put(tenant, data)


@dataclass(frozen=True)
class Lives:
    """One office whose every actor may die at a step and is then started again."""

    office: Office
    fuse: Fuse

    def whole(self, order: Order, blows_at: int | None) -> Accepted:
        """One bundle's life; raises nothing that a death at `blows_at` would not also do to a real process."""
        self.fuse.blows_at, self.fuse.steps, self.fuse.where = blows_at, 0, ""
        accepted = self._again(lambda: self._lodge(order))
        for _ in range(ROUNDS):
            self._again(self.office.drain)
            self._again(self._approve)
            self._again(self._pay)
            if not self.office.rows("SELECT 1 FROM app.bundle WHERE state = 'open'"):
                return accepted
        raise AssertionError(f"still open: {self.office.rows('SELECT code, agency, state FROM app.task')}")

    def _again(self, act: Callable[[], T]) -> T:
        """Whoever died is started again: a worker after its leases ran out, a caller with the same request."""
        try:
            with self.fuse.lit():
                return act()
        except Killed:
            self._leases_run_out()
            with self.fuse.lit():
                return act()

    def _lodge(self, order: Order) -> Accepted:
        with self.office.work() as work:
            return submit_bundle(work, order)

    def _approve(self) -> None:
        waiting = self.office.rows(
            "SELECT id, agency FROM app.task WHERE kind = 'desk' AND state = 'asked' ORDER BY id"
        )
        for task, agency in waiting:
            with self.office.work("desk") as work:
                answer_at_desk(work, agency, task, is_approved=True, reasons=())

    def _pay(self) -> None:
        for customer_no, total in sorted(open_bills(self.office).items()):
            money = Money(customer_no, total, f"ref-{customer_no}", "2026-11-20T09:00:00+07:00", "va")
            with self.office.work("bank") as work:
                take_payment(work, "bank", money)

    def _leases_run_out(self) -> None:
        url = self.office.settings.admin_database_url.replace("+psycopg", "", 1)
        with psycopg.connect(url) as connection:
            connection.execute("UPDATE app.task SET next_at = clock_timestamp() WHERE state = 'running'")


@pytest.fixture
def lives(office: Office) -> Iterator[Lives]:
    fuse = Fuse()
    agencies = Breakable(fuse=fuse)
    partners = office.tools.partners
    partners._local = dict.fromkeys(CONNECTORS, agencies)
    tools = replace(office.tools, partners=partners, files=BreakableFiles(office.tools.files, fuse))
    with fuse.watching(tools.engine, tools.sweeper):
        yield Lives(replace(office, tools=tools, agencies=agencies), fuse)


def test_a_death_at_any_step_changes_nothing(lives: Lives, tell: Callable[[str], None]) -> None:
    calm = told(lives, lives.whole(lives.office.order(TWO_PERMITS), None))
    steps = lives.fuse.steps
    points = range(1, steps + 1)
    chosen = points if steps <= SAMPLE else sorted(random.Random(SEED).sample(points, SAMPLE))
    died = 0
    for point in chosen:
        accepted = lives.whole(lives.office.order(TWO_PERMITS), point)
        died += bool(lives.fuse.where)
        assert told(lives, accepted) == calm, f"killed at step {point}, {lives.fuse.where}"
    assert died >= len(chosen) - UNSTEADY
    nothing_twice(lives.office, bundles=len(chosen) + 1)
    with lives.office.work() as work:
        assert recompute(work.connection, lives.office.tenant).differences == ()
    tell(f"seed {SEED}: deaths at {died} of {steps} steps, lost 0, doubled 0")


def told(lives: Lives, accepted: Accepted) -> dict[str, Any]:
    """How a bundle ended, without what differs from one to the next: numbers, times, random codes."""
    office = lives.office
    ((bundle, outcome),) = office.rows(
        "SELECT id, outcome FROM app.bundle WHERE reference = :reference", reference=accepted.reference
    )
    tasks = office.rows(
        "SELECT id, code, kind, state FROM app.task WHERE bundle_id = :bundle ORDER BY seq", bundle=bundle
    )
    return {
        "outcome": outcome,
        "tasks": [(task.code, task.kind, task.state) for task in tasks],
        "effects": effects(
            office.agencies, accepted.reference, {str(task.id) for task in tasks if task.kind == "ask"}
        ),
        "decisions": decisions(office, bundle),
        "notices": office.rows(
            "SELECT total, state FROM app.fee_notice WHERE bundle_id = :bundle ORDER BY total", bundle=bundle
        ),
        "payments": office.rows("SELECT amount FROM app.payment WHERE bill = :bill", bill=accepted.reference),
        # A promise moves once a batch, and a death may part a batch in two: how often is no part of the outcome.
        "ledger": Counter(
            office.rows(
                "SELECT type FROM app.event WHERE bundle_id = :bundle AND type <> 'promise.moved'",
                bundle=bundle,
            )
        ),
    }


def effects(agencies: Agencies, reference: str, keys: set[str]) -> Counter[str]:
    """Effects by step in the agencies' books: one per key, as an agency keeps them. A key is one question."""
    books: dict[str, Question] = {}
    for question in agencies.asked:
        if question.reference == reference:
            assert books.setdefault(question.key, question) == question
    assert set(books) == keys, "agencies have effects under other keys than the tasks'"
    return Counter(question.step for question in books.values())


def decisions(office: Office, bundle: UUID) -> list[tuple[str, str, bool]]:
    found = office.rows(
        """SELECT a.service, d.kind, d.state, d.sha256 FROM app.decision d JOIN app.application a
             ON a.tenant_id = d.tenant_id AND a.id = d.application_id
            WHERE d.bundle_id = :bundle ORDER BY a.service""",
        bundle=bundle,
    )
    return [(row.service, row.kind, row.state == "issued" and bool(row.sha256)) for row in found]


def nothing_twice(office: Office, *, bundles: int) -> None:
    for series in ("IMB", "SIUP"):
        numbers = office.rows("SELECT number FROM app.decision WHERE number LIKE :like", like=f"%/{series}/%")
        assert sorted(int(number[:4]) for (number,) in numbers) == list(range(1, bundles + 1))
    notices = office.rows("SELECT number FROM app.fee_notice")
    assert sorted(int(number.split("/")[1]) for (number,) in notices) == list(range(1, bundles + 1))
    with office.work() as work:
        report = check_chains(work.connection, office.tenant.id)
    assert (report.bundles, report.broken) == (bundles, ())
