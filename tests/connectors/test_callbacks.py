"""Fake agencies do not give up on a callback, and misbehave to order."""

import time
from pathlib import Path

import pytest

from ptsp.infra.gateway import Registry
from ptsp.sdk import strict_json, webhooks
from ptsp.sdk.contract import Connector, Question, Settings
from ptsp.sdk.errors import Forged, RefusedByAgency, TryLater
from ptsp.sdk.simulator import Script, running
from ptsp.sdk.workbench import AGENCY, MASTER, TENANT, Letterbox, Workbench
from tests.connectors.trial import eventually, free_port, of


@of("permits")
def test_a_callback_survives_that_the_platform_is_down(bench: Workbench, registry: Registry) -> None:
    port = free_port()
    settings = bench.settings()
    there = Settings(settings.url, settings.secret, f"http://127.0.0.1:{port}/replies", settings.options)
    connector, question = registry.build("permits", there), bench.question()
    connector.ask(question)
    eventually(lambda: bench.agency.desk.books.letters()[0].tries >= 2)
    with Letterbox(answers=(503, 500, 204)).open(port) as back:
        arrivals = back.wait_for(3)
        eventually(lambda: bench.agency.desk.books.letters()[0].done_at is not None)
    replies = [connector.read_reply(arrival.headers, arrival.body) for arrival in arrivals]
    assert len({reply.message_id for reply in replies}) == 1
    assert {reply.key for reply in replies} == {question.key}
    assert len(back.arrivals) == 3


def test_a_callback_survives_that_the_agency_is_killed(registry: Registry, tmp_path: Path) -> None:
    kind, script = registry.fake_agency("permits"), Script(delay_s=0.3)
    secret = webhooks.derive_secret(MASTER, TENANT, AGENCY)
    question = Question("k-1", TENANT, AGENCY, "technical", "TST-1", dict(kind.approved))
    with Letterbox().open() as letters:
        with running(kind, books=tmp_path / "b", master=MASTER, script=script) as agency:
            settings = Settings(agency.url(TENANT, AGENCY), secret, letters.url)
            registry.build("permits", settings).ask(question)
        assert letters.arrivals == []
        with running(kind, books=tmp_path / "b", master=MASTER, script=script):
            (arrival,) = letters.wait_for(1)
    assert registry.build("permits", settings).read_reply(arrival.headers, arrival.body).key == "k-1"


@of("permits")
@pytest.mark.parametrize(
    ("fault", "taken", "refused"),
    [
        ({"do": "duplicate_reply"}, 2, 0),
        ({"do": "wrong_key"}, 1, 1),
        ({"do": "late", "seconds": 0.3}, 1, 0),
    ],
)
def test_replies_misbehave_to_order(
    bench: Workbench, fault: dict[str, object], taken: int, refused: int
) -> None:
    bench.follow(fault, delay_s=0.0)
    connector, question = bench.connector(), bench.question()
    started = time.monotonic()
    connector.ask(question)
    arrivals = bench.letters.wait_for(taken + refused)
    said = [_read(connector, arrival.headers, arrival.body) for arrival in arrivals]
    assert (said.count("taken"), said.count("forged")) == (taken, refused)
    assert time.monotonic() - started >= float(str(fault.get("seconds", 0)))
    assert len(bench.agency.desk.books.effects()) == 1


@of("permits")
def test_a_reply_may_come_before_the_answer(bench: Workbench) -> None:
    bench.follow({"do": "reply_before_answer"}, delay_s=60)
    connector, question = bench.connector(), bench.question()
    receipt = connector.ask(question)
    (arrival,) = bench.letters.arrivals
    assert connector.read_reply(arrival.headers, arrival.body).receipt.agency_ref == receipt.agency_ref


@of("permits")
def test_a_reply_to_a_question_nobody_put_is_signed_and_names_another_key(bench: Workbench) -> None:
    bench.follow({"do": "unknown_question"}, delay_s=0.0)
    connector, question = bench.connector(), bench.question()
    connector.ask(question)
    replies = [connector.read_reply(found.headers, found.body) for found in bench.letters.wait_for(2)]
    assert sorted(reply.key == question.key for reply in replies) == [False, True]
    assert len({reply.message_id for reply in replies}) == 2


def test_replies_come_in_the_opposite_order(registry: Registry, tmp_path: Path) -> None:
    """By the books: what came first is owed last, as long as it came within one window."""
    kind, secret = registry.fake_agency("permits"), webhooks.derive_secret(MASTER, TENANT, AGENCY)
    script = Script.read({"delay_s": 0, "rules": [{"do": "reversed", "seconds": 100}]})
    now = [time.time() // 100 * 100]
    asked = [
        Question(f"k-{at}", TENANT, AGENCY, "technical", "TST-1", dict(kind.approved)) for at in range(3)
    ]
    with running(kind, books=tmp_path / "b", master=MASTER, script=script, clock=lambda: now[0]) as agency:
        settings = Settings(agency.url(TENANT, AGENCY), secret, "http://127.0.0.1:9/replies")
        for question in asked:
            now[0] += 10
            registry.build("permits", settings).ask(question)
        owed = sorted(agency.desk.books.letters(), key=lambda letter: letter.next_at)
    keys = [strict_json.parse_object(letter.body)["key"] for letter in owed]
    assert keys == [question.key for question in reversed(asked)]


@of("permits")
def test_a_reply_about_what_another_agency_was_asked_names_its_key(bench: Workbench) -> None:
    connector, theirs = bench.connector(), bench.question()
    secret = webhooks.derive_secret(MASTER, "bontang", AGENCY)
    bench.connector(tenant="bontang", secret=secret).ask(theirs)
    bench.letters.wait_for(1)
    bench.follow({"do": "wrong_task"}, delay_s=0.0)
    question = bench.question()
    connector.ask(question)
    replies = [connector.read_reply(found.headers, found.body) for found in bench.letters.wait_for(3)[1:]]
    assert sorted(reply.key for reply in replies) == sorted([theirs.key, question.key])


@of("permits")
def test_a_reply_that_nobody_agreed_on_is_forged_and_the_right_one_follows(bench: Workbench) -> None:
    bench.follow({"do": "wrong_schema_reply"}, delay_s=0.0)
    connector, question = bench.connector(), bench.question()
    connector.ask(question)
    said = [_read(connector, found.headers, found.body) for found in bench.letters.wait_for(2)]
    assert sorted(said) == ["forged", "taken"]


@pytest.mark.parametrize("bench", ["permits", "ho", "ktp", "soap"], indirect=True)
def test_an_outage_begins_and_ends_by_the_script(bench: Workbench) -> None:
    bench.follow({"do": "outage", "on": "any", "lasts": 0.4})
    connector, question = bench.connector(), bench.question()
    with pytest.raises(TryLater) as caught:
        connector.ask(question)
    assert caught.value.unknown  # it cuts lines that it has taken
    eventually(lambda: _arrives(bench, question))
    bench.effects(1)


@of("permits")
def test_the_same_key_for_another_question_is_refused(bench: Workbench) -> None:
    connector, question = bench.connector(), bench.question()
    connector.ask(question)
    other = Question(question.key, TENANT, AGENCY, "other", question.reference, question.payload)
    with pytest.raises(RefusedByAgency):
        connector.ask(other)
    assert len(bench.agency.desk.books.effects()) == 1


@of("permits")
@pytest.mark.parametrize(
    "change",
    [
        {"result": "rejected"},
        {"result": "rejected", "reasons": []},
        {"result": "rejected", "reasons": [" "]},
        {"result": "maybe"},
        {"result": None},
        {"key": None},
        {"number": 7},
    ],
)
def test_a_signed_reply_that_makes_no_sense_is_forged(bench: Workbench, change: dict[str, object]) -> None:
    told = {"key": "k-1", "number": "KASUS-1", "result": "approved"}
    taken = [_read(bench.connector(), *_signed(bench, {**told, **extra})) for extra in ({}, change)]
    assert taken == ["taken", "forged"]


def _arrives(bench: Workbench, question: Question) -> bool:
    try:
        bench.resend(bench.connector(), question)
    except TryLater:
        return False
    return True


def _signed(bench: Workbench, told: dict[str, object]) -> tuple[dict[str, str], bytes]:
    body = strict_json.dumps(told)
    return webhooks.sign(bench.secret, "msg_1", body, now=time.time()), body


def _read(connector: Connector, headers: object, body: bytes) -> str:
    try:
        connector.read_reply(headers, body)  # type: ignore[arg-type]
    except Forged:
        return "forged"
    return "taken"
