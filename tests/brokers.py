"""A RabbitMQ for tests: a node of this worker's own, empty before each test that asks for it."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from ptsp.infra.broker import EVENTS, REPLIES, SIMULATED, dead_of
from ptsp.infra.broker.line import Line
from ptsp.infra.servers.programs import NoProgram
from ptsp.infra.servers.rabbitmq import RabbitMQ
from tests.checks import not_checked


def new_rabbit(home: Path) -> RabbitMQ:
    """Or the end of the test, where there is none on this machine."""
    try:
        return RabbitMQ(home)
    except NoProgram as error:
        not_checked(f"everything that goes through a broker: {error}", needed_in_ci=True)


@pytest.fixture(scope="session")
def rabbit(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RabbitMQ]:
    """The node. A test that stops or wipes it puts it back."""
    node = new_rabbit(tmp_path_factory.mktemp("rabbitmq"))
    node.start()
    yield node
    node.stop()


@pytest.fixture
def broker_url(rabbit: RabbitMQ) -> str:
    """The URL of a broker in which nothing stands."""
    line = Line(rabbit.url, patience_s=5)
    for queue in (REPLIES, SIMULATED):
        line.channel.queue_delete(queue)
        line.channel.queue_delete(dead_of(queue))
    line.channel.exchange_delete(EVENTS)
    line.drop()
    return rabbit.url


def put(url: str, queue: str, bodies: Sequence[bytes]) -> None:
    """Lay raw bytes into a queue, as a stranger would."""
    line = Line(url, patience_s=5)
    line.declare([queue])
    for body in bodies:
        line.channel.basic_publish(line.channel.prepare_message(body), exchange="", routing_key=queue)
    line.channel.queue_declare(queue, passive=True)  # an answer: all before it has arrived
    line.drop()
