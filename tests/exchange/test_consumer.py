"""A consumer loses nothing and requeues nothing: by a real broker, with handlers that fail."""

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

import pytest

from ptsp.infra.broker import (
    REPLIES,
    Consumer,
    Delivery,
    Fate,
    NotNow,
    Parcel,
    Publisher,
    counts,
    dead_letters,
    replay,
)
from ptsp.infra.servers.rabbitmq import RabbitMQ
from tests.brokers import put
from tests.connectors.trial import eventually

pytestmark = pytest.mark.xdist_group("rabbitmq")

Handler = Callable[[Sequence[Delivery]], Sequence[str | None]]


@contextmanager
def taking(url: str, handle: Handler) -> Iterator[threading.Event]:
    stop, ready = threading.Event(), threading.Event()
    consumer = Consumer(url, REPLIES, handle)
    thread = threading.Thread(target=consumer.run, args=(stop,), kwargs={"ready": ready.set})
    thread.start()
    assert ready.wait(20)
    try:
        yield ready
    finally:
        stop.set()
        thread.join(20)
        assert not thread.is_alive()


def send(url: str, *bodies: bytes) -> None:
    publisher = Publisher(url)
    sent = [Parcel(REPLIES, REPLIES, f"m-{body.decode()}", body) for body in bodies]
    assert set(publisher.publish(sent)) == {Fate.TAKEN}
    publisher.close()


def test_what_nobody_can_read_stops_alone_and_at_once(broker_url: str) -> None:
    good: list[bytes] = []

    def handle(waiting: Sequence[Delivery]) -> list[str | None]:
        good.extend(one.body for one in waiting if one.body != b"bad")
        return ["it makes no sense" if one.body == b"bad" else None for one in waiting]

    send(broker_url, b"1", b"2", b"bad", b"3", b"4")
    put(broker_url, REPLIES, [b"bad"])  # with no id and no headers at all
    with taking(broker_url, handle):
        eventually(lambda: counts(broker_url, [REPLIES]) == {REPLIES: (0, 2)})
    assert good == [b"1", b"2", b"3", b"4"]
    letters = dead_letters(broker_url, REPLIES)
    assert [letter.reason for letter in letters] == ["it makes no sense"] * 2
    assert counts(broker_url, [REPLIES]) == {REPLIES: (0, 2)}  # to look changes nothing
    assert replay(broker_url, REPLIES) == 2
    assert counts(broker_url, [REPLIES]) == {REPLIES: (2, 0)}


def test_a_handler_that_dies_has_acknowledged_nothing(broker_url: str) -> None:
    send(broker_url, b"1", b"2", b"3")
    stop = threading.Event()

    def die(waiting: Sequence[Delivery]) -> list[str | None]:
        raise RuntimeError("a fault")

    with pytest.raises(RuntimeError):
        Consumer(broker_url, REPLIES, die).run(stop)
    seen: list[Delivery] = []
    with taking(broker_url, lambda waiting: [seen.append(one) for one in waiting]):
        eventually(lambda: counts(broker_url, [REPLIES])[REPLIES] == (0, 0))
    assert [(one.body, one.is_redelivered) for one in seen] == [(b"1", True), (b"2", True), (b"3", True)]


def test_while_the_database_is_away_the_same_messages_wait_in_hand(broker_url: str) -> None:
    tries: list[list[bytes]] = []

    def away_at_first(waiting: Sequence[Delivery]) -> list[str | None]:
        tries.append([one.body for one in waiting])
        if len(tries) < 3:
            raise NotNow("the database is away")
        return [None] * len(waiting)

    send(broker_url, b"1", b"2")
    with taking(broker_url, away_at_first):
        eventually(lambda: counts(broker_url, [REPLIES])[REPLIES] == (0, 0) and len(tries) >= 3)
    assert tries[:3] == [[b"1", b"2"]] * 3


def test_lines_that_are_cut_and_a_broker_that_is_wiped_are_survived(
    broker_url: str, rabbit: RabbitMQ
) -> None:
    seen: set[bytes] = set()
    publisher = Publisher(broker_url, confirm_s=2)

    def sent(body: bytes) -> bool:
        return publisher.publish([Parcel(REPLIES, REPLIES, f"m-{body.decode()}", body)]) == [Fate.TAKEN]

    with taking(broker_url, lambda waiting: [seen.add(one.body) for one in waiting]):
        assert sent(b"1")
        rabbit.close_connections()
        eventually(lambda: sent(b"2"))
        eventually(lambda: seen == {b"1", b"2"})
        rabbit.reset()
        eventually(lambda: REPLIES in rabbit.ctl("list_queues", "name").split())  # before anybody publishes
        eventually(lambda: sent(b"3"))
        eventually(lambda: b"3" in seen)
    publisher.close()
