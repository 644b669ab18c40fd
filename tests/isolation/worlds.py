"""A database of two offices, and the ways a test enters it: as an application role, or as its administrator."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

import psycopg

from ptsp.main.settings import Settings

HERE, THERE = "jembrana", "parepare"
BUNDLES = 2  # of each

# Tables without a tenant, each looked at: what they hold belongs to the platform or is public.
REVIEWED = ("tenant", "national_day", "alembic_version")

TABLES = """
    SELECT relname FROM pg_class
     WHERE relnamespace = 'app'::regnamespace AND relkind IN ('r', 'p') AND NOT relname = ANY(%s) ORDER BY 1"""

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
    """How many rows of other tenants `role` sees, in all tables, with no filter at all."""
    with worlds.admin() as connection:
        tables = known_tables(connection)
    with worlds.entered(role) as connection:
        counts = [
            connection.execute(f"SELECT count(*) FROM app.{table} WHERE tenant_id <> %s", (worlds.here,))
            for table in tables
        ]
        return sum(int(row[0]) for count in counts for row in count)
