"""Read bundles and applications of the bound tenant."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import Connection, text

from ptsp.domain.applications.types import ApplicationRow, BundleRow, DocumentRow

BUNDLE = """
    SELECT id, reference, state, outcome, lodged_at, promised_on, before_merging, graph, applicant, fingerprint
      FROM app.bundle"""
BY_REFERENCE = text(f"{BUNDLE} WHERE reference = :reference")
BY_IDS = text(f"{BUNDLE} WHERE id = ANY(:ids) ORDER BY id")
BY_CLIENT_KEY = text(f"{BUNDLE} WHERE client_key = :client_key")
OF_BUNDLES = text("""
    SELECT id, bundle_id, position, service, standard_id, answers, shown, state, promised_on, ended_at
      FROM app.application WHERE bundle_id = ANY(:ids) ORDER BY bundle_id, position""")
DOCUMENTS = text("""
    SELECT id, requirement, name, media_type, size, sha256
      FROM app.document WHERE bundle_id = :bundle ORDER BY requirement, id""")


def bundle(connection: Connection, reference: str) -> BundleRow | None:
    row = connection.execute(BY_REFERENCE, {"reference": reference}).one_or_none()
    return None if row is None else BundleRow(*row)


def bundles(connection: Connection, ids: Sequence[UUID]) -> dict[UUID, BundleRow]:
    return {row.id: BundleRow(*row) for row in connection.execute(BY_IDS, {"ids": list(ids)})}


def lodged_before(connection: Connection, client_key: str) -> BundleRow | None:
    """The bundle that this client lodged under this key, if any."""
    row = connection.execute(BY_CLIENT_KEY, {"client_key": client_key}).one_or_none()
    return None if row is None else BundleRow(*row)


def applications(connection: Connection, bundle_ids: Sequence[UUID]) -> dict[UUID, list[ApplicationRow]]:
    """The applications of each bundle, by position."""
    found: dict[UUID, list[ApplicationRow]] = {}
    for row in connection.execute(OF_BUNDLES, {"ids": list(bundle_ids)}):
        values = row._asdict() | {"shown": tuple(row.shown)}
        found.setdefault(row.bundle_id, []).append(ApplicationRow(**values))
    return found


def documents(connection: Connection, bundle_id: UUID) -> list[DocumentRow]:
    return [DocumentRow(*row) for row in connection.execute(DOCUMENTS, {"bundle": bundle_id})]
