"""Questions to the catalogue of PostgreSQL that must have no answer: each row is a hole between tenants."""

from ptsp.main.prove.isolation.worlds import REVIEWED, Line

APPROVED = "(tenant_id = (NULLIF(current_setting(''app.tenant''::text, true), ''''::text))::integer)"
SWEPT = ("task", "message", "telling")  # tables of work that waits for a moment
APPEND_ONLY = """('event', 'inbox', 'payment', 'pack', 'standard', 'credential', 'tenant', 'national_day', 'bill',
                  'settlement', 'allocation', 'reversal', 'refund', 'payout', 'handover', 'fee_paper', 'deposit',
                  'deposited', 'statement', 'statement_line', 'statement_match', 'difference_closing', 'fee_warning',
                  'debt_admission', 'central_filing', 'ledger_head', 'ledger_leaf', 'ledger_stamp',
                  'ledger_handover', 'balance_statement')"""
# What no single row can promise is checked by triggers; each is looked at, and must be there and switched on.
CHECKS = (
    "settlement: settled_to_the_rupiah",
    "allocation: settled_to_the_rupiah",
    "allocation: no_rupiah_twice",
    "refund: no_rupiah_twice",
    "decision: no_permit_without_payment",
    "handover: no_permit_without_payment",
    "reversal: no_permit_without_payment",
    "application: no_permit_without_payment",
    "application: charged_stays_charged",
    "fee_notice: closed_once_and_unpaid",
    "deposit: deposited_to_the_rupiah",
    "deposited: deposited_to_the_rupiah",
)

WITH = f"""
WITH ours AS (
  SELECT c.*, n.nspname, n.nspname || '.' || c.relname AS name
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
   WHERE n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'),
held AS (  -- tables that have to belong to tenants
  SELECT * FROM ours WHERE relkind IN ('r', 'p')
     AND NOT (nspname = 'app' AND relname IN {REVIEWED!r})),
routine AS (
  SELECT p.*, n.nspname || '.' || p.proname AS name
    FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
   WHERE n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'),
granted AS (  -- table-wide and per column; `col` is null for the whole table
  SELECT o.oid, o.relname, o.name, NULL::name AS col, a.grantee, a.privilege_type
    FROM ours o, aclexplode(o.relacl) a WHERE o.relkind <> 'S'
  UNION ALL
  SELECT o.oid, o.relname, o.name, t.attname, a.grantee, a.privilege_type
    FROM ours o JOIN pg_attribute t ON t.attrelid = o.oid, aclexplode(t.attacl) a),
app_role AS (SELECT * FROM pg_roles WHERE rolname IN ('ptsp_app', 'ptsp_worker', 'ptsp_sweeper')),
swept AS (  -- the columns that tell the sweeper when something is due
  SELECT 'app.' || t || '.' || c AS name
    FROM unnest(ARRAY{list(SWEPT)!r}) AS t, unnest(ARRAY['tenant_id', 'next_at', 'state']) AS c),
lead AS (  -- every index with the name of its first column
  SELECT i.*, h.name, x.relname AS index_name,
         (SELECT attname FROM pg_attribute WHERE attrelid = i.indrelid AND attnum = i.indkey[0]) AS first
    FROM pg_index i JOIN held h ON h.oid = i.indrelid JOIN pg_class x ON x.oid = i.indexrelid)
"""

QUERIES = {
    "tables without enabled and forced row security": """
        SELECT name FROM held WHERE NOT (relrowsecurity AND relforcerowsecurity)""",
    "tables without a tenant": """
        SELECT name FROM held h WHERE NOT EXISTS (
          SELECT FROM pg_attribute WHERE attrelid = h.oid AND attname = 'tenant_id' AND attnotnull
             AND atttypid = 'int'::regtype AND NOT attisdropped)""",
    "policies of another wording": f"""
        SELECT schemaname || '.' || tablename || ': ' || policyname FROM pg_policies
         WHERE NOT (policyname = 'tenant' AND permissive = 'PERMISSIVE' AND roles = '{{public}}' AND cmd = 'ALL'
                    AND qual = '{APPROVED}' AND with_check IS NULL)
           AND NOT (policyname = 'sweeper' AND schemaname = 'app' AND tablename IN {SWEPT!r}
                    AND permissive = 'PERMISSIVE' AND roles = '{{ptsp_sweeper}}' AND cmd = 'SELECT'
                    AND qual = 'true' AND with_check IS NULL)""",
    "tables with no policy, or with two that widen each other": f"""
        SELECT h.name FROM held h LEFT JOIN pg_policy p ON p.polrelid = h.oid AND p.polpermissive
           AND NOT (h.relname IN {SWEPT!r} AND h.nspname = 'app' AND p.polname = 'sweeper')
         GROUP BY h.name HAVING count(p.oid) <> 1""",
    "unique keys that do not start with the tenant": """
        SELECT name || ': ' || index_name FROM lead
         WHERE (indisunique OR indisexclusion) AND first IS DISTINCT FROM 'tenant_id'""",
    "other indexes that do not start with the tenant": """
        SELECT name || ': ' || index_name FROM lead
         WHERE NOT (indisunique OR indisexclusion) AND first IS DISTINCT FROM 'tenant_id'""",
    "foreign keys without the tenant on both sides": """
        SELECT c.conrelid::regclass || ': ' || c.conname FROM pg_constraint c
          JOIN ours child ON child.oid = c.conrelid
         WHERE c.contype = 'f'
           AND NOT EXISTS (
             SELECT FROM unnest(c.conkey, c.confkey) AS k (here, there)
               JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = k.here
               JOIN pg_attribute b ON b.attrelid = c.confrelid AND b.attnum = k.there
              WHERE a.attname = 'tenant_id'
                AND (b.attname = 'tenant_id'
                     OR c.confrelid = 'app.tenant'::regclass AND b.attname = 'id' AND cardinality(c.conkey) = 1))""",
    "foreign keys that delete or change by themselves": """
        SELECT c.conrelid::regclass || ': ' || c.conname FROM pg_constraint c JOIN ours o ON o.oid = c.conrelid
         WHERE c.contype = 'f' AND (c.confdeltype <> 'a' OR c.confupdtype <> 'a')""",
    "views that look with their owner's eyes": """
        SELECT name FROM ours WHERE relkind = 'v'
           AND NOT COALESCE('security_invoker=true' = ANY(reloptions), false)""",
    "materialised views and foreign tables": "SELECT name FROM ours WHERE relkind IN ('m', 'f')",
    "functions that run as their owner": "SELECT name FROM routine WHERE prosecdef",
    "immutable functions that read a setting": """
        SELECT name FROM routine WHERE prokind = 'f' AND provolatile = 'i'
           AND pg_get_functiondef(oid) ~* 'current_setting|pg_settings'""",
    "functions said to be leakproof": "SELECT name FROM routine WHERE proleakproof",
    "triggers and rules": f"""
        (SELECT h.relname || ': ' || t.tgname FROM pg_trigger t JOIN held h ON h.oid = t.tgrelid
          WHERE NOT t.tgisinternal EXCEPT SELECT unnest(ARRAY{list(CHECKS)!r}))
        UNION ALL
        SELECT h.name || ': ' || r.rulename FROM pg_rewrite r JOIN held h ON h.oid = r.ev_class""",
    "checks of money that are missing or switched off": f"""
        SELECT unnest(ARRAY{list(CHECKS)!r})
        EXCEPT SELECT h.relname || ': ' || t.tgname FROM pg_trigger t JOIN held h ON h.oid = t.tgrelid
         WHERE t.tgenabled = 'O' AND NOT t.tgisinternal""",
    "sequences, whose gaps tell how much others write": """
        SELECT name FROM ours WHERE relkind = 'S' AND name <> 'app.tenant_id_seq'""",
    "roles that may too much": """
        SELECT rolname FROM pg_roles WHERE rolname LIKE 'ptsp\\_%'
           AND (rolsuper OR rolbypassrls OR rolinherit OR rolcreatedb OR rolcreaterole OR rolreplication)""",
    "roles that are missing": """
        SELECT unnest(ARRAY['ptsp_owner', 'ptsp_app', 'ptsp_worker', 'ptsp_sweeper'])
        EXCEPT SELECT rolname FROM pg_roles""",
    "roles that can become another": """
        SELECT r.rolname || ' in ' || m.roleid::regrole FROM pg_auth_members m JOIN pg_roles r ON r.oid = m.member
         WHERE r.rolname LIKE 'ptsp\\_%'""",
    "settings that bind a tenant or loosen row security for good": """
        SELECT one FROM pg_db_role_setting s, unnest(s.setconfig) AS one
         WHERE s.setdatabase IN (0, (SELECT oid FROM pg_database WHERE datname = current_database()))
           AND one ~ '^(app\\.|row_security|session_replication_role|search_path|role)'""",
    "things in the schema that are not the owner's": """
        SELECT name FROM ours WHERE nspname = 'app' AND relowner <> 'ptsp_owner'::regrole
        UNION ALL SELECT nspname FROM pg_namespace WHERE nspname = 'app' AND nspowner <> 'ptsp_owner'::regrole""",
    "things that an application role owns": """
        SELECT a.rolname || ': ' || d.classid::regclass || ' ' || d.objid FROM pg_shdepend d
          JOIN app_role a ON d.refclassid = 'pg_authid'::regclass AND d.refobjid = a.oid
         WHERE d.deptype = 'o'
           AND d.dbid IN (0, (SELECT oid FROM pg_database WHERE datname = current_database()))""",
    "rights that row security does not cover, and deletes": """
        SELECT a.rolname || ': ' || g.privilege_type || ' on ' || g.name FROM granted g
          JOIN app_role a ON a.oid = g.grantee
         WHERE g.privilege_type NOT IN ('SELECT', 'INSERT', 'UPDATE')
           AND NOT (g.privilege_type = 'DELETE' AND g.relname = 'kept_verdict' AND a.rolname = 'ptsp_worker')""",
    "rights to change the ledger and what else only grows": f"""
        SELECT g.grantee::regrole || ': ' || g.privilege_type || ' on ' || g.name FROM granted g
         WHERE g.relname IN {APPEND_ONLY} AND g.privilege_type NOT IN ('SELECT', 'INSERT')
           AND g.grantee <> 'ptsp_owner'::regrole""",
    "rights to move a row: whole-table updates, and keys": """
        SELECT a.rolname || ' on ' || g.name || COALESCE('.' || g.col, '') FROM granted g
          JOIN app_role a ON a.oid = g.grantee
         WHERE g.privilege_type = 'UPDATE'
           AND (g.col IS NULL OR g.col IN ('tenant_id', 'id'))""",
    "rights to write what only the owner applies": """
        SELECT a.rolname || ' on ' || g.name FROM granted g JOIN app_role a ON a.oid = g.grantee
         WHERE g.privilege_type <> 'SELECT'
           AND g.relname IN ('pack', 'standard', 'credential', 'agency_secret', 'tenant', 'tenant_act',
                           'national_day', 'alembic_version')""",
    "rights of everybody": """
        SELECT name || ': ' || privilege_type FROM granted WHERE grantee = 0
        UNION ALL
        SELECT n.nspname || ': ' || a.privilege_type FROM pg_namespace n, aclexplode(n.nspacl) a
         WHERE a.grantee = 0 AND (n.nspname = 'app' OR n.nspname = 'public' AND a.privilege_type = 'CREATE')
        UNION ALL
        SELECT r.name || ': ' || a.privilege_type
          FROM routine r, aclexplode(COALESCE(r.proacl, acldefault('f', r.proowner))) a WHERE a.grantee = 0""",
    "rights given in advance": """
        SELECT defaclobjtype::text || ' in ' || defaclnamespace FROM pg_default_acl""",
    "the sweeper's rights on tenants' tables": """
        (SELECT g.name || '.' || COALESCE(g.col, '*') || ': ' || g.privilege_type FROM granted g
           JOIN held h ON h.oid = g.oid WHERE g.grantee = 'ptsp_sweeper'::regrole
         EXCEPT SELECT s.name || ': SELECT' FROM swept s)
        UNION ALL
        (SELECT s.name || ': SELECT is missing' FROM swept s
         EXCEPT SELECT g.name || '.' || COALESCE(g.col, '*') || ': ' || g.privilege_type || ' is missing'
           FROM granted g WHERE g.grantee = 'ptsp_sweeper'::regrole)""",
    "ways out of the database": """
        SELECT 'extension ' || extname FROM pg_extension WHERE extname <> 'plpgsql'
        UNION ALL SELECT 'wrapper ' || fdwname FROM pg_foreign_data_wrapper
        UNION ALL SELECT 'publication ' || pubname FROM pg_publication
        UNION ALL SELECT 'language ' || lanname FROM pg_language
                   WHERE lanname NOT IN ('internal', 'c', 'sql', 'plpgsql')""",
}


def found(connection: Line, question: str) -> list[str]:
    """What a question brings up; nothing, if all is well. `connection` is a superuser's."""
    return [str(name) for (name,) in connection.execute(WITH + QUERIES[question])]


def violations(connection: Line) -> list[str]:
    """Everything that all questions bring up."""
    return [f"{question}: {name}" for question in QUERIES for name in found(connection, question)]
