"""Each lock taken away on purpose, in a copy of the database: at least one of the checks must turn red."""

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest
from sqlalchemy import Connection, Engine, event

from ptsp.infra.database import EVERY_TENANT, open_engine
from tests.isolation.attack import attack_everything
from tests.isolation.catalogue import violations
from tests.isolation.contexts import faults
from tests.isolation.hostile import CORPUS, answer, filled, values_of
from tests.isolation.worlds import Worlds, foreign_rows

ROLES = ("ptsp_app", "ptsp_worker", "ptsp_owner")


@dataclass(frozen=True, slots=True)
class Mutation:
    """`sql` is run by a superuser; `bind` is a careless developer's way to name the tenant."""

    name: str
    sql: str = "SELECT 1"
    bind: Callable[[Connection], None] | None = None


def for_the_session(connection: Connection) -> None:
    tenant = connection.get_execution_options().get("tenant")
    if tenant is not EVERY_TENANT:
        connection.exec_driver_sql("SELECT set_config('app.tenant', %s, false)", (str(tenant),))


MUTATIONS = (
    Mutation("M1 FORCE dropped", "ALTER TABLE app.bundle NO FORCE ROW LEVEL SECURITY"),
    Mutation("M1 row security off", "ALTER TABLE app.inbox DISABLE ROW LEVEL SECURITY"),
    Mutation(
        "M2 policy of true", "DROP POLICY tenant ON app.task; CREATE POLICY tenant ON app.task USING (true)"
    ),
    Mutation("M2 a second policy", "CREATE POLICY more ON app.document FOR SELECT USING (true)"),
    Mutation("M3 tenant bound for the session", bind=for_the_session),
    Mutation(
        "M5 view with its owner's eyes",
        "CREATE VIEW app.overview AS SELECT tenant_id, state FROM app.bundle; GRANT SELECT ON app.overview TO ptsp_app",
    ),
    Mutation("M6 unique without the tenant", "CREATE UNIQUE INDEX planted ON app.payment (provider_ref)"),
    Mutation("a role past row security", "ALTER ROLE ptsp_app BYPASSRLS"),
    Mutation("the ledger may be changed", "GRANT UPDATE, DELETE ON app.event TO ptsp_app"),
)
# Roles belong to the whole server, so these are tried in a transaction that is never committed.
ON_THE_SERVER = ("a role past row security",)


def red(worlds: Worlds, engine: Engine) -> list[str]:
    """The checks of this folder that are not content."""
    checks: dict[str, Callable[[], bool]] = {
        "catalogue": lambda: not _is_sound(worlds),
        "forgotten filter": lambda: any(foreign_rows(worlds, role) for role in ROLES),
        "published attack": lambda: any(one.tells for one in attack_everything(worlds, "ptsp_owner")),
        "context": lambda: faults(engine, (worlds.here, worlds.there)) != [],
        "hostile": lambda: _refusals_missing(worlds) != [],
    }
    return [name for name, is_red in checks.items() if is_red()]


def _is_sound(worlds: Worlds) -> bool:
    with worlds.admin() as connection:
        return violations(connection) == []


def _refusals_missing(worlds: Worlds) -> list[str]:
    """Statements that must be refused, or must change nothing, and are not."""
    with worlds.admin() as connection:
        known = values_of(connection, worlds)
    with worlds.entered("ptsp_app") as connection:
        return [
            one.name
            for one in CORPUS
            if one.comes_to != "nothing"
            and answer(connection, filled(one.sql, known))[0] not in one.comes_to.split(" or ")
        ]


@pytest.fixture
def copied(
    worlds: Worlds, copy_database: Callable[[str], contextlib.AbstractContextManager[str]]
) -> Iterator[Worlds]:
    with copy_database(worlds.settings.database_url) as url:
        yield worlds.at(url)


@contextlib.contextmanager
def engine_of(worlds: Worlds, mutation: Mutation | None) -> Iterator[Engine]:
    engine = open_engine(worlds.settings.database_url_for("ptsp_app"), pool_size=1)
    if mutation is not None and mutation.bind is not None:
        event.listen(engine, "begin", mutation.bind)
    try:
        yield engine
    finally:
        engine.dispose()


def test_with_every_lock_in_place_no_check_is_red(copied: Worlds) -> None:
    with engine_of(copied, None) as engine:
        assert red(copied, engine) == []


@pytest.mark.parametrize("mutation", MUTATIONS, ids=lambda mutation: mutation.name)
def test_a_lock_that_is_taken_away_is_missed(
    copied: Worlds, mutation: Mutation, figure: Callable[[str], None]
) -> None:
    if mutation.name in ON_THE_SERVER:
        with copied.admin() as connection:
            connection.execute(mutation.sql)
            seen = ["catalogue"] if violations(connection) else []
    else:
        with copied.admin() as connection:
            connection.execute(mutation.sql)
            connection.commit()
        with engine_of(copied, mutation) as engine:
            seen = red(copied, engine)
    figure(f"{mutation.name}: {'killed by ' + ', '.join(seen) if seen else 'ALIVE'}")
    assert seen != []
