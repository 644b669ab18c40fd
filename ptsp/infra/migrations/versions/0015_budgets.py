"""Budgets: how much each agency was asked, and what it need not be asked again."""

from ptsp.infra.migrations.steps import guard_tenant_tables, run_sql_beside

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_sql_beside(__file__)
    guard_tenant_tables()


def downgrade() -> None:
    raise NotImplementedError("tables with data are not taken away; restore a backup instead")
