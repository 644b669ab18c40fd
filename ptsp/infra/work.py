"""The open unit of work: one connection, one tenant, one actor, one moment. The only place that commits."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Connection, Engine

from ptsp.infra.database import tenant_transaction
from ptsp.infra.tenants import Tenant, local_date


@dataclass(frozen=True, slots=True)
class Officer:
    """Who stands behind what is done: the label of a token, or a login; empty where neither is known.

    `nik_indexes` are keyed hashes of a person's own NIK, as `app.bundle` has them; empty where none is known.
    """

    label: str
    nik_indexes: frozenset[bytes] = frozenset()


@dataclass(frozen=True, slots=True)
class Work:
    """What a flow works with. `now` is the database's clock when the transaction began.

    `officer` is None for the platform itself, and for a token that names nobody.
    """

    connection: Connection
    tenant: Tenant
    actor: str
    now: datetime
    officer: Officer | None = None

    @property
    def today(self) -> date:
        """The office's own date, in its time zone."""
        return local_date(self.now, self.tenant.pack)


@contextmanager
def begin(engine: Engine, tenant: Tenant, *, actor: str, now: datetime | None = None) -> Iterator[Work]:
    """Commit when the block ends, roll back when it raises. `now` is given only to try out a date."""
    with tenant_transaction(engine, tenant.id) as connection:
        yield Work(connection, tenant, actor, now or connection.info["now"])
