"""Each lock taken away on purpose, in a copy of the database: at least one of the layers must turn red."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any, Final

from flask import Flask, request
from sqlalchemy import Connection, Engine, event

from ptsp.api.access import EXTENSION
from ptsp.infra.database import EVERY_TENANT, open_engine
from ptsp.infra.tenants import Tenant, TenantBook
from ptsp.main.prove.isolation.attack import attack_everything
from ptsp.main.prove.isolation.catalogue import violations
from ptsp.main.prove.isolation.contexts import faults
from ptsp.main.prove.isolation.hostile import CORPUS, NOTHING, answer, filled, values_of
from ptsp.main.prove.isolation.worlds import Worlds, foreign_rows

ROLES: Final = ("ptsp_app", "ptsp_worker", "ptsp_owner")
CATALOGUE: Final = "catalogue"


@dataclass(frozen=True, slots=True)
class Mutation:
    """`sql` is run by a superuser; `bind` is a careless developer's way to name the tenant.

    `is_of_server`: roles belong to the whole server, so it is tried in a transaction that is never committed.
    """

    name: str
    sql: str = "SELECT 1"
    bind: Callable[[Connection], None] | None = None
    is_of_server: bool = False


@dataclass(frozen=True, slots=True)
class InProcess:
    """A fault of the application, which only the comparison of two worlds can see."""

    name: str
    spoil: Callable[[Flask, Engine], None]


def for_the_session(connection: Connection) -> None:
    tenant = connection.get_execution_options().get("tenant")
    if tenant is not EVERY_TENANT:
        connection.exec_driver_sql("SELECT set_config('app.tenant', %s, false)", (str(tenant),))


class _Believing:
    """A book of tenants that looks at what the caller says of itself, and not only at the address."""

    def __init__(self, book: TenantBook) -> None:
        self._book = book

    def get(self, code: str) -> Tenant:
        named = request.headers.get("X-Tenant-Id")
        return self._book.by_id(int(named)) if named else self._book.get(code)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._book, name)


def _by_header(app: Flask, _engine: Engine) -> None:
    """M7. To name another tenant for the transaction alone shows nothing: each query names its own as well."""
    access = app.extensions[EXTENSION]
    app.extensions[EXTENSION] = replace(access, book=_Believing(access.book))


def _cached(app: Flask, _engine: Engine) -> None:
    """What is read is remembered by its address without the office that stands in it."""
    for endpoint, view in app.view_functions.items():
        app.view_functions[endpoint] = _remembering(view)


def _remembering(view: Callable[..., Any]) -> Callable[..., Any]:
    kept: dict[str, Any] = {}

    def remembered(**named: object) -> Any:
        if "tenant" not in named or request.method != "GET":
            return view(**named)
        name = repr(sorted((one, value) for one, value in named.items() if one != "tenant"))
        if name not in kept:
            kept[name] = view(**named)
        return kept[name]

    return remembered


TENANT_RULE = "tenant_id = NULLIF(current_setting('app.tenant', true), '')::int"
MUTATIONS = (
    Mutation("M1 FORCE dropped", "ALTER TABLE app.bundle NO FORCE ROW LEVEL SECURITY"),
    Mutation("M1 row security off", "ALTER TABLE app.inbox DISABLE ROW LEVEL SECURITY"),
    Mutation("M1 policy dropped", "DROP POLICY tenant ON app.inbox"),
    Mutation(
        "M2 policy of true", "DROP POLICY tenant ON app.task; CREATE POLICY tenant ON app.task USING (true)"
    ),
    Mutation("M2 a second policy", "CREATE POLICY more ON app.document FOR SELECT USING (true)"),
    Mutation(
        "M2 a policy that checks no writes",
        f"DROP POLICY tenant ON app.bundle; CREATE POLICY tenant ON app.bundle USING ({TENANT_RULE}) WITH CHECK (true)",
    ),
    Mutation("M3 tenant bound for the session", bind=for_the_session),
    Mutation(
        "M5 view with its owner's eyes",
        "CREATE VIEW app.overview AS SELECT tenant_id, state FROM app.bundle; GRANT SELECT ON app.overview TO ptsp_app",
    ),
    Mutation("M6 unique without the tenant", "CREATE UNIQUE INDEX planted ON app.payment (provider_ref)"),
    Mutation(
        "M6 foreign key without the tenant",
        """CREATE UNIQUE INDEX planted ON app.bundle (id);
           ALTER TABLE app.document ADD FOREIGN KEY (bundle_id) REFERENCES app.bundle (id)""",
    ),
    Mutation(
        "a function that runs as its owner",
        """CREATE FUNCTION app.planted() RETURNS bigint LANGUAGE sql SECURITY DEFINER
           AS 'SELECT count(*) FROM app.bundle'""",
    ),
    Mutation(
        "an immutable function that reads the tenant",
        "CREATE FUNCTION app.planted() RETURNS text LANGUAGE sql IMMUTABLE AS $$SELECT current_setting('app.tenant')$$",
    ),
    Mutation(
        "a materialised view", "CREATE MATERIALIZED VIEW app.planted AS SELECT tenant_id FROM app.bundle"
    ),
    Mutation("a number shared by all", "CREATE SEQUENCE app.planted"),
    Mutation("rights for everybody", "GRANT SELECT ON app.tenant TO PUBLIC"),
    Mutation("rows may be given away", "GRANT UPDATE (tenant_id) ON app.bundle TO ptsp_app"),
    Mutation("the ledger may be changed", "GRANT UPDATE, DELETE ON app.event TO ptsp_app"),
    Mutation("a role past row security", "ALTER ROLE ptsp_app BYPASSRLS", is_of_server=True),
    Mutation("a role that can become the owner", "GRANT ptsp_owner TO ptsp_app", is_of_server=True),
)
IN_PROCESS = (
    InProcess("M7 the tenant is what the caller says", _by_header),
    InProcess("a memory without the tenant", _cached),
)


def red(worlds: Worlds, engine: Engine) -> list[str]:
    """The layers in the database that are not content. `engine` enters as ptsp_app through one connection."""
    checks: dict[str, Callable[[], bool]] = {
        CATALOGUE: lambda: not _is_sound(worlds),
        "forgotten filter": lambda: any(foreign_rows(worlds, role) for role in ROLES),
        "published attack": lambda: any(one.tells for one in attack_everything(worlds, "ptsp_owner")),
        "context": lambda: faults(engine, (worlds.here, worlds.there)) != [],
        "hostile": lambda: refusals_missing(worlds) != [],
    }
    return [name for name, is_red in checks.items() if is_red()]


def red_with(worlds: Worlds, mutation: Mutation) -> list[str]:
    """The same with a fault planted. `worlds` is a copy of its own."""
    with worlds.admin() as connection:
        connection.execute(mutation.sql.encode())
        if mutation.is_of_server:
            return [CATALOGUE] if violations(connection) else []
        connection.commit()
    with engine_of(worlds, mutation) as engine:
        return red(worlds, engine)


def _is_sound(worlds: Worlds) -> bool:
    with worlds.admin() as connection:
        return violations(connection) == []


def refusals_missing(worlds: Worlds) -> list[str]:
    """Statements that must be refused, or must change nothing, and are not."""
    with worlds.admin() as connection:
        known = values_of(connection, worlds)
    with worlds.entered("ptsp_app") as connection:
        return [
            one.name
            for one in CORPUS
            if one.comes_to != NOTHING
            and answer(connection, filled(one.sql, known))[0] not in one.comes_to.split(" or ")
        ]


@contextmanager
def engine_of(worlds: Worlds, mutation: Mutation | None) -> Iterator[Engine]:
    engine = open_engine(worlds.settings.database_url_for("ptsp_app"), pool_size=1)
    if mutation is not None and mutation.bind is not None:
        event.listen(engine, "begin", mutation.bind)
    try:
        yield engine
    finally:
        engine.dispose()
