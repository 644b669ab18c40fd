"""Write one office to a file: all its rows as they stood at one moment, its documents, signed by the office.

Rows and documents stream; what is held is one batch of rows, one document, and the list of the file's members.
"""

import hashlib
import json
import os
import shutil
import tempfile
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Final

from sqlalchemy import Connection, Engine, text

from ptsp.infra.database import tenant_transaction
from ptsp.infra.files import DamagedFile, FileStore
from ptsp.infra.signing import Trust, authority_pem, ensure_keys, sign_statement
from ptsp.infra.tenant_life import format as form
from ptsp.infra.tenant_life import opened as sealed
from ptsp.infra.tenant_life.tables import Office, Table, quoted, revision, tables
from ptsp.infra.vault import Vault
from ptsp.kernel.errors import Conflict, NotFound

NEWEST_PACK: Final = text("""
    SELECT CAST(content AS text) AS content, content -> 'name' ->> 'id' AS name
      FROM app.pack WHERE tenant_id = :tenant ORDER BY applied_at DESC LIMIT 1""")
COUNTERS: Final = text("""
    SELECT series, year, last FROM app.number_series WHERE tenant_id = :tenant ORDER BY series COLLATE "C", year""")
NOT_STORED: Final = ("statement",)  # the digest of a bank's file, which is read and not kept
STEP: Final = 500  # rows between two words about how far it is


@dataclass(frozen=True, slots=True)
class Source:
    """Where an office is read from: by the owner, its documents, and the keys of this installation."""

    owner: Engine
    files: FileStore
    vault: Vault
    keys_folder: Path


@dataclass(frozen=True, slots=True)
class Written:
    """An archive that was written: the digest of its manifest, and what it holds. `shut` could not be opened."""

    digest: str
    manifest: form.Manifest
    shut: int


def write_archive(
    source: Source, office: Office, path: Path, *, is_opened: bool = False, progress: form.Progress
) -> Written:
    """Write it whole or not at all. Raises Conflict when there is a file already, NotFound without its folder."""
    if path.exists():
        raise Conflict(f"{path} is there already")
    if not path.parent.is_dir():
        raise NotFound(f"there is no folder {path.parent}")
    with _draft(path) as file, zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        return _Writing(source, office, archive, progress).all(is_opened=is_opened)


class _Writing:
    """One archive while it is being written."""

    def __init__(
        self, source: Source, office: Office, archive: zipfile.ZipFile, progress: form.Progress
    ) -> None:
        self._source = source
        self._office = office
        self._archive = archive
        self._progress = progress
        self._shut = 0
        self._others: dict[str, str] = {}

    def all(self, *, is_opened: bool) -> Written:
        for name, words in form.READMES.items():
            self._archive.writestr(name, words)
        at_once = self._source.owner.execution_options(
            isolation_level="REPEATABLE READ", postgresql_readonly=True
        )
        with tempfile.TemporaryFile() as named:
            with tenant_transaction(at_once, self._office.id) as connection:
                taken_at = connection.info["now"]
                found = tables(connection)
                entries = tuple(self._table(connection, table) for table in _told(found))
                counters = [list(one) for one in connection.execute(COUNTERS, self._bound)]
                name = self._pack(connection)
                if is_opened:
                    self._open(connection)
                _name_documents(connection, self._office.id, found, named)
                schema = revision(connection)
            # Documents are never changed under their digest, so they need no snapshot.
            count, missing, listed = self._documents(named)
        manifest = form.Manifest(
            self._office,
            schema,
            taken_at,
            form.check_value(self._source.vault, self._office),
            entries,
            count,
            missing,
            listed,
            self._others,
            is_opened,
        )
        said = form.manifest_json(manifest, {"counters": counters}, {one.name: one for one in found})
        self._sign(said, name, manifest)
        return Written(form.digest(said), manifest, self._shut)

    @property
    def _bound(self) -> dict[str, int]:
        return {"tenant": self._office.id}

    def _table(self, connection: Connection, table: Table) -> form.Entry:
        whole, rows = hashlib.sha256(), 0
        total = table.count(connection, self._office.id)
        with tempfile.TemporaryFile() as marks:
            with self._member(form.table_file(table.name)) as member:
                for line in table.lines(connection, self._office.id):
                    data = line.encode()
                    member.write(data + b"\n")
                    whole.update(data + b"\n")
                    marks.write(form.mark(data))
                    rows += 1
                    if rows % STEP == 0:
                        self._progress(table.name, rows, total)
            marks.seek(0)
            with self._member(form.marks_file(table.name)) as member:
                shutil.copyfileobj(marks, member)
        self._progress(table.name, rows, total)
        return form.Entry(table.name, rows, whole.hexdigest())

    def _pack(self, connection: Connection) -> str:
        """The pack in force, for readers; the office's name, which an archive of another system has not."""
        row = connection.execute(NEWEST_PACK, self._bound).one_or_none()
        if row is None:
            return self._office.code
        self._archive.writestr(form.PACK, row.content)
        self._others[form.PACK] = hashlib.sha256(row.content.encode()).hexdigest()
        return str(row.name)

    def _open(self, connection: Connection) -> None:
        for one in sealed.SEALED:
            name, whole = f"opened/{one.table}.{one.column}.jsonl", hashlib.sha256()
            with self._member(name) as member:
                for row in sealed.opened(connection, self._source.vault, self._office.id, one):
                    self._shut += "fault" in row
                    data = json.dumps(row, ensure_ascii=False).encode() + b"\n"
                    member.write(data)
                    whole.update(data)
            self._others[name] = whole.hexdigest()

    def _documents(self, named: IO[bytes]) -> tuple[int, int, str]:
        """How many were put in, how many are missing, and the digest of the list of both."""
        named.seek(0)
        total = sum(1 for _ in named)
        named.seek(0)
        whole, done, missing = hashlib.sha256(), 0, 0
        with tempfile.TemporaryFile() as listed:
            for at, line in enumerate(named, start=1):
                sha = line.decode().strip()
                state = self._document(sha)
                missing += not state.isdigit()
                done += state.isdigit()
                data = f"{sha} {state}\n".encode()
                whole.update(data)
                listed.write(data)
                self._progress("documents", at, total)
            listed.seek(0)
            with self._member(form.DOCUMENTS) as member:
                shutil.copyfileobj(listed, member)
        return done, missing, whole.hexdigest()

    def _document(self, sha: str) -> str:
        """How many bytes it has, or why it is not in the archive."""
        try:
            data = self._source.files.get(self._office.code, sha)
        except NotFound:
            return "missing"
        except DamagedFile:
            return "damaged"
        stored = zipfile.ZIP_STORED  # PDFs and pictures are packed already
        self._archive.writestr(form.document_file(sha), data, compress_type=stored)
        return str(len(data))

    def _sign(self, said: bytes, name: str, manifest: form.Manifest) -> None:
        signer = ensure_keys(self._source.keys_folder, self._office.code, name, manifest.taken_at)
        self._archive.writestr(form.MANIFEST, said)
        self._archive.writestr(form.SIGNATURE, sign_statement(said, signer))
        self._archive.writestr(form.AUTHORITY, authority_pem(Trust(signer.authority)))

    @contextmanager
    def _member(self, name: str) -> Iterator[IO[bytes]]:
        with self._archive.open(name, "w", force_zip64=True) as member:
            yield member


def stored_columns(found: tuple[Table, ...]) -> Mapping[str, str]:
    """Table -> the column that names a document in the store."""
    return {
        table.name: "sha256"
        for table in found
        if table.name not in NOT_STORED and any(column.name == "sha256" for column in table.columns)
    }


def _told(found: tuple[Table, ...]) -> list[Table]:
    return sorted(found, key=lambda one: one.name)


def _name_documents(
    connection: Connection, tenant_id: int, found: tuple[Table, ...], named: IO[bytes]
) -> None:
    """Write each digest that a row names, once, in order."""
    parts = " UNION ".join(
        f"SELECT {column} AS sha FROM app.{quoted(table)} WHERE tenant_id = :tenant AND {column} IS NOT NULL"
        for table, column in stored_columns(found).items()
    )
    query = text(f'SELECT sha FROM ({parts}) AS s ORDER BY sha COLLATE "C"')
    rows: Any = connection.execute(query, {"tenant": tenant_id}, execution_options={"yield_per": STEP})
    for sha in rows.scalars():
        named.write(f"{sha}\n".encode())


@contextmanager
def _draft(path: Path) -> Iterator[IO[bytes]]:
    """A file only we may read, which gets its name when it is whole and on disk."""
    draft = path.with_name(f".{path.name}.{os.getpid()}.part")
    handle = os.open(draft, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(handle, "w+b") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        draft.rename(path)
    finally:
        draft.unlink(missing_ok=True)
