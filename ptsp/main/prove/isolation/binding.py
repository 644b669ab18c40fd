"""How strongly a transaction is bound to its tenant: what injected SQL can do to it, and what each way costs.

`plain`: the setting `app.tenant`, compared by the policies, as it is. `literal`: the same with `set_config` revoked, so
that only a statement of its own (`SET LOCAL`) can name a tenant. `signed`: the setting is `tenant|mac`, and the policy
asks a function that checks the mac with a key the application's role cannot read (HMAC-SHA-256 of 128 bits from the
server's own `sha256`; the key never is in SQL that the role sends).
"""

import hashlib
import hmac
import random
import statistics
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import psycopg

from ptsp.main.prove.isolation.worlds import Line, Worlds, plain

KEY = hashlib.sha256(b"only for this measurement").digest()
ROWS = 200  # of each tenant
BLOCK = 64
PREPARED = """
    CREATE SCHEMA bench_binding;
    CREATE TABLE bench_binding.key (inner_pad bytea NOT NULL, outer_pad bytea NOT NULL);
    CREATE FUNCTION bench_binding.bound() RETURNS int LANGUAGE sql STABLE SECURITY DEFINER
      SET search_path = pg_catalog, pg_temp AS $$
        SELECT CASE WHEN right(s, 32) = left(encode(sha256(k.outer_pad || sha256(k.inner_pad
                 || convert_to(split_part(s, '|', 1), 'UTF8'))), 'hex'), 32) THEN split_part(s, '|', 1)::int END
          FROM bench_binding.key k, NULLIF(current_setting('app.tenant', true), '') AS s $$;
    REVOKE ALL ON FUNCTION bench_binding.bound() FROM PUBLIC;
    GRANT USAGE ON SCHEMA bench_binding TO ptsp_app;
    GRANT EXECUTE ON FUNCTION bench_binding.bound() TO ptsp_app;"""
TABLE = """
    CREATE TABLE bench_binding.{name} (tenant_id int NOT NULL, id int NOT NULL, PRIMARY KEY (tenant_id, id));
    INSERT INTO bench_binding.{name} SELECT t, n FROM unnest(ARRAY[%(here)s::int, %(there)s::int]) t,
                                                      generate_series(1, {rows}) n;
    ALTER TABLE bench_binding.{name} ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
    CREATE POLICY tenant ON bench_binding.{name} USING ({policy});
    GRANT SELECT, INSERT, UPDATE ON bench_binding.{name} TO ptsp_app"""
POLICIES = {
    "plain": "tenant_id = NULLIF(current_setting('app.tenant', true), '')::int",
    "signed": "tenant_id = (SELECT bench_binding.bound())",
}
# What somebody adds to a query whose text was put together: one statement, and a second one.
WITHIN = (
    "WITH x AS MATERIALIZED (SELECT set_config('app.tenant', '{there}', true) AS c) "
    "SELECT tenant_id FROM x, LATERAL (SELECT tenant_id FROM bench_binding.{table} WHERE x.c IS NOT NULL) t"
)
STACKED = "SELECT 1; SET LOCAL app.tenant = '{there}'; SELECT tenant_id FROM bench_binding.{table}"
WAYS = ("plain", "literal", "signed")
STATEMENTS = 8  # of a transaction of the platform, about


@dataclass(frozen=True, slots=True)
class Way:
    table: str
    bind: Callable[[Line, int], None]


def value_of(tenant: int) -> str:
    """The signed setting."""
    mac = hmac.new(KEY, str(tenant).encode(), hashlib.sha256).hexdigest()[:32]
    return f"{tenant}|{mac}"


def _by_function(line: Line, tenant: int) -> None:
    line.execute("SELECT set_config('app.tenant', %s, true)", (str(tenant),))


def _by_literal(line: Line, tenant: int) -> None:
    line.execute(f"SET LOCAL app.tenant = '{int(tenant)}'".encode())


def _by_signature(line: Line, tenant: int) -> None:
    line.execute("SELECT set_config('app.tenant', %s, true)", (value_of(tenant),))


HOW = {
    "plain": Way("plain", _by_function),
    "literal": Way("plain", _by_literal),
    "signed": Way("signed", _by_signature),
}


def binding(worlds: Worlds, transactions: int, seed: int) -> dict[str, object]:
    """Median microseconds of a transaction of eight look-ups by key, interleaved, and who is let through.

    Only in a database of the proof's own: tables are made in it and `set_config` is revoked for a moment.
    """
    with worlds.admin() as admin:
        _prepare(admin, worlds)
        admin.commit()
    try:
        switched = {name: _switched(worlds, name) for name in WAYS}
        costs = _costs(worlds, transactions, seed)
    finally:
        with worlds.admin() as admin:
            admin.execute("DROP SCHEMA bench_binding CASCADE")
            admin.commit()
    return {
        name: {
            "us_per_transaction": round(costs[name], 1),
            "switched_within_a_statement": switched[name][0],
            "switched_by_a_second_statement": switched[name][1],
        }
        for name in WAYS
    } | {"transactions": transactions, "statements_each": STATEMENTS}


def _prepare(admin: Line, worlds: Worlds) -> None:
    admin.execute(PREPARED.encode())
    pads = (bytes(one ^ pad for one in KEY.ljust(BLOCK, b"\0")) for pad in (0x36, 0x5C))
    admin.execute("INSERT INTO bench_binding.key VALUES (%s, %s)", tuple(pads))
    for name, policy in POLICIES.items():
        made = TABLE.format(name=name, policy=policy, rows=ROWS)
        made = made.replace("%(here)s", str(worlds.here)).replace("%(there)s", str(worlds.there))
        admin.execute(made.encode())


def _switched(worlds: Worlds, name: str) -> tuple[bool, bool]:
    """Whether rows of the other tenant are seen by injected SQL: in the statement itself, and by one behind it."""
    way = HOW[name]
    with worlds.admin() as admin:
        if name == "literal":
            admin.execute("REVOKE EXECUTE ON FUNCTION pg_catalog.set_config(text, text, boolean) FROM PUBLIC")
        seen = []
        for statement in (WITHIN, STACKED):
            with admin.transaction(force_rollback=True):
                admin.execute("SET LOCAL ROLE ptsp_app")
                way.bind(admin, worlds.here)
                seen.append(_sees(admin, statement.format(there=worlds.there, table=way.table), worlds.there))
        return seen[0], seen[1]


def _sees(line: Line, statement: str, tenant: int) -> bool:
    try:
        with line.transaction(force_rollback=True):
            cursor = line.execute(statement.encode())
            while cursor.nextset():
                pass
            return (tenant,) in cursor.fetchall()
    except psycopg.Error:
        return False


def _costs(worlds: Worlds, transactions: int, seed: int) -> Mapping[str, float]:
    dice = random.Random(f"binding {seed}")
    times: dict[str, list[float]] = {name: [] for name in WAYS}
    with psycopg.connect(plain(worlds.settings.database_url_for("ptsp_app"))) as line:
        line.prepare_threshold = 0
        for _ in range(transactions):
            for name in dice.sample(WAYS, len(WAYS)):
                begun = time.perf_counter()
                _transaction(line, HOW[name], worlds.here, dice)
                times[name].append(1e6 * (time.perf_counter() - begun))
    return {name: statistics.median(one) for name, one in times.items()}


def _transaction(line: Line, way: Way, tenant: int, dice: random.Random) -> None:
    way.bind(line, tenant)
    for _ in range(STATEMENTS):
        query = f"SELECT id FROM bench_binding.{way.table} WHERE tenant_id = %s AND id = %s"
        row = line.execute(query.encode(), (tenant, dice.randint(1, ROWS))).fetchone()
        if row is None:
            raise RuntimeError("a row of the bound tenant was not seen: nothing was measured")
    line.rollback()
