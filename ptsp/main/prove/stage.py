"""The stage of a proof: an installation of its own whose every process can be killed and comes back."""

import os
import signal
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import psycopg
import redis
import requests
from psycopg.rows import namedtuple_row

from ptsp.flows.apply_pack import apply_pack
from ptsp.main.connections import engine_for
from ptsp.main.demo.platform import (
    PTSP,
    address,
    free_port,
    port_in,
    says_ready,
    start_simulator,
    with_bytecode,
)
from ptsp.main.migrate_cli import bring_up
from ptsp.main.processes import Member, ProcessGroup
from ptsp.main.prove.office import PATIENCE_S, proof_pack
from ptsp.main.runtime import running
from ptsp.main.settings import Settings

START_S = 90.0
FINAL = "'approved', 'rejected', 'cut', 'deemed'"
CALM_SCRIPT = "{}"


@dataclass
class Stage:
    """Processes by name, such as `worker-2` or `agency-ho`; the part before the dash is their kind.

    Nobody starts again by itself: `tend` starts what is down, as the init system of a real machine does.
    """

    settings: Settings
    group: ProcessGroup
    scripts: Mapping[str, str]
    lease_s: float
    names: tuple[str, ...] = ()
    forgets: Callable[[], None] = lambda: None
    ended: list[str] = field(default_factory=list)  # those that ended by themselves
    _ports: dict[str, int] = field(default_factory=dict)
    _ready: set[int] = field(default_factory=set)  # process ids

    @property
    def agencies(self) -> tuple[str, ...]:
        return tuple(self._ports)

    @property
    def base(self) -> str:
        return self.settings.public_url

    def spawn(self, name: str) -> Member:
        kind, _, rest = name.partition("-")
        if kind == "agency":
            return start_simulator(
                self.group, self.settings, rest, self.scripts.get(rest, CALM_SCRIPT), self._ports.get(rest, 0)
            )
        return self.group.spawn(name, [*PTSP, *self.command(kind)], env=self.settings.as_env())

    def command(self, kind: str) -> list[str]:
        commands = {
            "web": ["web", "--port", self.base.rpartition(":")[2]],
            "relay": ["relay"],
            "worker": ["worker", "--lease", str(self.lease_s)],
            "consumer": ["consumer"],
        }
        return commands[kind]

    def start_agencies(self, codes: Sequence[str]) -> None:
        """Their ports are kept: an agency that was killed comes back at the same address."""
        members = {code: self.spawn(f"agency-{code}") for code in codes}
        urls = {code: address(self.group, member) for code, member in members.items()}
        self._ports = {code: int(url.rpartition(":")[2]) for code, url in urls.items()}
        self.settings = self.settings.with_simulators(urls)
        self.names += tuple(f"agency-{code}" for code in codes)

    def start(self, *names: str) -> None:
        members = [self.spawn(name) for name in names]
        for member in members:
            self.group.wait_ready(member, self.is_ready, timeout_s=START_S)
        self.names += names

    def kill(self, name: str) -> None:
        """kill -9, waited for, and started again at once."""
        self.group.kill(self._member_name(name))
        self.spawn(name)

    def tend(self) -> None:
        """Start again what has ended by itself."""
        for name in self.names:
            if not self.member(name).is_running():
                self.ended.append(name)
                self.spawn(name)

    def is_up(self, name: str) -> bool:
        """Whoever was ready once is so until it ends: its log need not be read again."""
        member = self.member(name)
        if member.is_running() and (member.pid in self._ready or self.is_ready(member)):
            self._ready.add(member.pid)
            return True
        return False

    def is_ready(self, member: Member) -> bool:
        if member.name.startswith("simulate-"):
            return port_in(member.log_text()) is not None
        if member.name.startswith("web"):
            return self._answers()
        return says_ready(member)

    def member(self, name: str) -> Member:
        return self.group.member(self._member_name(name))

    def wipe(self) -> None:
        """Redis forgets everything, and so does the broker if there is one."""
        self.forgets()
        with redis.Redis.from_url(self.settings.redis_url) as line:
            line.flushall()

    def crash_postgres(self) -> None:
        """kill -9 of the postmaster; whoever keeps the servers starts it again."""
        told = (self.settings.home / "postgres" / "postmaster.pid").read_text()
        os.kill(int(told.splitlines()[0]), signal.SIGKILL)

    def rows(self, sql: str) -> list[Any]:
        return rows(self.settings, sql)

    def waiting(self) -> str:
        """What is under way, for whoever wonders why nothing moves."""
        found = self.rows(
            f"""SELECT code, state, cause, count(*) AS number, min(next_at)::text AS next_at FROM app.task
                 WHERE state NOT IN ({FINAL}, 'blocked') GROUP BY code, state, cause ORDER BY code, state"""
        )
        return "; ".join(f"{row.number} {row.code} {row.state} {row.cause} {row.next_at}" for row in found)

    @staticmethod
    def _member_name(name: str) -> str:
        return f"simulate-{name.removeprefix('agency-')}" if name.startswith("agency-") else name

    def _answers(self) -> bool:
        with suppress(requests.RequestException):
            return requests.get(f"{self.base}/live", timeout=2).status_code == 200
        return False


@contextmanager
def stage(
    home: Path,
    *,
    connectors: tuple[str, ...],
    scripts: Mapping[str, str],
    lease_s: float,
    broker_url: str = "",
    patience_s: float = PATIENCE_S,
) -> Iterator[Stage]:
    """Private servers with the tables and the proof's office, and its agencies. The processes are the caller's.

    The same `home` again finds everything as it was: what a restart of the whole machine does.
    """
    with ExitStack() as held:
        given = Settings.from_env({"PTSP_HOME": str(home)})
        settings = held.enter_context(running(given, durable=True))
        settings = replace(settings, public_url=f"http://127.0.0.1:{free_port(0)}", broker_url=broker_url)
        bring_up(settings)
        owner = engine_for(settings, "ptsp_owner", pool_size=1)
        apply_pack(owner, proof_pack(settings, connectors, patience_s=patience_s), by="ptsp prove")
        owner.dispose()
        env = with_bytecode({**os.environ, **settings.as_env()})
        group = held.enter_context(ProcessGroup(settings.home, env=env))
        made = Stage(settings, group, scripts, lease_s)
        made.start_agencies(connectors)
        yield made


def rows(settings: Settings, sql: str) -> list[Any]:
    """Rows of all tenants, read as administrator."""
    url = settings.admin_database_url.replace("postgresql+psycopg://", "postgresql://", 1)
    with psycopg.connect(url, row_factory=namedtuple_row) as connection:
        return connection.execute(sql.encode()).fetchall()
