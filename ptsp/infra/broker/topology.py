"""What stands in the broker. It is declared on every connection, so that a broker that was wiped is whole again.

Every queue is a durable quorum queue that refuses what it has no room for, and has a dead-letter queue beside it
for what nobody can read. Nothing here needs what RabbitMQ 4.3 took away: no transient queue, no mirrored queue, no
prefetch for a whole channel.
"""

from typing import Any, Final

QUESTIONS: Final = (
    "ptsp.questions"  # direct exchange; a question's routing key is the name of the agency's queue
)
REPLIES: Final = "ptsp.replies"  # direct exchange, and the one queue of all replies
EVENTS: Final = "ptsp.events"  # topic exchange; routing key `<tenant>.<type>`
DEAD: Final = "ptsp.dead"  # direct exchange; a letter's routing key is the name of the queue it died in
SIMULATED: Final = f"{QUESTIONS}.simulated"  # the queue of the simulated agencies
MOST_DELIVERIES: Final = 20  # then the broker itself lays a message aside
MOST_WAITING: Final = 1_000_000

_LIMITS: Final = {"x-queue-type": "quorum", "x-overflow": "reject-publish", "x-max-length": MOST_WAITING}


def dead_of(queue: str) -> str:
    """The queue of what died in `queue`."""
    return f"{queue}.dead"


def declare_exchanges(channel: Any) -> None:
    for name, kind in ((QUESTIONS, "direct"), (REPLIES, "direct"), (DEAD, "direct"), (EVENTS, "topic")):
        channel.exchange_declare(name, kind, durable=True, auto_delete=False)


def declare_queue(channel: Any, queue: str) -> None:
    """A queue, the queue of its dead letters, and what leads to both; `queue` is one of questions or REPLIES."""
    channel.queue_declare(
        dead_of(queue), durable=True, auto_delete=False, arguments={"x-queue-type": "quorum"}
    )
    channel.queue_bind(dead_of(queue), DEAD, queue)
    arguments = {
        **_LIMITS,
        "x-delivery-limit": MOST_DELIVERIES,
        "x-dead-letter-exchange": DEAD,
        "x-dead-letter-routing-key": queue,
        "x-dead-letter-strategy": "at-least-once",
    }
    channel.queue_declare(queue, durable=True, auto_delete=False, arguments=arguments)
    channel.queue_bind(queue, REPLIES if queue == REPLIES else QUESTIONS, queue)
