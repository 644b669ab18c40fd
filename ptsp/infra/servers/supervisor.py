"""The process that owns the embedded servers: `python -m ptsp.infra.servers.supervisor`.

It starts them, starts again what dies, and stops them when no command is left. If it is killed itself, the
kernel ends the servers.
"""

import contextlib
import fcntl
import json
import logging
import os
import signal
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import FrameType
from typing import Final, Protocol

from ptsp.infra.servers.lease import ServerUrls, tell, told_path
from ptsp.infra.servers.places import Places, prepare
from ptsp.infra.servers.postgres import Postgres
from ptsp.infra.servers.valkey import Valkey
from ptsp.kernel.errors import PtspError

LOOK_EVERY_S: Final = 0.1
MOST_RESTARTS: Final = 20
log = logging.getLogger("ptsp.servers")


class Server(Protocol):
    name: str

    def start(self) -> None: ...
    def stop(self) -> None: ...
    def is_running(self) -> bool: ...


class Stopped(Exception):
    """Somebody sent SIGTERM."""


def main(wanted: dict[str, object]) -> int:
    """0 when the last user left, 1 when the servers could not be kept up."""
    signal.signal(signal.SIGTERM, _stop)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    places = prepare(Path(str(wanted["home"])))
    pg_bin = Path(str(wanted["pg_bin"])) if wanted["pg_bin"] else None
    durable = bool(wanted["durable"])
    try:
        postgres = Postgres(places, durable=durable, programs=pg_bin)
        valkey = Valkey(places, durable=durable)
        with _started([valkey, postgres]):
            urls = ServerUrls(postgres.url, valkey.url, os.getpid())
            tell(places, urls, durable=durable)
            _close_answer()
            log.info("servers_up home=%s", places.home)
            _keep_up([valkey, postgres], places)
    except Stopped:
        log.info("servers_told_to_stop")
    except (PtspError, OSError) as fault:
        log.exception("servers_down")
        _answer(f"{fault}")
        return 1
    finally:
        told_path(places).unlink(missing_ok=True)
        if places.sockets != places.run:
            with contextlib.suppress(OSError):
                places.sockets.rmdir()  # one of /tmp; whoever comes next makes it again
    return 0


def _stop(_signal: int, _frame: FrameType | None) -> None:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    raise Stopped


@contextlib.contextmanager
def _started(servers: Sequence[Server]) -> Iterator[None]:
    with contextlib.ExitStack() as stack:
        for server in servers:
            stack.callback(server.stop)
            begun = time.monotonic()
            server.start()
            log.info("server_started name=%s seconds=%.2f", server.name, time.monotonic() - begun)
        yield


def _keep_up(servers: Sequence[Server], places: Places) -> None:
    """Returns, with the users' lock in hand, when the last command has gone."""
    users = os.open(places.run / "users.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    restarts = 0
    while not _is_ours(users):
        for server in servers:
            if not server.is_running():
                restarts += 1
                log.warning("server_died name=%s restarts=%d", server.name, restarts)
                if restarts > MOST_RESTARTS:
                    raise PtspError(f"{server.name} keeps dying; see {places.log}")
                server.start()
        time.sleep(LOOK_EVERY_S)


def _is_ours(users: int) -> bool:
    try:
        fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _answer(words: str) -> None:
    """To the command that started us, if it still lives and still waits."""
    with contextlib.suppress(OSError):
        os.write(1, words.encode())


def _close_answer() -> None:
    """The end of our stdout is the sign that the servers are up."""
    with open(os.devnull, "wb") as nothing:
        os.dup2(nothing.fileno(), 1)


if __name__ == "__main__":
    if os.fork():
        os._exit(0)  # the command that started us goes on; the fork is the supervisor
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    raise SystemExit(main(json.loads(sys.argv[1])))
