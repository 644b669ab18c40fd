"""Write and read decisions of the bound tenant. Never commits."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import Connection, text

from ptsp.domain.permits.types import Decision, Issued
from ptsp.infra.rows import as_rows

COLUMNS = """id, bundle_id, application_id, kind, number, code, drafted_at, valid_until, reasons, state, issued_at,
             sha256, appeal_until, annulled_at"""
ADD = text("""
    INSERT INTO app.decision (tenant_id, id, bundle_id, application_id, kind, number, code, state, drafted_at,
                              valid_until, reasons)
    SELECT :tenant, d.id, d.bundle_id, d.application_id, d.kind, d.number, d.code, 'drafted', d.drafted_at,
           d.valid_until, ARRAY(SELECT json_array_elements_text(d.reasons))
      FROM json_to_recordset(CAST(:rows AS json))
        AS d (id uuid, bundle_id uuid, application_id uuid, kind text, number text, code text,
              drafted_at timestamptz, valid_until date, reasons json)""")
OF_BUNDLES = text(f"SELECT {COLUMNS} FROM app.decision WHERE bundle_id = ANY(:ids) ORDER BY number")
OF_APPLICATIONS = text(f"SELECT {COLUMNS} FROM app.decision WHERE application_id = ANY(:ids)")
BY_CODE = text(f"SELECT {COLUMNS} FROM app.decision WHERE code = :code")
ISSUE = text("""
    UPDATE app.decision d
       SET state = 'issued', issued_at = clock_timestamp(), sha256 = NULLIF(v.sha256, ''), appeal_until = v.appeal_until
      FROM json_to_recordset(CAST(:rows AS json)) AS v (id uuid, sha256 text, appeal_until date)
     WHERE d.id = v.id AND d.state = 'drafted'""")
ANNUL = text("""
    UPDATE app.decision SET annulled_at = :now WHERE tenant_id = :tenant AND id = :id AND annulled_at IS NULL""")

HAND_OVER = text("""
    INSERT INTO app.handover (tenant_id, decision_id, application_id, at) VALUES (:tenant, :id, :application, :now)
    ON CONFLICT DO NOTHING""")


def add_decisions(connection: Connection, tenant_id: int, decisions: Sequence[Decision]) -> None:
    if decisions:
        rows = as_rows(decisions)
        connection.execute(ADD, {"tenant": tenant_id, "rows": rows})


def decisions(connection: Connection, bundle_ids: Sequence[UUID]) -> list[Decision]:
    return [_row(row) for row in connection.execute(OF_BUNDLES, {"ids": list(bundle_ids)})]


def decisions_of(connection: Connection, application_ids: Sequence[UUID]) -> dict[UUID, Decision]:
    """Decisions already drafted or issued, by application."""
    rows = connection.execute(OF_APPLICATIONS, {"ids": list(application_ids)})
    return {row.application_id: _row(row) for row in rows}


def decision_by_code(connection: Connection, code: str) -> Decision | None:
    row = connection.execute(BY_CODE, {"code": code}).one_or_none()
    return None if row is None else _row(row)


def mark_issued(connection: Connection, issued: Sequence[Issued]) -> None:
    if issued:
        connection.execute(ISSUE, {"rows": as_rows(issued)})


def annul(connection: Connection, tenant_id: int, ident: UUID, now: datetime) -> None:
    """The decision counts no more; the register keeps it, and says so."""
    connection.execute(ANNUL, {"tenant": tenant_id, "id": ident, "now": now})


def hand_over(connection: Connection, tenant_id: int, decision: Decision, now: datetime) -> None:
    """The applicant has the document in hand; only the first time counts. Unpaid, the commit fails."""
    values = {"tenant": tenant_id, "id": decision.id, "application": decision.application_id, "now": now}
    connection.execute(HAND_OVER, values)


def _row(row: Sequence[object]) -> Decision:
    values = list(row)
    values[8] = tuple(values[8])  # type: ignore[arg-type]
    return Decision(*values)  # type: ignore[arg-type]
