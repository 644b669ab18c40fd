"""Close applications, keep documents. Never commits."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from sqlalchemy import Connection, text

from ptsp.domain.applications.types import DocumentRow
from ptsp.infra.rows import as_rows, row_of

END_APPLICATIONS = text("""
    UPDATE app.application a SET state = v.state, ended_at = :now
      FROM json_to_recordset(CAST(:rows AS json)) AS v (bundle_id uuid, position int, state text)
     WHERE a.bundle_id = v.bundle_id AND a.position = v.position AND a.state = 'open'
    RETURNING a.bundle_id, a.position""")

ADD_DOCUMENT = text("""
    INSERT INTO app.document (tenant_id, id, requirement, name, media_type, size, sha256)
    VALUES (:tenant, :id, :requirement, :name, :media_type, :size, :sha256)""")

ATTACH_DOCUMENTS = text("""
    UPDATE app.document d SET bundle_id = v.bundle_id
      FROM json_to_recordset(CAST(:rows AS json)) AS v (id uuid, bundle_id uuid, requirement text)
     WHERE d.id = v.id AND d.requirement = v.requirement
       AND (d.bundle_id IS NULL OR d.bundle_id = v.bundle_id)
    RETURNING d.id, d.requirement, d.media_type""")


def end_applications(
    connection: Connection, ends: Mapping[tuple[UUID, int], str], now: object
) -> set[tuple[UUID, int]]:
    """Close applications, (bundle, position) -> state; returns those that were still open."""
    if not ends:
        return set()
    rows = [
        {"bundle_id": bundle, "position": position, "state": state}
        for (bundle, position), state in ends.items()
    ]
    closed = connection.execute(END_APPLICATIONS, {"now": now, "rows": as_rows(rows)})
    return {(bundle, position) for bundle, position in closed}


def add_document(connection: Connection, tenant_id: int, row: DocumentRow) -> None:
    connection.execute(ADD_DOCUMENT, {"tenant": tenant_id, **row_of(row)})


def attach_documents(
    connection: Connection, wanted: Sequence[tuple[UUID, UUID, str]]
) -> dict[tuple[UUID, str], str]:
    """Bind uploaded documents, given as (document, bundle, requirement), to their bundle.

    Returns the media type, by (document, requirement), of those that exist, are for that requirement and
    belong to no other bundle.
    """
    rows = [{"id": document, "bundle_id": bundle, "requirement": code} for document, bundle, code in wanted]
    attached = connection.execute(ATTACH_DOCUMENTS, {"rows": as_rows(rows)})
    return {(document, requirement): media_type for document, requirement, media_type in attached}
