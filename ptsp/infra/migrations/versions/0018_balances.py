"""Balances: what we asked each agency on a day, what it says it has, and where the two differ."""

from ptsp.infra.migrations.steps import guard_tenant_tables, run_sql_beside

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_sql_beside(__file__)
    guard_tenant_tables()


def downgrade() -> None:
    raise NotImplementedError("tables with data are not taken away; restore a backup instead")
