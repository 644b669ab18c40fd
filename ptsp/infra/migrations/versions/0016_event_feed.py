"""How far the events of each bundle have been published."""

from ptsp.infra.migrations.steps import guard_tenant_tables, run_sql_beside

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_sql_beside(__file__)
    guard_tenant_tables()


def downgrade() -> None:
    raise NotImplementedError("tables with data are not taken away; restore a backup instead")
