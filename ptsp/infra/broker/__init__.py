"""The way to RabbitMQ: what stands there, confirmed publishing, and consumers that lose nothing."""

from ptsp.infra.broker.consumer import Consumer, Delivery, NotNow
from ptsp.infra.broker.dead import DeadLetter, counts, dead_letters, replay
from ptsp.infra.broker.events import event_parcel
from ptsp.infra.broker.line import BROKEN, Unusable, ping
from ptsp.infra.broker.publisher import Fate, Parcel, Publisher
from ptsp.infra.broker.topology import DEAD, EVENTS, QUESTIONS, REPLIES, SIMULATED, dead_of

__all__ = [
    "BROKEN",
    "DEAD",
    "EVENTS",
    "QUESTIONS",
    "REPLIES",
    "SIMULATED",
    "Consumer",
    "DeadLetter",
    "Delivery",
    "Fate",
    "NotNow",
    "Parcel",
    "Publisher",
    "Unusable",
    "counts",
    "dead_letters",
    "dead_of",
    "event_parcel",
    "ping",
    "replay",
]
