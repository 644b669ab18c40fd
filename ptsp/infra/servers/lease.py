"""Shares one pair of servers between all commands of one PTSP_HOME.

Every command holds a shared lock on `run/users.lock` while it needs the servers. A supervisor process, which
the first command starts, waits until it can have that lock for itself: then nobody is left, however they
ended (the kernel drops the lock of a process that was killed), and it stops the servers. A command that comes
in just then waits for the lock and starts a new supervisor.
"""

import contextlib
import fcntl
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

from ptsp.infra.servers.places import Places, prepare, socket_folder
from ptsp.kernel.errors import PtspError

SUPERVISOR: Final = "ptsp.infra.servers.supervisor"
START_S: Final = 60.0


class ServersDown(PtspError):
    """The embedded servers could not be started; the message says why."""

    code = "servers_down"


@dataclass(frozen=True, slots=True)
class ServerUrls:
    """`database` is the administrator's URL; `redis` is for redis-py and RQ."""

    database: str
    redis: str
    supervisor: int  # process id


@dataclass(frozen=True, slots=True)
class ServerStatus:
    running: bool
    urls: ServerUrls | None
    durable: bool | None


@contextlib.contextmanager
def lease(home: Path, *, durable: bool = True, pg_bin: Path | None = None) -> Iterator[ServerUrls]:
    """The servers of `home`, started if nobody has them yet; `durable` counts only for who starts them.

    Raises ServersDown. Give it a folder of its own in each test that kills servers.
    """
    places = prepare(home)
    with _locked(places.run / "start.lock", fcntl.LOCK_EX):
        users = _open_lock(places.run / "users.lock")
        try:
            # Waits here while an old supervisor is still stopping its servers.
            fcntl.flock(users, fcntl.LOCK_SH)
            urls = _running_urls(places) or _start(places, durable=durable, pg_bin=pg_bin)
        except BaseException:
            os.close(users)
            raise
    try:
        yield urls
    finally:
        os.close(users)


def status(home: Path) -> ServerStatus:
    """Whether the servers of `home` run now; starts nothing and makes no folder."""
    places = Places(home.absolute(), socket_folder(home.absolute()))
    if not (places.run / "alive.lock").exists() or not _is_held(places.run / "alive.lock"):
        return ServerStatus(running=False, urls=None, durable=None)
    told = _told(places)
    if told is None:
        return ServerStatus(running=False, urls=None, durable=None)
    return ServerStatus(running=True, urls=_urls(told), durable=bool(told["durable"]))


def told_path(places: Places) -> Path:
    """Where the supervisor writes, in one piece, what it runs."""
    return places.run / "servers.json"


def _start(places: Places, *, durable: bool, pg_bin: Path | None) -> ServerUrls:
    """The supervisor inherits our lock on `alive.lock`, so that no moment is left without it."""
    told_path(places).unlink(missing_ok=True)
    alive = _open_lock(places.run / "alive.lock")
    wanted = {"home": str(places.home), "durable": durable, "pg_bin": str(pg_bin) if pg_bin else None}
    try:
        fcntl.flock(alive, fcntl.LOCK_EX)
        with (places.log / "servers.log").open("ab") as words:
            supervisor = subprocess.Popen(
                [sys.executable, "-m", SUPERVISOR, json.dumps(wanted)],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=words,
                pass_fds=(alive,),
                start_new_session=True,  # Ctrl-C in the terminal is for the commands, not for the servers
            )
    finally:
        os.close(alive)
    assert supervisor.stdout is not None
    supervisor.wait()  # it forked, so that it is nobody's child and leaves no zombie behind
    with supervisor.stdout as answer:
        fault = answer.read().decode()  # ends when the servers are up, or when the supervisor is gone
    told = _told(places)
    if told is None:
        raise ServersDown(fault.strip() or f"see {places.log / 'servers.log'}")
    return _urls(told)


def _running_urls(places: Places) -> ServerUrls | None:
    """None if no supervisor lives. One that is just starting, for a command that died, is waited for."""
    deadline = time.monotonic() + START_S
    while _is_held(places.run / "alive.lock"):
        told = _told(places)
        if told is not None:
            return _urls(told)
        if time.monotonic() > deadline:
            raise ServersDown(f"the servers of {places.home} are neither up nor down; see {places.log}")
        time.sleep(0.05)
    return None


def _told(places: Places) -> dict[str, object] | None:
    try:
        told = json.loads(told_path(places).read_text())
    except FileNotFoundError:
        return None
    assert isinstance(told, dict)
    return told


def _urls(told: dict[str, object]) -> ServerUrls:
    return ServerUrls(
        database=str(told["database"]),
        redis=str(told["redis"]),
        supervisor=int(str(told["supervisor"])),
    )


def tell(places: Places, urls: ServerUrls, *, durable: bool) -> None:
    """Writes what `status` and other commands read."""
    unfinished = told_path(places).with_suffix(".unfinished")
    unfinished.write_text(json.dumps(asdict(urls) | {"durable": durable}))
    unfinished.rename(told_path(places))


def _open_lock(path: Path) -> int:
    return os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)


def _is_held(path: Path) -> bool:
    lock = _open_lock(path)
    try:
        fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    else:
        return False
    finally:
        os.close(lock)


@contextlib.contextmanager
def _locked(path: Path, kind: int) -> Iterator[None]:
    lock = _open_lock(path)
    try:
        fcntl.flock(lock, kind)
        yield
    finally:
        os.close(lock)
