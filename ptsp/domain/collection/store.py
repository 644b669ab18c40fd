"""Write and read warnings and admissions of the bound tenant. Never commits."""

from collections.abc import Collection, Sequence
from uuid import UUID

from sqlalchemy import Connection, text

from ptsp.domain.collection.types import Admission, Warned
from ptsp.infra.rows import as_rows, row_of

ADD_WARNINGS = text("""
    INSERT INTO app.fee_warning (tenant_id, notice_id, number, code, signer, issued_on, pay_by)
    SELECT :tenant, w.notice_id, w.number, w.code, w.signer, w.issued_on, w.pay_by
      FROM json_to_recordset(CAST(:rows AS json))
        AS w (notice_id uuid, number text, code text, signer text, issued_on date, pay_by date)""")
WARNINGS = """
    SELECT w.notice_id, w.number, w.code, w.signer, w.issued_on, w.pay_by FROM app.fee_warning w"""
OF_NOTICES = text(f"""
    {WARNINGS} WHERE w.tenant_id = :tenant AND w.notice_id = ANY(:ids) ORDER BY w.issued_on, w.number""")
BY_NUMBER = text(f"{WARNINGS} WHERE w.tenant_id = :tenant AND w.number = :number")
BY_CODE = text(f"{WARNINGS} WHERE w.tenant_id = :tenant AND w.code = :code")

ADMIT = text("""
    INSERT INTO app.debt_admission (tenant_id, notice_id, admitted_on, note, by, at)
    VALUES (:tenant, :notice_id, :admitted_on, :note, :by, :at)
    ON CONFLICT DO NOTHING RETURNING notice_id""")
ADMISSIONS = text("""
    SELECT a.notice_id, a.admitted_on, a.note, a.by, a.at FROM app.debt_admission a
     WHERE a.tenant_id = :tenant AND a.notice_id = ANY(:ids) ORDER BY a.admitted_on""")


def add_warnings(connection: Connection, tenant_id: int, warnings: Sequence[Warned]) -> None:
    """One a notice; a second raises IntegrityError."""
    if warnings:
        connection.execute(ADD_WARNINGS, {"tenant": tenant_id, "rows": as_rows(warnings)})


def warnings(connection: Connection, tenant_id: int, notice_ids: Collection[UUID]) -> dict[UUID, Warned]:
    """The warnings of these notices, by notice."""
    rows = connection.execute(OF_NOTICES, {"tenant": tenant_id, "ids": list(notice_ids)})
    return {row.notice_id: Warned(*row) for row in rows}


def warning(connection: Connection, tenant_id: int, number: str) -> Warned | None:
    row = connection.execute(BY_NUMBER, {"tenant": tenant_id, "number": number}).one_or_none()
    return None if row is None else Warned(*row)


def warning_by_code(connection: Connection, tenant_id: int, code: str) -> Warned | None:
    row = connection.execute(BY_CODE, {"tenant": tenant_id, "code": code}).one_or_none()
    return None if row is None else Warned(*row)


def admit(connection: Connection, tenant_id: int, admission: Admission) -> bool:
    """Keep an admission. False where one of that day stands already."""
    return connection.execute(ADMIT, {"tenant": tenant_id, **row_of(admission)}).scalar() is not None


def admissions(
    connection: Connection, tenant_id: int, notice_ids: Collection[UUID]
) -> dict[UUID, list[Admission]]:
    """The admissions of these notices, by notice, the oldest first."""
    found: dict[UUID, list[Admission]] = {}
    for row in connection.execute(ADMISSIONS, {"tenant": tenant_id, "ids": list(notice_ids)}):
        found.setdefault(row.notice_id, []).append(Admission(*row))
    return found
