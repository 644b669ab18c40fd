"""An office with rows in every table, the commands for whole offices, and archives as forgers make them."""

import hashlib
import json
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from click.testing import CliRunner, Result

from ptsp.infra.files import FileStore, open_store
from ptsp.infra.signing import ensure_keys, sign_statement
from ptsp.main.cli import cli
from ptsp.main.prove.isolation.worlds import Worlds, known_tables
from ptsp.main.wiring import keys_folder
from tests.isolation.worlds import HERE

BY = ("--by", "admin-1", "--reason", "Uji.")
PAPER = b"%PDF-1.7 " + b"surat" * 40
MANIFEST, SIGNATURE = "manifest.json", "manifest.p7s"

Hashes = Mapping[int, Mapping[str, str]]  # tenant -> table -> a hash of its rows, "" for none
Rows = list[dict[str, Any]]
Edit = Callable[[Rows], Rows]


@dataclass(frozen=True, slots=True)
class Life:
    """Offices in a database of a test's own. `here` is the one that is brought back or removed, `there` stands idle."""

    worlds: Worlds
    folder: Path

    @property
    def files(self) -> FileStore:
        return open_store(self.worlds.settings.files_url)

    def run(self, *words: object, typed: str = "", **env: str) -> Result:
        """`ptsp tenants …` in this process."""
        settings = self.worlds.settings.as_env() | env
        return CliRunner().invoke(cli, ["tenants", *map(str, words)], env=settings, input=f"{typed}\n")

    def done(self, *words: object, **how: str) -> Any:
        """The same with --json: what it printed, after it ended well."""
        result = self.run(*words, "--json", **how)
        assert result.exit_code == 0, (result.output, result.exception)
        return json.loads(result.stdout)

    def exported(self, code: str = HERE, *words: str) -> Path:
        path = self.folder / f"{code}{len(list(self.folder.glob('*.zip')))}.zip"
        self.done("export", code, "-o", path, *words)
        return path

    def sql(self, query: str, *values: object) -> list[tuple[Any, ...]]:
        """As a superuser, for whom there is no wall; committed."""
        with self.worlds.admin() as connection:
            cursor = connection.execute(query.encode(), values or None)
            found = cursor.fetchall() if cursor.description else []
            connection.commit()
        return found

    def hashes(self) -> Hashes:
        """By the database's own text of each row: nothing that writes or reads archives has a part in it."""
        with self.worlds.admin() as connection:
            return hashes(connection)

    def paper(self) -> str:
        """The digest of the document that is in the store."""
        query = "SELECT sha256 FROM app.document WHERE tenant_id = %s AND length(sha256) = 64"
        ((found,),) = self.sql(query, self.worlds.here)
        return str(found)

    def add_paper(self) -> str:
        """A document in the store with a row that names it; its digest."""
        sha = self.files.put(HERE, PAPER)
        self.sql(
            """INSERT INTO app.document (tenant_id, id, requirement, name, media_type, size, sha256)
               VALUES (%s, gen_random_uuid(), 'ktp', 'x.pdf', 'application/pdf', 1, %s)""",
            self.worlds.here,
            sha,
        )
        return sha


def hashes(connection: Any) -> Hashes:
    tenants = [one for (one,) in connection.execute("SELECT id FROM app.tenant ORDER BY id")]
    found: dict[int, dict[str, str]] = {one: {} for one in tenants}
    for name in known_tables(connection):
        rows = connection.execute(
            "SELECT tenant_id, md5(string_agg(t::text, E'\\n' ORDER BY t::text COLLATE \"C\"))"
            f" FROM app.{name} AS t GROUP BY 1"
        )
        for tenant, digest in rows:
            found[tenant][name] = digest
    for tenant, digest in connection.execute("SELECT id, md5(t::text) FROM app.tenant AS t"):
        found[tenant]["tenant"] = digest
    return found


def differing(before: Hashes, after: Hashes, tenant: int) -> set[str]:
    """The tables in which one office is not as it was."""
    names = before[tenant].keys() | after[tenant].keys()
    return {name for name in names if before[tenant].get(name) != after[tenant].get(name)}


def names(archive: Path) -> list[str]:
    with zipfile.ZipFile(archive) as file:
        return file.namelist()


def member(archive: Path, name: str) -> bytes:
    with zipfile.ZipFile(archive) as file:
        return file.read(name)


def rows_of(archive: Path, table: str) -> Rows:
    return [json.loads(line) for line in member(archive, f"tables/{table}.jsonl").splitlines()]


def rewritten(archive: Path, change: Callable[[dict[str, bytes]], None]) -> Path:
    """A copy in which some members are others, with nothing made to fit."""
    with zipfile.ZipFile(archive) as file:
        members = {name: file.read(name) for name in file.namelist()}
    change(members)
    path = archive.with_name(f"forged-{len(list(archive.parent.glob('forged-*')))}.zip")
    with zipfile.ZipFile(path, "w") as file:
        for name, data in members.items():
            file.writestr(name, data)
    return path


def forged(
    life: Life, archive: Path, edits: Mapping[str, Edit] | None = None, *, signer: str = HERE, **said: object
) -> Path:
    """A copy with other rows and another manifest, every digest made to fit, and signed by the office itself."""

    def change(members: dict[str, bytes]) -> None:
        manifest = json.loads(members[MANIFEST]) | said
        for name, edit in (edits or {}).items():
            lines = _edited(members[f"tables/{name}.jsonl"].splitlines(), edit)
            data = b"".join(line + b"\n" for line in lines)
            members[f"tables/{name}.jsonl"] = data
            marks = (hashlib.sha256(line).hexdigest()[:16] for line in lines)
            members[f"lines/{name}.txt"] = "".join(f"{mark}\n" for mark in marks).encode()
            entry = next(one for one in manifest["tables"] if one["name"] == name)
            entry |= {"rows": len(lines), "sha256": hashlib.sha256(data).hexdigest()}
        members[MANIFEST] = json.dumps(manifest).encode()
        at = datetime.fromisoformat(manifest["taken_at"])
        keys = ensure_keys(keys_folder(life.worlds.settings), signer, signer, at)
        members[SIGNATURE] = sign_statement(members[MANIFEST], keys)

    return rewritten(archive, change)


def _edited(lines: list[bytes], edit: Edit) -> list[bytes]:
    """Rows that stay keep every byte; others are written as the database would."""
    written = [(json.loads(line), line) for line in lines]
    return [
        next((line for row, line in written if row == one), json.dumps(one, separators=(",", ":")).encode())
        for one in edit([row for row, _ in written])
    ]


def with_files(worlds: Worlds, folder: Path, redis_url: str) -> Life:
    settings = replace(worlds.settings, files_url=str(folder / "files"), redis_url=redis_url, broker_url="")
    return Life(replace(worlds, settings=settings), folder)
