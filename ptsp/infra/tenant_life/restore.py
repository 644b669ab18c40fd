"""Bring one office back to what an archive says, in one transaction, while all others work on."""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import DataError, ProgrammingError

from ptsp.infra.database import platform_transaction, tenant_transaction
from ptsp.infra.files import FileStore
from ptsp.infra.rows import as_rows
from ptsp.infra.tenant_life import format as form
from ptsp.infra.tenant_life.doors import doors_now, keep_shut
from ptsp.infra.tenant_life.hold import held_office
from ptsp.infra.tenant_life.read import Archive, BadArchive
from ptsp.infra.tenant_life.register import Act, write_down
from ptsp.infra.tenant_life.tables import Table, offices, revision, tables
from ptsp.infra.vault import Vault
from ptsp.kernel.errors import Conflict, Fault

RESTORING: Final = text("SELECT set_config('app.restoring', CAST(:tenant AS text), true)")
DESCRIBE: Final = text("""
    UPDATE app.tenant SET prefix = :prefix, region_code = :region_code, is_archive = :is_archive WHERE id = :id""")
MONEY: Final = text("SELECT app.check_money()")
NUMBERS: Final = text("SELECT series, year, last FROM app.number_series WHERE tenant_id = :tenant")
KEEP_NUMBERS: Final = text("""
    INSERT INTO app.number_series AS s (tenant_id, series, year, last)
    SELECT :tenant, x.series, x.year, x.last
      FROM json_to_recordset(CAST(:rows AS json)) AS x (series text, year smallint, last int)
        ON CONFLICT (tenant_id, series, year) DO UPDATE SET last = excluded.last WHERE s.last < excluded.last""")
SENT: Final = text("""
    SELECT id, sent_at FROM app.message
     WHERE tenant_id = :tenant AND state = 'sent' AND sent_at >= CAST(:since AS timestamptz) - interval '1 day'""")
KEEP_SENT: Final = text("""
    UPDATE app.message m SET state = 'sent', sent_at = x.sent_at, lease_token = NULL
      FROM json_to_recordset(CAST(:rows AS json)) AS x (id uuid, sent_at timestamptz)
     WHERE m.tenant_id = :tenant AND m.id = x.id AND m.state <> 'sent'""")
MOST_ROWS: Final = 500  # of one statement
MOST_TEXT: Final = 4 * 1024 * 1024  # and so many characters


@dataclass(frozen=True, slots=True)
class Change:
    """One table: how many rows there are now and how many were then; `is_same` down to the last byte."""

    table: str
    now: int
    then: int
    is_same: bool


@dataclass(frozen=True, slots=True)
class Restored:
    """What was done. Numbers and messages are those that did not go back, for they are out in the world."""

    rows: int
    documents: int
    numbers: int
    messages: int


def plan_restore(owner: Engine, archive: Archive, vault: Vault) -> list[Change]:
    """What restoring would change, table by table. Raises Conflict when the archive does not belong here."""
    must_fit(owner, archive, vault)
    office = archive.manifest.office
    with tenant_transaction(owner, office.id) as connection:
        found = sorted(tables(connection), key=lambda one: one.name)
        return [_change(connection, table, archive.manifest) for table in found]


def must_fit(owner: Engine, archive: Archive, vault: Vault) -> None:
    """Raises Conflict, with the reason, for an archive of another office, schema, or installation."""
    manifest = archive.manifest
    if manifest.check != form.check_value(vault, manifest.office):
        raise Conflict(
            "the archive was written under another secret: its personal data cannot be opened here"
        )
    with platform_transaction(owner) as connection:
        here = revision(connection)
    if manifest.schema != here:
        raise Conflict(f"the archive has the schema {manifest.schema}, this database has {here}")
    ids = {one.id: one.code for one in offices(owner)}
    if ids.get(manifest.office.id) != manifest.office.code:
        raise Conflict(f"the office {manifest.office.code} of the archive is not one of this installation")


def restore_archive(
    owner: Engine,
    archive: Archive,
    files: FileStore,
    vault: Vault,
    *,
    by: str,
    reason: str,
    is_exact: bool,
    progress: form.Progress,
) -> Restored:
    """All or nothing. The archive has to be whole; its rows are compared with what stands in the end.

    Numbers that were given, messages that were sent and doors that were shut since then stay so, unless `is_exact`.
    Raises Conflict for rows that break a constraint or a check of money, and for an office that could not be held;
    BadArchive when the rows do not come out the same.
    """
    must_fit(owner, archive, vault)
    office = archive.manifest.office
    documents = _bring_documents(archive, files, progress)
    with held_office(owner, office.id) as connection:
        connection.execute(RESTORING, {"tenant": office.id})
        found = tables(connection)
        _must_name(archive.manifest, found)
        out = _out_in_the_world(connection, archive.manifest)
        doors = doors_now(connection, office.id)
        for table in reversed(found):
            table.delete(connection, office.id)
        rows = sum(_bring_back(connection, table, archive, progress) for table in found)
        values = {"prefix": office.prefix, "region_code": office.region_code, "is_archive": office.is_archive}
        connection.execute(DESCRIBE, values | {"id": office.id})
        _must_be_the_same(connection, found, archive.manifest)
        connection.execute(MONEY)
        numbers, messages = (0, 0) if is_exact else _keep(connection, office.id, *out)
        if not is_exact:
            keep_shut(connection, office.id, doors)
        write_down(
            connection, office.id, office.code, Act.RESTORED, by=by, reason=reason, digest=archive.digest
        )
    return Restored(rows, documents, numbers, messages)


def _change(connection: Connection, table: Table, manifest: form.Manifest) -> Change:
    then = {one.name: one for one in manifest.tables}.get(table.name)
    rows, sha = _digest(connection, table, manifest.office.id)
    return Change(table.name, rows, then.rows if then else 0, then is not None and then.sha256 == sha)


def _digest(connection: Connection, table: Table, tenant_id: int) -> tuple[int, str]:
    whole, rows = hashlib.sha256(), 0
    for line in table.lines(connection, tenant_id):
        whole.update(f"{line}\n".encode())
        rows += 1
    return rows, whole.hexdigest()


def _bring_documents(archive: Archive, files: FileStore, progress: form.Progress) -> int:
    """Put back what the store no longer has. Before the rows: a file that no row names does no harm."""
    code, brought, total = archive.manifest.office.code, 0, archive.manifest.documents
    for at, (sha, state) in enumerate(archive.documents(), start=1):
        if state.isdigit() and not files.exists(code, sha):
            files.put(code, archive.document(sha))
            brought += 1
        progress("documents", at, total)
    return brought


def _must_name(manifest: form.Manifest, found: Sequence[Table]) -> None:
    """Raises BadArchive for an archive without some table of this database, though it says it has its schema."""
    named = {one.name for one in manifest.tables}
    lacking = [Fault(form.MANIFEST, f"names no table {one.name}") for one in found if one.name not in named]
    if lacking:
        raise BadArchive(lacking)


def _bring_back(connection: Connection, table: Table, archive: Archive, progress: form.Progress) -> int:
    rows, total = 0, archive.manifest.table(table.name).rows
    for batch in _batches(archive.lines(table.name)):
        try:
            table.insert(connection, batch)
        except (DataError, ProgrammingError) as error:  # also a row that says it is another office's
            reason = f"holds what the database does not take ({type(error.orig).__name__})"
            raise BadArchive([Fault(form.table_file(table.name), reason)]) from error
        rows += len(batch)
        progress(table.name, rows, total)
    return rows


def _batches(lines: Iterator[str]) -> Iterator[Sequence[str]]:
    batch: list[str] = []
    size = 0
    for line in lines:
        batch.append(line)
        size += len(line)
        if len(batch) == MOST_ROWS or size > MOST_TEXT:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


def _must_be_the_same(connection: Connection, found: Sequence[Table], manifest: form.Manifest) -> None:
    """Every table of this database, not of the archive: one that was left out would show here."""
    wrong = [
        Fault(change.table, f"came out otherwise: {change.now} rows, not {change.then}")
        for change in (_change(connection, table, manifest) for table in found)
        if not change.is_same
    ]
    if wrong:
        raise BadArchive(wrong)


def _out_in_the_world(
    connection: Connection, manifest: form.Manifest
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    bound = {"tenant": manifest.office.id, "since": manifest.taken_at}
    numbers = [dict(row._mapping) for row in connection.execute(NUMBERS, bound)]
    sent = [
        {"id": str(row.id), "sent_at": row.sent_at.isoformat()} for row in connection.execute(SENT, bound)
    ]
    return numbers, sent


def _keep(
    connection: Connection, tenant_id: int, numbers: list[dict[str, Any]], sent: list[dict[str, Any]]
) -> tuple[int, int]:
    """A number that is on a paper is never given again, and a letter that went out is not sent again."""
    kept = connection.execute(KEEP_NUMBERS, {"tenant": tenant_id, "rows": as_rows(numbers)}).rowcount
    told = connection.execute(KEEP_SENT, {"tenant": tenant_id, "rows": as_rows(sent)}).rowcount
    return kept, told
