"""People of an office: accounts, what they hold, sessions, and who answered a task."""

from ptsp.infra.migrations.steps import guard_tenant_tables, run_sql_beside

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_sql_beside(__file__)
    guard_tenant_tables()


def downgrade() -> None:
    raise NotImplementedError("tables with data are not taken away; restore a backup instead")
