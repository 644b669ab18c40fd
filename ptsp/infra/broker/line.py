"""One connection to the broker: made once, bounded in time, and thrown away at the first error."""

from collections.abc import Sequence
from typing import Final

from amqp.exceptions import NotFound
from kombu import Connection
from kombu.transport.pyamqp import Transport

from ptsp.infra.broker.topology import declare_exchanges, declare_queue
from ptsp.kernel.errors import PtspError

CONNECT_S: Final = 3.0
HEARTBEAT_S: Final = 20  # the broker beats every half of it, so that a shorter patience ends in between
# After any of these the connection is dropped; what was in it is told as unknown, or comes again.
BROKEN: Final[tuple[type[Exception], ...]] = (*Transport.connection_errors, *Transport.channel_errors)


class Unusable(PtspError):
    """The broker cannot be reached, or does not let us do what we need."""

    code = "broker_unusable"


class NoQueue(PtspError):
    """The broker has no such queue: it was never declared, or the broker was wiped since."""

    code = "broker_no_queue"


class Line:
    """An open connection with one channel. Every wait on it ends: `patience_s` bounds each write and read."""

    def __init__(self, url: str, *, patience_s: float) -> None:
        """Raises one of BROKEN. One try: whoever calls has its own way to wait."""
        verified = {"server_hostname": None} if url.startswith("amqps://") else False
        asked = Connection(url, ssl=verified, connect_timeout=CONNECT_S, heartbeat=HEARTBEAT_S)
        self._connection = asked.transport.establish_connection()
        try:
            # py-amqp's own `read_timeout` asks again and again: a queue without a leader held us for ever
            self._connection.transport.sock.settimeout(patience_s)
            self.channel = self._connection.channel()
        except BROKEN:
            self.drop()
            raise

    def declare(self, queues: Sequence[str]) -> None:
        """Exchanges, and the queues with all that belongs to them."""
        declare_exchanges(self.channel)
        for queue in queues:
            declare_queue(self.channel, queue)

    def wait(self, seconds: float) -> bool:
        """Handle what the broker says next; False if it said nothing in so many seconds. Raises one of BROKEN."""
        try:
            self._connection.drain_events(timeout=seconds)
        except TimeoutError:
            return False
        return True

    def beat(self) -> None:
        """Show that we live, and notice when the other side does not. Raises one of BROKEN."""
        self._connection.heartbeat_tick()

    def drop(self) -> None:
        """Hang up without a word: a broker under alarm would never answer a farewell."""
        self._connection.collect()


def ping(url: str) -> None:
    """Raises Unusable when the broker cannot be entered."""
    _entered(url).drop()


def line_to(url: str, queues: Sequence[str]) -> Line:
    """A line with all that is declared for `queues`. Raises Unusable."""
    line = _entered(url)
    try:
        line.declare(queues)
    except BROKEN as error:
        raise _unusable(error) from error
    return line


def line_to_found(url: str, queues: Sequence[str]) -> Line:
    """A line to `queues`, of which none is made: whoever only looks leaves nothing behind.

    Raises NoQueue where one is not there, and Unusable.
    """
    line = _entered(url)
    for queue in queues:
        try:
            line.channel.queue_declare(queue, passive=True)
        except NotFound as error:
            line.drop()
            raise NoQueue(f"the broker has no queue {queue!r}; nobody has used it yet") from error
        except BROKEN as error:
            line.drop()
            raise _unusable(error) from error
    return line


def _entered(url: str) -> Line:
    try:
        return Line(url, patience_s=CONNECT_S)
    except BROKEN as error:
        raise _unusable(error) from error


def _unusable(error: Exception) -> Unusable:
    return Unusable(f"PTSP_BROKER_URL: the broker cannot be used ({type(error).__name__})")
