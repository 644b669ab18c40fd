"""Time: calendars by version, clocks, promises."""

from alembic import op

from ptsp.infra.migrations.steps import guard_tenant_tables, run_sql_beside

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_sql_beside(__file__)
    guard_tenant_tables()
    op.execute(
        "REVOKE INSERT ON app.calendar, app.decreed_day FROM ptsp_app, ptsp_worker"
    )  # the owner's, as packs


def downgrade() -> None:
    raise NotImplementedError("tables with data are not taken away; restore a backup instead")
