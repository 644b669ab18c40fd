"""The exchange: a question whose outcome nobody knows, who answers one by hand, and why a try failed."""

from ptsp.infra.migrations.steps import guard_tenant_tables, run_sql_beside

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_sql_beside(__file__)
    guard_tenant_tables()


def downgrade() -> None:
    raise NotImplementedError("tables with data are not taken away; restore a backup instead")
