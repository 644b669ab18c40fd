"""What became of each message, told by a real broker that is healthy, full, wiped, blocked, cut off or gone."""

import contextlib
import socket
import threading
import time
from collections.abc import Iterator

import pytest

from ptsp.infra.broker import EVENTS, QUESTIONS, SIMULATED, Fate, Parcel, Publisher, Unusable, counts, ping
from ptsp.infra.broker.line import Line
from ptsp.infra.servers.rabbitmq import RabbitMQ

pytestmark = pytest.mark.xdist_group("rabbitmq")


@pytest.fixture
def publisher(broker_url: str) -> Iterator[Publisher]:
    made = Publisher(broker_url, confirm_s=2)
    yield made
    made.close()


def parcels(count: int, *, key: str = SIMULATED) -> list[Parcel]:
    return [Parcel(QUESTIONS, key, f"m-{key}-{at}", b"{}") for at in range(count)]


def test_what_is_taken_is_there(publisher: Publisher, broker_url: str) -> None:
    assert publisher.publish([]) == []
    assert set(publisher.publish(parcels(450))) == {Fate.TAKEN}
    assert counts(broker_url, [SIMULATED]) == {SIMULATED: (450, 0)}


def test_a_message_for_no_queue_is_told_apart_from_its_neighbours(publisher: Publisher) -> None:
    nowhere = Parcel(EVENTS, "nobody.listens", "nowhere", b"{}")
    optional = Parcel(EVENTS, "nobody.listens", "optional", b"{}", is_mandatory=False)
    first, last = parcels(2)
    fates = publisher.publish([first, nowhere, optional, last])
    assert fates == [Fate.TAKEN, Fate.NOT_ROUTED, Fate.TAKEN, Fate.TAKEN]


def test_a_queue_that_was_deleted_is_made_anew(publisher: Publisher, broker_url: str) -> None:
    assert publisher.publish(parcels(1)) == [Fate.TAKEN]
    other = Line(broker_url, patience_s=5)
    other.channel.queue_delete(SIMULATED)
    other.drop()
    assert publisher.publish(parcels(2)) == [Fate.NOT_ROUTED, Fate.NOT_ROUTED]
    assert publisher.publish(parcels(2)) == [Fate.TAKEN, Fate.TAKEN]
    assert counts(broker_url, [SIMULATED])[SIMULATED] == (2, 0)


def test_a_full_queue_refuses(publisher: Publisher, broker_url: str) -> None:
    line = Line(broker_url, patience_s=5)
    line.declare(())
    limits = {"x-queue-type": "quorum", "x-max-length": 1, "x-overflow": "reject-publish"}
    line.channel.queue_declare("full", durable=True, auto_delete=False, arguments=limits)
    line.channel.queue_bind("full", EVENTS, "full")
    fates = [publisher.publish([Parcel(EVENTS, "full", f"f{at}", b"{}")])[0] for at in range(5)]
    line.channel.queue_delete("full")
    line.drop()
    assert fates[0] is Fate.TAKEN
    assert fates[-1] is Fate.REFUSED


def test_under_an_alarm_nobody_knows_and_nobody_waits_for_ever(
    publisher: Publisher, rabbit: RabbitMQ
) -> None:
    assert publisher.publish(parcels(1)) == [Fate.TAKEN]
    rabbit.alarm(on=True)
    try:
        assert publisher.publish(parcels(1)) == [Fate.UNKNOWN]
    finally:
        rabbit.alarm(on=False)
    assert publisher.publish(parcels(1)) == [Fate.TAKEN]


def test_a_line_that_is_cut_before_the_confirm_is_unknown(broker_url: str) -> None:
    with Cutting(broker_url) as (through, cut_after):
        publisher = Publisher(through, confirm_s=2)
        assert publisher.publish(parcels(1)) == [Fate.TAKEN]
        cut_after.set()
        (fate,) = publisher.publish(parcels(1, key=SIMULATED))
        assert fate is Fate.UNKNOWN
        cut_after.clear()
        assert publisher.publish(parcels(1)) == [Fate.TAKEN]
        publisher.close()
    assert counts(broker_url, [SIMULATED])[SIMULATED][0] == 3  # it had arrived


def test_without_a_broker_nothing_was_sent() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    url = f"amqp://127.0.0.1:{port}//"
    assert set(Publisher(url).publish(parcels(3))) == {Fate.UNSENT}
    with pytest.raises(Unusable):
        ping(url)


class Cutting:
    """A way to the broker that hands on what we say, and hangs up instead of handing back what it answers."""

    def __init__(self, url: str) -> None:
        head, _, rest = url.rpartition("@")
        self._port = int(rest.partition(":")[2].partition("/")[0])
        self._server = socket.create_server(("127.0.0.1", 0))
        self._head = head
        self._cut = threading.Event()

    def __enter__(self) -> tuple[str, threading.Event]:
        threading.Thread(target=self._accept, daemon=True).start()
        return f"{self._head}@127.0.0.1:{self._server.getsockname()[1]}//", self._cut

    def __exit__(self, *_: object) -> None:
        self._server.close()

    def _accept(self) -> None:
        while True:
            try:
                near, _ = self._server.accept()
            except OSError:
                return
            far = socket.create_connection(("127.0.0.1", self._port))
            threading.Thread(target=self._pass, args=(near, far), daemon=True).start()
            threading.Thread(target=self._pass, args=(far, near, True), daemon=True).start()

    def _pass(self, source: socket.socket, sink: socket.socket, back: bool = False) -> None:  # noqa: FBT001, FBT002
        while data := _received(source):
            if back and self._cut.is_set():
                break
            try:
                sink.sendall(data)
            except OSError:
                break
        for line in (source, sink):
            with contextlib.suppress(OSError):
                line.shutdown(socket.SHUT_RDWR)
        source.close()


def _received(line: socket.socket) -> bytes:
    try:
        return line.recv(65_536)
    except OSError:
        return b""


def test_a_broker_that_was_killed_keeps_what_it_had_confirmed(
    publisher: Publisher, rabbit: RabbitMQ, broker_url: str
) -> None:
    assert set(publisher.publish(parcels(20))) == {Fate.TAKEN}
    time.sleep(
        1
    )  # it notes half a second late which queues it has: killed before that, they are dead for good
    rabbit.kill()
    assert set(publisher.publish(parcels(3))) <= {Fate.UNSENT, Fate.UNKNOWN}
    rabbit.start()
    assert set(publisher.publish(parcels(3))) == {Fate.TAKEN}
    assert counts(broker_url, [SIMULATED])[SIMULATED] == (23, 0)
