"""What every migration does: run its SQL file, then put the wall around the tables it made."""

from pathlib import Path

from alembic import op

# A table that has a tenant gets the same wall as all others, the moment it exists. What may be changed is granted
# column by column in the migration's own SQL; here only what every tenant table has.
GUARD = """
DO $$
DECLARE t text;
BEGIN
  FOR t IN SELECT c.relname FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'tenant_id'
           WHERE c.relnamespace = 'app'::regnamespace AND c.relkind = 'r' AND NOT c.relrowsecurity LOOP
    EXECUTE format('ALTER TABLE app.%I ENABLE ROW LEVEL SECURITY', t);
    EXECUTE format('ALTER TABLE app.%I FORCE ROW LEVEL SECURITY', t);
    EXECUTE format('CREATE POLICY tenant ON app.%I USING '
                   '(tenant_id = NULLIF(current_setting(''app.tenant'', true), '''')::int)', t);
    EXECUTE format('GRANT SELECT, INSERT ON app.%I TO ptsp_app, ptsp_worker', t);
  END LOOP;
  REVOKE EXECUTE ON ALL FUNCTIONS IN SCHEMA app FROM PUBLIC;
END $$;
"""


def run_sql_beside(module: str) -> None:
    """Run the `.sql` of the same name as the migration's module."""
    _run(Path(module).with_suffix(".sql").read_text())


def guard_tenant_tables() -> None:
    """Row-level security, forced, with its policy and the right to read and add, for tables that have none yet."""
    _run(GUARD)


def _run(statements: str) -> None:
    op.get_bind().exec_driver_sql(statements.replace("%", "%%"))  # psycopg reads % as a place for a value
