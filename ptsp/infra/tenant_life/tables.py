"""The tables of offices, as the database itself names them: none is listed by hand, so that none can be forgotten."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from graphlib import TopologicalSorter
from typing import Any, Final

from sqlalchemy import Connection, Engine, Row, text

from ptsp.infra.database import platform_transaction

OWNED: Final = text("""
    SELECT c.relname AS name,
           (SELECT array_agg(a.attname::text ORDER BY a.attnum) FROM pg_attribute a
             WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = '') AS columns,
           (SELECT array_agg(format_type(a.atttypid, a.atttypmod) ORDER BY a.attnum) FROM pg_attribute a
             WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = '') AS types,
           (SELECT array_agg(a.attname::text ORDER BY k.place)
              FROM pg_index i, unnest(i.indkey::int2[]) WITH ORDINALITY AS k (number, place), pg_attribute a
             WHERE i.indrelid = c.oid AND i.indisprimary AND a.attrelid = c.oid AND a.attnum = k.number) AS key,
           (SELECT array_agg(DISTINCT p.relname::text) FROM pg_constraint f JOIN pg_class p ON p.oid = f.confrelid
             WHERE f.conrelid = c.oid AND f.contype = 'f' AND f.confrelid <> f.conrelid) AS parents
      FROM pg_class c JOIN pg_attribute t ON t.attrelid = c.oid AND t.attname = 'tenant_id' AND NOT t.attisdropped
     WHERE c.relnamespace = CAST('app' AS regnamespace) AND c.relkind IN ('r', 'p') AND NOT c.relispartition
     ORDER BY c.relname""")
REVISION: Final = text("SELECT version_num FROM app.alembic_version")
OFFICES: Final = text("SELECT id, code, prefix, region_code, is_archive FROM app.tenant ORDER BY code")
AT_ONCE: Final = 100  # rows that the database hands over together; one row of a pack is hundreds of kilobytes
_AS_TEXT: Final = ("numeric", "money")  # readers of JSON would round them
_WORDS: Final = ("text", "character varying")


@dataclass(frozen=True, slots=True)
class Column:
    """`type` as PostgreSQL writes it."""

    name: str
    type: str


@dataclass(frozen=True, slots=True)
class Table:
    """One table with its columns (those that are computed left out) and the columns that order its rows."""

    name: str
    columns: tuple[Column, ...]
    key: tuple[str, ...]

    def lines(self, connection: Connection, tenant_id: int) -> Iterator[str]:
        """Each row as one JSON object, in the order of the key. Streams: nothing is held but some rows.

        The database writes them, so that every value comes back as it was: moments with offset, bytes in base64,
        exact numbers as text, JSON as itself.
        """
        shown = ", ".join(map(_shown, self.columns))
        order = ", ".join(map(self._ordered, self.key))
        query = text(
            f"SELECT CAST(row_to_json(r) AS text) FROM"
            f" (SELECT {shown} FROM app.{quoted(self.name)} AS t WHERE tenant_id = :tenant ORDER BY {order}) AS r"
        )
        rows = connection.execute(query, {"tenant": tenant_id}, execution_options={"yield_per": AT_ONCE})
        yield from rows.scalars()

    def count(self, connection: Connection, tenant_id: int) -> int:
        """How many rows the office has here."""
        query = text(f"SELECT count(*) FROM app.{quoted(self.name)} WHERE tenant_id = :tenant")
        return int(connection.execute(query, {"tenant": tenant_id}).scalar_one())

    def insert(self, connection: Connection, lines: Sequence[str]) -> None:
        """Put rows back as `lines` wrote them. Not COPY: PostgreSQL refuses that where row security holds."""
        names = ", ".join(quoted(one.name) for one in self.columns)
        values = ", ".join(map(_read, self.columns))
        said = ", ".join(f"{quoted(one.name)} {_said_type(one)}" for one in self.columns)
        query = text(
            f"INSERT INTO app.{quoted(self.name)} ({names})"
            f" SELECT {values} FROM json_to_recordset(CAST(:lines AS json)) AS x ({said})"
        )
        connection.execute(query, {"lines": f"[{','.join(lines)}]"})

    def delete(self, connection: Connection, tenant_id: int) -> int:
        """Take all rows of the office away; how many there were."""
        query = text(f"DELETE FROM app.{quoted(self.name)} WHERE tenant_id = :tenant")
        return connection.execute(query, {"tenant": tenant_id}).rowcount

    def _ordered(self, name: str) -> str:
        kind = next(one.type for one in self.columns if one.name == name)
        return f't.{quoted(name)} COLLATE "C"' if kind in _WORDS else f"t.{quoted(name)}"


@dataclass(frozen=True, slots=True)
class Office:
    """A row of app.tenant; an archive of another system's history is one, too."""

    id: int
    code: str
    prefix: str
    region_code: str
    is_archive: bool


def tables(connection: Connection) -> tuple[Table, ...]:
    """Every table that has a tenant, each after those that its foreign keys name.

    A table without a primary key is ordered by all its columns.
    """
    rows = {row.name: row for row in connection.execute(OWNED)}
    graph = {
        name: sorted(parent for parent in row.parents or () if parent in rows) for name, row in rows.items()
    }
    return tuple(_table(rows[name]) for name in TopologicalSorter(graph).static_order())


def revision(connection: Connection) -> str:
    """The newest migration that this database has seen."""
    return str(connection.execute(REVISION).scalar_one())


def offices(engine: Engine) -> tuple[Office, ...]:
    """All offices of this installation, by code."""
    with platform_transaction(engine) as connection:
        return tuple(Office(*row) for row in connection.execute(OFFICES))


def quoted(name: str) -> str:
    """A name of the catalogue as an identifier; a colon in it would be taken for a value's place."""
    return '"' + name.replace('"', '""').replace(":", "\\:") + '"'


def _table(row: Row[Any]) -> Table:
    columns = tuple(Column(*one) for one in zip(row.columns, row.types, strict=True))
    return Table(row.name, columns, tuple(row.key or row.columns))


def _shown(column: Column) -> str:
    name = quoted(column.name)
    if column.type == "bytea":
        return f"translate(encode({name}, 'base64'), E'\\n', '') AS {name}"
    if column.type.startswith(_AS_TEXT):
        return f"CAST({name} AS text) AS {name}"
    return name


def _read(column: Column) -> str:
    name = f"x.{quoted(column.name)}"
    return f"decode({name}, 'base64')" if column.type == "bytea" else name


def _said_type(column: Column) -> str:
    return "text" if column.type == "bytea" else column.type
