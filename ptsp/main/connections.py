"""The ways to PostgreSQL and Redis, from settings. It imports little, so that small processes start quickly."""

import redis
from rq import Queue
from rq.serializers import JSONSerializer
from sqlalchemy import Engine, text

from ptsp.infra.database import open_engine, platform_transaction
from ptsp.infra.doorbell import Doorbell
from ptsp.infra.servers.version import require_fixed_server
from ptsp.main.settings import Settings

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
