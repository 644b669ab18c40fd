"""Where documents live: the port every store has, and the store that is a folder."""

import hashlib
import os
import re
import uuid
from pathlib import Path
from typing import Protocol

from ptsp.kernel.errors import Fault, Invalid, NotFound, PtspError

_TENANT = re.compile(r"[a-z][a-z0-9_-]{0,62}")
_SHA256 = re.compile(r"[0-9a-f]{64}")


class DamagedFile(PtspError):
    """What is stored under a hash no longer has that hash: the disk or somebody changed it."""

    code = "file_damaged"


class StoreUnavailable(PtspError):
    """The store did not answer, or answered with a fault of its own; nothing is known to be stored."""

    code = "files_unavailable"


class FileStore(Protocol):
    """Documents kept under the SHA-256 of their bytes, each tenant's apart from all others'.

    The same bytes put by two tenants are two objects: knowing a hash never opens another tenant's file.
    """

    def put(self, tenant: str, data: bytes) -> str:
        """Store and return the hash (64 hex digits). Twice the same bytes is once; durable on return."""
        ...

    def get(self, tenant: str, sha: str) -> bytes:
        """The bytes under a hash, verified. Raises NotFound, DamagedFile or StoreUnavailable."""
        ...

    def exists(self, tenant: str, sha: str) -> bool:
        """Whether this tenant has something under that hash; it is not verified here."""
        ...


def digest(data: bytes) -> str:
    """SHA-256 in 64 lower-case hex digits."""
    return hashlib.sha256(data).hexdigest()


def object_key(tenant: str, sha: str) -> str:
    """`<tenant>/ab/cd/<sha>`: the same layout in every store. Raises Invalid on a malformed tenant.

    A malformed hash is NotFound: nothing can be stored under it, and no path is ever built from it.
    """
    if not _TENANT.fullmatch(tenant):
        raise Invalid([Fault("tenant", f"{tenant!r} is not a tenant code")])
    if not _SHA256.fullmatch(sha):
        raise NotFound("there is no such file")
    return f"{tenant}/{sha[:2]}/{sha[2:4]}/{sha}"


class FolderStore:
    """Files in fan-out folders that only the owner may enter (0700), each file 0600."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def put(self, tenant: str, data: bytes) -> str:
        sha = digest(data)
        path = self._root / object_key(tenant, sha)
        if path.is_file() and digest(path.read_bytes()) == sha:
            return sha
        self._make_folder(path.parent)
        draft = path.with_name(f".{uuid.uuid4().hex}.part")
        try:
            _write_durably(draft, data)
            draft.replace(path)
        finally:
            draft.unlink(missing_ok=True)
        _sync_folder(path.parent)
        return sha

    def get(self, tenant: str, sha: str) -> bytes:
        path = self._root / object_key(tenant, sha)
        try:
            data = path.read_bytes()
        except FileNotFoundError:
            raise NotFound("there is no such file") from None
        if digest(data) != sha:
            raise DamagedFile(f"the file stored under {sha} has other content")
        return data

    def exists(self, tenant: str, sha: str) -> bool:
        try:
            return (self._root / object_key(tenant, sha)).is_file()
        except NotFound:
            return False

    def _make_folder(self, folder: Path) -> None:
        """Make the missing folders from the top down, and make their names durable as well."""
        if folder.is_dir():
            return
        self._make_folder(folder.parent)
        folder.mkdir(mode=0o700, exist_ok=True)
        _sync_folder(folder.parent)


def _write_durably(path: Path, data: bytes) -> None:
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def _sync_folder(folder: Path) -> None:
    """A renamed file is durable only when its folder is."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
