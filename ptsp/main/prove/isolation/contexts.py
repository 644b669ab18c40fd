"""What must hold of a pooled connection between two transactions, in a form that a planted fault can fail."""

import random
from collections.abc import Callable
from contextlib import suppress
from typing import Final

from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import DBAPIError

from ptsp.infra.database import NoTenant, platform_transaction, tenant_transaction

OWNERS = text("SELECT DISTINCT tenant_id FROM app.bundle ORDER BY 1")
LEFT_OVER = text("SELECT NULLIF(current_setting('app.tenant', true), '')")
FAILING = text("SELECT 1 / 0")
TEMPORARY = text("SELECT count(*) FROM pg_class WHERE relpersistence = 't'")


class Interrupted(Exception):
    """Something goes wrong in the middle of a request."""


def owners(connection: Connection) -> list[int]:
    """Whose bundles the transaction sees."""
    return list(connection.execute(OWNERS).scalars())


def in_tenant(engine: Engine, tenant: int) -> list[int]:
    with tenant_transaction(engine, tenant) as connection:
        return owners(connection)


def in_none(engine: Engine) -> list[int]:
    with platform_transaction(engine) as connection:
        assert connection.execute(TEMPORARY).scalar_one() == 0, "a temporary table stayed in the pool"
        return owners(connection) + [
            int(tenant) for tenant in connection.execute(LEFT_OVER).scalars() if tenant
        ]


def is_refused_without_tenant(engine: Engine) -> bool:
    """Whether a transaction that names no tenant cannot begin, however it is begun."""
    ways: tuple[Callable[[], object], ...] = (
        lambda: engine.connect().execute(OWNERS),
        lambda: engine.begin().__enter__(),
    )
    return all(_refused(way) for way in ways)


def _refused(way: Callable[[], object]) -> bool:
    try:
        way()
    except NoTenant:
        return True
    return False


def faults(engine: Engine, tenants: tuple[int, int]) -> list[str]:
    """A short walk through one pooled connection; what was seen that should not have been."""
    seen = []
    for tenant in (*tenants, tenants[0]):
        if (mine := in_tenant(engine, tenant)) != [tenant]:
            seen.append(f"tenant {tenant} saw {mine}")
        if left := in_none(engine):
            seen.append(f"after tenant {tenant} the platform saw {left}")
    if not is_refused_without_tenant(engine):
        seen.append("a transaction began without a tenant")
    return seen


ENDS: Final = ("commit", "exception", "failed statement", "savepoint", "failed savepoint", "committed midway")


def walk(engine: Engine, tenants: tuple[int, int], steps: int, seed: int) -> list[str]:
    """Transactions of both tenants and of none, in the seed's order, each ending in one of the ways of `ENDS`.

    Returns what was seen that should not have been. `engine` has one connection, so that what one left, the next finds.
    """
    dice = random.Random(f"contexts {seed}")
    seen = []
    for step in range(steps):
        tenant, end = dice.choice((*tenants, None)), dice.choice(ENDS)
        if tenant is None:
            found, wanted = in_none(engine), []
        else:
            found, wanted = _ended(engine, tenant, end), [tenant]
        if found != wanted:
            seen.append(f"step {step}, tenant {tenant}, {end}: saw {found}")
    return seen


def _ended(engine: Engine, tenant: int, end: str) -> list[int]:
    """Whose bundles a transaction saw that then ended so."""
    found: list[int] = []
    if end == "committed midway":
        with engine.connect().execution_options(tenant=tenant) as connection:
            connection.commit()
            return owners(connection)
    with suppress(Interrupted, DBAPIError), tenant_transaction(engine, tenant) as connection:
        if end.endswith("savepoint"):
            with suppress(DBAPIError), connection.begin_nested():
                connection.execute(FAILING if end.startswith("failed") else LEFT_OVER)
        found = owners(connection)
        if end == "exception":
            raise Interrupted
        if end == "failed statement":
            connection.execute(FAILING)
    return found
