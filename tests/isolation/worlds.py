"""A database of two offices, and the ways a test enters it: as an application role, or as its administrator."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

import psycopg
import pytest

from ptsp.main.demo.orders import NUISANCE
from ptsp.main.settings import Settings
from tests.flows.acts import work_on
from tests.offices import Office

HERE, THERE = "jembrana", "parepare"
BUNDLES = 2  # of each
ONE_PERMIT = {"ho": (NUISANCE, ("ktp", "pbb", "building_permit", "neighbours"))}

# Tables without a tenant, each looked at: what they hold belongs to the platform or is public.
REVIEWED = ("tenant", "national_day", "alembic_version")

TABLES = """
    SELECT relname FROM pg_class
     WHERE relnamespace = 'app'::regnamespace AND relkind IN ('r', 'p') AND NOT relname = ANY(%s) ORDER BY 1"""

# Tables and whatever else shows rows of tenants to those who may select from it.
SHOWING = """
    SELECT c.oid::regclass::text FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'tenant_id'
     WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND c.relnamespace = 'app'::regnamespace
       AND has_table_privilege(%s, c.oid, 'SELECT') ORDER BY 1"""

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
    assert names, f"{role} may read nothing, so nothing would be proved"
    with worlds.entered(role) as connection:
        counts = [
            connection.execute(f"SELECT count(*) FROM {name} WHERE tenant_id <> %s", (worlds.here,))
            for name in names
        ]
        return sum(int(row[0]) for count in counts for row in count)


def finish(office: Office) -> None:
    """Work, answer and pay until every bundle has ended."""
    work_on(office)
    left = office.rows(
        "SELECT code, agency, state FROM app.task WHERE state NOT IN ('approved', 'rejected', 'cut')"
    )
    if left:
        pytest.fail(f"still open: {left}")
