"""Builds what web and worker work with, from settings; see `connections` for what is below it."""

import time
from collections.abc import Callable, Mapping
from pathlib import Path

from sqlalchemy import Engine, text

from ptsp.api.access import Access
from ptsp.domain.messages import Channel
from ptsp.infra.broker import Publisher, ping
from ptsp.infra.database import platform_transaction
from ptsp.infra.files import open_store
from ptsp.infra.gateway import Partners, Registry
from ptsp.infra.holders import FolderHolder
from ptsp.infra.post import Post, SmtpPost, WebhookPost
from ptsp.infra.signing import TimeStamps
from ptsp.infra.tenants import TenantBook
from ptsp.infra.vault import Vault
from ptsp.jobs.tools import LEASE_S, Tools
from ptsp.main.connections import doorbell_of, engine_for, queue_of
from ptsp.main.settings import ROOT, Settings
from ptsp.sdk.contract import Connector

CONNECTORS = ROOT / "connectors"


def partners_of(settings: Settings, local: Mapping[str, Connector] | None = None) -> Partners:
    return Partners(
        Registry(CONNECTORS, reach=settings.reach),
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
    lease_s: float = LEASE_S,
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
        lease_s=lease_s,
        posts=posts_of(settings),
        publisher=Publisher(settings.broker_url) if settings.broker_url else None,
        stamps=stamps_of(settings),
        holders=tuple(map(FolderHolder, settings.holder_folders)),
        holder_roles=settings.holder_roles,
    )


def stamps_of(settings: Settings) -> TimeStamps | None:
    """The time-stamp authority, wherever it is: the operator has named it."""
    if not settings.tsa_url:
        return None
    return TimeStamps(settings.tsa_url, reach=settings.reach.with_services([settings.tsa_url]))


def posts_of(settings: Settings) -> dict[Channel, Post]:
    """The ways out for messages that are set up."""
    posts: dict[Channel, Post] = {}
    if settings.smtp_url:
        posts[Channel.EMAIL] = SmtpPost(settings.smtp_url, settings.mail_from)
    if settings.message_webhook_secret:
        posts[Channel.WEBHOOK] = WebhookPost(
            settings.message_webhook_secret, now=time.time, reach=settings.reach
        )
    return posts


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
        ready=lambda: readiness(engine, settings),
    )


def keys_folder(settings: Settings) -> Path:
    return settings.home / "keys"


def readiness(engine: Engine, settings: Settings) -> dict[str, str]:
    """Part -> `ok`, or what is wrong with it."""
    states = {}
    checks: dict[str, Callable[[], object]] = {
        "database": lambda: _ping(engine),
        "redis": lambda: queue_of(settings).connection.ping(),
    }
    if settings.broker_url:
        checks["broker"] = lambda: ping(settings.broker_url)
    for part, check in checks.items():
        try:
            check()
            states[part] = "ok"
        except Exception as error:  # whatever is wrong is what the caller wants to know
            states[part] = type(error).__name__
    return states


def _ping(engine: Engine) -> None:
    with platform_transaction(engine) as connection:
        connection.execute(text("SELECT 1"))
