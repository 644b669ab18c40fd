"""Read bundles and applications of the bound tenant."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Row, text

from ptsp.domain.applications.types import ApplicationRow, BundleRow, DocumentRow, Expiring, Joined
from ptsp.infra.rows import row_of

BUNDLE = """
    SELECT id, reference, state, outcome, lodged_at, promised_on, first_promised_on, held_by, calendar, before_merging,
           graph, shape, applicant, fingerprint
      FROM app.bundle"""
BY_REFERENCE = text(f"{BUNDLE} WHERE reference = :reference")
BY_IDS = text(f"{BUNDLE} WHERE id = ANY(:ids) ORDER BY id")
BY_CLIENT_KEY = text(f"{BUNDLE} WHERE client_key = :client_key")
OF_BUNDLES = text("""
    SELECT id, bundle_id, position, service, standard_id, answers, shown, state, promised_on, first_promised_on,
           clock_started_at, due_at, deemed_on, ended_at
      FROM app.application WHERE bundle_id = ANY(:ids) ORDER BY bundle_id, position""")
NIK_INDEXES = text("SELECT id, nik_index FROM app.bundle WHERE id = ANY(:ids)")
# Which standards know approval by silence is asked once, and not of every application that is late.
SILENT = """
    WITH silent AS MATERIALIZED (
      SELECT id FROM app.standard
       WHERE tenant_id = :tenant AND content #>> '{standard,deemed,legal_basis}' IS NOT NULL)
    SELECT a.due_at, a.bundle_id, a.position FROM app.application a
     WHERE a.tenant_id = :tenant AND a.state = 'open' AND a.deemed_on IS NULL
       AND a.standard_id IN (SELECT id FROM silent)"""
OVERDUE = text(f"""{SILENT}
       AND a.due_at < :before AND (a.due_at, a.bundle_id, a.position) > (:due_at, :bundle_id, :position)
     ORDER BY a.due_at, a.bundle_id, a.position LIMIT :limit""")
EXPIRING = text(f"""{SILENT} AND a.clock_started_at IS NOT NULL AND (a.due_at < :before OR a.due_at IS NULL)
     ORDER BY a.due_at NULLS LAST, a.bundle_id, a.position LIMIT :limit""")
BEFORE_ALL = Expiring(datetime(1, 1, 2, tzinfo=UTC), UUID(int=0), -1)
JOINED = text("""
    SELECT bundle_id, position, fingerprint FROM app.application WHERE client_key = :client_key""")
OF_OTHER_VERSIONS = text("""
    SELECT b.reference FROM app.application a
      JOIN app.bundle b ON b.tenant_id = a.tenant_id AND b.id = a.bundle_id
     WHERE a.tenant_id = :tenant AND a.service = :service AND a.state = 'open' AND a.standard_id <> :standard
     ORDER BY b.lodged_at, b.id""")
DOCUMENTS = text("""
    SELECT id, requirement, name, media_type, size, sha256, uploaded_at
      FROM app.document WHERE bundle_id = :bundle ORDER BY requirement, id""")


def bundle(connection: Connection, reference: str) -> BundleRow | None:
    row = connection.execute(BY_REFERENCE, {"reference": reference}).one_or_none()
    return None if row is None else _bundle(row)


def bundles(connection: Connection, ids: Sequence[UUID]) -> dict[UUID, BundleRow]:
    return {row.id: _bundle(row) for row in connection.execute(BY_IDS, {"ids": list(ids)})}


def nik_indexes(connection: Connection, bundle_ids: Sequence[UUID]) -> dict[UUID, bytes]:
    """Whose bundles these are: keyed hashes of the applicants' NIK."""
    return {
        row.id: bytes(row.nik_index) for row in connection.execute(NIK_INDEXES, {"ids": list(bundle_ids)})
    }


def lodged_before(connection: Connection, client_key: str) -> BundleRow | None:
    """The bundle that this client lodged under this key, if any."""
    row = connection.execute(BY_CLIENT_KEY, {"client_key": client_key}).one_or_none()
    return None if row is None else _bundle(row)


def applications(connection: Connection, bundle_ids: Sequence[UUID]) -> dict[UUID, list[ApplicationRow]]:
    """The applications of each bundle, by position."""
    found: dict[UUID, list[ApplicationRow]] = {}
    for row in connection.execute(OF_BUNDLES, {"ids": list(bundle_ids)}):
        values = row._asdict() | {"shown": tuple(row.shown)}
        found.setdefault(row.bundle_id, []).append(ApplicationRow(**values))
    return found


def overdue(
    connection: Connection, tenant_id: int, before: datetime, *, after: Expiring | None, limit: int
) -> list[Expiring]:
    """Open applications that the law may have approved: their limit ended before this moment. Page by page."""
    values = {"tenant": tenant_id, "before": before, "limit": limit, **row_of(after or BEFORE_ALL)}
    return [Expiring(*row) for row in connection.execute(OVERDUE, values)]


def expiring(connection: Connection, tenant_id: int, before: datetime, *, limit: int) -> list[Expiring]:
    """Those whose limit ends before this moment, and those whose clock stands; the most urgent first."""
    values = {"tenant": tenant_id, "before": before, "limit": limit}
    return [Expiring(*row) for row in connection.execute(EXPIRING, values)]


def joined_before(connection: Connection, client_key: str) -> Joined | None:
    """The application that this client added to an open bundle under this key, if any."""
    row = connection.execute(JOINED, {"client_key": client_key}).one_or_none()
    return None if row is None else Joined(*row)


def of_other_versions(connection: Connection, tenant_id: int, service: str, standard_id: UUID) -> list[str]:
    """References of the bundles whose application for a service is open under another standard, the oldest first."""
    values = {"tenant": tenant_id, "service": service, "standard": standard_id}
    return list(connection.execute(OF_OTHER_VERSIONS, values).scalars())


def documents(connection: Connection, bundle_id: UUID) -> list[DocumentRow]:
    return [DocumentRow(*row) for row in connection.execute(DOCUMENTS, {"bundle": bundle_id})]


def _bundle(row: Row[Any]) -> BundleRow:
    return BundleRow(**row._asdict() | {"held_by": tuple(row.held_by)})
