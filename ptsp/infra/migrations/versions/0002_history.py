"""Histories of other systems, imported."""

from alembic import op

from ptsp.infra.migrations.steps import guard_tenant_tables, run_sql_beside

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

# The owner imports: what changed is replaced, and no application role may delete.
ONLY_THE_OWNER_WRITES = "REVOKE INSERT ON app.past_case, app.past_event FROM ptsp_app, ptsp_worker"


def upgrade() -> None:
    run_sql_beside(__file__)
    guard_tenant_tables()
    op.execute(ONLY_THE_OWNER_WRITES)


def downgrade() -> None:
    raise NotImplementedError("tables with data are not taken away; restore a backup instead")
