"""Deliveries: which agencies do not answer just now, and who was told that nothing comes through."""

from ptsp.infra.migrations.steps import guard_tenant_tables, run_sql_beside

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_sql_beside(__file__)
    guard_tenant_tables()


def downgrade() -> None:
    raise NotImplementedError("tables with data are not taken away; restore a backup instead")
