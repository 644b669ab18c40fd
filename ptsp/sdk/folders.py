"""Folders that an agency shares with us: on this machine, or on a server by SFTP (`ptsp.sdk.sftp`).

A file is there wholly or not at all: it is written beside its place and renamed. No link is followed, neither to a file
nor on the way to one, and only files with plain names are seen.
"""

import errno
import os
import re
import secrets
import stat
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol
from urllib.parse import unquote, urlsplit

from ptsp.sdk.addresses import BadAddress, Reach, check_host, is_plain
from ptsp.sdk.errors import Misconfigured, TryLater, Why

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,79}\.csv")
MOST_FILES = 20_000
LARGEST = 4 * 1024 * 1024
SFTP_PORT = 22
SFTP_PORTS = frozenset({SFTP_PORT})
_NO_LINK = os.O_NOFOLLOW | os.O_CLOEXEC
_FOLDER = os.O_RDONLY | os.O_DIRECTORY | _NO_LINK


@dataclass(frozen=True, slots=True)
class Entry:
    """A file as it is listed. `stamp` changes when its content does."""

    name: str
    size: int
    stamp: str


class Folder(Protocol):
    """An open folder. `place` is a folder in it, such as `out`; it need not be there to be read.

    Each raises TryLater, or Misconfigured where somebody has to act.
    """

    def put(self, place: str, name: str, data: bytes) -> None:
        """Write a file, wholly or not at all. The same name again is replaced."""

    def names(self, place: str) -> list[Entry]:
        """The files with plain names."""

    def read(self, place: str, name: str) -> bytes | None:
        """The content, None where there is no such file."""

    def has(self, place: str, name: str) -> bool: ...

    def move(self, name: str, place: str, to: str) -> None:
        """Into another folder, in one step; what is not there any more is moved already."""


class Folders(Protocol):
    """The way to a folder."""

    def opened(self) -> AbstractContextManager[Folder]: ...


def plain(name: str) -> str:
    """The name, if a file may be called so. ValueError otherwise."""
    if not NAME.fullmatch(name):
        raise ValueError("a file's name has letters, digits, - and _ and ends with .csv")
    return name


def check_folder(url: str, reach: Reach) -> None:
    """Judge the address of a folder as it is written: `file:///path` or `sftp://user@host[:port]/path`. BadAddress."""
    if url.startswith("sftp://"):
        host, port, _, _ = sftp_address(url)
        check_host(host, port, reach, ports=SFTP_PORTS)
    else:
        local_folder(url, reach)


def local_folder(url: str, reach: Reach) -> "LocalFolders":
    """The folder behind `file:///path`. BadAddress unless it lies in one that the installation names."""
    path = unquote(url.removeprefix("file://"))
    if not url.startswith("file:///") or ".." in path.split("/") or not path.isprintable():
        raise BadAddress("must be file:/// and the whole path of a folder")
    for root in reach.folders:
        inner = os.path.relpath(path, root)
        if inner.partition("/")[0] != "..":
            return LocalFolders(Path(root), tuple(part for part in inner.split("/") if part != "."))
    raise BadAddress("the folder lies in none that this installation permits")


def sftp_address(url: str) -> tuple[str, int, str, str]:
    """Host, port, user and path of `sftp://user@host[:port]/path`. Raises BadAddress."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port or SFTP_PORT
    except ValueError as error:
        raise BadAddress("has a host or a port that is none") from error
    path = unquote(parts.path).rstrip("/") or "."
    if not host or not parts.username or parts.password is not None or not is_plain(url):
        raise BadAddress("must be sftp://user@host/path, without a password")
    if parts.query or parts.fragment or ".." in path.split("/") or not path.isprintable():
        raise BadAddress("must end with a plain path")
    return host, port, unquote(parts.username), path


@dataclass(frozen=True, slots=True)
class LocalFolders:
    """A folder below a root that the operator named; the root must be there, what lies below it is made."""

    root: Path
    parts: tuple[str, ...]

    @contextmanager
    def opened(self) -> Iterator[Folder]:
        with _told(), _walked(self.root, self.parts) as at:
            yield _Local(at)


class _Local:
    def __init__(self, at: int) -> None:
        self._at = at

    def put(self, place: str, name: str, data: bytes) -> None:
        with _place(self._at, place, is_made=True) as here:
            assert here is not None
            beside = f".{plain(name)}.{secrets.token_hex(4)}.part"
            try:
                _write(here, beside, data)
                os.rename(beside, name, src_dir_fd=here, dst_dir_fd=here)
            except BaseException:
                _drop(here, beside)
                raise
            os.fsync(here)

    def names(self, place: str) -> list[Entry]:
        with _place(self._at, place) as here:
            return [] if here is None else sorted(_listed(here), key=lambda entry: entry.name)

    def read(self, place: str, name: str) -> bytes | None:
        with _place(self._at, place) as here:
            found = None if here is None else _found(here, plain(name))
        if found is None:
            return None
        with os.fdopen(found, "rb") as file:
            if not stat.S_ISREG(os.fstat(found).st_mode):
                raise Misconfigured(f"{place}/{name}: is no plain file")
            return bounded(file.read(LARGEST + 1), f"{place}/{name}")

    def has(self, place: str, name: str) -> bool:
        with _place(self._at, place) as here:
            try:
                return here is not None and stat.S_ISREG(
                    os.stat(plain(name), dir_fd=here, follow_symlinks=False).st_mode
                )
            except FileNotFoundError:
                return False

    def move(self, name: str, place: str, to: str) -> None:
        with _place(self._at, place) as here, _place(self._at, to, is_made=True) as there:
            if here is None:
                return
            try:
                os.rename(plain(name), name, src_dir_fd=here, dst_dir_fd=there)
            except FileNotFoundError:
                return


def bounded(data: bytes, where: str) -> bytes:
    """What was read, unless it is larger than anybody may send."""
    if len(data) > LARGEST:
        raise TryLater(f"{where}: is larger than {LARGEST} bytes", unknown=True, why=Why.NONSENSE)
    return data


def too_many() -> TryLater:
    return TryLater(f"the folder holds more than {MOST_FILES} files", unknown=True, why=Why.NONSENSE)


def _listed(here: int) -> Iterator[Entry]:
    with os.scandir(here) as found:
        for count, one in enumerate(found, 1):
            if count > MOST_FILES:
                raise too_many()
            known = _known(one)
            if known and NAME.fullmatch(one.name) and stat.S_ISREG(known.st_mode):
                yield Entry(one.name, known.st_size, f"{known.st_ino}/{known.st_mtime_ns}/{known.st_size}")


def _known(one: os.DirEntry[str]) -> os.stat_result | None:
    try:
        return one.stat(follow_symlinks=False)
    except FileNotFoundError:  # gone since the folder was listed
        return None


def _found(here: int, name: str) -> int | None:
    try:
        return os.open(name, os.O_RDONLY | os.O_NONBLOCK | _NO_LINK, dir_fd=here)
    except FileNotFoundError:
        return None


def _write(here: int, name: str, data: bytes) -> None:
    made = os.open(name, os.O_WRONLY | os.O_CREAT | os.O_EXCL | _NO_LINK, 0o660, dir_fd=here)
    with os.fdopen(made, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(made)


def _drop(here: int, name: str) -> None:
    try:
        os.unlink(name, dir_fd=here)
    except FileNotFoundError:
        return


@contextmanager
def _walked(root: Path, parts: tuple[str, ...]) -> Iterator[int]:
    """The folder at the end of the way, made where it is missing; never through a link."""
    at = os.open(root, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        for part in parts:
            at = _next(at, part)
        yield at
    finally:
        os.close(at)


@contextmanager
def _place(at: int, place: str, *, is_made: bool = False) -> Iterator[int | None]:
    """A folder in the folder; None where it is missing and not to be made."""
    here = os.dup(at)
    is_there = True
    try:
        try:
            for part in place.split("/"):
                here = _next(here, part, is_made=is_made)
        except FileNotFoundError:
            is_there = False
        yield here if is_there else None
    finally:
        os.close(here)


def _next(at: int, part: str, *, is_made: bool = True) -> int:
    """The folder one step further, in the place of the one before, which is closed only then."""
    if is_made:
        with suppress(FileExistsError):
            os.mkdir(part, 0o770, dir_fd=at)
    further = os.open(part, _FOLDER, dir_fd=at)
    os.close(at)
    return further


@contextmanager
def _told() -> Iterator[None]:
    """What the system says of a folder, in the words of a connector."""
    try:
        yield
    except PermissionError as error:
        raise Misconfigured("url: the folder may not be read or written") from error
    except FileNotFoundError as error:
        raise TryLater("the folder cannot be reached") from error
    except OSError as error:
        if error.errno in (errno.ELOOP, errno.ENOTDIR):
            raise Misconfigured("url: a link or a file is where a folder or a file should be") from error
        raise TryLater(f"the folder does not work ({type(error).__name__})", unknown=True) from error
