"""Processes that begin at once: forked from one that has imported everything. `python -m ptsp.main.prove.nursery PATH`.

Hundreds of them are killed in a proof, and each would read its modules for more than a second. It listens on a
unix socket for one JSON object a connection, {"command", "env", "log", "fuse"}, and answers with the process id.
"""

import json
import os
import signal
import socket
import sys
from pathlib import Path
from typing import Any

from werkzeug.serving import make_server

import ptsp.main.consumer_cli
import ptsp.main.relay_cli
import ptsp.main.web
import ptsp.main.worker_cli  # noqa: F401 - imported before the first fork
from ptsp.main.cli import cli
from ptsp.main.prove.fuse import Fuse, Point

MOST_BYTES = 65_536


def main(path: str) -> None:
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # the kernel buries them
    with socket.socket(socket.AF_UNIX) as door:
        door.bind(path)
        door.listen()
        while True:
            line, _ = door.accept()
            with line:
                order = json.loads(line.recv(MOST_BYTES))
                pid = os.fork()
                if not pid:
                    door.close()
                    line.close()
                    _live(order)
                line.sendall(str(pid).encode())


def _live(order: dict[str, Any]) -> None:
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    with open(order["log"], "ab", buffering=0) as words:
        os.dup2(words.fileno(), 1)
        os.dup2(words.fileno(), 2)
    os.environ.update(order["env"])
    status = 1
    try:
        fuse = _fuse(order["fuse"])
        command = list(order["command"])
        if command[0] == "web":
            _serve(int(command[-1]), fuse)
        cli(command, standalone_mode=False)
        status = 0
    finally:
        os._exit(status)


def _fuse(wanted: dict[str, Any] | None) -> Fuse | None:
    if wanted is None:
        return None
    fuse = Fuse(Path(wanted["log"]), Point(*wanted["at"]) if wanted["at"] else None, wanted["signal"])
    fuse.install()
    return fuse


def _serve(port: int, fuse: Fuse | None) -> None:
    """The application as it is, behind a server that can be forked: granian starts its workers as new programs."""
    app: Any = ptsp.main.web.app_from_env()
    server = make_server("127.0.0.1", port, fuse.answering(app) if fuse else app, threaded=True)
    print("web: ready", flush=True)  # noqa: T201 - what whoever waits for it looks for
    server.serve_forever()


if __name__ == "__main__":
    main(sys.argv[1])
