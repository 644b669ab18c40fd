"""A fuse in a process: its steps are told apart by what they are, written down, and one of them is the last.

A step lies after each SQL statement, commit, call of an agency, ring, publish, ack, finished job and answer: what
happens between two of them cannot be seen from outside. Statements are known by their first words, so that the
count of one does not depend on how often another was idle in between.
"""

import os
import threading
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import requests
import rq
import rq.job
from amqp import Channel
from sqlalchemy import Engine, event
from sqlalchemy.engine.default import DefaultDialect

from ptsp.infra.files import FolderStore

WORDS = 100  # characters of a statement: by these ours differ
LIT = ".lit"


@dataclass(frozen=True, slots=True)
class Point:
    """The n-th time a process comes by a place."""

    place: str
    number: int


class Fuse:
    """Burns only while a file beside its log is there; sends its own process `number` (a signal) at `at`."""

    def __init__(self, log: Path, at: Point | None, number: int) -> None:
        self._lit = str(log) + LIT
        self._out = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        self._at = at
        self._number = number
        self._counts = Counter[str]()
        self._lock = threading.Lock()
        self._own = threading.local()

    def step(self, place: str, told: object = "") -> None:
        if not os.path.exists(self._lit):
            return
        with self._lock:
            self._counts[place] += 1
            here = Point(place, self._counts[place])
            os.write(self._out, f"{here.number}\t{told}\t{place}\n".encode())
        if here == self._at:
            os.kill(os.getpid(), self._number)

    def after_sql(self, *arguments: Any) -> None:
        _, cursor, statement, *_ = arguments
        words = " ".join(statement.split())[:WORDS]
        self._own.last = words
        self.step(f"sql {words}", cursor.rowcount)

    def install(self) -> None:
        """Into this process, for good: it is made to be killed."""
        event.listen(Engine, "after_cursor_execute", self.after_sql)
        self._after(DefaultDialect, "do_commit", lambda *_: f"commit after {getattr(self._own, 'last', '')}")
        self._after(requests.Session, "send", _call)
        self._after(FolderStore, "put", lambda *_: "file kept")
        self._after(rq.Queue, "enqueue_call", lambda *_: "ring")
        self._after(rq.job.Job, "perform", lambda *_: "job")
        self._after(Channel, "basic_publish", lambda *_: "publish")
        self._after(Channel, "basic_ack", lambda *_: "ack")

    def answering(self, app: Callable[..., Any]) -> Callable[..., Any]:
        """The application with a step before each answer leaves."""

        def answer(environ: dict[str, Any], start_response: Any) -> Any:
            body = app(environ, start_response)
            self.step(f"answer {environ['REQUEST_METHOD']} {environ['PATH_INFO'].split('/')[1]}")
            return body

        return answer

    def _after(self, owner: Any, name: str, place: Callable[..., str]) -> None:
        inner = getattr(owner, name)

        def burning(*arguments: Any, **named: Any) -> Any:
            done = inner(*arguments, **named)
            self.step(place(*arguments))
            return done

        setattr(owner, name, burning)


def _call(_session: object, request: requests.PreparedRequest) -> str:
    """The agency stands in the second part of the path of whoever is simulated."""
    parts = urlsplit(str(request.url)).path.split("/")
    return f"http {request.method} {parts[2] if len(parts) > 2 else ''}"
