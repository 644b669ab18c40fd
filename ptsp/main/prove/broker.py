"""The broker of a proof: a RabbitMQ of its own, with a corner for each lane."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from ptsp.infra.servers.rabbitmq import RabbitMQ
from ptsp.main.prove.cast import Cast


@dataclass(frozen=True, slots=True)
class Broker:
    """Nothing, where the cast has no broker: then its URL is empty and it forgets nothing."""

    node: RabbitMQ | None

    @property
    def url(self) -> str:
        return self.node.url if self.node else ""

    def reset(self) -> None:
        """Forget everything."""
        if self.node:
            self.node.reset()

    def restart(self) -> None:
        if self.node:
            self.node.kill()
            self.node.start()

    def corner(self, name: str) -> str:
        """The URL of a virtual host of its own."""
        if self.node is None:
            return ""
        self.node.ctl("add_vhost", name)
        self.node.ctl("set_permissions", "-p", name, "ptsp", ".*", ".*", ".*")
        return f"{self.node.url.rstrip('/')}/{name}"


@contextmanager
def private_broker(home: Path, cast: Cast) -> Iterator[Broker]:
    """Gone when the block ends. Call it in the main thread: the kernel ends it together with the one that began it."""
    if not cast.has_broker:
        yield Broker(None)
        return
    node = RabbitMQ(home)
    try:
        node.start()
        yield Broker(node)
    finally:
        node.stop()
