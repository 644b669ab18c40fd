"""A worker says what became of a message it held."""

from ptsp.domain import messages
from ptsp.infra.work import Work


def record_delivery(work: Work, delivery: messages.Delivery) -> bool:
    """False when the lease had run out and another worker holds the message: then it says what becomes of it."""
    return bool(messages.record(work.connection, work.tenant.id, [delivery]))
