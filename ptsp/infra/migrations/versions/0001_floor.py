"""The first floor of tables, with row-level security from the first day."""

from pathlib import Path

from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    statements = Path(__file__).with_suffix(".sql").read_text()
    op.get_bind().exec_driver_sql(statements.replace("%", "%%"))  # psycopg reads % as a place for a value


def downgrade() -> None:
    raise NotImplementedError("the first floor cannot be taken away; restore a backup instead")
