"""Letters that died: what nobody could read, or what was delivered too often. They wait for a person."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ptsp.infra.broker.consumer import REASON
from ptsp.infra.broker.line import BROKEN, Line, Unusable, line_to_found
from ptsp.infra.broker.publisher import Fate, Parcel, Publisher
from ptsp.infra.broker.topology import QUESTIONS, REPLIES, dead_of


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """`tenant` and `agency` are what the letter says of itself; nobody vouches for it."""

    queue: str
    id: str
    reason: str
    tenant: str
    agency: str
    bytes: int


def counts(url: str, queues: Sequence[str]) -> dict[str, tuple[int, int]]:
    """Queue -> how many messages wait in it, and how many died in it. Raises NoQueue, Unusable."""
    line = line_to_found(url, [name for queue in queues for name in (queue, dead_of(queue))])
    try:
        return {queue: (_count(line, queue), _count(line, dead_of(queue))) for queue in queues}
    except BROKEN as error:
        raise Unusable(f"the broker broke off ({type(error).__name__})") from error
    finally:
        line.drop()


def dead_letters(url: str, queue: str, *, limit: int = 100) -> list[DeadLetter]:
    """The first letters that died in `queue`; they stay where they are. Raises NoQueue, Unusable."""
    line = line_to_found(url, [queue, dead_of(queue)])
    try:
        return [_described(queue, message) for message in _held(line, queue, limit)]
    except BROKEN as error:
        raise Unusable(f"the broker broke off ({type(error).__name__})") from error
    finally:
        line.drop()  # what was looked at goes back


def replay(url: str, queue: str, *, limit: int = 100) -> int:
    """Put dead letters back into the queue they died in, each only once that queue has it. Raises NoQueue, Unusable."""
    line, publisher, done = line_to_found(url, [queue, dead_of(queue)]), Publisher(url), 0
    exchange = REPLIES if queue == REPLIES else QUESTIONS
    try:
        for message in _held(line, queue, limit):
            headers = {
                str(name): str(value)
                for name, value in _headers(message).items()
                if name != REASON and not str(name).startswith("x-")
            }
            parcel = Parcel(
                exchange, queue, str(message.properties.get("message_id", "")), _body(message), headers
            )
            if publisher.publish([parcel]) != [Fate.TAKEN]:
                break
            line.channel.basic_ack(message.delivery_tag)
            done += 1
    except BROKEN as error:
        raise Unusable(f"the broker broke off ({type(error).__name__})") from error
    finally:
        publisher.close()
        line.drop()
    return done


def _count(line: Line, queue: str) -> int:
    return int(line.channel.queue_declare(queue, passive=True).message_count)


def _held(line: Line, queue: str, limit: int) -> list[Any]:
    got = (line.channel.basic_get(dead_of(queue)) for _ in range(limit))
    held = []
    for message in got:
        if message is None:
            break
        held.append(message)
    return held


def _described(queue: str, message: Any) -> DeadLetter:
    headers = _headers(message)
    deaths = headers.get("x-death") or [{}]
    return DeadLetter(
        queue=queue,
        id=str(message.properties.get("message_id", "")),
        reason=str(headers.get(REASON) or deaths[0].get("reason", "")),
        tenant=str(headers.get("ptsp-tenant", "")),
        agency=str(headers.get("ptsp-agency", "")),
        bytes=len(_body(message)),
    )


def _headers(message: Any) -> dict[str, Any]:
    return message.properties.get("application_headers") or {}


def _body(message: Any) -> bytes:
    return message.body.encode() if isinstance(message.body, str) else bytes(message.body)
