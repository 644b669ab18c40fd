"""What waits in the broker, looked through; and taking away what belongs to one office."""

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from ptsp.infra.broker import BROKEN, QUESTIONS, REPLIES, Unusable, dead_of
from ptsp.infra.broker.line import Line, NoQueue, line_to_found
from ptsp.sdk.queues import TENANT

T = TypeVar("T")


def clear_broker(url: str, queues: Sequence[str], code: str) -> int:
    """Take the office's messages out of the queues and their dead letters, and its own queues away.

    All others go back where they were, and count as delivered once more. Raises Unusable.
    """
    return sum(_looked_through(url, queues, lambda line, queue: _taken(line, queue, code)))


def messages(url: str, queues: Sequence[str]) -> list[tuple[str, bytes]]:
    """Queue, and headers with body, of every message that waits or died; they stay. Raises Unusable."""
    found = _looked_through(
        url, queues, lambda line, queue: [(queue, _said(one)) for one in _waiting(line, queue)]
    )
    return [one for those in found for one in those]


def _looked_through(url: str, queues: Sequence[str], look: Callable[[Line, str], T]) -> list[T]:
    """What `look` finds in each queue that is there; looking makes none."""
    found = []
    for queue in sorted({REPLIES, *queues}):
        for one in (queue, dead_of(queue)):
            try:
                line = line_to_found(url, [one])
            except NoQueue:
                continue
            try:
                found.append(look(line, one))
            except BROKEN as error:
                raise Unusable(f"the broker broke off ({type(error).__name__})") from error
            finally:
                line.drop()  # what was looked at, and not taken, goes back
    return found


def _taken(line: Line, queue: str, code: str) -> int:
    is_own = queue.startswith(f"{QUESTIONS}.{code}.")
    count = 0
    for message in _waiting(line, queue):
        if is_own or _tenant(message) == code:
            line.channel.basic_ack(message.delivery_tag)
            count += 1
    line.channel.queue_declare(queue, passive=True)  # an answer: all before it was taken in
    if is_own:
        line.channel.queue_delete(queue)
    return count


def _waiting(line: Line, queue: str) -> list[Any]:
    return list(iter(lambda: line.channel.basic_get(queue), None))


def _tenant(message: Any) -> object:
    return (message.properties.get("application_headers") or {}).get(TENANT)


def _said(message: Any) -> bytes:
    body = message.body.encode() if isinstance(message.body, str) else bytes(message.body)
    return f"{message.properties}".encode() + body
