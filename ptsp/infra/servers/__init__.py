"""PostgreSQL and Valkey out of wheels, started for whoever needs them and stopped when nobody does."""

from ptsp.infra.servers.lease import ServersDown, ServerStatus, ServerUrls, lease, status
from ptsp.infra.servers.version import OldServer, require_fixed_server

__all__ = [
    "OldServer",
    "ServerStatus",
    "ServerUrls",
    "ServersDown",
    "lease",
    "require_fixed_server",
    "status",
]
