"""One office floods and has a dead agency; the other's applicants should hardly notice.

What is measured is the time from a lodging to the last answer of its agencies, as the database wrote both down: the
agencies' own thinking, the turns of the workers, and whatever waits in between. The decision comes later. Office B
lodges the same stream twice: in quiet, and while office A lodges ten times as much, each of whose bundles also asks
an agency that accepts every line and never answers.
"""

import hashlib
import json
import math
import random
import socket
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from ptsp.domain.applications import Applicant, Order, Wanted
from ptsp.flows.apply_pack import apply_pack
from ptsp.flows.submit_bundle import submit_bundle
from ptsp.infra.tenants import TenantBook
from ptsp.infra.vault import Vault
from ptsp.infra.work import begin
from ptsp.main.connections import doorbell_of, engine_for
from ptsp.main.demo.orders import TENANT
from ptsp.main.prove.office import KNOWN, SERVICE, proof_pack
from ptsp.main.prove.stage import Stage, stage

FLOODING, QUIET = "parepare", TENANT
DEAD = "ho"  # the connector of the agency that accepts and never answers
ASKED = ("ktp", "permits")
THINKS_S = {"ktp": 0.4, "permits": 0.8}  # what a system behind HTTP takes
LEASE_S = 30.0
WARM_UP = 6
HEAD_START_S = 3.0  # the flood is there when the stream begins
LONGEST_S = 120.0  # after the last lodging
LOOK_EVERY_S = 0.25
Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Flood:
    """`bundles` of office B in each half, `every_s` on average; office A lodges `times` as many."""

    seed: int
    bundles: int = 60
    every_s: float = 1.0
    times: int = 10


@dataclass
class DeadAgency:
    """It accepts every line, counts it, and says nothing."""

    door: socket.socket
    lines: list[socket.socket] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.door.getsockname()[1]}"

    def accept(self) -> None:
        while True:
            try:
                line, _ = self.door.accept()
            except OSError:
                return  # closed
            self.lines.append(line)


def fairness(home: Path, flood: Flood, say: Say) -> dict[str, Any]:
    """Play both halves on real processes: two workers, relay, web, agencies. Everything is this proof's own."""
    scripts = {
        "ktp": json.dumps({"rules": [{"do": "slow", "share": 1, "seconds": THINKS_S["ktp"]}]}),
        "permits": json.dumps({"delay_s": THINKS_S["permits"]}),
    }
    with dead_agency() as dead, stage(home, connectors=ASKED, scripts=scripts, lease_s=LEASE_S) as here:
        here.settings = here.settings.with_simulators({**here.settings.simulators, DEAD: dead.url})
        _apply_flooding(here)
        here.start("web", "relay", "worker-1", "worker-2")
        lodgers = Lodgers(here, flood)
        lodgers.stream(QUIET, "warm", WARM_UP, 0.2)
        _answered(here, QUIET, "warm", WARM_UP)
        lodgers.stream(QUIET, "quiet", flood.bundles, flood.every_s)
        quiet = _answered(here, QUIET, "quiet", flood.bundles)
        say(f"in quiet: p95 {_p95_ms(quiet)} ms of {len(quiet)}")
        under = _flooded(here, lodgers, flood)
        tasks = {code: _tasks(here, code) for code in (FLOODING, QUIET)}
        tries = len(dead.lines)
        say(f"under the flood: p95 {_p95_ms(under)} ms of {len(under)}; {tries} tries at the dead agency")
        lodgers.close()
    return {
        "seed": flood.seed,
        "quiet_p95_ms": _p95_ms(quiet),
        "flood_p95_ms": _p95_ms(under),
        "ratio": round(_p95_ms(under) / _p95_ms(quiet), 2),
        "quiet_median_ms": _p95_ms(quiet, 0.5),
        "flood_median_ms": _p95_ms(under, 0.5),
        "tasks_a": tasks[FLOODING]["all"],
        "tasks_b": tasks[QUIET]["all"],
        "tasks_a_answered": tasks[FLOODING]["answered"],
        "unanswered_b": tasks[QUIET]["all"] - tasks[QUIET]["answered"],
        "dead_agency_tries": tries,
    }


def _flooded(here: Stage, lodgers: "Lodgers", flood: Flood) -> list[float]:
    """The flood begins first, and goes on until the stream is over."""
    lead = math.ceil(HEAD_START_S / flood.every_s)
    number = (flood.bundles + lead) * flood.times
    values = (FLOODING, "flood", number, flood.every_s / flood.times)
    flooding = threading.Thread(target=lodgers.stream, args=values, daemon=True)
    flooding.start()
    time.sleep(HEAD_START_S)
    lodgers.stream(QUIET, "under", flood.bundles, flood.every_s)
    found = _answered(here, QUIET, "under", flood.bundles)
    flooding.join(LONGEST_S)
    if lodgers.faults:
        raise lodgers.faults[0]
    return found


@contextmanager
def dead_agency() -> Iterator[DeadAgency]:
    with socket.create_server(("127.0.0.1", 0), backlog=256) as door:
        dead = DeadAgency(door)
        thread = threading.Thread(target=dead.accept, daemon=True)
        thread.start()
        yield dead
    for line in dead.lines:
        line.close()


def _apply_flooding(here: Stage) -> None:
    owner = engine_for(here.settings, "ptsp_owner", pool_size=1)
    apply_pack(owner, proof_pack(here.settings, (*ASKED, DEAD), FLOODING), by="ptsp prove")
    owner.dispose()


class Lodgers:
    """Lodge as the web process does, each office from a thread of its own, at the moments of the seed."""

    def __init__(self, here: Stage, flood: Flood) -> None:
        self._engine = engine_for(here.settings, "ptsp_app", pool_size=2)
        self._book = TenantBook(self._engine, Vault(here.settings.secret))
        self._ring = doorbell_of(here.settings).ring
        self._seed = flood.seed
        self.faults: list[BaseException] = []

    def stream(self, tenant: str, name: str, number: int, every_s: float) -> None:
        """`number` bundles, `every_s` on average; who is late catches up."""
        try:
            dice = random.Random(f"{self._seed} {tenant} {name}")
            begins = time.monotonic()
            moments = sorted(dice.uniform(0, number * every_s) for _ in range(number))
            for at, moment in enumerate(moments):
                time.sleep(max(0.0, begins + moment - time.monotonic()))
                with begin(self._engine, self._book.get(tenant), actor="prove") as work:
                    submit_bundle(work, _order(f"{name}-{self._seed}-{at}", dice))
                self._ring()
        except BaseException as fault:  # told by the driver, whose thread this may not be
            self.faults.append(fault)
            raise

    def close(self) -> None:
        self._engine.dispose()


def _order(key: str, dice: random.Random) -> Order:
    born = date(dice.randint(1960, 1999), dice.randint(1, 12), dice.randint(1, 28))
    applicant = Applicant(
        nik=f"351508{born:%d%m%y}{dice.choice(KNOWN)}",
        name="Pemohon Contoh",
        birth_place="Sidoarjo",
        birth_on=born,
        gender="male",
        address="Jl. Contoh 1",
    )
    return Order(applicant, (Wanted(SERVICE, {}, {}),), key, hashlib.sha256(key.encode()).digest())


def _answered(here: Stage, tenant: str, name: str, number: int) -> list[float]:
    """Seconds from lodging to the last answer, of each bundle of a stream; waits until all have it."""
    ends = time.monotonic() + LONGEST_S
    while True:
        found = here.rows(DELAYS.format(tenant=tenant, name=name))
        if len(found) >= number or time.monotonic() > ends:
            return [float(row.seconds) for row in found]
        time.sleep(LOOK_EVERY_S)


DELAYS = """
    SELECT extract(epoch FROM max(t.ended_at) - b.lodged_at) AS seconds
      FROM app.bundle b JOIN app.task t ON t.tenant_id = b.tenant_id AND t.bundle_id = b.id AND t.kind = 'ask'
     WHERE b.tenant_id = (SELECT id FROM app.tenant WHERE code = '{tenant}') AND b.client_key LIKE '{name}-%'
     GROUP BY b.tenant_id, b.id, b.lodged_at HAVING bool_and(t.ended_at IS NOT NULL)"""


def _tasks(here: Stage, tenant: str) -> Mapping[str, int]:
    ((count, answered),) = here.rows(
        f"""SELECT count(*), count(*) FILTER (WHERE ended_at IS NOT NULL) AS answered FROM app.task
             WHERE kind = 'ask' AND tenant_id = (SELECT id FROM app.tenant WHERE code = '{tenant}')"""
    )
    return {"all": count, "answered": answered}


def _p95_ms(seconds: list[float], share: float = 0.95) -> int:
    ordered = sorted(seconds)
    return round(1000 * ordered[math.ceil(share * len(ordered)) - 1])
