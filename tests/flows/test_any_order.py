"""Verdicts, payments and decisions in any order, doubled and late, end in the same outcome (P6)."""

import itertools
import json
import random
import uuid
from datetime import UTC, date, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ptsp.domain import routes
from ptsp.domain.applications import Applicant, Order, Wanted
from ptsp.domain.routes import TaskState
from ptsp.flows._planning import plan_bundle
from ptsp.flows.answer_at_desk import answer_at_desk
from ptsp.flows.refold import recompute
from ptsp.flows.take_reply import take_reply
from ptsp.infra.calendars import calendars_from, written
from ptsp.infra.ledger import check_chains
from ptsp.infra.tenants import Tenant
from ptsp.infra.vault import Vault
from ptsp.infra.work import Work
from ptsp.kernel.errors import Conflict
from ptsp.main.demo.orders import FOUR_PERMITS, KNOWN_NIK
from ptsp.sdk.contract import Receipt, Reply, Verdict
from tests.flows.acts import PAREPARE_HO, PAREPARE_IMB, lodge, make_due, pay, view
from tests.flows.dying import about_to_ask, rows

OPEN = (TaskState.READY, TaskState.ASKED)
NOW = datetime(2026, 3, 2, 3, tzinfo=UTC)


def plan(packs, code, wanted) -> routes.Plan:
    """The graph of a real bundle, without a database."""
    pack = next(pack for pack in packs if pack.code == code)
    standards = {name: (uuid.uuid4(), spec) for name, spec in pack.services.items()}
    tenant = Tenant(1, pack, standards, calendars_from(1, written(pack, [])), Vault(b"x" * 32))
    applications = tuple(
        Wanted(service, answers, {name: uuid.uuid4() for name in codes})
        for service, (answers, codes) in wanted.items()
    )
    person = Applicant(KNOWN_NIK, "Pemohon Contoh", "Sidoarjo", date(1990, 3, 12), "male", "Jl. Contoh 1")
    work = Work(None, tenant, "test", NOW)  # planning stores nothing
    return plan_bundle(work, Order(person, applications, "x", b"")).plan


@pytest.fixture(scope="module")
def plans(packs) -> list[routes.Plan]:
    return [
        plan(packs, "sidoarjo", FOUR_PERMITS),
        plan(packs, "parepare", PAREPARE_IMB | PAREPARE_HO),
        plan(packs, "jembrana", PAREPARE_HO),
    ]


def play(
    made: routes.Plan, rejected: frozenset[int], order: random.Random
) -> tuple[tuple[TaskState, ...], object]:
    """Let answers come in any order, some for tasks that have ended or not begun; the last state and outcome."""
    now = [TaskState.BLOCKED if node.after else TaskState.READY for node in made.nodes]
    for _ in range(2_000):
        what = routes.advance(made.graph, now)
        for seq in what.start:
            now[seq] = TaskState.READY
        for seq in what.cut:
            now[seq] = TaskState.CUT
        if what.outcome:
            return tuple(now), (what.outcome, tuple(sorted(what.ended.items())))
        seq = order.randrange(len(now))
        if now[seq] in OPEN:  # what has ended takes no second answer, what has not begun takes none yet
            now[seq] = verdict(made, rejected, now, seq)
    raise AssertionError("it never ended")


def verdict(made: routes.Plan, rejected: frozenset[int], now: list[TaskState], seq: int) -> TaskState:
    if seq in made.graph.decides:
        return TaskState.REJECTED if routes.is_refusal(made.graph, now, seq) else TaskState.APPROVED
    return TaskState.REJECTED if seq in rejected else TaskState.APPROVED


@settings(max_examples=150)
@given(data=st.data())
def test_the_core_ends_alike_in_every_order(plans, data):
    made = data.draw(st.sampled_from(plans))
    asked = [node.seq for node in made.nodes if node.kind in ("ask", "desk")]
    rejected = data.draw(st.frozensets(st.sampled_from(asked), max_size=4))
    ends = {play(made, rejected, random.Random(data.draw(st.integers(0, 2**32)))) for _ in range(4)}
    assert len(ends) == 1
    ((final, _),) = ends
    assert set(final) <= routes.FINAL
    if not rejected:
        assert set(final) == {TaskState.APPROVED}


REJECTED = {"technical": "Jarak bangunan ke jalan kurang."}
EXPECTED = {"rekomendasi_lokasi": "approved", "imb": "rejected", "ho": "rejected", "siup": "approved"}


@pytest.mark.parametrize("seed", range(3))
def test_the_database_ends_alike_in_every_order(office, seed):
    """Replies doubled, contradicted afterwards and shuffled among desks, payments and workers."""
    chance = random.Random(seed)
    accepted = lodge(office, FOUR_PERMITS)
    steps = {row.code for row in office.rows("SELECT code FROM app.task WHERE kind = 'ask'")}
    office.agencies.answers |= dict.fromkeys(steps, Receipt(agency_ref="K-1"))  # all answer later
    office.agencies.look = lambda question, agency_ref: Receipt(agency_ref)
    moves = [
        lambda: office.drain(),
        lambda: pay(office),
        lambda: desk(office, chance),
        lambda: reply(office, chance),
    ]
    for _ in range(400):
        chance.choice(moves)()
        if not office.rows("SELECT 1 FROM app.bundle WHERE state = 'open'"):
            break
    seen = view(office, accepted)
    assert {one.service: one.state for one in seen.applications} == EXPECTED
    assert seen.outcome == "partly_approved"
    doubled = office.rows(
        """SELECT bundle_id, body::json->'data'->>'seq' FROM app.event
            WHERE type IN ('task.approved', 'task.rejected') GROUP BY 1, 2 HAVING count(*) > 1"""
    )
    assert doubled == []
    with office.work() as work:
        assert check_chains(work.connection, office.tenant.id).broken == ()
        assert recompute(work.connection, office.tenant).differences == ()


def test_replies_and_looks_of_one_question_end_alike_in_every_order(office):
    """Its callback, the same once more, a look that finds the verdict and one that finds nothing, in each order."""
    office.agencies.answers["identity"] = Receipt(agency_ref="K-1")  # it answers later
    orders = list(itertools.permutations(("reply", "again", "look", "empty look")))
    about_to_ask(office, len(orders))
    office.drain()
    tasks = {str(row.id): order for row, order in zip(rows(office), orders, strict=True)}
    verdict, empty = Receipt("K-1", Verdict.APPROVED), Receipt("K-1")
    for turn in range(4):
        found = {key: verdict if order[turn] == "look" else empty for key, order in tasks.items()}
        office.agencies.look = lambda question, agency_ref, found=found: found[question.key]
        make_due(office)
        for key, order in tasks.items():
            if order[turn] in ("reply", "again"):
                with office.work("agency") as work:
                    said = take_reply(work, "population", Reply(f"m-{key}", key, verdict), key.encode())
                assert said in ("recorded", "late")
        office.drain()
    bodies = [
        json.loads(row.body) for row in office.rows("SELECT body FROM app.event ORDER BY bundle_id, seq")
    ]
    told: dict[str, list[object]] = {}
    for body in bodies:
        if body["data"].get("task") == "identity":
            told.setdefault(body["bundle"], []).append((body["type"], body["data"]))
    assert len(told) == len(orders)
    assert all(one == told[next(iter(told))] for one in told.values())
    assert [type_ for type_, _ in next(iter(told.values()))] == ["task.asked", "task.approved"]
    assert {row.state for row in rows(office)} == {"approved"}


def reply(office, chance: random.Random) -> None:
    """Any agency that was ever asked says its verdict again; after the first it may even contradict itself."""
    asked = office.rows("SELECT id, code, agency, state FROM app.task WHERE kind = 'ask' AND attempts > 0")
    if not asked:
        return
    task = chance.choice(asked)
    reason = REJECTED.get(task.code)
    is_over = task.state in ("approved", "rejected")
    if is_over and chance.random() < 0.5:
        reason = None if reason else "Berubah pikiran."
    receipt = Receipt("K-1", Verdict.REJECTED if reason else Verdict.APPROVED, (reason,) if reason else ())
    for _ in range(2):
        with office.work("agency") as work:
            body = f"{task.id}{reason}".encode()
            said = take_reply(work, task.agency, Reply(f"m-{task.id}-{reason}", str(task.id), receipt), body)
        assert said in ("recorded", "late")


def desk(office, chance: random.Random) -> None:
    tasks = office.rows("SELECT id, agency, state FROM app.task WHERE kind = 'desk'")
    task = chance.choice(tasks)
    is_open = task.state in ("ready", "asked")
    try:
        with office.work("desk") as work:
            answer_at_desk(work, task.agency, task.id, is_approved=is_open, reasons=("Terlambat.",))
    except Conflict:
        assert not is_open
