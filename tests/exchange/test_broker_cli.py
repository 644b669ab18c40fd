"""What an operator sees of the broker."""

import json
from dataclasses import replace

import pytest
from click.testing import CliRunner

from ptsp.infra.broker import REPLIES, counts
from ptsp.main.cli import cli
from ptsp.main.wiring import readiness
from tests.brokers import put
from tests.connectors.trial import eventually
from tests.exchange.test_consumer import send, taking
from tests.offices import Office

pytestmark = pytest.mark.xdist_group("rabbitmq")


def said(*words: str, url: str = "") -> str:
    done = CliRunner().invoke(cli, ["broker", *words], env={"PTSP_BROKER_URL": url, "PTSP_HOME": ""})
    return done.output


def test_dead_messages_are_shown_and_sent_on(broker_url: str) -> None:
    send(broker_url, b"1")
    put(broker_url, REPLIES, [b"2"])
    assert said("counts", url=broker_url) == f"{REPLIES}: 2 wait, 0 died\n"
    with taking(broker_url, lambda waiting: ["no such office"] * len(waiting)):
        eventually(lambda: counts(broker_url, [REPLIES])[REPLIES] == (0, 2))
    letters = json.loads(said("dead", "--json", url=broker_url))
    assert [(one["reason"], one["bytes"]) for one in letters] == [("no such office", 1)] * 2
    assert "2 messages are dead" in said("dead", url=broker_url)
    assert said("replay", url=broker_url) == "2 messages go on\n"
    assert said("counts", url=broker_url) == f"{REPLIES}: 2 wait, 0 died\n"


def test_without_a_broker_it_says_so() -> None:
    for words in (("counts",), ("dead",), ("replay",)):
        assert "PTSP_BROKER_URL: names no broker" in said(*words)
    for words in (("counts",), ("dead",), ("replay",)):
        assert "PTSP_BROKER_URL: the broker cannot be used" in said(*words, url="amqp://127.0.0.1:9//")


def test_looking_at_a_queue_makes_none(broker_url: str) -> None:
    for words in (("counts", "ptsp.typo"), ("dead", "--queue=ptsp.typo"), ("replay", "--queue=ptsp.typo")):
        assert "the broker has no queue 'ptsp.typo'" in said(*words, url=broker_url)


def test_readiness_names_the_broker_where_one_is_set(office: Office) -> None:
    named = replace(office.settings, broker_url="amqp://127.0.0.1:9//")
    assert readiness(office.tools.engine, named) == {"database": "ok", "redis": "ok", "broker": "Unusable"}
    assert set(readiness(office.tools.engine, replace(named, broker_url=""))) == {"database", "redis"}
