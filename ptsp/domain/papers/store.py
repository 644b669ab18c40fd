"""Write and read papers of money of the bound tenant. Never commits."""

from sqlalchemy import Connection, text

from ptsp.domain.papers.types import PaperKind, PaperRow
from ptsp.infra.rows import row_of

ADD = text("""
    INSERT INTO app.fee_paper (tenant_id, code, kind, number, bundle_id, sha256, made_at)
    VALUES (:tenant, :code, :kind, :number, :bundle_id, :sha256, :made_at)
    ON CONFLICT (tenant_id, code) DO NOTHING""")
BY_CODE = text("""
    SELECT code, kind, number, bundle_id, sha256, made_at FROM app.fee_paper
     WHERE tenant_id = :tenant AND code = :code""")


def add_paper(connection: Connection, tenant_id: int, paper: PaperRow) -> PaperRow:
    """Record a signed paper; returns the one that stands, which is another's where another was first."""
    connection.execute(ADD, {"tenant": tenant_id, **row_of(paper)})
    stands = paper_by_code(connection, tenant_id, paper.code)
    assert stands is not None
    return stands


def paper_by_code(connection: Connection, tenant_id: int, code: str) -> PaperRow | None:
    row = connection.execute(BY_CODE, {"tenant": tenant_id, "code": code}).one_or_none()
    return None if row is None else PaperRow(**{**row._mapping, "kind": PaperKind(row.kind)})
