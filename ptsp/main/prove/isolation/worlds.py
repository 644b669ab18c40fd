"""A database of two offices, and the ways into it: as a role of the application, or as its administrator."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

import psycopg
from psycopg import sql

from ptsp.main.settings import Settings

# Tables without a tenant, each looked at: what they hold belongs to the platform or is public.
REVIEWED = ("tenant", "tenant_act", "national_day", "alembic_version")

TABLES = """
    SELECT relname FROM pg_class
     WHERE relnamespace = 'app'::regnamespace AND relkind IN ('r', 'p') AND NOT relname = ANY(%s) ORDER BY 1"""

# Tables and whatever else shows rows of tenants to those who may select from it.
SHOWING = """
    SELECT c.oid::regclass::text FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'tenant_id'
     WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND c.relnamespace = 'app'::regnamespace
       AND has_table_privilege(%s, c.oid, 'SELECT') ORDER BY 1"""
WORDS = """
    SELECT attname::text FROM pg_attribute WHERE attrelid = %s::regclass AND attnum > 0
       AND atttypid::regtype::text IN ('uuid', 'text', 'bytea')"""
SHORTEST_MARK = 16

Line = psycopg.Connection[tuple[Any, ...]]


@dataclass(frozen=True, slots=True)
class Worlds:
    """`here` is the tenant that attacks, `there` the one whose rows must not exist for it."""

    settings: Settings
    here: int
    there: int

    def at(self, url: str) -> "Worlds":
        """The same offices in a copy of the database."""
        return replace(self, settings=replace(self.settings, database_url=url))

    @contextmanager
    def admin(self) -> Iterator[Line]:
        """A superuser's transaction; rolled back in the end unless the block commits."""
        with psycopg.connect(plain(self.settings.admin_database_url)) as connection:
            try:
                yield connection
            finally:
                connection.rollback()

    @contextmanager
    def entered(self, role: str, tenant: int | None = None) -> Iterator[Line]:
        """A real log-in as `role`, bound to a tenant (`here` unless told otherwise); always rolled back."""
        with psycopg.connect(plain(self.settings.database_url_for(role))) as connection:
            bind(connection, self.here if tenant is None else tenant)
            try:
                yield connection
            finally:
                connection.rollback()


def plain(url: str) -> str:
    """libpq does not know SQLAlchemy's name of the driver."""
    return url.replace("postgresql+psycopg://", "postgresql://", 1)


def bind(connection: Line, tenant: int) -> None:
    connection.execute("SELECT set_config('app.tenant', %s, true)", (str(tenant),))


def known_tables(connection: Line) -> list[str]:
    """Every table of tenants, as the database itself names them."""
    return [name for (name,) in connection.execute(TABLES, (list(REVIEWED),))]


def foreign_rows(worlds: Worlds, role: str) -> int:
    """How many rows of other tenants `role` sees with no filter at all, in all tables and views."""
    with worlds.admin() as connection:
        names = [name for (name,) in connection.execute(SHOWING, (role,))]
    if not names:
        raise ValueError(f"{role} may read nothing, so nothing would be proved")
    with worlds.entered(role) as connection:
        counts = [
            connection.execute(f"SELECT count(*) FROM {name} WHERE tenant_id <> %s".encode(), (worlds.here,))
            for name in names
        ]
        return sum(int(row[0]) for count in counts for row in count)


def marks_of(worlds: Worlds, tenant: int) -> set[str]:
    """Words that stand in the rows of one tenant and in no other's."""
    marks: set[str] = set()
    with worlds.admin() as connection:
        for table in known_tables(connection):
            for (name,) in connection.execute(WORDS, (f"app.{table}",)).fetchall():
                distinct = sql.SQL(
                    "SELECT DISTINCT {column}::text FROM app.{table} WHERE tenant_id = %s EXCEPT "
                    "SELECT {column}::text FROM app.{table} WHERE tenant_id <> %s"
                ).format(column=sql.Identifier(name), table=sql.Identifier(table))
                rows = connection.execute(distinct, (tenant, tenant)).fetchall()
                marks |= {value for (value,) in rows if value and len(value) >= SHORTEST_MARK}
    return marks


def prints_of(connection: Line, tenant: int) -> dict[str, str]:
    """Table -> a hash of all rows of one tenant, by the database's own text of each. `connection` sees all rows."""
    tables = known_tables(connection)
    row_hash = "md5(COALESCE(string_agg(t::text, E'\\n' ORDER BY t::text COLLATE \"C\"), ''))"
    parts = [f"(SELECT {row_hash} FROM app.{name} AS t WHERE tenant_id = {tenant})" for name in tables]
    row = connection.execute(f"SELECT {', '.join(parts)}".encode()).fetchone()
    assert row is not None
    return dict(zip(tables, row, strict=True))


def changed_rows(before: dict[str, str], after: dict[str, str]) -> list[str]:
    """Tables of which a hash is another."""
    return [name for name, digest in before.items() if after.get(name) != digest]
