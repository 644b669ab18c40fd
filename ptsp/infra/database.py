"""The way to PostgreSQL: one engine per role, and the tenant bound when a transaction begins."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection, Engine, create_engine, event

EVERY_TENANT = object()  # only for the sweeper, the migration and the tenant list

# A process that hangs, or is frozen, must not hold bundles for ever. No transaction of ours waits for anything but the
# database (agencies and files are asked between two), so a minute of silence means that nobody comes back to it.
FORGOTTEN_S = 60
# Whoever waits for a lock gives up before, and tries again: else one that hangs would take all others' connections.
LOCK_WAIT_S = 30


_OPTIONS = (
    f"-c timezone=UTC -c idle_in_transaction_session_timeout={FORGOTTEN_S}s -c lock_timeout={LOCK_WAIT_S}s"
)


class NoTenant(RuntimeError):
    """A transaction was begun without saying whose it is."""


def open_engine(url: str, *, pool_size: int = 8) -> Engine:
    """An engine whose every transaction belongs to one tenant; see `tenant_transaction`."""
    engine = create_engine(
        url,
        pool_size=pool_size,
        max_overflow=0,
        pool_pre_ping=False,
        hide_parameters=True,  # an error's text goes into a log, and values may be personal data
        connect_args={"prepare_threshold": 5, "options": _OPTIONS},
    )
    event.listen(engine, "begin", _bind)
    return engine


@contextmanager
def tenant_transaction(engine: Engine, tenant_id: int) -> Iterator[Connection]:
    """Commit when the block ends, roll back when it raises. Rows of other tenants do not exist in it."""
    with engine.connect().execution_options(tenant=tenant_id) as connection, connection.begin():
        yield connection


@contextmanager
def platform_transaction(engine: Engine) -> Iterator[Connection]:
    """A transaction of no tenant: it sees the tables of the platform and no row of any tenant."""
    with engine.connect().execution_options(tenant=EVERY_TENANT) as connection, connection.begin():
        yield connection


def enter(connection: Connection, tenant_id: int) -> None:
    """Go on in a transaction of no tenant as this one, until its end or the next.

    Only for what has to happen at several tenants together or not at all.
    """
    connection.exec_driver_sql("SELECT set_config('app.tenant', %s, true)", (str(tenant_id),))


def _bind(connection: Connection) -> None:
    tenant = connection.get_execution_options().get("tenant")
    if tenant is None:
        raise NoTenant("begin a transaction with tenant_transaction or platform_transaction")
    if tenant is not EVERY_TENANT:
        bound = "SELECT clock_timestamp(), set_config('app.tenant', %s, true)"
        connection.info["now"] = connection.exec_driver_sql(bound, (str(tenant),)).scalar_one()
