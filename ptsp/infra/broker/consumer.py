"""A consumer that loses nothing: it acknowledges after its handler has committed, and requeues nothing.

What nobody can read goes to the dead-letter queue at once, with the reason, so that it holds up no neighbour.
"""

import random
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import structlog

from ptsp.infra.broker.line import BROKEN, Line
from ptsp.infra.broker.publisher import Fate, Parcel, Publisher
from ptsp.infra.broker.topology import DEAD

log = structlog.get_logger()

PREFETCH: Final = 200
PATIENCE_S: Final = 10.0
LOOK_S: Final = 0.5  # so long it waits for a message before it looks at its heartbeat, and whether to stop
LONGEST_PAUSE_S: Final = 5.0
REASON: Final = "ptsp-reason"  # header of a dead letter


class NotNow(Exception):
    """The handler cannot work just now (its database is away): the same messages again in a moment."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """One message as it came in. Header names are in lower case."""

    tag: int
    id: str
    body: bytes = field(repr=False)
    headers: Mapping[str, str] = field(repr=False)
    is_redelivered: bool = False
    content_type: str = "application/json"


Handler = Callable[[Sequence[Delivery]], Sequence[str | None]]


class Consumer:
    """`handle` is given what is waiting, up to `prefetch` messages, and says of each None (done, and committed) or
    why it is dead. It may raise NotNow; anything else it raises ends `run`, and its messages come again.
    """

    def __init__(self, url: str, queue: str, handle: Handler, *, prefetch: int = PREFETCH) -> None:
        self._url = url
        self._queue = queue
        self._handle = handle
        self._prefetch = prefetch
        self._dead = Publisher(url)
        self._waiting: list[Delivery] = []
        self._failures = 0

    def run(self, stop: threading.Event, *, ready: Callable[[], None] = lambda: None) -> None:
        """Until `stop` is set. A line that breaks is made anew, with all that is declared on it."""
        try:
            while not stop.is_set():
                try:
                    self._on_one_line(stop, ready)
                except BROKEN as error:
                    self._failures += 1
                    log.warning("broker_line_lost", queue=self._queue, reason=type(error).__name__)
                    stop.wait(self._pause())
        finally:
            self._dead.close()

    def _on_one_line(self, stop: threading.Event, ready: Callable[[], None]) -> None:
        self._waiting = []
        line = Line(self._url, patience_s=PATIENCE_S)
        try:
            line.declare([self._queue])
            line.channel.basic_qos(0, self._prefetch, a_global=False)
            line.channel.basic_consume(self._queue, callback=self._keep, on_cancel=_cancelled)
            ready()
            while not stop.is_set():
                line.wait(LOOK_S)
                while len(self._waiting) < self._prefetch and line.wait(0):
                    pass
                line.beat()
                if self._waiting:
                    self._settle(line, self._answers(line, stop))
                    self._failures = 0
        finally:
            line.drop()

    def _keep(self, message: Any) -> None:
        properties = message.properties
        headers = properties.get("application_headers") or {}
        body = message.body.encode() if isinstance(message.body, str) else bytes(message.body)
        self._waiting.append(
            Delivery(
                tag=message.delivery_tag,
                id=str(properties.get("message_id", "")),
                body=body,
                headers={str(name).lower(): str(value) for name, value in headers.items()},
                is_redelivered=bool(message.delivery_info.get("redelivered")),
                content_type=str(properties.get("content_type", "")),
            )
        )

    def _answers(self, line: Line, stop: threading.Event) -> Sequence[str | None]:
        """What the handler says; while it cannot work, the line is kept and it is tried again."""
        tries = 0
        while True:
            try:
                answers = self._handle(self._waiting)
            except NotNow as error:
                tries += 1
                self._failures += 1
                if tries == 1:
                    waiting = len(self._waiting)
                    log.warning("replies_wait", queue=self._queue, messages=waiting, reason=str(error))
                ends = time.monotonic() + self._pause()
                while time.monotonic() < ends:
                    if stop.wait(min(LOOK_S, max(0.0, ends - time.monotonic()))):
                        raise ConnectionError("told to stop with messages in hand") from error
                    line.beat()
            else:
                if tries:
                    log.info("replies_go_on", queue=self._queue, tries=tries)
                return answers

    def _settle(self, line: Line, answers: Sequence[str | None]) -> None:
        """Acknowledge all at once; the dead go to their queue first, and stay here if that does not take them."""
        kept: set[int] = set()
        dead = [(one, why) for one, why in zip(self._waiting, answers, strict=True) if why is not None]
        if dead:
            fates = self._dead.publish([self._letter(one, why) for one, why in dead])
            kept = {one.tag for (one, _), fate in zip(dead, fates, strict=True) if fate is not Fate.TAKEN}
            for one, why in dead:
                log.error("message_dead", queue=self._queue, message=one.id, reason=why)
        if not kept:
            line.channel.basic_ack(self._waiting[-1].tag, multiple=True)
        else:
            for one in self._waiting:
                if one.tag not in kept:
                    line.channel.basic_ack(one.tag)
        self._waiting = []
        if kept:
            raise ConnectionError("the dead-letter queue does not take what is dead: it comes again")

    def _letter(self, one: Delivery, why: str) -> Parcel:
        headers = {**one.headers, REASON: why}
        message_id = f"{one.id}:{one.tag}"
        return Parcel(DEAD, self._queue, message_id, one.body, headers, one.content_type)

    def _pause(self) -> float:
        longest = min(LONGEST_PAUSE_S, 0.1 * 2.0 ** min(self._failures, 10))
        return longest * (0.5 + random.random() / 2)  # spreads load, guards nothing


def _cancelled(_tag: str) -> None:
    raise ConnectionError("the queue has gone")
