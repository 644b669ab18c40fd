"""One worker process of a side: read the order from standard input, work, go when the driver is gone."""

import json
import os
import sys
import threading

from ptsp.main.bench.crew import READY
from ptsp.main.bench.sides import load

DRIVER_IS_GONE = 3
STDOUT, STDERR = 1, 2
# In the environment and not in a global: this module is loaded twice, as the program and by the sides.
DRIVER_LISTENS_ON = "_BENCH_DRIVER_LISTENS_ON"


def announce_ready() -> None:
    """Tell the driver that this process takes work from now on."""
    os.write(int(os.environ[DRIVER_LISTENS_ON]), f"{READY}\n".encode())


def main() -> None:
    # What libraries print (Celery's banner) goes to the log; the driver hears one word and no more.
    os.environ[DRIVER_LISTENS_ON] = str(os.dup(STDOUT))
    os.dup2(STDERR, STDOUT)
    order = json.loads(sys.stdin.buffer.readline())
    threading.Thread(target=_go_with_the_driver, args=(sys.stdin.fileno(),), daemon=True).start()
    side = load(order.pop("side"))
    side.work(**order)


def _go_with_the_driver(pipe: int) -> None:
    """Blocks without using processor time; the pipe ends when the driver does, even by kill -9.

    The bare descriptor: a thread that waits inside a buffered reader spoils the interpreter's normal end.
    """
    while os.read(pipe, 1):
        pass
    os._exit(DRIVER_IS_GONE)


if __name__ == "__main__":
    main()
