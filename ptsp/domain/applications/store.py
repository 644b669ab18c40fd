"""Write bundles, applications and documents. Flushes nothing by itself and never commits."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from sqlalchemy import Connection, text

from ptsp.domain.applications.types import DocumentRow, NewApplication, NewBundle

# Replaying a client's key is no error: the bundle that has it is found afterwards.
ADD_BUNDLES = text("""
    INSERT INTO app.bundle (tenant_id, id, reference, state, lodged_at, promised_on, before_merging, graph,
                            applicant, nik_index, client_key, fingerprint, last_event, head)
    SELECT :tenant, b.id, b.reference, 'open', b.lodged_at, b.promised_on, b.before_merging, b.graph,
           b.applicant, b.nik_index, b.client_key, b.fingerprint, b.last_event, b.head
      FROM unnest(CAST(:id AS uuid[]), CAST(:reference AS text[]), CAST(:lodged_at AS timestamptz[]),
                  CAST(:promised_on AS date[]), CAST(:before_merging AS int[]), CAST(:graph AS text[]),
                  CAST(:applicant AS bytea[]), CAST(:nik_index AS bytea[]), CAST(:client_key AS text[]),
                  CAST(:fingerprint AS bytea[]), CAST(:last_event AS int[]), CAST(:head AS bytea[]))
        AS b (id, reference, lodged_at, promised_on, before_merging, graph, applicant, nik_index, client_key,
              fingerprint, last_event, head)
    ON CONFLICT ON CONSTRAINT one_bundle_per_client_key DO NOTHING
    RETURNING id""")

ADD_APPLICATIONS = text("""
    INSERT INTO app.application (tenant_id, id, bundle_id, position, service, standard_id, answers, shown, state,
                                 promised_on)
    SELECT :tenant, a.id, a.bundle_id, a.position, a.service, a.standard_id, a.answers,
           string_to_array(a.shown, ' '), 'open', a.promised_on
      FROM unnest(CAST(:id AS uuid[]), CAST(:bundle_id AS uuid[]), CAST(:position AS int[]),
                  CAST(:service AS text[]), CAST(:standard_id AS uuid[]), CAST(:answers AS text[]),
                  CAST(:shown AS text[]), CAST(:promised_on AS date[]))
        AS a (id, bundle_id, position, service, standard_id, answers, shown, promised_on)""")

END_APPLICATIONS = text("""
    UPDATE app.application a SET state = v.state, ended_at = :now
      FROM unnest(CAST(:bundle_id AS uuid[]), CAST(:position AS int[]), CAST(:state AS text[]))
        AS v (bundle_id, position, state)
     WHERE a.bundle_id = v.bundle_id AND a.position = v.position AND a.state = 'open'
    RETURNING a.bundle_id, a.position""")

ADD_DOCUMENT = text("""
    INSERT INTO app.document (tenant_id, id, requirement, name, media_type, size, sha256)
    VALUES (:tenant, :id, :requirement, :name, :media_type, :size, :sha256)""")

ATTACH_DOCUMENTS = text("""
    UPDATE app.document d SET bundle_id = v.bundle_id
      FROM unnest(CAST(:id AS uuid[]), CAST(:bundle_id AS uuid[]), CAST(:requirement AS text[]))
        AS v (id, bundle_id, requirement)
     WHERE d.id = v.id AND d.requirement = v.requirement
       AND (d.bundle_id IS NULL OR d.bundle_id = v.bundle_id)
    RETURNING d.id""")


def add_bundles(connection: Connection, tenant_id: int, rows: Sequence[NewBundle]) -> set[UUID]:
    """Insert; returns the ids that are new. A bundle whose client key was used before is left out."""
    added = connection.execute(ADD_BUNDLES, {"tenant": tenant_id, **columns(rows)})
    return set(added.scalars())


def add_applications(connection: Connection, tenant_id: int, rows: Sequence[NewApplication]) -> None:
    values = columns(rows)
    values["shown"] = [" ".join(row.shown) for row in rows]
    connection.execute(ADD_APPLICATIONS, {"tenant": tenant_id, **values})


def end_applications(
    connection: Connection, ends: Mapping[tuple[UUID, int], str], now: object
) -> set[tuple[UUID, int]]:
    """Close applications, (bundle, position) -> state; returns those that were still open."""
    if not ends:
        return set()
    values = {
        "now": now,
        "bundle_id": [bundle for bundle, _ in ends],
        "position": [position for _, position in ends],
        "state": list(ends.values()),
    }
    return {(bundle, position) for bundle, position in connection.execute(END_APPLICATIONS, values)}


def add_document(connection: Connection, tenant_id: int, row: DocumentRow) -> None:
    connection.execute(
        ADD_DOCUMENT, {"tenant": tenant_id, **{name: getattr(row, name) for name in row.__slots__}}
    )


def attach_documents(connection: Connection, wanted: Sequence[tuple[UUID, UUID, str]]) -> set[UUID]:
    """Bind uploaded documents, given as (document, bundle, requirement), to their bundle.

    Returns those that exist, are for that requirement and belong to no other bundle.
    """
    values = {
        "id": [document for document, _, _ in wanted],
        "bundle_id": [bundle for _, bundle, _ in wanted],
        "requirement": [requirement for _, _, requirement in wanted],
    }
    return set(connection.execute(ATTACH_DOCUMENTS, values).scalars())


def columns(rows: Sequence[NewBundle] | Sequence[NewApplication]) -> dict[str, list[object]]:
    """Rows turned on their side: one list per column, as `unnest` takes them."""
    names = rows[0].__slots__ if rows else ()
    return {name: [getattr(row, name) for row in rows] for name in names}
