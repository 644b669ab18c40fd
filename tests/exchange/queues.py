"""Offices whose agencies are behind the broker, and the agencies there."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from ptsp.infra.broker import REPLIES, SIMULATED, Consumer
from ptsp.infra.gateway import Registry
from ptsp.jobs.take_messages import take_messages
from ptsp.kernel.specs import TenantPack
from ptsp.main.simulated_queue import behind_broker
from ptsp.sdk.simulator import Running, Script, running
from tests.checks import REPOSITORY
from tests.offices import Office

WAY = {"queue": SIMULATED, "patience_s": 60}


def behind_queues(pack: TenantPack, **options: object) -> TenantPack:
    """The same office, with every agency that it asks behind a queue."""
    agencies = {
        code: replace(one, connector="queue", options={**WAY, **options}) if _is_asked(one) else one
        for code, one in pack.agencies.items()
    }
    return replace(pack, agencies=agencies, digest="f" * 64)


def _is_asked(agency: Any) -> bool:
    return agency.connector in ("permits", "ho", "ktp")


@contextmanager
def fake_agencies(
    office: Office, url: str, books: Path, *rules: dict[str, object], delay_s: float = 0.0
) -> Iterator[Running]:
    kind = Registry(REPOSITORY / "connectors").fake_agency("queue")
    script = Script.read({"delay_s": delay_s, "rules": list(rules)})
    ready = threading.Event()
    with (
        running(kind, books=books, master=office.settings.secret, script=script) as agency,
        behind_broker(agency, url, ready=ready.set),
    ):
        assert ready.wait(20)
        yield agency


@contextmanager
def consuming(office: Office, url: str, *, how_many: int = 1) -> Iterator[None]:
    stop, ready = threading.Event(), threading.Semaphore(0)
    threads = [
        threading.Thread(
            target=Consumer(url, REPLIES, partial(take_messages, office.tools)).run,
            args=(stop,),
            kwargs={"ready": ready.release},
        )
        for _ in range(how_many)
    ]
    for thread in threads:
        thread.start()
    for _ in threads:
        assert ready.acquire(timeout=20)
    try:
        yield
    finally:
        stop.set()
        for thread in threads:
            thread.join()


def answered(office: Office) -> bool:
    """No question waits for its answer."""
    return not office.rows("SELECT 1 FROM app.task WHERE kind = 'ask' AND state <> 'approved' LIMIT 1")
