"""A pack as one file: its folder, its base and the by-laws they take over, always in the same bytes.

What an archive may hold is checked from its directory alone, before any entry is read.
"""

import io
import re
import stat
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from ptsp.infra.packs.by_laws import BY_LAWS
from ptsp.infra.packs.check import look_at
from ptsp.infra.packs.folder import TENANT, files_of
from ptsp.infra.packs.read import MAX_BYTES
from ptsp.kernel.errors import BadPack, Fault, Invalid, NotFound

SUFFIX = ".ptsp-pack"
MOST_FILES = 500
MOST_BYTES = 16 * 1024 * 1024  # of an archive, and of all that is in it
EVERY_TIME = (1980, 1, 1, 0, 0, 0)  # zip's first moment: when a file was saved is not part of what is said
FILE_MODE = (stat.S_IFREG | 0o644) << 16
# A code or a base, then the files that a pack may have; nothing hidden, no way up.
_NAME = re.compile(
    r"_bylaws/[a-z][a-z0-9_]*\.yaml"
    r"|_?[a-z][a-z0-9_]*/([a-z_]+\.yaml|README\.md|services/[a-z][a-z0-9_]*\.yaml|templates/[a-z][a-z0-9_]*\.typ)"
)


def pack_archive(root: Path, code: str) -> bytes:
    """The archive of one tenant's pack under `root`. Raises BadPack for a pack with faults, NotFound."""
    checked = look_at(root, only=code)
    if checked.faults:
        raise BadPack(checked.faults)
    (office,) = checked.offices
    folders = [code, *([office.base] if office.base else [])]
    laws = {law for part in office.services.values() if (law := part.raw["fee"].get("by_law"))}
    wanted = [path for folder in folders for path in files_of(root / folder)]
    # A base may have services that this office replaces or leaves out; their by-laws come along, too.
    wanted += [path for path in files_of(root / BY_LAWS) if path.stem in laws | _laws_of(root, office.base)]
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_STORED) as archive:
        for path in sorted(wanted):
            entry = zipfile.ZipInfo(path.relative_to(root).as_posix(), EVERY_TIME)
            entry.external_attr = FILE_MODE
            entry.create_system = 3
            archive.writestr(entry, path.read_bytes())
    return content.getvalue()


def read_archive(path: Path) -> bytes:
    """The bytes of an archive. Raises NotFound, and Invalid for one that is too long to be one."""
    if not path.is_file():
        raise NotFound(f"there is no file {path}")
    size = path.stat().st_size
    if size > MOST_BYTES:
        raise Invalid([Fault(path.name, f"is {size:,} bytes long; an archive has at most {MOST_BYTES:,}")])
    return path.read_bytes()


def unpack(content: bytes, folder: Path, *, name: str) -> str:
    """Lay an archive out under `folder`; returns the code of its one tenant.

    Raises Invalid naming every entry that has no place in a pack; then nothing of it was read or written.
    """
    try:
        archive = zipfile.ZipFile(io.BytesIO(content))
    except (zipfile.BadZipFile, ValueError) as error:
        raise Invalid([Fault(name, f"is no archive of a pack: {error}")]) from error
    with archive:
        entries = archive.infolist()
        faults = [Fault(f"{name}: {at}" if at else name, reason) for at, reason in _wrong(entries)]
        if faults:
            raise Invalid(faults)
        for entry in entries:
            _lay_out(archive, entry, folder, name)
    return next(one.filename.split("/")[0] for one in entries if PurePosixPath(one.filename).name == TENANT)


def _laws_of(root: Path, base: str | None) -> set[str]:
    text = re.compile(r"^\s*by_law:\s*([a-z0-9_]+)", re.MULTILINE)
    files = files_of(root / base / "services") if base else iter(())
    return {found for path in files for found in text.findall(path.read_text("utf-8"))}


def _wrong(entries: list[zipfile.ZipInfo]) -> Iterator[tuple[str, str]]:
    """What is wrong with an archive as its directory tells it: (entry, reason)."""
    if len(entries) > MOST_FILES:
        yield "", f"holds {len(entries):,} files; an archive has at most {MOST_FILES}"
        return
    if sum(one.file_size for one in entries) > MOST_BYTES:
        yield "", f"holds more than {MOST_BYTES:,} bytes"
    seen: set[str] = set()
    for one in entries:
        reason = _reason(one, seen)
        if reason:
            yield one.filename[:80], reason
        seen.add(one.filename)
    tenants = [
        one.filename for one in entries if re.fullmatch(rf"[a-z][a-z0-9_]*/{re.escape(TENANT)}", one.filename)
    ]
    if len(tenants) != 1:
        yield "", f"holds {len(tenants)} tenants; an archive has one"


def _reason(entry: zipfile.ZipInfo, seen: set[str]) -> str:
    kind = stat.S_IFMT(entry.external_attr >> 16)
    if kind and not stat.S_ISREG(kind):
        return "is a link or another thing that is no file"
    if not _NAME.fullmatch(entry.orig_filename) or entry.orig_filename != entry.filename:
        return "is not a path of a pack"
    if entry.filename in seen:
        return "is there twice"
    if entry.file_size > MAX_BYTES:
        return f"is {entry.file_size:,} bytes long; a file of a pack has at most {MAX_BYTES:,}"
    if entry.flag_bits & 0x1:
        return "is encrypted"
    if entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        return "is compressed in a way that is not read"
    return ""


def _lay_out(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, folder: Path, name: str) -> None:
    """Read no more than the directory says, whatever the entry would unfold to."""
    try:
        with archive.open(entry) as file:
            content = file.read(entry.file_size + 1)
    except (
        zipfile.BadZipFile,
        NotImplementedError,
        EOFError,
        OSError,
        ValueError,
        RuntimeError,
        zlib.error,
    ) as error:
        raise Invalid([Fault(f"{name}: {entry.filename}", f"cannot be read: {error}")]) from error
    if len(content) != entry.file_size:
        raise Invalid([Fault(f"{name}: {entry.filename}", "is not as long as the archive says")])
    path = folder / entry.filename
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
