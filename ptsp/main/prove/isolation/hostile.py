"""Statements that somebody might send who has got hold of the application's own connection."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import psycopg
from psycopg import sql

from ptsp.main.prove.isolation.worlds import Line, Worlds, changed_rows, marks_of, prints_of

# What must come of a statement: the code of the refusal, or nothing of the other tenant in the answer.
NOTHING: Final = "nothing"
NONE_CHANGED: Final = "0 rows"
DENIED: Final = "42501"
NO_PARENT: Final = "23503"
NO_FUNCTION: Final = "42883"


@dataclass(frozen=True, slots=True)
class Hostile:
    name: str
    sql: str
    comes_to: str


@dataclass(frozen=True, slots=True)
class Accepted:
    """A side door that stays open, and why; `shows` proves that it is what we say it is."""

    name: str
    sql: str
    why: str


# {there}: the other tenant; {bundle}, {task}, …: ids of its rows; {stranger}: an id that nobody has.
NEW_BUNDLE = """INSERT INTO app.bundle SELECT (jsonb_populate_record(b, jsonb_build_object(
    'tenant_id', {tenant}, 'id', {id}, 'reference', {reference}, 'client_key', {key}))).* FROM app.bundle b LIMIT 1"""
NEW_APPLICATION = """INSERT INTO app.application SELECT (jsonb_populate_record(a, jsonb_build_object(
    'id', gen_random_uuid(), 'position', 90, 'bundle_id', {bundle}, 'standard_id', {standard}))).*
    FROM app.application a LIMIT 1"""

CORPUS: Final = (
    # Reading.
    Hostile("everything of a table", "SELECT * FROM app.bundle", NOTHING),
    Hostile("by the other tenant's name", "SELECT * FROM app.bundle WHERE tenant_id = {there}", NOTHING),
    Hostile("by a known id", "SELECT * FROM app.bundle WHERE id = {bundle}", NOTHING),
    Hostile("by a tautology", "SELECT * FROM app.task WHERE tenant_id = {there} OR true", NOTHING),
    Hostile(
        "through a join", "SELECT * FROM app.tenant t LEFT JOIN app.bundle b ON b.tenant_id = t.id", NOTHING
    ),
    Hostile("through a union", "SELECT body FROM app.event UNION SELECT code FROM app.decision", NOTHING),
    Hostile("the greatest of all", "SELECT max(reference), max(client_key) FROM app.bundle", NOTHING),
    Hostile("all bundles of a number", "SELECT * FROM app.bundle WHERE nik_index = {nik}", NOTHING),
    Hostile("tokens of the desks", "SELECT * FROM app.credential", NOTHING),
    Hostile("the other office's pack", "SELECT content FROM app.pack", NOTHING),
    Hostile("a locked row", "SELECT id FROM app.task WHERE id = {task} FOR UPDATE NOWAIT", NOTHING),
    Hostile(
        "a function that looks at what the policy hides",
        "SELECT * FROM app.bundle WHERE tenant_id = {there} AND (reference || 'x')::int > 0",
        NOTHING,
    ),
    Hostile(
        "a division that fails on the other's row",
        "SELECT 1 / (tenant_id - {there}) FROM app.bundle",
        NOTHING,
    ),
    Hostile("a view of one's own", "SELECT * FROM (SELECT * FROM app.bundle OFFSET 0) AS v", NOTHING),
    Hostile("copied out", "COPY app.bundle TO STDOUT", NOTHING),
    Hostile("the plan, with what it read", "EXPLAIN (ANALYZE, VERBOSE) SELECT * FROM app.bundle", NOTHING),
    Hostile("statistics of columns", "SELECT * FROM pg_stats WHERE schemaname = 'app'", NOTHING),
    Hostile("statistics, raw", "SELECT * FROM pg_statistic", DENIED),
    Hostile(
        "statements of others", "SELECT query FROM pg_stat_activity WHERE pid <> pg_backend_pid()", NOTHING
    ),
    Hostile(
        "a row by its place", "SELECT * FROM app.bundle WHERE ctid = '(0,1)' AND tenant_id = {there}", NOTHING
    ),
    Hostile("the whole schema as XML", "SELECT schema_to_xml('app', true, false, '')", NOTHING),
    Hostile("one table as XML", "SELECT table_to_xml('app.bundle', true, false, '')", NOTHING),
    Hostile("all money of all", "SELECT * FROM app.payment UNION ALL SELECT * FROM app.payment", NOTHING),
    Hostile("what is owed back to others", "SELECT code, amount FROM app.refund", NOTHING),
    # Writing.
    Hostile(
        "a row for the other",
        NEW_BUNDLE.format(tenant="{there}::int", id="gen_random_uuid()", reference="'X-1'", key="'x'"),
        DENIED,
    ),
    Hostile("over the other's row", "UPDATE app.bundle SET state = 'open' WHERE id = {bundle}", NONE_CHANGED),
    Hostile(
        "over all rows of the other",
        "UPDATE app.task SET reasons = '{{x}}' WHERE tenant_id = {there}",
        NONE_CHANGED,
    ),
    Hostile("giving a row away", "UPDATE app.bundle SET tenant_id = {there}", DENIED),
    Hostile("deleting", "DELETE FROM app.bundle WHERE id = {bundle}", DENIED),
    Hostile("emptying", "TRUNCATE app.event", DENIED),
    Hostile("changing the ledger", "UPDATE app.event SET body = '{{}}'", DENIED),
    Hostile(
        "merging",
        "MERGE INTO app.fee_notice n USING (SELECT {notice}::uuid AS id) v ON n.id = v.id "
        "WHEN MATCHED THEN UPDATE SET state = 'cancelled'",
        NONE_CHANGED,
    ),
    Hostile(
        "under the other's parent",
        NEW_APPLICATION.format(bundle="{bundle}::uuid", standard="a.standard_id"),
        NO_PARENT,
    ),
    Hostile(
        "under nobody's parent",
        NEW_APPLICATION.format(bundle="{stranger}::uuid", standard="a.standard_id"),
        NO_PARENT,
    ),
    Hostile(
        "by the other's standard",
        NEW_APPLICATION.format(bundle="a.bundle_id", standard="{standard}::uuid"),
        NO_PARENT,
    ),
    Hostile(
        "money on the other's notice",
        """INSERT INTO app.settlement (tenant_id, notice_id, application_id, total, settled_at)
           SELECT tenant_id, {notice}::uuid, id, 0, ended_at FROM app.application LIMIT 1""",
        NO_PARENT,
    ),
    Hostile(
        "with the other's id",
        NEW_BUNDLE.format(tenant="b.tenant_id", id="{bundle}::uuid", reference="'X-1'", key="'x'"),
        "1 rows",
    ),
    Hostile(
        "with the other's reference",
        NEW_BUNDLE.format(
            tenant="b.tenant_id", id="gen_random_uuid()", reference="{reference}::text", key="'x'"
        ),
        "1 rows",
    ),
    Hostile(
        "with the other's key, doing nothing when taken",
        NEW_BUNDLE.format(tenant="b.tenant_id", id="gen_random_uuid()", reference="'X-1'", key="{key}::text")
        + " ON CONFLICT DO NOTHING",
        "1 rows",
    ),
    # Breaking out.
    Hostile("switching row security off", "ALTER TABLE app.bundle DISABLE ROW LEVEL SECURITY", DENIED),
    Hostile("a policy of one's own", "CREATE POLICY mine ON app.bundle USING (true)", DENIED),
    Hostile("becoming the owner", "SET ROLE ptsp_owner", DENIED),
    Hostile("becoming the superuser", "SET SESSION AUTHORIZATION postgres", DENIED),
    Hostile("asking for no row security", "SET row_security = off; SELECT * FROM app.bundle", DENIED),
    Hostile("no foreign keys", "SET session_replication_role = replica", DENIED),
    Hostile("a table of one's own", "CREATE TABLE app.mine (n int)", DENIED),
    Hostile("a table in public", "CREATE TABLE public.mine (n int)", DENIED),
    Hostile(
        "a function that runs as its owner",
        "CREATE FUNCTION public.f() RETURNS int LANGUAGE sql SECURITY DEFINER AS 'SELECT 1'",
        DENIED,
    ),
    Hostile("another role", "CREATE ROLE mine SUPERUSER", DENIED),
    Hostile("an extension", "CREATE EXTENSION dblink", f"{DENIED} or 0A000 or 58P01"),
    Hostile("another database", "SELECT dblink('dbname=postgres', 'SELECT 1')", NO_FUNCTION),
    Hostile("a file", "SELECT pg_read_file('postgresql.conf')", DENIED),
    Hostile("a folder", "SELECT pg_ls_dir('.')", DENIED),
    Hostile("a file as a large object", "SELECT lo_import('/etc/hostname')", DENIED),
    Hostile("another's large object", "SELECT lo_get(oid) FROM pg_largeobject_metadata", NOTHING),
    Hostile("large objects, raw", "SELECT * FROM pg_largeobject", DENIED),
    Hostile("a program", "COPY app.bundle TO PROGRAM 'cat'", DENIED),
    Hostile("a copy into a file", "COPY app.bundle TO '/tmp/x'", DENIED),
    Hostile("passwords", "SELECT rolpassword FROM pg_authid", DENIED),
    Hostile(
        "the other session's end",
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'postgres'",
        DENIED,
    ),
)

ACCEPTED: Final = (
    Accepted(
        "how many rows a table has over all tenants",
        "SELECT reltuples FROM pg_class WHERE oid = 'app.bundle'::regclass",
        "a catalogue everybody may read; it takes SQL of one's own, and nobody is given that",
    ),
    Accepted(
        "how large a table is",
        "SELECT pg_total_relation_size('app.bundle')",
        "as above; it says nothing of any one tenant",
    ),
    Accepted(
        "naming another tenant and then reading",
        "SELECT set_config('app.tenant', {there}::text, true); SELECT * FROM app.bundle",
        "the bound tenant stops a forgotten filter, not injected SQL; every value is bound as a parameter, "
        "and psycopg refuses a second statement beside parameters",
    ),
    Accepted(
        "a notice to whoever listens",
        "NOTIFY doorbell, 'x'",
        "channels belong to the whole database; the platform neither sends nor listens",
    ),
    Accepted(
        "a lock that others wait for",
        "SELECT pg_try_advisory_xact_lock(1)",
        "locks belong to the whole database; only the migration takes one",
    ),
    Accepted(
        "a large object of one's own",
        "SELECT lo_create(0)",
        "it belongs to the role, not to a tenant; the platform has none",
    ),
    Accepted(
        "a temporary table",
        "CREATE TEMP TABLE mine (n int)",
        "it would stay in the pooled connection; the platform makes none",
    ),
)


def values_of(connection: Line, worlds: Worlds) -> dict[str, object]:
    """What the attacker is taken to know of the other tenant. `connection` is a superuser's."""
    row = connection.execute(
        """SELECT b.id, b.reference, b.client_key, b.nik_index, a.standard_id, t.id, n.id, gen_random_uuid()
             FROM app.bundle b JOIN app.application a ON a.bundle_id = b.id JOIN app.task t ON t.bundle_id = b.id
             JOIN app.fee_notice n ON n.bundle_id = b.id WHERE b.tenant_id = %s LIMIT 1""",
        (worlds.there,),
    ).fetchone()
    assert row is not None
    names = ("bundle", "reference", "key", "nik", "standard", "task", "notice", "stranger")
    return {"there": worlds.there, **dict(zip(names, row, strict=True))}


def filled(statement: str, values: Mapping[str, object]) -> sql.Composable:
    return sql.SQL(statement).format(**{name: sql.Literal(value) for name, value in values.items()})


def answer(connection: Line, statement: sql.Composable) -> tuple[str, str]:
    """How a statement ended (`5 rows` or the code of its refusal), and all that it said. It is undone."""
    try:
        with connection.transaction(force_rollback=True):
            cursor = connection.cursor()
            if statement.as_string(connection).startswith("COPY") and "STDOUT" in statement.as_string(
                connection
            ):
                with cursor.copy(statement) as copied:
                    said = repr([bytes(part) for part in copied])
                return "copied", said
            cursor.execute(statement)
            while cursor.nextset():
                pass
            rows = cursor.fetchall() if cursor.description else []
            return f"{cursor.rowcount} rows", repr(rows)
    except psycopg.Error as error:
        return error.sqlstate or "", f"{error} {error.diag.message_detail or ''}"


@dataclass(frozen=True, slots=True)
class Tried:
    """What the corpus came to as one role. `wrong` says which statements ended otherwise than they must."""

    statements: int
    foreign_rows_seen: int
    rows_changed: int
    wrong: tuple[str, ...]


def tried(worlds: Worlds, role: str) -> Tried:
    """Every statement of the corpus as a real log-in of `role`, undone; then all again, committed, with all of the
    other tenant's rows hashed after each. Only in a database that may be spoilt.
    """
    may_refuse = () if role == "ptsp_app" else (DENIED,)  # what the worker may not do at all
    with worlds.admin() as connection:
        known = values_of(connection, worlds)
        before = prints_of(connection, worlds.there)
    marks = marks_of(worlds, worlds.there) - {str(value) for value in known.values()}
    statements = [(one, filled(one.sql, known)) for one in CORPUS]
    wrong, seen, changed = [], 0, 0
    for hostile, statement in statements:
        with worlds.entered(role) as connection:
            ended, said = answer(connection, statement)
        shown = sum(mark in said for mark in marks)
        fits = hostile.comes_to == NOTHING or ended in (*hostile.comes_to.split(" or "), *may_refuse)
        if shown or not fits:
            wrong.append(f"{role}: {hostile.name}: {ended}, {shown} marks shown")
        seen += shown
    for hostile, statement in statements:
        _commit(worlds, role, statement)
        with worlds.admin() as connection:
            touched = changed_rows(before, prints_of(connection, worlds.there))
        if touched:
            wrong.append(f"{role}: {hostile.name}: changed {touched}")
        changed += len(touched)
    return Tried(len(CORPUS), seen, changed, tuple(wrong))


def _commit(worlds: Worlds, role: str, statement: sql.Composable) -> None:
    """Let the statement do what it can, for good. A copy to the client has nothing to do here."""
    if "STDOUT" in statement.as_string(None):
        return
    with worlds.entered(role) as connection:
        try:
            cursor = connection.execute(statement)
            while cursor.nextset():
                pass
            connection.commit()
        except psycopg.Error:
            connection.rollback()  # refused, which `answer` has judged
