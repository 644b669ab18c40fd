"""Bring a database to the newest form: roles first, then the tables, which belong to `ptsp_owner`."""

from collections.abc import Callable
from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, Engine
from sqlalchemy.exc import IntegrityError, ProgrammingError

ROLES = ("ptsp_owner", "ptsp_app", "ptsp_worker", "ptsp_sweeper")
LOCK = 0x70747370  # one migration at a time in one database

# Every index of a tenant table begins with the tenant. Of a new table the planner believes that this says as much as
# the whole key does, so that foreign keys, whose plans are kept, read all rows of a tenant for each new one: until
# statistics are first gathered. So the planner is told beforehand that tenants are few. (Before 18 it cannot be told.)
FEW_TENANTS = """
    DO $$
    BEGIN
      IF current_setting('server_version_num')::int >= 180000 THEN
        PERFORM pg_restore_attribute_stats(
            'schemaname', 'app', 'relname', c.relname::text, 'attname', 'tenant_id', 'inherited', false,
            'version', current_setting('server_version_num')::int,
            'null_frac', 0::real, 'avg_width', 4, 'n_distinct', 1::real)
          FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'tenant_id'
         WHERE c.relnamespace = 'app'::regnamespace AND c.relkind = 'r'
           AND NOT EXISTS (SELECT FROM pg_stats s
                            WHERE s.schemaname = 'app' AND s.tablename = c.relname AND s.attname = 'tenant_id');
      END IF;
    END $$"""


def migrate(engine: Engine, password_of: Callable[[str], str]) -> None:
    """Create the roles and migrate to the newest revision. Safe to call again and from several places.

    `engine` has to be allowed to create roles and schemas. `password_of(role)` gives each its password.
    """
    for role in ROLES:
        with engine.begin() as connection:
            _ensure_role(connection, role, password_of(role))
    with engine.connect() as connection:
        connection.exec_driver_sql("SELECT pg_advisory_lock(%s)", (LOCK,))
        connection.commit()
        try:
            _upgrade(connection)
        finally:
            connection.rollback()
            connection.exec_driver_sql("SELECT pg_advisory_unlock(%s)", (LOCK,))
            connection.commit()


def _upgrade(connection: Connection) -> None:
    me = connection.exec_driver_sql("SELECT current_user").scalar_one()
    connection.exec_driver_sql(f'GRANT ptsp_owner TO "{me}"')
    connection.exec_driver_sql("CREATE SCHEMA IF NOT EXISTS app AUTHORIZATION ptsp_owner")
    # Temporary tables outlive a transaction in a pooled connection: the next tenant could read them.
    database = connection.exec_driver_sql("SELECT quote_ident(current_database())").scalar_one()
    connection.exec_driver_sql(f"REVOKE TEMPORARY ON DATABASE {database} FROM PUBLIC")
    connection.commit()
    connection.exec_driver_sql("SET ROLE ptsp_owner")
    config = Config(attributes={"connection": connection})
    config.set_main_option("script_location", str(Path(__file__).parent))
    command.upgrade(config, "head")
    connection.exec_driver_sql(FEW_TENANTS)
    connection.commit()
    connection.exec_driver_sql("RESET ROLE")
    connection.commit()


def _ensure_role(connection: Connection, role: str, password: str) -> None:
    """Roles belong to the whole server, so another database's migration may be making them just now."""
    secret = password.replace("'", "''")
    attributes = f"LOGIN NOSUPERUSER NOBYPASSRLS NOINHERIT NOCREATEDB NOCREATEROLE PASSWORD '{secret}'"
    exists = connection.exec_driver_sql("SELECT 1 FROM pg_roles WHERE rolname = %s", (role,)).scalar()
    if exists:
        return
    savepoint = connection.begin_nested()
    try:
        connection.exec_driver_sql(f"CREATE ROLE {role} {attributes}")
        savepoint.commit()
    except (IntegrityError, ProgrammingError) as error:
        savepoint.rollback()
        if getattr(error.orig, "sqlstate", "") not in ("23505", "42710"):
            raise
