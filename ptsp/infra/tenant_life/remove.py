"""Take one office away: its rows in one transaction, then all that stands of it outside the database."""

import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import redis
from sqlalchemy import Engine, text

from ptsp.infra.broker import QUESTIONS
from ptsp.infra.database import EVERY_TENANT, platform_transaction, tenant_transaction
from ptsp.infra.files import FileStore
from ptsp.infra.files.rooms import clear_room
from ptsp.infra.tenant_life.broker_traces import clear_broker
from ptsp.infra.tenant_life.hold import held_office
from ptsp.infra.tenant_life.redis_traces import clear_redis
from ptsp.infra.tenant_life.register import Act, write_down
from ptsp.infra.tenant_life.tables import Office, quoted, tables
from ptsp.kernel.errors import Conflict

QUEUES: Final = text("""
    SELECT DISTINCT COALESCE(a.value -> 'options' ->> 'queue', :own || a.key) AS queue
      FROM app.pack p, jsonb_each(p.content -> 'agencies') AS a
     WHERE p.tenant_id = :tenant AND a.value ->> 'connector' = ANY(:connectors) ORDER BY 1""")
GONE: Final = text("DELETE FROM app.tenant WHERE id = :tenant")


@dataclass(frozen=True, slots=True)
class Outside:
    """Where an office leaves traces besides its rows. `broker_url` is empty where there is no broker."""

    files: FileStore
    redis: redis.Redis
    broker_url: str
    queues: Sequence[str]
    keys_folder: Path
    archives: Path


@dataclass(frozen=True, slots=True)
class Cleared:
    """How much was taken away outside the database."""

    documents: int
    redis_keys: int
    messages: int
    own_files: int


def remove_rows(owner: Engine, office: Office, *, by: str, reason: str, digest: str) -> int:
    """Every row of the office, and the office itself; how many there were. One line of the register stays.

    Raises Conflict when something of the office was in the way, or a table was not emptied: nothing is done then.
    """
    with held_office(owner, office.id) as connection:
        found = tables(connection)
        rows = sum(table.delete(connection, office.id) for table in reversed(found))
        left = [table.name for table in found if table.count(connection, office.id)]
        if left:
            raise Conflict(f"nothing was done: rows are left in {', '.join(left)}")
        write_down(connection, office.id, office.code, Act.REMOVED, by=by, reason=reason, digest=digest)
        connection.execute(GONE, {"tenant": office.id})
    return rows


def sweep(owner: Engine) -> None:
    """Let the database forget what it remembers of removed rows: their old versions, and samples of their values."""
    with platform_transaction(owner) as connection:
        names = [quoted(one.name) for one in tables(connection)]
    options = {"isolation_level": "AUTOCOMMIT", "tenant": EVERY_TENANT}
    with owner.connect().execution_options(**options) as connection:
        for name in names:
            connection.execute(text(f"VACUUM (ANALYZE) app.{name}"))


def clear_outside(code: str, outside: Outside) -> Cleared:
    """May be done again: what is gone already is no error."""
    messages = 0
    if outside.broker_url:
        messages = clear_broker(outside.broker_url, outside.queues, code)
    own = _clear_own(outside.keys_folder / f"{code}.pem", outside.archives / code)
    return Cleared(clear_room(outside.files, code), clear_redis(outside.redis, code), messages, own)


def queues_of(owner: Engine, office: Office, connectors: Sequence[str]) -> list[str]:
    """The queues of questions that the office's packs have ever used; `connectors` are those that write messages."""
    values = {
        "tenant": office.id,
        "own": f"{QUESTIONS}.{office.code}.",
        "connectors": list(connectors),
    }
    with tenant_transaction(owner, office.id) as connection:
        return list(connection.execute(QUEUES, values).scalars())


def _clear_own(key: Path, archives: Path) -> int:
    """The signing key, and the archives that were written before the office was restored."""
    found = [one for one in (key, *archives.rglob("*")) if one.is_file()]
    key.unlink(missing_ok=True)
    if archives.exists():
        shutil.rmtree(archives)
    return len(found)
