"""A RabbitMQ of our own, for trials: its node name, ports, cookie and files are nobody else's.

It is never started by the platform; an installation names its broker in PTSP_BROKER_URL. Made with the system's
programs (Debian's rabbitmq-server), without the wrappers that insist on a user of their own.
"""

import os
import secrets
import shutil
import signal
import socket
import subprocess
import time
from pathlib import Path
from typing import Final

from ptsp.infra.servers.child import Child, ServerFailed
from ptsp.infra.servers.programs import NoProgram

PROGRAMS: Final = Path("/usr/lib/rabbitmq/bin")
START_S: Final = 60.0
CTL_S: Final = 60.0
STOP_S: Final = 20.0

CONFIG: Final = """\
listeners.tcp.local = 127.0.0.1:{port}
disk_free_limit.absolute = 50MB
log.console = true
log.console.level = warning
log.file = false
default_user = ptsp
default_pass = {password}
loopback_users = none
"""


def rabbitmq_programs() -> Path:
    """The folder of `rabbitmq-server` and `rabbitmqctl`. Raises NoProgram."""
    if not (PROGRAMS / "rabbitmq-server").is_file() or shutil.which("epmd") is None:
        raise NoProgram("no RabbitMQ on this machine: install the package rabbitmq-server")
    return PROGRAMS


class RabbitMQ:
    """One node in `home`. `start` waits until it answers (about 5 to 15 s); what it holds is kept over `kill`."""

    name = "rabbitmq"

    def __init__(self, home: Path) -> None:
        """Raises NoProgram."""
        self._home = home.absolute()
        self._programs = rabbitmq_programs()
        self._node = f"ptsp-{secrets.token_hex(4)}@localhost"
        self._password = secrets.token_hex(16)
        self._epmd_port, self._port, self._dist_port = _free_ports(3)
        self._children: list[Child] = []

    @property
    def url(self) -> str:
        return f"amqp://ptsp:{self._password}@127.0.0.1:{self._port}//"

    @property
    def pid(self) -> int:
        return self._children[-1].pid

    def start(self) -> None:
        """Raises ServerFailed."""
        self._write_files()
        if not self._children:
            self._children = [self._child("epmd", ["epmd", "-port", str(self._epmd_port)], signal.SIGKILL)]
        self._children[1:] = [
            self._child(self.name, [str(self._programs / "rabbitmq-server")], signal.SIGTERM)
        ]
        deadline = time.monotonic() + START_S
        while not self._answers():
            if not self.is_running() or time.monotonic() > deadline:
                words = self._children[1].log_tail()
                self.stop()
                raise ServerFailed(f"RabbitMQ does not start: {words}")
            time.sleep(0.1)

    def is_running(self) -> bool:
        return len(self._children) > 1 and self._children[1].is_running()

    def stop(self) -> None:
        while self._children:
            child = self._children.pop()
            child.stop(signal.SIGTERM, harder=signal.SIGKILL, patience_s=STOP_S)

    def kill(self) -> None:
        """kill -9. Its files stay; `start` goes on with them."""
        os.kill(self.pid, signal.SIGKILL)
        self._children[1].wait(STOP_S)

    def reset(self) -> None:
        """Forget everything: exchanges, queues, messages."""
        for step in ("stop_app", "reset", "start_app"):
            self.ctl(step)
        self.ctl("enable_feature_flag", "all")  # else a kill before it writes them down leaves it without

    def alarm(self, *, on: bool) -> None:
        """Take nothing any more, as when memory runs out."""
        self.ctl("set_vm_memory_high_watermark", "0.00000001" if on else "0.4")

    def close_connections(self) -> None:
        self.ctl("close_all_connections", "tried")

    def ctl(self, *words: str) -> str:
        """What `rabbitmqctl` says. Raises ServerFailed when it fails."""
        command = [str(self._programs / "rabbitmqctl"), "--quiet", "--node", self._node, *words]
        done = subprocess.run(
            command,
            env=self._env(),
            capture_output=True,
            text=True,
            timeout=CTL_S,
            check=False,
            cwd=self._home,
        )
        if done.returncode:
            raise ServerFailed(f"rabbitmqctl {words[0]}: {(done.stderr or done.stdout).strip()[-500:]}")
        return done.stdout

    def _child(self, name: str, command: list[str], at_our_end: signal.Signals) -> Child:
        log, alive = self._home / f"{name}.log", self._home / f"{name}.lock"
        return Child(name, command, log=log, alive=alive, env=self._env(), at_our_end=at_our_end)

    def _write_files(self) -> None:
        self._home.mkdir(parents=True, exist_ok=True)
        cookie = self._home / ".erlang.cookie"
        if not cookie.exists():
            cookie.write_text(secrets.token_hex(20))
            cookie.chmod(0o400)
        (self._home / "plugins").write_text("[].\n")
        (self._home / "rabbitmq.conf").write_text(CONFIG.format(port=self._port, password=self._password))

    def _env(self) -> dict[str, str]:
        """Everything its programs look at, and nothing of the system's own node."""
        return {
            "PATH": os.defpath,
            "HOME": str(self._home),
            "LANG": "C.UTF-8",
            "ERL_EPMD_PORT": str(self._epmd_port),
            "ERL_EPMD_ADDRESS": "127.0.0.1",
            "RABBITMQ_NODENAME": self._node,
            "RABBITMQ_DIST_PORT": str(self._dist_port),
            "RABBITMQ_NODE_PORT": str(self._port),
            "RABBITMQ_NODE_IP_ADDRESS": "127.0.0.1",
            "RABBITMQ_BASE": str(self._home),
            "RABBITMQ_MNESIA_BASE": str(self._home / "data"),
            "RABBITMQ_LOG_BASE": str(self._home / "log"),
            "RABBITMQ_CONFIG_FILE": str(self._home / "rabbitmq.conf"),
            "RABBITMQ_ENABLED_PLUGINS_FILE": str(self._home / "plugins"),
            "RABBITMQ_CONF_ENV_FILE": str(self._home / "no-such-file"),
            "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": "+S 2:2 +sbwt none +sbwtdcpu none +sbwtdio none",
            "RUNNING_UNDER_SYSTEMD": "true",  # so that it is our own child, without a shell between us
        }

    def _answers(self) -> bool:
        """Up, and past its own recovery: it greets whoever speaks AMQP."""
        try:
            with socket.create_connection(("127.0.0.1", self._port), timeout=1) as line:
                line.sendall(b"AMQP\x00\x00\x09\x01")
                return bool(line.recv(1))
        except OSError:
            return False  # not there yet; the caller keeps the time


def _free_ports(count: int) -> list[int]:
    probes = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [int(probe.getsockname()[1]) for probe in probes]
    for probe in probes:
        probe.close()
    return ports
