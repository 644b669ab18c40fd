"""Bundles through the broker and back: each question has one effect, each answer counts once."""

from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import text

from ptsp.infra.broker import REPLIES, SIMULATED, Publisher, counts, dead_letters
from ptsp.infra.servers.rabbitmq import RabbitMQ
from tests.brokers import put
from tests.connectors.trial import eventually
from tests.exchange.queues import answered, consuming, fake_agencies
from tests.flows.acts import SIUP, approve_desks, lodge
from tests.offices import Office

pytestmark = pytest.mark.xdist_group("rabbitmq")

FAULTS: list[dict[str, object]] = [  # of the rules that apply, the first one strikes
    {"do": "wrong_schema_reply", "every": 6},
    {"do": "unknown_question", "every": 5},
    {"do": "wrong_key", "every": 4},
    {"do": "cut_after_effect", "every": 3},
    {"do": "500", "every": 7},
    {"do": "reply_before_answer", "every": 8},
    {"do": "duplicate_reply", "every": 2},
    {"do": "reversed", "every": 1, "seconds": 0.2},
]


def at_agencies(office: Office, bundles: int) -> int:
    """So many bundles whose questions to agencies are due; gives how many questions."""
    for _ in range(bundles):
        lodge(office, SIUP)
    office.drain()
    approve_desks(office)
    return 2 * bundles


def outcomes(office: Office) -> dict[str, int]:
    rows = office.rows("SELECT state, count(*) FROM app.task WHERE kind = 'ask' GROUP BY 1")
    return {row[0]: row[1] for row in rows}


def ask_again(office: Office) -> None:
    """As if patience had run out."""
    with office.work() as work:
        due = text(
            "UPDATE app.task SET next_at = clock_timestamp() WHERE state IN ('asked', 'unknown') AND kind = 'ask'"
        )
        work.connection.execute(due)
    office.drain()


def test_each_answer_counts_once_whatever_the_agency_does(
    queued: Office, broker_url: str, tmp_path: Path
) -> None:
    questions = at_agencies(queued, 25)
    small = replace(queued, tools=replace(queued.tools, batch=10))
    with (
        fake_agencies(queued, broker_url, tmp_path / "books.sqlite", *FAULTS) as agency,
        consuming(queued, broker_url, how_many=2),
    ):
        small.drain()
        eventually(lambda: answered(queued), within_s=30)
        ask_again(queued)  # nothing is left to ask
        eventually(lambda: counts(broker_url, [REPLIES])[REPLIES][0] == 0)
        books = agency.desk.books
        assert len(books.effects()) == questions
        assert len(books.requests()) > questions / 10
        assert books.doubled() == []
    assert outcomes(queued) == {"approved": questions}
    recorded = queued.rows("SELECT outcome, count(*) FROM app.inbox GROUP BY 1")
    assert dict(map(tuple, recorded))["recorded"] == questions
    why = {letter.reason.partition(" (")[0] for letter in dead_letters(broker_url, REPLIES)}
    assert "no signature fits" in why
    assert "no_question" in why
    assert any("makes no sense" in one for one in why)


def test_what_is_lost_is_sent_again_under_the_same_key(
    queued: Office, broker_url: str, rabbit: RabbitMQ, tmp_path: Path
) -> None:
    questions = at_agencies(queued, 5)
    queued.drain()
    assert outcomes(queued) == {"asked": questions}
    assert counts(broker_url, [SIMULATED])[SIMULATED][0] == 2  # one message to each agency
    rabbit.reset()
    with fake_agencies(queued, broker_url, tmp_path / "b", {"do": "lost_reply", "first": 2}) as agency:
        with consuming(queued, broker_url):
            ask_again(queued)
            eventually(lambda: len(agency.desk.books.effects()) == questions)
            assert outcomes(queued) == {"asked": questions}  # the agency lost its replies
            ask_again(queued)
            eventually(lambda: answered(queued))
        assert len(agency.desk.books.effects()) == questions
    assert not queued.rows(
        """SELECT 1 FROM app.event WHERE type = 'task.asked'
            GROUP BY bundle_id, body::json -> 'data' ->> 'seq' HAVING count(*) > 1"""
    )


def test_without_a_broker_nothing_is_lost_and_nobody_is_told_that_it_was_sent(queued: Office) -> None:
    questions = at_agencies(queued, 2)
    away = replace(queued, tools=replace(queued.tools, publisher=Publisher("amqp://127.0.0.1:9//")))
    away.drain()
    assert queued.rows("SELECT DISTINCT state, cause FROM app.task WHERE kind = 'ask'") == [("ready", "away")]
    with queued.work() as work:
        work.connection.execute(text("UPDATE app.task SET next_at = clock_timestamp() WHERE state = 'ready'"))
    none = replace(queued, tools=replace(queued.tools, publisher=None))
    none.drain()
    rows = queued.rows("SELECT state, cause, count(*) FROM app.task WHERE kind = 'ask' GROUP BY 1, 2")
    assert [tuple(row) for row in rows] == [("ready", "misconfigured", questions)]


def test_under_an_alarm_the_outcome_is_unknown(queued: Office, rabbit: RabbitMQ) -> None:
    at_agencies(queued, 2)
    rabbit.alarm(on=True)
    try:
        queued.drain()
    finally:
        rabbit.alarm(on=False)
    assert queued.rows("SELECT DISTINCT state, cause FROM app.task WHERE kind = 'ask'") == [
        ("unknown", "line")
    ]


def test_a_stranger_s_message_stops_alone(queued: Office, broker_url: str, tmp_path: Path) -> None:
    questions = at_agencies(queued, 3)
    put(broker_url, REPLIES, [b"", b"{}", b"\xff", b"[" * 5000])
    with fake_agencies(queued, broker_url, tmp_path / "b"), consuming(queued, broker_url):
        queued.drain()
        eventually(lambda: answered(queued))
        eventually(lambda: counts(broker_url, [REPLIES])[REPLIES] == (0, 4))
    assert outcomes(queued) == {"approved": questions}


def test_hundreds_of_questions_and_two_consumers(
    queued: Office, broker_url: str, tmp_path: Path, tell
) -> None:
    questions = at_agencies(queued, 150)
    with (
        fake_agencies(
            queued, broker_url, tmp_path / "books.sqlite", {"do": "duplicate_reply", "every": 3}
        ) as agency,
        consuming(queued, broker_url, how_many=2),
    ):
        queued.drain()
        eventually(lambda: answered(queued), within_s=60)
        effects, doubled = len(agency.desk.books.effects()), agency.desk.books.doubled()
    assert (effects, doubled) == (questions, [])
    assert outcomes(queued) == {"approved": questions}
    tell(f"{questions} questions, {effects} effects, 0 doubled, each recorded once by one of two consumers")
