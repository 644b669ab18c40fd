"""T1: every table is protected as it stands in the catalogue, and every question can find its fault."""

from collections.abc import Callable

import pytest

from ptsp.main.prove.isolation.catalogue import APPROVED, QUERIES, found, violations
from ptsp.main.prove.isolation.worlds import Worlds, known_tables

TENANT_RULE = APPROVED.replace("''", "'")
PROTECTED = f"""
    ALTER TABLE app.%s ENABLE ROW LEVEL SECURITY; ALTER TABLE app.%s FORCE ROW LEVEL SECURITY;
    CREATE POLICY tenant ON app.%s USING {TENANT_RULE};""".replace("%s", "planted")
PLANTED = "CREATE TABLE app.planted (tenant_id int NOT NULL, id uuid NOT NULL, x text);" + PROTECTED
INLINE = "CREATE FUNCTION app.planted() RETURNS text LANGUAGE sql"

# Question -> faults, each of which it must find by itself.
PLANTS = {
    "tables without enabled and forced row security": (
        "ALTER TABLE app.document NO FORCE ROW LEVEL SECURITY",
        "ALTER TABLE app.document DISABLE ROW LEVEL SECURITY",
        "CREATE TABLE app.planted (tenant_id int NOT NULL)",
        "CREATE TABLE public.planted (tenant_id int NOT NULL)",
        # A partition can be addressed directly, past the policy of its parent.
        f"""CREATE TABLE app.planted (tenant_id int NOT NULL) PARTITION BY LIST (tenant_id);
            {PROTECTED} CREATE TABLE app.planted_1 PARTITION OF app.planted FOR VALUES IN (1)""",
    ),
    "tables without a tenant": (
        "CREATE TABLE app.planted (id uuid NOT NULL)",
        "CREATE TABLE app.planted (tenant_id int)",
        "CREATE TABLE app.planted (tenant_id text NOT NULL)",
        "CREATE SCHEMA planted CREATE TABLE tenant (id int)",
    ),
    "policies of another wording": (
        "DROP POLICY tenant ON app.task; CREATE POLICY tenant ON app.task USING (true)",
        f"DROP POLICY tenant ON app.task; CREATE POLICY tenant ON app.task FOR SELECT USING {TENANT_RULE}",
        f"DROP POLICY tenant ON app.task; CREATE POLICY tenant ON app.task USING {TENANT_RULE} WITH CHECK (true)",
        "CREATE POLICY sweeper ON app.bundle FOR SELECT TO ptsp_sweeper USING (true)",
        "DROP POLICY sweeper ON app.task; CREATE POLICY sweeper ON app.task TO ptsp_sweeper USING (true)",
        "DROP POLICY sweeper ON app.message; CREATE POLICY sweeper ON app.message TO ptsp_sweeper USING (true)",
    ),
    "tables with no policy, or with two that widen each other": (
        "DROP POLICY tenant ON app.inbox",
        f"CREATE POLICY second ON app.inbox FOR SELECT USING {TENANT_RULE}",
    ),
    "unique keys that do not start with the tenant": (
        "CREATE UNIQUE INDEX ON app.bundle (reference)",
        "CREATE UNIQUE INDEX ON app.bundle (reference, tenant_id)",
        "CREATE UNIQUE INDEX ON app.bundle (lower(reference), tenant_id)",
        f"{PLANTED} ALTER TABLE app.planted ADD PRIMARY KEY (id)",
        f"{PLANTED} ALTER TABLE app.planted ADD EXCLUDE USING btree (x WITH =)",
    ),
    "other indexes that do not start with the tenant": ("CREATE INDEX ON app.bundle (nik_index)",),
    "foreign keys without the tenant on both sides": (
        """CREATE UNIQUE INDEX planted ON app.bundle (id);
           ALTER TABLE app.document ADD FOREIGN KEY (bundle_id) REFERENCES app.bundle (id)""",
        f"""CREATE UNIQUE INDEX planted_key ON app.payment (received_at, tenant_id);
            {PLANTED} ALTER TABLE app.planted ADD n int, ADD at timestamptz,
              ADD FOREIGN KEY (at, n) REFERENCES app.payment (received_at, tenant_id)""",
        f"{PLANTED} ALTER TABLE app.planted ADD n int REFERENCES app.tenant (id)",
    ),
    "foreign keys that delete or change by themselves": (
        """ALTER TABLE app.document ADD FOREIGN KEY (tenant_id, bundle_id)
             REFERENCES app.bundle (tenant_id, id) ON DELETE CASCADE""",
    ),
    "views that look with their owner's eyes": (
        "CREATE VIEW app.planted AS SELECT * FROM app.task",
        "CREATE VIEW app.planted WITH (security_barrier) AS SELECT * FROM app.task",
        "CREATE VIEW app.planted WITH (security_invoker=false) AS SELECT * FROM app.task",
    ),
    "materialised views and foreign tables": ("CREATE MATERIALIZED VIEW app.planted AS SELECT 1 AS n",),
    "functions that run as their owner": (
        f"{INLINE} SECURITY DEFINER AS 'SELECT reference FROM app.bundle'",
    ),
    "immutable functions that read a setting": (
        f"{INLINE} IMMUTABLE AS $$SELECT current_setting('app.tenant')$$",
        f"{INLINE} IMMUTABLE RETURN current_setting('app.tenant')",
    ),
    "functions said to be leakproof": (f"{INLINE} LEAKPROOF AS 'SELECT NULL::text'",),
    "triggers and rules": (
        "CREATE TRIGGER planted BEFORE UPDATE ON app.task EXECUTE FUNCTION suppress_redundant_updates_trigger()",
        "CREATE RULE planted AS ON UPDATE TO app.task DO ALSO SELECT 1",
    ),
    "checks of money that are missing or switched off": (
        "DROP TRIGGER no_rupiah_twice ON app.refund",
        "ALTER TABLE app.decision DISABLE TRIGGER no_permit_without_payment",
        "ALTER TABLE app.settlement ENABLE REPLICA TRIGGER settled_to_the_rupiah",
    ),
    "sequences, whose gaps tell how much others write": (
        f"{PLANTED} ALTER TABLE app.planted ADD n int GENERATED ALWAYS AS IDENTITY",
        "CREATE SEQUENCE public.planted",
    ),
    "roles that may too much": (
        "ALTER ROLE ptsp_app BYPASSRLS",
        "ALTER ROLE ptsp_worker SUPERUSER",
        "ALTER ROLE ptsp_owner INHERIT",
        "ALTER ROLE ptsp_sweeper CREATEROLE",
        "CREATE ROLE ptsp_planted REPLICATION NOINHERIT",
    ),
    "roles that are missing": ("ALTER ROLE ptsp_sweeper RENAME TO planted",),
    "roles that can become another": (
        "GRANT ptsp_owner TO ptsp_app",
        "GRANT pg_read_all_data TO ptsp_worker",
    ),
    "settings that bind a tenant or loosen row security for good": (
        "ALTER ROLE ptsp_app SET app.tenant = '1'",
        "ALTER ROLE ALL SET row_security = off",
        "ALTER ROLE ptsp_app SET session_replication_role = replica",
    ),
    "things in the schema that are not the owner's": (
        "CREATE TABLE app.planted (tenant_id int NOT NULL)",
        "ALTER SCHEMA app OWNER TO CURRENT_USER",
    ),
    "things that an application role owns": (
        "ALTER TABLE app.inbox OWNER TO ptsp_app",
        "CREATE SCHEMA planted AUTHORIZATION ptsp_worker",
        "SELECT lo_create(777777); ALTER LARGE OBJECT 777777 OWNER TO ptsp_app",
    ),
    "rights that row security does not cover, and deletes": (
        "GRANT TRUNCATE ON app.task TO ptsp_app",
        "GRANT REFERENCES (id) ON app.task TO ptsp_worker",
        "GRANT TRIGGER ON app.task TO ptsp_sweeper",
        "GRANT DELETE ON app.task TO ptsp_app",
    ),
    "rights to change the ledger and what else only grows": (
        "GRANT UPDATE ON app.event TO ptsp_app",
        "GRANT UPDATE (body) ON app.event TO ptsp_worker",
        "GRANT UPDATE (amount) ON app.payment TO PUBLIC",
        "GRANT UPDATE (total) ON app.settlement TO ptsp_app",
        "GRANT UPDATE (reference) ON app.payout TO ptsp_worker",
    ),
    "rights to move a row: whole-table updates, and keys": (
        "GRANT UPDATE ON app.bundle TO ptsp_worker",
        "GRANT UPDATE (tenant_id) ON app.bundle TO ptsp_app",
    ),
    "rights to write what only the owner applies": (
        "GRANT INSERT ON app.pack TO ptsp_app",
        "GRANT INSERT (tenant_id) ON app.credential TO ptsp_worker",
    ),
    "rights of everybody": (
        "GRANT SELECT ON app.tenant TO PUBLIC",
        "GRANT SELECT (reference) ON app.bundle TO PUBLIC",
        "GRANT USAGE ON SCHEMA app TO PUBLIC",
        "GRANT CREATE ON SCHEMA public TO PUBLIC",
        f"{INLINE} AS 'SELECT NULL::text'",
    ),
    "rights given in advance": ("ALTER DEFAULT PRIVILEGES IN SCHEMA app GRANT ALL ON TABLES TO ptsp_app",),
    "the sweeper's rights on tenants' tables": (
        "GRANT SELECT (id) ON app.task TO ptsp_sweeper",
        "GRANT SELECT ON app.task TO ptsp_sweeper",
        "GRANT SELECT (tenant_id) ON app.bundle TO ptsp_sweeper",
        "GRANT UPDATE (next_at) ON app.task TO ptsp_sweeper",
        "REVOKE SELECT (next_at) ON app.task FROM ptsp_sweeper",
        "GRANT SELECT (body) ON app.message TO ptsp_sweeper",
        "GRANT SELECT (recipient) ON app.message TO ptsp_sweeper",
        "REVOKE SELECT (state) ON app.message FROM ptsp_sweeper",
    ),
    "ways out of the database": (
        "CREATE FOREIGN DATA WRAPPER planted",
        "CREATE PUBLICATION planted",
    ),
}


def test_no_question_finds_anything(worlds: Worlds, figure: Callable[[str], None]) -> None:
    with worlds.admin() as connection:
        seen = violations(connection)
        figure(f"questions {len(QUERIES)}, tables {len(known_tables(connection))}, violations {len(seen)}")
    assert seen == []


def test_every_question_has_a_fault_to_find() -> None:
    assert PLANTS.keys() == QUERIES.keys()


@pytest.mark.parametrize(
    ("question", "plant"), [(question, plant) for question, plants in PLANTS.items() for plant in plants]
)
def test_a_planted_fault_is_found(worlds: Worlds, question: str, plant: str) -> None:
    with worlds.admin() as connection:
        connection.execute(plant)
        assert found(connection, question)


def test_the_plants_are_gone_again(worlds: Worlds, figure: Callable[[str], None]) -> None:
    figure(f"faults planted {sum(len(plants) for plants in PLANTS.values())}, each found by its own question")
    with worlds.admin() as connection:
        assert violations(connection) == []
