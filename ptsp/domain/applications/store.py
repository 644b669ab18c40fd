"""Close applications, keep documents. Never commits."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import Connection, text

from ptsp.domain.applications.types import DocumentRow, NewApplication
from ptsp.infra.rows import as_rows, row_of

END_APPLICATIONS = text("""
    UPDATE app.application a SET state = v.state, ended_at = :now
      FROM json_to_recordset(CAST(:rows AS json)) AS v (bundle_id uuid, position int, state text)
     WHERE a.bundle_id = v.bundle_id AND a.position = v.position AND a.state = 'open'
    RETURNING a.bundle_id, a.position""")

DEEM = text("""
    UPDATE app.application SET deemed_on = :now
     WHERE tenant_id = :tenant AND bundle_id = :bundle AND position = ANY(:positions)
       AND state = 'open' AND deemed_on IS NULL""")

CHANGE = text("""
    UPDATE app.application SET answers = :answers, shown = :shown
     WHERE tenant_id = :tenant AND id = :id AND state = 'open'""")
NOTE = text("""
    UPDATE app.application SET closing_note = :note WHERE tenant_id = :tenant AND id = :id""")

PIN = text("""
    UPDATE app.application SET standard_id = :standard, charged = :charged WHERE tenant_id = :tenant AND id = :id""")

ADD_APPLICATION = text("""
    INSERT INTO app.application (tenant_id, id, bundle_id, position, service, standard_id, charged, answers, shown,
                                 state, promised_on, first_promised_on, clock_started_at, due_at, client_key,
                                 fingerprint)
    VALUES (:tenant, :id, :bundle_id, :position, :service, :standard_id, :charged, :answers, :shown, 'open',
            :promised_on, :promised_on, :clock_started_at, :due_at, :client_key, :fingerprint)
    ON CONFLICT (tenant_id, client_key) WHERE client_key IS NOT NULL DO NOTHING RETURNING id""")

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


def deem(
    connection: Connection, tenant_id: int, bundle_id: UUID, positions: Sequence[int], now: datetime
) -> None:
    """The law has approved these open applications. Their bundle is locked."""
    values = {"tenant": tenant_id, "bundle": bundle_id, "positions": list(positions), "now": now}
    connection.execute(DEEM, values)


def change_application(
    connection: Connection, tenant_id: int, ident: UUID, *, answers: str, shown: Sequence[str]
) -> None:
    """What an open application says after a correction. Its bundle is locked."""
    values = {"tenant": tenant_id, "id": ident, "answers": answers, "shown": list(shown)}
    connection.execute(CHANGE, values)


def note_closing(connection: Connection, tenant_id: int, ident: UUID, note: bytes) -> None:
    """Why the applicant withdrew it, sealed."""
    connection.execute(NOTE, {"tenant": tenant_id, "id": ident, "note": note})


def pin(connection: Connection, tenant_id: int, ident: UUID, standard_id: UUID, *, charged: bool) -> None:
    """The application goes by this version of its standard from now. Its bundle is locked."""
    values = {"tenant": tenant_id, "id": ident, "standard": standard_id, "charged": charged}
    connection.execute(PIN, values)


def add_application(
    connection: Connection, tenant_id: int, one: NewApplication, *, client_key: str, fingerprint: bytes
) -> bool:
    """One more in a locked bundle. False when another bundle got one under this key just now."""
    values = row_of(one) | {"shown": list(one.shown), "client_key": client_key, "fingerprint": fingerprint}
    return connection.execute(ADD_APPLICATION, {"tenant": tenant_id, **values}).scalar() is not None


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
