"""Publishing that knows what became of each message.

Without confirms a broker that is cut off loses messages that were reported as sent; without `mandatory` a message
that no queue takes is confirmed and dropped; without a time-out an alarm of the broker holds us for ever
(kombu issues 59 and 2237, py-amqp issues 279 and 452).
"""

import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final

import structlog

from ptsp.infra.broker.line import BROKEN, Line
from ptsp.infra.broker.topology import QUESTIONS, REPLIES

log = structlog.get_logger()

CONFIRM_S: Final = 5.0
WINDOW: Final = 100  # so many messages are under way at once
IDLE_S: Final = 5.0  # a line that was not used for longer is made anew: nobody kept its heartbeat
PERSISTENT: Final = 2


class Fate(StrEnum):
    """What became of a message."""

    TAKEN = "taken"  # the broker has it, on disk
    NOT_ROUTED = "not_routed"  # no queue was there: nobody has it
    REFUSED = "refused"  # the queue is full: nobody has it
    UNKNOWN = "unknown"  # it was sent, and no confirm came
    UNSENT = "unsent"  # there was no broker to send it to


@dataclass(frozen=True, slots=True)
class Parcel:
    """One message. `id` is the message's own, and unlike any other's of one call."""

    exchange: str
    key: str
    id: str
    body: bytes = field(repr=False)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    content_type: str = "application/json"
    is_mandatory: bool = True  # somebody must be there to take it

    @property
    def queue(self) -> str | None:
        """The queue this goes to, which is ours to declare."""
        return self.key if self.exchange in (QUESTIONS, REPLIES) else None


class Publisher:
    """One line, opened when first needed and dropped on any error. Safe over threads, one batch at a time."""

    def __init__(self, url: str, *, confirm_s: float = CONFIRM_S) -> None:
        self._url = url
        self._confirm_s = confirm_s
        self._lock = threading.Lock()
        self._line: Line | None = None
        self._declared: set[str] = set()
        self._tag = 0  # of the last message on this channel
        self._used = 0.0
        self._batch: _Batch | None = None

    def publish(self, parcels: Sequence[Parcel]) -> list[Fate]:
        """Send all of them and wait for the broker's word on each. Never raises for what the broker does."""
        fates: list[Fate] = []
        with self._lock:
            for start in range(0, len(parcels), WINDOW):
                fates += self._publish(parcels[start : start + WINDOW])
        return fates

    def close(self) -> None:
        with self._lock:
            self._drop()

    def _publish(self, parcels: Sequence[Parcel]) -> list[Fate]:
        try:
            line = self._ready_line(parcels)
        except BROKEN as error:
            self._lost(error, "unsent", len(parcels))
            return [Fate.UNSENT] * len(parcels)
        batch = self._batch = _Batch([parcel.id for parcel in parcels], self._tag)
        try:
            for parcel in parcels:
                self._tag += 1
                batch.sent += 1
                _send(line.channel, parcel)
            deadline = time.monotonic() + self._confirm_s
            while batch.open and (left := deadline - time.monotonic()) > 0:
                line.wait(left)
        except BROKEN as error:
            self._lost(error, "unknown", len(batch.open))
        self._used = time.monotonic()
        fates = batch.fates()
        if any(fate is not Fate.TAKEN for fate in fates):
            self._drop()  # the next line declares everything again
        return fates

    def _ready_line(self, parcels: Sequence[Parcel]) -> Line:
        """Raises one of BROKEN, while nothing was sent yet."""
        if self._line is not None and not self._still_works(self._line):
            self._drop()
        wanted = {parcel.queue for parcel in parcels if parcel.queue} - self._declared
        if self._line is None:
            self._line = Line(self._url, patience_s=self._confirm_s)
            self._listen(self._line.channel)
            self._line.declare(sorted(wanted))
        elif wanted:
            self._line.declare(sorted(wanted))
        self._declared |= wanted
        return self._line

    def _still_works(self, line: Line) -> bool:
        """Not left alone for long, and not closed by the other side meanwhile."""
        if time.monotonic() - self._used > IDLE_S:
            return False
        try:
            while line.wait(0):
                pass
        except BROKEN:
            return False
        return True

    def _listen(self, channel: Any) -> None:
        channel.confirm_select()
        channel.events["basic_ack"].add(lambda tag, multiple: self._told(tag, multiple, Fate.TAKEN))
        channel.events["basic_nack"].add(lambda tag, multiple: self._told(tag, multiple, Fate.REFUSED))
        channel.events["basic_return"].add(lambda _why, _exchange, _key, message: self._returned(message))

    def _told(self, tag: int, multiple: bool, fate: Fate) -> None:  # noqa: FBT001 - the library's order
        if self._batch is not None:
            self._batch.settle(tag, fate, multiple=multiple)

    def _returned(self, message: Any) -> None:
        if self._batch is not None:
            self._batch.returned.add(message.properties["message_id"])

    def _lost(self, error: Exception, fate: str, messages: int) -> None:
        log.warning("broker_line_lost", reason=type(error).__name__, fate=fate, messages=messages)
        self._drop()

    def _drop(self) -> None:
        if self._line is not None:
            self._line.drop()
        self._line, self._batch = None, None
        self._declared, self._tag = set(), 0


class _Batch:
    """Messages under way on one channel; the first has the tag `before + 1`."""

    def __init__(self, ids: Sequence[str], before: int) -> None:
        self._ids = ids
        self._before = before
        self._fates: dict[int, Fate] = {}
        self.sent = 0
        self.open = set(range(1, len(ids) + 1))
        self.returned: set[str] = set()

    def settle(self, tag: int, fate: Fate, *, multiple: bool) -> None:
        last = tag - self._before
        for at in [at for at in self.open if at == last or (multiple and at < last)]:
            self._fates[at] = fate
            self.open.discard(at)

    def fates(self) -> list[Fate]:
        return [self._fate(at, message_id) for at, message_id in enumerate(self._ids, 1)]

    def _fate(self, at: int, message_id: str) -> Fate:
        if at > self.sent:
            return Fate.UNSENT
        fate = self._fates.get(at, Fate.UNKNOWN)
        if fate is Fate.TAKEN and message_id in self.returned:
            return Fate.NOT_ROUTED  # the broker returns it first, and confirms it all the same
        return fate


def _send(channel: Any, parcel: Parcel) -> None:
    properties = {"message_id": parcel.id, "delivery_mode": PERSISTENT}
    message = channel.prepare_message(
        parcel.body, content_type=parcel.content_type, headers=dict(parcel.headers), properties=properties
    )
    channel.basic_publish(
        message, exchange=parcel.exchange, routing_key=parcel.key, mandatory=parcel.is_mandatory
    )
