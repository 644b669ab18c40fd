"""What the commands for whole offices work with, and what they ask before they do anything."""

import contextlib
import os
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import click
import redis
from sqlalchemy import Engine

from ptsp.infra.broker import ping
from ptsp.infra.database import platform_transaction
from ptsp.infra.files import open_store
from ptsp.infra.gateway import Registry
from ptsp.infra.signing import ensure_trust
from ptsp.infra.tenant_life import (
    Act,
    Archive,
    BadArchive,
    Office,
    Outside,
    Source,
    acts,
    offices,
    open_archive,
    write_down,
)
from ptsp.infra.vault import Vault
from ptsp.kernel.errors import Conflict, Fault, Invalid, NotFound
from ptsp.main.connections import engine_for
from ptsp.main.runtime import Unreachable, running
from ptsp.main.settings import Settings
from ptsp.main.wiring import CONNECTORS, keys_folder
from ptsp.sdk.manifest import Style


@contextlib.contextmanager
def opened() -> Iterator[tuple[Settings, Engine]]:
    with running(Settings.from_env(os.environ)) as settings:
        owner = engine_for(settings, "ptsp_owner", pool_size=1)
        try:
            yield settings, owner
        finally:
            owner.dispose()


@contextlib.contextmanager
def redis_line(settings: Settings) -> Iterator[redis.Redis]:
    with redis.Redis.from_url(settings.redis_url) as line:
        yield line


@contextlib.contextmanager
def bar() -> Iterator["_Bar"]:
    bar = _Bar()
    try:
        yield bar
    finally:
        bar.close()


class _Bar:
    """How far it is, on one line of a terminal; nothing where nobody looks."""

    def __init__(self) -> None:
        self._is_shown = sys.stderr.isatty()

    def __call__(self, part: str, done: int, total: int) -> None:
        if self._is_shown:
            click.echo(f"\r\033[K{part}: {done} of {total}", nl=False, err=True)

    def close(self) -> None:
        if self._is_shown:
            click.echo("\r\033[K", nl=False, err=True)


def source(settings: Settings, owner: Engine) -> Source:
    return Source(owner, open_store(settings.files_url), Vault(settings.secret), keys_folder(settings))


def outside(settings: Settings, line: redis.Redis, queues: list[str]) -> Outside:
    return Outside(
        open_store(settings.files_url),
        line,
        settings.broker_url,
        queues,
        keys_folder(settings),
        settings.home / "archives",
    )


def office_of(owner: Engine, code: str) -> Office:
    for one in offices(owner):
        if one.code == code:
            return one
    raise NotFound(f"there is no office with the code {code!r}")


def broker_connectors(settings: Settings) -> list[str]:
    manifests = Registry(CONNECTORS, reach=settings.reach).manifests
    return [code for code, manifest in manifests.items() if manifest.style is Style.BROKER]


def faults_of(settings: Settings, archive: Archive) -> list[Fault]:
    trust = ensure_trust(keys_folder(settings), datetime.now(UTC))
    with bar() as progress:
        return archive.faults(trust, progress)


def must_be_whole(settings: Settings, archive: Archive) -> None:
    faults = faults_of(settings, archive)
    if faults:
        raise BadArchive(faults)


def digest_of(settings: Settings, office: Office, file: Path | None) -> str:
    """Of the archive that was checked. Raises BadArchive, Conflict for another office's, Invalid for one that goes."""
    if file is None:
        return ""
    if file.resolve().is_relative_to((settings.home / "archives" / office.code).resolve()):
        raise Invalid([Fault("export", f"{file} is removed with the office: move it elsewhere first")])
    with open_archive(file) as archive:
        must_be_of(archive, office)
        must_be_whole(settings, archive)
        click.echo(f"the archive is as of {moment(archive.manifest.taken_at)}", err=True)
        return archive.digest


def must_be_of(archive: Archive, office: Office) -> None:
    theirs = archive.manifest.office
    if (theirs.id, theirs.code) != (office.id, office.code):
        raise Conflict(
            f"the archive is of the office {theirs.code} ({theirs.id}), not of {office.code} ({office.id})"
        )


def must_be_reached(settings: Settings, line: redis.Redis) -> None:
    """Before anything is done: what is removed by half is removed again. Raises Unreachable or Unusable."""
    try:
        line.ping()
    except redis.RedisError as error:
        raise Unreachable(f"PTSP_REDIS_URL: Redis cannot be used ({type(error).__name__})") from error
    if settings.broker_url:
        ping(settings.broker_url)


def must_be_removed(owner: Engine, code: str) -> None:
    with platform_transaction(owner) as connection:
        if not any((act.code, act.act) == (code, Act.REMOVED) for act in acts(connection)):
            raise NotFound(f"there is no office with the code {code!r}, and none was removed")


def must_be_accounted_for(by: str, reason: str) -> None:
    given = {"by": by.strip(), "reason": reason.strip()}
    faults = [Fault(name, "is needed: it goes into the register") for name, said in given.items() if not said]
    if faults:
        raise Invalid(faults)


def must_be_typed(code: str, done: str) -> None:
    if click.prompt(f"type the code of the office that is to be {done}", err=True) != code:
        raise click.Abort


def tell_register(owner: Engine, office: Office, output: Path, digest: str, *, by: str, reason: str) -> None:
    try:
        with platform_transaction(owner) as connection:
            write_down(connection, office.id, office.code, Act.OPENED, by=by, reason=reason, digest=digest)
    except BaseException:
        output.unlink()  # nobody has it but us, and nobody could say who opened it
        raise


def moment(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M:%S}Z"


def before_restore(settings: Settings, code: str) -> Path:
    folder = settings.home / "archives" / code
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder / f"before-restore-{datetime.now(UTC):%Y%m%dT%H%M%S.%f}Z.zip"
