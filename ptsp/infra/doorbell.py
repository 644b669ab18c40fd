"""The doorbell: a job in Redis that says no more than "look into PostgreSQL".

Losing a ring costs a moment, ringing twice costs a look. So a ring needs no id, and the queue is kept short:
once two rings wait, every worker that is free will come anyway.
"""

import redis
import structlog
from rq import Queue

log = structlog.get_logger()

ENOUGH = 2
TIMEOUT_S = 600
KEPT_S = 60  # RQ wants the result of a job kept for a while; none is looked at


class Doorbell:
    """Rings for the drain job, named by its path so that this floor need not know it."""

    def __init__(self, queue: Queue, job: str) -> None:
        self._queue = queue
        self._job = job

    def ring(self) -> None:
        """Wake a worker up. Redis being away is no error of whoever rings: the relay rings again."""
        try:
            if self._queue.count < ENOUGH:
                self._queue.enqueue_call(self._job, timeout=TIMEOUT_S, result_ttl=KEPT_S, failure_ttl=KEPT_S)
        except redis.RedisError as error:
            log.warning("doorbell_unreachable", reason=type(error).__name__)
