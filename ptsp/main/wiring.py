"""Builds what the processes work with, from settings. Nobody else opens a connection."""

import json
from collections.abc import Callable, Mapping
from pathlib import Path

import redis
from rq import Queue
from rq.serializers import JSONSerializer
from sqlalchemy import Engine, text

from ptsp.api.access import Access
from ptsp.infra.database import open_engine, platform_transaction
from ptsp.infra.doorbell import Doorbell
from ptsp.infra.files import open_store
from ptsp.infra.gateway import Partners, Registry
from ptsp.infra.servers.version import require_fixed_server
from ptsp.infra.tenants import TenantBook
from ptsp.infra.vault import Vault
from ptsp.jobs.tools import Tools
from ptsp.main.settings import ROOT, Settings
from ptsp.sdk.contract import Connector

CONNECTORS = ROOT / "connectors"
REGIONS = ROOT / "tenants" / "regions.json"
QUEUE = "ptsp"


def engine_for(settings: Settings, role: str, *, pool_size: int = 8) -> Engine:
    """An engine that enters as `role`. Refuses a server without the fixes row-level security needs."""
    engine = open_engine(settings.database_url_for(role), pool_size=pool_size)
    try:
        with platform_transaction(engine) as connection:
            number = int(connection.execute(text("SHOW server_version_num")).scalar_one())
        require_fixed_server(number, embedded=settings.embedded_database)
    except Exception:
        engine.dispose()
        raise
    return engine


def queue_of(settings: Settings) -> Queue:
    """The one queue. JSON only: whoever can write to Redis must not be able to run code in a worker."""
    connection = redis.Redis.from_url(settings.redis_url)
    return Queue(QUEUE, connection=connection, serializer=JSONSerializer)


def doorbell_of(settings: Settings) -> Doorbell:
    return Doorbell(queue_of(settings), "ptsp.jobs.drain.run")


def partners_of(settings: Settings, local: Mapping[str, Connector] | None = None) -> Partners:
    return Partners(
        Registry(CONNECTORS),
        master=settings.secret,
        simulators=settings.simulators,
        public_url=settings.public_url,
        local=local,
    )


def tools_of(
    settings: Settings,
    *,
    ring: Callable[[], None] | None = None,
    local: Mapping[str, Connector] | None = None,
) -> Tools:
    """What a worker needs."""
    engine = engine_for(settings, "ptsp_worker")
    return Tools(
        engine=engine,
        sweeper=engine_for(settings, "ptsp_sweeper", pool_size=2),
        book=TenantBook(engine, Vault(settings.secret)),
        partners=partners_of(settings, local),
        files=open_store(settings.files_url),
        keys_folder=keys_folder(settings),
        public_url=settings.public_url,
        ring=ring or doorbell_of(settings).ring,
    )


def access_of(settings: Settings) -> Access:
    """What the web process needs."""
    engine = engine_for(settings, "ptsp_app")
    return Access(
        engine=engine,
        book=TenantBook(engine, Vault(settings.secret)),
        partners=partners_of(settings),
        files=open_store(settings.files_url),
        keys_folder=keys_folder(settings),
        public_url=settings.public_url,
        ring=doorbell_of(settings).ring,
        regions=regions(),
        ready=lambda: readiness(engine, settings),
    )


def keys_folder(settings: Settings) -> Path:
    return settings.home / "keys"


def regions() -> frozenset[str] | None:
    """Four-digit codes of regencies and cities, if this installation has the list."""
    return frozenset(json.loads(REGIONS.read_text())) if REGIONS.exists() else None


def readiness(engine: Engine, settings: Settings) -> dict[str, str]:
    """Part -> `ok`, or what is wrong with it."""
    states = {}
    for part, check in (
        ("database", lambda: _ping(engine)),
        ("redis", lambda: queue_of(settings).connection.ping()),
    ):
        try:
            check()
            states[part] = "ok"
        except Exception as error:  # whatever is wrong is what the caller wants to know
            states[part] = type(error).__name__
    return states


def _ping(engine: Engine) -> None:
    with platform_transaction(engine) as connection:
        connection.execute(text("SELECT 1"))
