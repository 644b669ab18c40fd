"""`ptsp servers`: what the embedded servers of PTSP_HOME are doing."""

import contextlib
import json
import os
import signal
import time
from dataclasses import asdict
from typing import Final

import click
import psycopg
import redis

from ptsp.infra.broker import Unusable, ping
from ptsp.infra.servers import require_fixed_server, status
from ptsp.main.settings import ROLES, Settings

STOP_S: Final = 45.0


@click.group()
def servers() -> None:
    """Show or stop the embedded servers of PTSP_HOME, or check those that the settings name."""


@servers.command("status")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def show(*, as_json: bool) -> None:
    """Say whether they run, and where. Starts nothing."""
    settings = Settings.from_env(os.environ)
    found = status(settings.home)
    if as_json:
        click.echo(json.dumps(asdict(found) | {"home": str(settings.home)}))
    elif found.urls is None:
        click.echo(f"not running in {settings.home}")
    else:
        click.echo(f"running in {settings.home} (supervisor {found.urls.supervisor})")
        click.echo(f"  PTSP_DATABASE_URL={found.urls.database}")
        click.echo(f"  PTSP_REDIS_URL={found.urls.redis}")


@servers.command("check")
@click.option("--role", type=click.Choice(ROLES), default="ptsp_app", help="Enter the database as this role.")
@click.option("--admin", is_flag=True, help="Enter the database as PTSP_DATABASE_URL says.")
def check(*, role: str, admin: bool) -> None:
    """Say whether the servers that the settings name can be reached, and are new enough."""
    settings = Settings.from_env(os.environ)
    if not settings.database_url or not settings.redis_url:
        raise click.ClickException("PTSP_DATABASE_URL and PTSP_REDIS_URL must name the servers to check")
    url = settings.admin_database_url if admin else settings.database_url_for(role)
    try:
        with psycopg.connect(url.replace("+psycopg", "", 1), connect_timeout=5) as connection:
            require_fixed_server(connection.info.server_version, embedded=settings.embedded_database)
        with redis.Redis.from_url(settings.redis_url, socket_timeout=5) as line:
            line.ping()
        if settings.broker_url:
            ping(settings.broker_url)
    except (psycopg.OperationalError, redis.RedisError, Unusable) as fault:
        raise click.ClickException(f"cannot be reached: {fault}") from fault
    click.echo("all servers answer")


@servers.command("stop")
def stop() -> None:
    """Stop them now, also under commands that still use them."""
    home = Settings.from_env(os.environ).home
    found = status(home)
    if found.urls is None:
        click.echo(f"not running in {home}")
        return
    with contextlib.suppress(ProcessLookupError):
        os.kill(found.urls.supervisor, signal.SIGTERM)
    deadline = time.monotonic() + STOP_S
    while status(home).running:
        if time.monotonic() > deadline:
            raise click.ClickException(f"they do not stop; see {home / 'log' / 'servers.log'}")
        time.sleep(0.05)
    click.echo(f"stopped in {home}")
