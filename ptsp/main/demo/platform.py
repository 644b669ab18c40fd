"""All processes of the platform on this machine: simulated agencies, web, relay and worker."""

import json
import os
import socket
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from ptsp.flows.open_desk import open_desk
from ptsp.infra.tenants import TenantBook
from ptsp.infra.vault import Vault
from ptsp.infra.work import begin
from ptsp.main.processes import Member, ProcessGroup
from ptsp.main.settings import Settings
from ptsp.main.wiring import engine_for

SIMULATED = ("ktp", "permits", "ho", "bank")
PTSP = (sys.executable, "-m", "ptsp.main.cli")


@dataclass(frozen=True, slots=True)
class Platform:
    """A running platform: where it answers, and its processes."""

    base: str
    bank: str
    group: ProcessGroup
    settings: Settings


@contextmanager
def platform(
    settings: Settings, *, port: int, scripts: Mapping[str, str] | None = None
) -> Iterator[Platform]:
    """Start everything side by side, and end it with the block. `scripts`: fault scripts by connector."""
    settings = replace(settings, public_url=f"http://127.0.0.1:{port}")
    with ProcessGroup(settings.home, env={**os.environ, **settings.as_env()}) as group:
        started = {
            code: start_simulator(group, settings, code, (scripts or {}).get(code, "{}"))
            for code in SIMULATED
        }
        settings = settings.with_simulators(
            {code: address(group, member) for code, member in started.items()}
        )
        env = settings.as_env()
        web = group.spawn("web", [*PTSP, "web", "--port", str(port)], env=env)
        relay = group.spawn("relay", [*PTSP, "relay"], env=env)
        worker = group.spawn("worker", [*PTSP, "worker"], env=env)
        group.wait_ready(web, f"{settings.public_url}/ready", timeout_s=60)
        for member in (relay, worker):
            group.wait_ready(member, says_ready, timeout_s=60)
        yield Platform(settings.public_url, settings.simulators["bank"], group, settings)


def start_simulator(group: ProcessGroup, settings: Settings, code: str, script: str, port: int = 0) -> Member:
    """A simulated agency with its own books, a file beside nothing else of the platform."""
    books = settings.home / "books" / f"{code}.sqlite"
    books.parent.mkdir(parents=True, exist_ok=True)
    command = [*PTSP, "simulate", code, "--books", str(books), "--script", script, "--port", str(port)]
    log = settings.home / "log" / f"simulate-{code}.log"
    log.unlink(missing_ok=True)  # its first line names the port of this run
    return group.spawn(f"simulate-{code}", command)


def address(group: ProcessGroup, member: Member) -> str:
    group.wait_ready(member, lambda one: port_in(one.log) is not None, timeout_s=60)
    return f"http://127.0.0.1:{port_in(member.log)}"


def port_in(log: Path) -> int | None:
    """The port a simulator says it listens on, in the last line that says one."""
    lines = [line for line in log.read_text(errors="replace").splitlines() if line.startswith('{"code"')]
    return int(json.loads(lines[-1])["port"]) if lines else None


def says_ready(member: Member) -> bool:
    return "ready" in member.log_text()


def free_port(wanted: int) -> int:
    """The port wanted, or any free one when it is taken."""
    for port in (wanted, 0):
        with socket.socket() as probe:
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
