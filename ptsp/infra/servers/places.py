"""Where the embedded servers keep things inside one PTSP_HOME."""

import hashlib
import os
import stat
from dataclasses import dataclass
from pathlib import Path

from ptsp.kernel.errors import PtspError

LONGEST_SOCKET_PATH = 107  # bytes; the kernel's limit, less the closing zero
LONGEST_SOCKET_NAME = len("/.s.PGSQL.5432.lock")


class UnsafeFolder(PtspError):
    """The folder for the sockets belongs to somebody else or is open to others."""

    code = "unsafe_folder"


@dataclass(frozen=True, slots=True)
class Places:
    """All paths are absolute. `sockets` is short enough for a unix socket and only ours to enter."""

    home: Path
    sockets: Path

    @property
    def postgres(self) -> Path:
        return self.home / "postgres"

    @property
    def valkey(self) -> Path:
        return self.home / "valkey"

    @property
    def log(self) -> Path:
        return self.home / "log"

    @property
    def run(self) -> Path:
        return self.home / "run"


def prepare(home: Path) -> Places:
    """Makes the folders of `home`, each open to its owner only. Raises UnsafeFolder."""
    home = home.absolute()
    home.mkdir(parents=True, exist_ok=True)
    places = Places(home, socket_folder(home))
    for folder in (places.run, places.log, places.sockets):
        folder.mkdir(mode=0o700, exist_ok=True)
    _must_be_ours(places.sockets)
    return places


def socket_folder(home: Path) -> Path:
    """`home/run`, or a folder of /tmp named by a hash of `home` when that path is too long for a socket."""
    inside = home / "run"
    if len(os.fsencode(inside)) + LONGEST_SOCKET_NAME <= LONGEST_SOCKET_PATH:
        return inside
    digest = hashlib.sha256(os.fsencode(home)).hexdigest()[:16]
    return Path(f"/tmp/ptsp-{os.geteuid()}-{digest}")


def _must_be_ours(folder: Path) -> None:
    """In /tmp anybody may have made the folder first, or a link in its place."""
    found = folder.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.geteuid() or found.st_mode & 0o077:
        raise UnsafeFolder(f"{folder} must be a folder of our own with mode 0700; remove it and try again")
