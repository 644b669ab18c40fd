"""Questions to agencies behind the broker go out as their tasks become ready; what the broker does is played here."""

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text

from ptsp.domain import deliveries
from ptsp.flows import decide_straight_on
from ptsp.flows.refold import recompute
from ptsp.flows.submit_bundle import submit_bundles
from ptsp.infra import ledger
from ptsp.infra.broker import Delivery, Fate, Parcel
from ptsp.infra.database import tenant_transaction
from ptsp.infra.work import Work
from ptsp.jobs.take_messages import take_messages
from ptsp.kernel.specs import BudgetSpec
from ptsp.main.bench import own_side
from ptsp.sdk import queues, strict_json
from ptsp.sdk.webhooks import derive_secret
from tests.checks import not_checked
from tests.flows.acts import apply, as_admin, make_due
from tests.offices import Office

ASKED = ("root_1", "root_2", "check_1", "check_2", "check_3", "check_4", "join")


class Killed(BaseException):
    """The process ends here."""


@dataclass
class Broker:
    """Keeps what is published; `fate` is what becomes of it, an exception ends the process before it is sent."""

    fate: Fate | BaseException = Fate.TAKEN
    sent: list[Parcel] = field(default_factory=list)
    steps: Counter[str] = field(default_factory=Counter)  # all that the agency was ever sent

    def publish(self, parcels: Sequence[Parcel]) -> list[Fate]:
        if isinstance(self.fate, BaseException):
            raise self.fate
        if self.fate in (Fate.TAKEN, Fate.UNKNOWN):
            self.sent += parcels
            for parcel in parcels:
                self.steps.update(str(one["step"]) for one in asked(parcel))
        return [self.fate] * len(parcels)

    def taken(self) -> list[Parcel]:
        taken, self.sent = self.sent, []
        return taken


def asked(parcel: Parcel) -> list[dict[str, object]]:
    return strict_json.objects(strict_json.parse_object(parcel.body), "questions", most=100)


@dataclass
class Scene:
    """The office of the measurement: eight tasks, of which seven ask one agency behind the broker."""

    office: Office
    broker: Broker

    def lodge(self, *numbers: int) -> None:
        with self.office.work() as work:
            submit_bundles(work, [own_side.order(number) for number in numbers])
        self.office.drain()

    def answers(self, result: str = "approved") -> list[Delivery]:
        """What the agency says to all that it was sent, a message for each."""
        return [self.delivery(parcel, result) for parcel in self.broker.taken()]

    def delivery(self, parcel: Parcel, result: str) -> Delivery:
        why = ["Tidak memenuhi syarat."] if result == "rejected" else []
        replies = [
            {"key": one["key"], "number": "7", "result": result, "reasons": why} for one in asked(parcel)
        ]
        body = strict_json.dumps({"replies": replies})
        secret = derive_secret(self.office.settings.secret, own_side.TENANT, "agency")
        name, headers = queues.signed(secret, own_side.TENANT, "agency", body, now=0.0)
        return Delivery(1, name, body, {key.lower(): value for key, value in headers.items()})

    def take(self, deliveries: Sequence[Delivery], *, is_straight: bool = True) -> list[str | None]:
        tools = self.office.tools
        if not is_straight:
            tools = replace(tools, publisher=None)
        return take_messages(tools, deliveries)

    def go_on(self, *, is_straight: bool = True) -> None:
        """Until nothing moves any more."""
        while answers := self.answers():
            assert not any(self.take(answers, is_straight=is_straight))
            self.office.drain()

    def states(self) -> list[Any]:
        return self.office.rows(
            "SELECT DISTINCT state, agency_ref, attempts FROM app.task WHERE code LIKE 'check%'"
        )

    def ended(self) -> int:
        return int(self.office.rows("SELECT count(*) FROM app.bundle WHERE outcome = 'approved'")[0][0])

    def is_sound(self) -> bool:
        """Chains are whole, dates follow from them, and no question was told twice."""
        office = self.office
        with tenant_transaction(office.tools.engine, office.tenant.id) as connection:
            assert not ledger.check_chains(connection, office.tenant.id).broken
            assert not recompute(connection, office.tenant).differences
        return not office.rows(
            "SELECT 1 FROM app.event WHERE type = 'task.asked'"
            " GROUP BY bundle_id, body::json->'data'->>'seq' HAVING count(*) > 1"
        )


@pytest.fixture
def scene(office: Office) -> Scene:
    apply(office, replace(own_side.bench_pack("queue"), templates=office.tenant.pack.templates))
    broker = Broker()
    tools = replace(office.tools, publisher=broker)
    return Scene(replace(office, tools=tools, tenant=tools.book.get(own_side.TENANT)), broker)


@contextmanager
def broken(broker: Broker, fate: Fate | BaseException) -> Iterator[None]:
    broker.fate = fate
    yield
    broker.fate = Fate.TAKEN


def facts(scene: Scene, reference_of: int) -> Counter[str]:
    """What the ledger tells of one bundle, but for moments, keys and who wrote it."""
    rows = scene.office.rows(
        "SELECT e.type, e.body::json->>'data' FROM app.event e JOIN app.bundle b ON b.id = e.bundle_id"
        f" WHERE b.client_key = 'bench:{reference_of}' AND e.type LIKE 'task.%' OR"
        f" b.client_key = 'bench:{reference_of}' AND e.type LIKE '%.ended'"
    )
    return Counter(f"{row[0]} {row[1]}" for row in rows)


def test_the_ledger_tells_the_same_as_the_slow_way_does(scene: Scene) -> None:
    scene.lodge(1)
    scene.go_on()
    straight, scene.broker.steps = scene.broker.steps, Counter()
    scene.lodge(2)
    scene.go_on(is_straight=False)
    assert scene.ended() == 2
    assert straight == scene.broker.steps == Counter(ASKED)
    assert facts(scene, 1) == facts(scene, 2)
    assert sum(facts(scene, 1).values()) == 7 + 8 + 2
    assert scene.is_sound()


def test_tasks_of_one_message_are_asked_in_the_transaction_that_takes_it(scene: Scene) -> None:
    scene.lodge(1, 2)
    answers = scene.answers()
    assert scene.take(answers) == [None]
    assert scene.states() == [("asked", "queued", 1)]
    assert [len(asked(parcel)) for parcel in scene.broker.sent] == [8]
    within = "next_at BETWEEN clock_timestamp() AND clock_timestamp() + interval '75 s'"
    assert (
        scene.office.rows(f"SELECT count(*) FROM app.task WHERE code LIKE 'check%' AND {within}")[0][0] == 8
    )
    assert scene.take([*answers, *answers]) == [
        None,
        None,
    ]  # the same again, while what followed is in the air
    assert [len(asked(parcel)) for parcel in scene.broker.sent] == [8]
    checks = scene.answers()
    assert scene.take([*checks, *answers, *checks]) == [None] * 3
    scene.office.drain()
    scene.go_on()
    assert scene.ended() == 2
    assert scene.broker.steps == Counter(dict.fromkeys(ASKED, 2))
    assert scene.is_sound()


def test_who_dies_between_commit_and_broker_has_lost_nothing(scene: Scene) -> None:
    scene.lodge(1)
    answers = scene.answers()
    with broken(scene.broker, Killed()), pytest.raises(Killed):
        scene.take(answers)
    assert scene.states() == [("asked", "queued", 1)]
    assert scene.take(answers) == [None]  # it was never acknowledged, so it comes again
    scene.office.drain()
    assert not scene.broker.sent
    make_due(scene.office)
    scene.office.drain()
    assert scene.broker.steps == Counter(step for step in ASKED if step != "join")
    scene.go_on()
    assert scene.ended() == 1
    assert scene.is_sound()


@pytest.mark.parametrize("fate", [Fate.UNSENT, Fate.REFUSED, Fate.NOT_ROUTED, Fate.UNKNOWN])
def test_what_the_broker_does_not_take_goes_the_ordinary_way_at_once(scene: Scene, fate: Fate) -> None:
    scene.lodge(1)
    with broken(scene.broker, fate):
        assert scene.take(scene.answers()) == [None]
        ref = "queued" if fate is Fate.UNKNOWN else None
        assert scene.states() == [("asked", ref, 1)]
        scene.office.drain()
        (state,) = {row[0] for row in scene.states()}
        assert state == ("asked" if fate is Fate.UNKNOWN else "ready")  # and nobody was told it was sent
    make_due(scene.office)
    scene.office.drain()
    scene.go_on()
    assert scene.ended() == 1


def test_agencies_in_trouble_or_with_a_budget_are_asked_the_ordinary_way(scene: Scene) -> None:
    office = scene.office
    scene.lodge(1)
    with office.work() as work:
        (circuit,) = deliveries.begun(work.connection, office.tenant.id, ["agency"]).values()
        deliveries.save(work.connection, office.tenant.id, replace(circuit, failures=1))
    scene.take(scene.answers())
    assert scene.states() == [("ready", None, 0)]
    office.drain()
    scene.go_on()
    with office.work() as work:
        work.connection.execute(text("UPDATE app.circuit SET failures = 0"))
    pack = own_side.bench_pack("queue")
    agency = replace(pack.agencies["agency"], budget=BudgetSpec(per_day=100))
    apply(office, replace(pack, agencies={**pack.agencies, "agency": agency}, digest="b" * 64))
    scene.lodge(2)
    scene.take(scene.answers())
    assert ("ready", None, 0) in scene.states()
    office.drain()
    scene.go_on()
    assert scene.ended() == 2
    assert scene.is_sound()


def test_a_decision_without_a_document_is_taken_at_once_and_a_refusal_by_a_worker(scene: Scene) -> None:
    decision = "SELECT state, attempts FROM app.task WHERE code = 'decision'"
    scene.lodge(1)
    while answers := scene.answers():
        assert scene.take(answers) == [None] * len(answers)
    assert scene.office.rows(decision) == [("approved", 1)]  # and no worker was there
    assert scene.ended() == 1
    scene.lodge(2)
    assert scene.take(scene.answers("rejected")) == [None]
    assert ("ready", 0) in scene.office.rows(decision)
    scene.office.drain()
    assert sorted(scene.office.rows(decision)) == [("approved", 1), ("rejected", 1)]
    assert len(scene.office.rows("SELECT number FROM app.decision WHERE state = 'issued'")) == 2
    assert scene.is_sound()


def test_a_fault_in_a_decision_takes_no_reply_with_it(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(work: Work, *_: object) -> None:
        work.connection.execute(
            text("SELECT 1 / 0")
        )  # the worst: the database wants no more of this transaction

    scene.lodge(1)
    with monkeypatch.context() as patched:
        patched.setattr(decide_straight_on, "issue_decisions", fail)
        while answers := scene.answers():
            assert scene.take(answers) == [None] * len(answers)
    states = "SELECT state, count(*)::int FROM app.task GROUP BY 1 ORDER BY 1"
    assert scene.office.rows(states) == [("approved", 7), ("running", 1)]
    as_admin(scene.office, "UPDATE app.task SET next_at = clock_timestamp() WHERE state = 'running'")
    scene.office.drain()
    assert scene.ended() == 1
    assert scene.is_sound()


def test_foreign_keys_of_a_young_database_are_looked_up_by_their_whole_key(office: Office) -> None:
    """Their plans are kept; see `FEW_TENANTS` of the migrations."""
    if int(office.rows("SHOW server_version_num")[0][0]) < 180_000:
        not_checked("that a young database knows how few tenants it has: the server is older than 18")
    key = UUID(int=7)
    for table in ("bundle", "application", "task"):
        check = f"SELECT 1 FROM ONLY app.{table} x WHERE tenant_id = 1 AND id = '{key}' FOR KEY SHARE OF x"
        assert f"{table}_pkey" in str(office.rows(f"EXPLAIN {check}"))
