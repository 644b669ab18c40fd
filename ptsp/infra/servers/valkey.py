"""One embedded Valkey (Redis) on a unix socket only."""

import signal
import socket
import time
from pathlib import Path
from typing import Final

from ptsp.infra.servers.child import Child, ServerFailed
from ptsp.infra.servers.places import Places
from ptsp.infra.servers.programs import valkey_program

START_S: Final = 10.0
DATABASES: Final = 64


class Valkey:
    """`durable` keeps an append-only file, written once a second; what it loses is found by the sweep."""

    name = "valkey"

    def __init__(self, places: Places, *, durable: bool) -> None:
        self._places = places
        self._durable = durable
        self._program = valkey_program()
        self._child: Child | None = None

    @property
    def socket(self) -> Path:
        return self._places.sockets / "valkey.sock"

    @property
    def url(self) -> str:
        return f"unix://{self.socket}?db=0"

    def start(self) -> None:
        self._places.valkey.mkdir(mode=0o700, exist_ok=True)
        self._child = Child(
            self.name,
            self._command(),
            log=self._places.log / "valkey.log",
            alive=self._places.run / "valkey.lock",
        )
        deadline = time.monotonic() + START_S
        while not self._answers():
            if not self._child.is_running() or time.monotonic() > deadline:
                words = self._child.log_tail()
                self.stop()
                raise ServerFailed(f"Valkey does not start: {words}")
            time.sleep(0.01)

    def is_running(self) -> bool:
        return self._child is not None and self._child.is_running()

    def stop(self) -> None:
        if self._child is not None:
            self._child.stop(signal.SIGTERM, harder=signal.SIGTERM, patience_s=10)
            self._child = None

    def _command(self) -> list[str]:
        options = {
            "port": "0",
            "unixsocket": str(self.socket),
            "unixsocketperm": "700",
            "dir": str(self._places.valkey),
            "databases": str(DATABASES),
            "daemonize": "no",
            "save": "",
            "appendonly": "yes" if self._durable else "no",
            "maxmemory-policy": "noeviction",
        }
        return [str(self._program), *(part for key, value in options.items() for part in (f"--{key}", value))]

    def _answers(self) -> bool:
        """A pong: not merely an open socket, since it answers LOADING while it reads its file."""
        with socket.socket(socket.AF_UNIX) as line:
            line.settimeout(1)
            try:
                line.connect(str(self.socket))
                line.sendall(b"PING\r\n")
                return line.recv(64).startswith(b"+PONG")
            except OSError:
                return False  # not there yet; the caller keeps the time
