"""Who takes part in a proof on this machine: kinds of connectors, and kinds of our own processes."""

from dataclasses import dataclass

from ptsp.infra.servers.programs import NoProgram
from ptsp.infra.servers.rabbitmq import rabbitmq_programs

CONNECTORS = ("ktp", "permits", "ho")
PROCESSES = ("relay", "worker", "web")
BY_BROKER, CONSUMER = "queue", "consumer"


@dataclass(frozen=True, slots=True)
class Cast:
    """`missing` says what cannot be part of it here, and why; empty where everything is."""

    connectors: tuple[str, ...]
    names: tuple[str, ...]
    missing: str = ""

    @property
    def has_broker(self) -> bool:
        return BY_BROKER in self.connectors


def cast() -> Cast:
    """All of them, or those that need no broker where none can be started."""
    try:
        rabbitmq_programs()
    except NoProgram as missing:
        return Cast(CONNECTORS, PROCESSES, f"the broker, its agencies and the consumer: {missing}")
    return Cast((*CONNECTORS, BY_BROKER), (*PROCESSES, CONSUMER))
