"""Secrets that partners gave out, and failures of a task in a row."""

from alembic import op

from ptsp.infra.migrations.steps import guard_tenant_tables, run_sql_beside

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_sql_beside(__file__)
    guard_tenant_tables()
    op.execute("REVOKE INSERT ON app.agency_secret FROM ptsp_app, ptsp_worker")  # only the operator sets them


def downgrade() -> None:
    raise NotImplementedError("tables with data are not taken away; restore a backup instead")
