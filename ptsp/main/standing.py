"""What every long-running process does first: its log, its settings, and the servers they name."""

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from ptsp.main.logs import log_to_stderr
from ptsp.main.runtime import running
from ptsp.main.settings import Settings


@contextmanager
def standing() -> Iterator[Settings]:
    """Settings from the environment, with servers behind them while the block lasts."""
    log_to_stderr()
    with running(Settings.from_env(os.environ)) as settings:
        yield settings


def stop_on_signal() -> threading.Event:
    """Set by Ctrl-C and by SIGTERM."""
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    return stop
