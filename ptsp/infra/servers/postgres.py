"""One embedded PostgreSQL: made when missing, started on a unix socket only, stopped in order."""

import contextlib
import os
import shutil
import signal
import time
from pathlib import Path
from typing import Final

import psycopg

from ptsp.infra.servers.child import Child, ServerFailed
from ptsp.infra.servers.places import Places
from ptsp.infra.servers.programs import AS_NOBODY_FOR_REAL, NOBODY, postgres_folder, postgres_prefix

DATABASE: Final = "ptsp"
ADMIN: Final = "postgres"
SETTINGS: Final = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "max_connections": "100",
    "shared_buffers": "128MB",
    "max_wal_size": "1GB",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_line_prefix": "%m [%p] ",
    # Statements and details can hold what people told us; neither belongs in a log.
    "log_min_error_statement": "panic",
    "log_error_verbosity": "terse",
    "track_activity_query_size": "100",
}
# For tests: what survives a crash of the machine does not matter, and each test makes a database.
NOT_DURABLE: Final = {
    "fsync": "off",
    "full_page_writes": "off",
    "synchronous_commit": "off",
    "autovacuum": "off",
    "wal_level": "minimal",  # a copy of a database is not written a second time, to the log
    "max_wal_senders": "0",
}
START_TRIES_S: Final = 15.0  # after a crash its lock file may name a process that is just ending
RECOVERY_S: Final = 300.0
PID_FILE_STATUS_LINE: Final = 7


class Postgres:
    """`durable` decides whether a commit survives the loss of power."""

    name = "postgres"

    def __init__(
        self, places: Places, *, durable: bool, programs: Path | None = None, namespaces: bool = True
    ) -> None:
        self._places = places
        self._durable = durable
        self._programs = postgres_folder(programs)
        self._prefix = postgres_prefix(namespaces=namespaces)
        self._child: Child | None = None

    @property
    def url(self) -> str:
        return f"postgresql://{ADMIN}@/{DATABASE}?host={self._places.sockets}"

    def start(self) -> None:
        """Raises ServerFailed with the end of the server's log. Recovers by itself from a crash."""
        if not self._places.postgres.exists():
            self._initialise()
        deadline = time.monotonic() + START_TRIES_S
        while not self._try_to_start(deadline):
            time.sleep(0.2)
        self._make_database()

    def is_running(self) -> bool:
        return self._child is not None and self._child.is_running()

    def stop(self) -> None:
        """Ends open sessions, writes a checkpoint, and is gone when this returns."""
        if self._child is not None:
            self._child.stop(signal.SIGINT, harder=signal.SIGQUIT, patience_s=30)
            self._child = None

    def _child_of(self, command: list[str], *, name: str) -> Child:
        """initdb and the server share a lock and a log, so neither begins while the other goes on."""
        log = self._places.log / f"{self.name}.log"
        return Child(name, command, log=log, alive=self._places.run / "postgres.lock")

    def _command(self, program: str, *arguments: str) -> list[str]:
        return [*self._prefix, str(self._programs / program), *arguments]

    def _initialise(self) -> None:
        """Under another name until it is whole, so that a kill in the middle leaves nothing half made."""
        for left in self._places.home.glob("postgres.unfinished.*"):
            shutil.rmtree(left, ignore_errors=True)  # an initdb that is just dying may still be at work in it
        unfinished = self._places.home / f"postgres.unfinished.{os.getpid()}"
        unfinished.mkdir(mode=0o700)
        if self._prefix == AS_NOBODY_FOR_REAL:
            os.chown(unfinished, NOBODY, NOBODY)
        command = self._command("initdb", "-D", str(unfinished), "-U", ADMIN, "-A", "trust", "-E", "UTF8")
        command += ["--locale=C.UTF-8"] + ([] if self._durable else ["--no-sync"])
        child = self._child_of(command, name="initdb")
        if not child.finished_well():
            raise ServerFailed(f"initdb failed: {child.log_tail()}")
        unfinished.rename(self._places.postgres)

    def _try_to_start(self, deadline: float) -> bool:
        options = SETTINGS | ({} if self._durable else NOT_DURABLE)
        options["unix_socket_directories"] = str(self._places.sockets)
        arguments = [part for name, value in options.items() for part in ("-c", f"{name}={value}")]
        command = self._command("postgres", "-D", str(self._places.postgres), *arguments)
        child = self._child_of(command, name=self.name)
        while child.is_running():
            if self._says_ready(child.pid):
                self._child = child
                return True
            if time.monotonic() > deadline + RECOVERY_S:
                child.stop(signal.SIGQUIT, harder=signal.SIGKILL, patience_s=5)
                break
            time.sleep(0.02)
        if time.monotonic() > deadline:
            raise ServerFailed(f"PostgreSQL does not start: {child.log_tail()}")
        return False

    def _says_ready(self, pid: int) -> bool:
        """What pg_ctl looks at: the status line of the pid file, written by this very process."""
        with contextlib.suppress(FileNotFoundError):
            lines = (self._places.postgres / "postmaster.pid").read_text().splitlines()
            return len(lines) > PID_FILE_STATUS_LINE and lines[0] == str(pid) and "ready" in lines[-1]
        return False

    def _make_database(self) -> None:
        host = str(self._places.sockets)
        with psycopg.connect(host=host, user=ADMIN, dbname="postgres", autocommit=True) as connection:
            known = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", (DATABASE,)).fetchone()
            if known is None:
                connection.execute(f"CREATE DATABASE {DATABASE}")
