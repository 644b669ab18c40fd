"""Read an archive of an office, and say what is wrong with it, by file and line."""

import hashlib
import json
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import zip_longest
from pathlib import Path
from typing import Final

from ptsp.infra.signing import Trust, verify_statement
from ptsp.infra.tenant_life import format as form
from ptsp.kernel.errors import Fault, Invalid

BROKEN: Final = (zipfile.BadZipFile, zlib.error, EOFError, KeyError, OSError, NotImplementedError)
LONGEST: Final = 256 * 1024 * 1024  # bytes of one line
MOST: Final = 20  # faults of one table: more say nothing new
LARGEST_MANIFEST: Final = 16 * 1024 * 1024


class BadArchive(Invalid):
    """Not an archive of an office, or not as it was written; `field` is the file in it, with the line."""

    code = "bad_archive"


class Archive:
    """An archive that was opened; its manifest is read, and nothing is believed yet."""

    def __init__(self, file: zipfile.ZipFile) -> None:
        self._file = file
        self.said = self._small(form.MANIFEST)
        try:
            self.manifest = form.read_manifest(self.said)
        except (ValueError, KeyError, TypeError) as error:
            raise BadArchive([Fault(form.MANIFEST, "is no manifest of this version")]) from error

    @property
    def digest(self) -> str:
        return form.digest(self.said)

    def lines(self, table: str) -> Iterator[str]:
        """The rows of a table as they were written. Raises BadArchive."""
        try:
            with self._file.open(form.table_file(table)) as member:
                while line := member.readline(LONGEST):
                    yield line.removesuffix(b"\n").decode()
        except (*BROKEN, UnicodeDecodeError) as error:
            raise BadArchive([Fault(form.table_file(table), _why(error))]) from error

    def documents(self) -> Iterator[tuple[str, str]]:
        """Each digest with its size, or the word for why it is not here. Raises BadArchive."""
        try:
            with self._file.open(form.DOCUMENTS) as member:
                for line in member:
                    sha, _, state = line.decode().strip().partition(" ")
                    yield sha, state
        except (*BROKEN, UnicodeDecodeError) as error:
            raise BadArchive([Fault(form.DOCUMENTS, _why(error))]) from error

    def document(self, sha: str) -> bytes:
        """The bytes, as they stand in the archive. Raises BadArchive."""
        name = form.document_file(sha)
        try:
            return self._file.read(name)
        except BROKEN as error:
            raise BadArchive([Fault(name, _why(error))]) from error

    def faults(self, trust: Trust, progress: form.Progress) -> list[Fault]:
        """Everything that is not as the office wrote and signed it."""
        found = self._signature(trust) + self._members() + self._others()
        for at, entry in enumerate(self.manifest.tables, start=1):
            found += self._table(entry)
            progress("tables", at, len(self.manifest.tables))
        return found + self._documents(progress)

    def _signature(self, trust: Trust) -> list[Fault]:
        signature = self._small(form.SIGNATURE)
        verdict = verify_statement(self.said, signature, trust, now=self.manifest.taken_at)
        if not verdict.valid:
            return [Fault(form.SIGNATURE, f"does not hold: {', '.join(verdict.reasons)}")]
        if verdict.tenant != self.manifest.office.code:
            return [Fault(form.SIGNATURE, f"is that of {verdict.tenant}")]
        return []

    def _members(self) -> list[Fault]:
        """Files that stand twice, or in no list: a reader may take the wrong one for ours."""
        names = self._file.namelist()
        known = {form.MANIFEST, form.SIGNATURE, form.AUTHORITY, form.DOCUMENTS, *form.READMES}
        known |= self.manifest.others.keys()
        for one in self.manifest.tables:
            known |= {form.table_file(one.name), form.marks_file(one.name)}
        found = [Fault(name, "stands in it twice") for name in sorted(_doubled(names))]
        documents = sum(name.startswith("documents/") for name in names)
        if documents != self.manifest.documents:
            found.append(
                Fault("documents/", f"{documents} are there, and {self.manifest.documents} were written")
            )
        odd = (name for name in names if name not in known and not name.startswith("documents/"))
        return found + [Fault(name, "is not in the manifest") for name in sorted(odd)]

    def _others(self) -> list[Fault]:
        found = []
        for name, sha in self.manifest.others.items():
            try:
                with self._file.open(name) as member:
                    is_same = hashlib.file_digest(member, "sha256").hexdigest() == sha
            except BROKEN as error:
                found.append(Fault(name, _why(error)))
            else:
                found += [] if is_same else [Fault(name, "has another content than it was written with")]
        return found

    def _table(self, entry: form.Entry) -> list[Fault]:
        name, whole, rows = form.table_file(entry.name), hashlib.sha256(), 0
        found: list[Fault] = []
        try:
            for at, (line, mark) in enumerate(
                zip_longest(self.lines(entry.name), self._marks(entry.name)), 1
            ):
                if line is not None:
                    whole.update(f"{line}\n".encode())
                    rows += 1
                if len(found) < MOST and (why := _line_fault(line, mark)):
                    found.append(Fault(f"{name} line {at}", why))
        except BadArchive as broken:
            return [*found, *broken.faults]
        if rows != entry.rows:
            found.append(Fault(name, f"has {rows} rows, and was written with {entry.rows}"))
        if whole.hexdigest() != entry.sha256 and not found:
            found.append(Fault(name, "has another content than it was written with"))
        return found

    def _marks(self, table: str) -> Iterator[str]:
        name = form.marks_file(table)
        try:
            with self._file.open(name) as member:
                for line in member:
                    yield line.decode(errors="replace").strip()
        except BROKEN as error:
            raise BadArchive([Fault(name, _why(error))]) from error

    def _documents(self, progress: form.Progress) -> list[Fault]:
        whole, found, listed, count = hashlib.sha256(), [], 0, 0
        total = self.manifest.documents + self.manifest.missing
        try:
            for sha, state in self.documents():
                whole.update(f"{sha} {state}\n".encode())
                listed += 1
                if state.isdigit():
                    count += 1
                    found += self._document(sha)
                progress("documents", listed, total)
        except BadArchive as broken:
            return [*found, *broken.faults]
        if count != self.manifest.documents:
            found.append(
                Fault(form.DOCUMENTS, f"lists {count}, and was written with {self.manifest.documents}")
            )
        if whole.hexdigest() != self.manifest.documents_sha256:
            found.append(Fault(form.DOCUMENTS, "has another content than it was written with"))
        return found

    def _document(self, sha: str) -> list[Fault]:
        try:
            data = self.document(sha)
        except BadArchive as broken:
            return list(broken.faults)
        is_same = hashlib.sha256(data).hexdigest() == sha
        return [] if is_same else [Fault(form.document_file(sha), "has another content than its name says")]

    def _small(self, name: str) -> bytes:
        """A file that is read as a whole. Raises BadArchive."""
        try:
            with self._file.open(name) as member:
                return member.read(LARGEST_MANIFEST)
        except BROKEN as error:
            raise BadArchive([Fault(name, _why(error))]) from error


@contextmanager
def open_archive(path: Path) -> Iterator[Archive]:
    """Raises BadArchive for what is no archive of an office at all."""
    try:
        file = zipfile.ZipFile(path)
    except BROKEN as error:
        raise BadArchive([Fault(str(path), "is no archive of an office")]) from error
    with file:
        yield Archive(file)


def _line_fault(line: str | None, mark: str | None) -> str:
    if line is None:
        return "is missing"
    if mark is None:
        return "was added"
    if form.mark(line.encode()).decode().strip() != mark:
        return "was changed"
    try:
        json.loads(line)
    except ValueError:
        return "is no JSON"
    return ""


def _doubled(names: list[str]) -> set[str]:
    seen: set[str] = set()
    return {name for name in names if name in seen or seen.add(name)}  # type: ignore[func-returns-value]


def _why(error: Exception) -> str:
    return "is missing" if isinstance(error, KeyError) else f"cannot be read ({type(error).__name__})"
