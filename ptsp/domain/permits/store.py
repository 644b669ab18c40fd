"""Write and read decisions of the bound tenant. Never commits."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from sqlalchemy import Connection, text

from ptsp.domain.permits.types import Decision

COLUMNS = """id, bundle_id, application_id, kind, number, code, drafted_at, valid_until, reasons, state, issued_at,
             sha256"""
ADD = text("""
    INSERT INTO app.decision (tenant_id, id, bundle_id, application_id, kind, number, code, state, drafted_at,
                              valid_until, reasons)
    VALUES (:tenant, :id, :bundle_id, :application_id, :kind, :number, :code, 'drafted', :drafted_at,
            :valid_until, :reasons)""")
OF_BUNDLES = text(f"SELECT {COLUMNS} FROM app.decision WHERE bundle_id = ANY(:ids) ORDER BY number")
OF_APPLICATIONS = text(f"SELECT {COLUMNS} FROM app.decision WHERE application_id = ANY(:ids)")
BY_CODE = text(f"SELECT {COLUMNS} FROM app.decision WHERE code = :code")
ISSUE = text("""
    UPDATE app.decision d SET state = 'issued', issued_at = clock_timestamp(), sha256 = NULLIF(v.sha256, '')
      FROM unnest(CAST(:id AS uuid[]), CAST(:sha256 AS text[])) AS v (id, sha256)
     WHERE d.id = v.id AND d.state = 'drafted'""")


def add_decision(connection: Connection, tenant_id: int, decision: Decision) -> None:
    values = {name: getattr(decision, name) for name in Decision.__slots__}
    connection.execute(ADD, {"tenant": tenant_id, **values, "reasons": list(decision.reasons)})


def decisions(connection: Connection, bundle_ids: Sequence[UUID]) -> list[Decision]:
    return [_row(row) for row in connection.execute(OF_BUNDLES, {"ids": list(bundle_ids)})]


def decisions_of(connection: Connection, application_ids: Sequence[UUID]) -> dict[UUID, Decision]:
    """Decisions already drafted or issued, by application."""
    rows = connection.execute(OF_APPLICATIONS, {"ids": list(application_ids)})
    return {row.application_id: _row(row) for row in rows}


def decision_by_code(connection: Connection, code: str) -> Decision | None:
    row = connection.execute(BY_CODE, {"code": code}).one_or_none()
    return row and _row(row)


def mark_issued(connection: Connection, files: Mapping[UUID, str]) -> None:
    """Decision id -> hash of its signed document; empty for a register entry, which has none."""
    if files:
        connection.execute(ISSUE, {"id": list(files), "sha256": list(files.values())})


def _row(row: Sequence[object]) -> Decision:
    values = list(row)
    values[8] = tuple(values[8])  # type: ignore[arg-type]
    return Decision(*values)  # type: ignore[arg-type]
