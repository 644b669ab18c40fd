"""Applicants who do not give up: each lodging goes out under one key until it is acknowledged, and that is kept."""

import json
import os
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import requests

from ptsp.main.demo.orders import TENANT
from ptsp.main.prove.office import Wish

TIMEOUT_S = 15.0
PAUSE_S = 0.3
AT_ONCE = 4


class Lodgers:
    """Threads that lodge. `acknowledged` are the lines of a log that is on the disk before it counts."""

    def __init__(
        self, base: str, wishes: Iterator[Wish], log: Path, *, may_go: Callable[[int], bool]
    ) -> None:
        self._url = f"{base}/api/v1/offices/{TENANT}/bundles"
        self._wishes = wishes
        self._log = log
        self._may_go = may_go
        self._lock = threading.Lock()
        self._ended = threading.Event()
        self._threads = [threading.Thread(target=self._run, daemon=True) for _ in range(AT_ONCE)]
        self.taken = self.acknowledged = self.tries = 0
        self.fault: BaseException | None = None
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        self._ended.set()
        for thread in self._threads:
            thread.join(TIMEOUT_S + 5)

    def _run(self) -> None:
        try:
            with requests.Session() as http:
                while not self._ended.is_set() and (wish := self._next()) is not None:
                    self._lodge(http, wish)
        except BaseException as fault:  # told by the driver, whose thread this is not
            self.fault = fault
            raise

    def _next(self) -> Wish | None:
        while not self._ended.wait(0.01):
            with self._lock:
                if self._may_go(self.taken):
                    self.taken += 1
                    return next(self._wishes, None)
        return None

    def _lodge(self, http: requests.Session, wish: Wish) -> None:
        """A line that breaks, or a 5xx, says nothing of what became of it: the same again."""
        while not self._ended.is_set():
            with self._lock:
                self.tries += 1
            try:
                answer = http.post(
                    self._url, json=wish.body, headers={"Idempotency-Key": wish.key}, timeout=TIMEOUT_S
                )
            except requests.RequestException:
                self._ended.wait(PAUSE_S)
                continue
            if answer.status_code < 300:
                self._keep(wish, answer.json()["reference"])
                return
            if answer.status_code < 500 and answer.status_code not in (409, 429):
                raise AssertionError(f"a lodging was refused: {answer.status_code} {answer.text[:300]}")
            self._ended.wait(PAUSE_S)

    def _keep(self, wish: Wish, reference: str) -> None:
        with self._lock:
            keep(self._log, wish, reference)
            self.acknowledged += 1


def keep(log: Path, wish: Wish, reference: str) -> None:
    """Write down what was acknowledged; on the disk when this returns."""
    with log.open("a") as lines:
        lines.write(json.dumps({"key": wish.key, "reference": reference, "outcome": wish.outcome}) + "\n")
        lines.flush()
        os.fsync(lines.fileno())


def acknowledged(log: Path) -> list[dict[str, str]]:
    return [json.loads(line) for line in log.read_text().splitlines()] if log.exists() else []
