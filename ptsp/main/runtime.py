"""Puts embedded servers where the settings name none."""

import contextlib
import os
import secrets
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Final

from sqlalchemy.exc import OperationalError

from ptsp.infra.servers import lease
from ptsp.kernel.errors import PtspError
from ptsp.main.settings import Settings, parse_secret

SECRET_FILE: Final = "secret"


class Unreachable(PtspError):
    """No connection could be made; the message names the setting that says where to."""

    code = "unreachable"


@contextlib.contextmanager
def running(settings: Settings, *, durable: bool = True) -> Iterator[Settings]:
    """The settings with every URL and the secret filled in.

    Embedded servers, if any are needed, live until the block ends here and in every other command of the same
    PTSP_HOME. Children started with `as_env` use them without a lease of their own, so end those first.
    Raises Unreachable for a database that lets nobody in.
    """
    settings = with_secret(settings)
    with _told():
        if settings.database_url and settings.redis_url:
            yield settings
            return
        with lease(settings.home, durable=durable, pg_bin=settings.pg_bin) as urls:
            yield replace(
                settings,
                database_url=settings.database_url or urls.database,
                redis_url=settings.redis_url or urls.redis,
            )


@contextlib.contextmanager
def _told() -> Iterator[None]:
    """A line that names the setting, where a connection could not be made. What the server itself says goes on."""
    try:
        yield
    except OperationalError as error:
        if getattr(error.orig, "sqlstate", None):
            raise
        said = str(error.orig).partition("\n")[0]
        raise Unreachable(f"PTSP_DATABASE_URL: the database cannot be used: {said}") from error


def with_secret(settings: Settings) -> Settings:
    """The settings with a secret: the given one, or the one kept in PTSP_HOME, made on first use."""
    settings.home.mkdir(parents=True, exist_ok=True)
    return settings if settings.secret else replace(settings, secret=_kept_secret(settings.home))


def _kept_secret(home: Path) -> bytes:
    """Made on first use. Two commands at once agree on one: a link is made by one of them only."""
    kept = home / SECRET_FILE
    if not kept.exists():
        made = home / f"{SECRET_FILE}.{secrets.token_hex(8)}"
        with os.fdopen(os.open(made, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(secrets.token_hex(32))
        with contextlib.suppress(FileExistsError):
            kept.hardlink_to(made)
        made.unlink()
    return parse_secret(kept.read_text().strip())
