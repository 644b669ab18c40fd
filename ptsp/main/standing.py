"""What every long-running process does first: its log, its settings, and the servers they name."""

import gc
import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from ptsp.main.logs import log_to_stderr
from ptsp.main.runtime import running
from ptsp.main.settings import Settings

MANY_OBJECTS = 5_000


@contextmanager
def standing() -> Iterator[Settings]:
    """Settings from the environment, with servers behind them while the block lasts."""
    log_to_stderr()
    with running(Settings.from_env(os.environ)) as settings:
        yield settings


def settle() -> None:
    """Called once all that a process needs is loaded: it stays, so it is left out of every later search for garbage.

    That search took a quarter of a worker's time. It is also begun less often: a batch makes thousands of objects,
    which all go with it.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(MANY_OBJECTS)


def stop_on_signal() -> threading.Event:
    """Set by Ctrl-C and by SIGTERM."""
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    return stop
