"""All processes of the platform on this machine: simulated agencies, web, relay and worker."""

import json
import os
import socket
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from ptsp.flows.open_desk import open_desk
from ptsp.infra.tenants import TenantBook
from ptsp.infra.vault import Vault
from ptsp.infra.work import begin
from ptsp.main.connections import engine_for
from ptsp.main.processes import Member, ProcessGroup
from ptsp.main.settings import Settings

SIMULATED = ("ktp", "permits", "ho", "bank")
BEHIND_BROKER = ("queue",)  # simulated too, where a broker is set
PTSP = (sys.executable, "-m", "ptsp.main.cli")


@dataclass(frozen=True, slots=True)
class Platform:
    """A running platform: where it answers, and its processes."""

    base: str
    bank: str
    group: ProcessGroup
    settings: Settings
    lease_s: float | None = None

    def spawn(self, name: str) -> Member:
        """Start web, relay, worker or consumer, also again after it was killed."""
        port = self.base.rpartition(":")[2]
        commands = {
            "web": ["web", "--port", port],
            "relay": ["relay"],
            "consumer": ["consumer"],
            "worker": ["worker", *(["--lease", str(self.lease_s)] if self.lease_s else [])],
        }
        return self.group.spawn(name, [*PTSP, *commands[name]], env=self.settings.as_env())


def nothing(_settings: Settings) -> None:
    """What there is to do when all is there already."""


def with_bytecode(env: Mapping[str, str]) -> dict[str, str]:
    """Where writing bytecode beside the sources is forbidden, ours go to PTSP_HOME.

    Seven processes that compile all they import would take most of a minute, at every start.
    """
    if not env.get("PYTHONDONTWRITEBYTECODE") or env.get("PYTHONPYCACHEPREFIX"):
        return dict(env)
    kept = {name: value for name, value in env.items() if name != "PYTHONDONTWRITEBYTECODE"}
    return kept | {"PYTHONPYCACHEPREFIX": str(Path(env["PTSP_HOME"]) / "bytecode")}


@contextmanager
def platform(
    settings: Settings,
    *,
    port: int,
    scripts: Mapping[str, str] | None = None,
    tables: Callable[[Settings], object] = nothing,
    offices: Callable[[Settings], object] = nothing,
    lease_s: float | None = None,
) -> Iterator[Platform]:
    """Start everything side by side, and end it with the block. `scripts`: fault scripts by connector.

    What the processes need to find is brought about while they start: `tables` while the agencies do, and
    `offices` while web, relay and worker do.
    """
    settings = replace(settings, public_url=f"http://127.0.0.1:{port}")
    with ProcessGroup(settings.home, env=with_bytecode({**os.environ, **settings.as_env()})) as group:
        agencies = {
            code: start_simulator(group, settings, code, (scripts or {}).get(code, "{}"))
            for code in (*SIMULATED, *(BEHIND_BROKER if settings.broker_url else ()))
        }
        tables(settings)
        settings = settings.with_simulators(
            {code: address(group, member) for code, member in agencies.items()}
        )
        here = Platform(settings.public_url, settings.simulators["bank"], group, settings, lease_s)
        kinds = ("web", "worker", "relay", *(("consumer",) if settings.broker_url else ()))
        started = {name: here.spawn(name) for name in kinds}
        offices(settings)
        group.wait_ready(started["web"], f"{here.base}/ready", timeout_s=60)
        for name in kinds[1:]:
            group.wait_ready(started[name], says_ready, timeout_s=60)
        yield here


def start_simulator(group: ProcessGroup, settings: Settings, code: str, script: str, port: int = 0) -> Member:
    """A simulated agency with its own books, a file beside nothing else of the platform."""
    books = settings.home / "books" / f"{code}.sqlite"
    books.parent.mkdir(parents=True, exist_ok=True)
    command = [*PTSP, "simulate", code, "--books", str(books), "--script", script, "--port", str(port)]
    return group.spawn(f"simulate-{code}", command)


def address(group: ProcessGroup, member: Member) -> str:
    group.wait_ready(member, lambda one: port_in(one.log_text()) is not None, timeout_s=60)
    return _said(member.log_text())["url"]


def port_in(said: str) -> int | None:
    """The port a simulator says it listens on."""
    return int(_said(said)["port"]) if '{"code"' in said else None


def _said(said: str) -> dict[str, str]:
    """What a simulator says of itself: its code, its port, and where its agencies are."""
    told: dict[str, str] = json.loads([line for line in said.splitlines() if line.startswith('{"code"')][-1])
    return told


def says_ready(member: Member) -> bool:
    return "ready" in member.log_text()


def free_port(wanted: int) -> int:
    """The port wanted, or any free one when it is taken."""
    for port in (wanted, 0):
        with socket.socket() as probe:
            # Connections of a demo that has just ended still linger; only a listener makes a port taken.
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return int(probe.getsockname()[1])
    raise OSError("no free port on 127.0.0.1")


def desk_tokens(settings: Settings, tenant_code: str) -> dict[str, str]:
    """A token for each desk of an office, made by the owner."""
    owner = engine_for(settings, "ptsp_owner", pool_size=1)
    book = TenantBook(owner, Vault(settings.secret))
    tenant = book.get(tenant_code)
    with begin(owner, tenant, actor="demo") as work:
        tokens = {code: open_desk(work, code) for code, agency in tenant.pack.agencies.items() if agency.desk}
    owner.dispose()
    return tokens
