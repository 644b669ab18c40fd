"""Read an export, and believe no line that is not exactly in its one form."""

import json
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from ptsp.verifier.report import Report, Unreadable

FORMAT, VERSION = "ptsp-ledger-export", 1
EXPORT, CERTIFICATES = "export.json", "certificates.pem"
COUNTED = ("bundles", "events", "leaves", "heads")
MEMBERS = {EXPORT, CERTIFICATES, *(f"{name}.jsonl" for name in COUNTED)}

Shape = Mapping[str, type | tuple[type, ...]]
ABOUT: Shape = {
    "format": str,
    "version": int,
    "tenant": str,
    "tenant_id": int,
    "exported_at": str,
    **dict.fromkeys(COUNTED, int),
}
Line = dict[str, Any]


class Archive:
    """An open export. `about` is what it says of itself."""

    def __init__(self, path: Path, report: Report) -> None:
        """Raises Unreadable."""
        try:
            self._zip = zipfile.ZipFile(path)
            names = self._zip.namelist()
            about = parsed(self._zip.read(EXPORT).decode(), ABOUT)
        except (OSError, zipfile.BadZipFile, KeyError, UnicodeDecodeError) as error:
            raise Unreadable(f"{type(error).__name__}: {error}") from error
        if about is None or (about["format"], about["version"]) != (FORMAT, VERSION):
            raise Unreadable(f"{EXPORT} is not of format {FORMAT}, version {VERSION}")
        if sorted(names) != sorted(MEMBERS):
            odd = set(names) ^ MEMBERS
            report.fault("members", ", ".join(sorted(odd)) or "twice")
        self._names = set(names)
        self._report = report
        self.about = about

    def lines(self, name: str, shape: Shape) -> Iterator[tuple[int, Line]]:
        """Number and content of every line that can be read; faults of the others, and of their number, are noted.

        Raises Unreadable for a member that is damaged.
        """
        member, number = f"{name}.jsonl", 0
        if member in self._names:
            try:
                with self._zip.open(member) as raw:
                    for number, line in enumerate(raw, start=1):  # noqa: B007 # the last one is counted below
                        read = _line(line, shape)
                        if read is None:
                            self._report.fault("line", f"{member}:{number}")
                        else:
                            yield number, read
            except zipfile.BadZipFile as error:
                raise Unreadable(str(error)) from error
        if number != self.about[name]:
            self._report.fault("count", f"{member}: {number}, {self.about[name]}")

    def certificates(self) -> bytes:
        return self._zip.read(CERTIFICATES) if CERTIFICATES in self._names else b""

    def close(self) -> None:
        self._zip.close()


def parsed(text: str, shape: Shape) -> Line | None:
    """An object of exactly these fields and types, written in its one form; None for anything else."""
    try:
        read = json.loads(text)
        is_ours = isinstance(read, dict) and read.keys() == shape.keys() and canonical(read) == text
    except (ValueError, RecursionError):
        return None
    if not is_ours or not all(_fits(read[name], kinds) for name, kinds in shape.items()):
        return None
    return dict(read)


def canonical(value: object) -> str:
    """One text for one value: sorted keys, no spaces."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def _fits(value: object, kinds: type | tuple[type, ...]) -> bool:
    return isinstance(value, kinds) and not isinstance(value, bool)


def _line(raw: bytes, shape: Shape) -> Line | None:
    try:
        text = raw.decode()
    except UnicodeDecodeError:
        return None
    return parsed(text[:-1], shape) if text.endswith("\n") else None
