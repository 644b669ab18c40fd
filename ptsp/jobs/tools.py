"""What a worker process works with; built once by the composition root, before any job runs."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy import Engine

from ptsp.domain.messages import Channel
from ptsp.infra.broker import Publisher
from ptsp.infra.files import FileStore
from ptsp.infra.gateway import Partners
from ptsp.infra.holders import FolderHolder
from ptsp.infra.post import Post
from ptsp.infra.signing import TimeStamps
from ptsp.infra.tenants import TenantBook
from ptsp.jobs.asking import Asking
from ptsp.jobs.turns import Turns

LEASE_S = 60.0


@dataclass(frozen=True, slots=True)
class Tools:
    """`engine` enters as ptsp_worker, `sweeper` as ptsp_sweeper. `ring` wakes a worker up, or does nothing.

    `lease_s` is how long a claimed batch is ours, `batch` how many tasks are claimed at once. `posts` are the ways
    by which messages go out; one that is not set up is missing. `publisher` is the way to the broker, if one is
    set. `asking` are the worker's threads, `turns` whose turn it is. `stamps` is the time-stamp authority, if one is
    set; `holders` and `holder_roles` are given the heads of the ledger.
    """

    engine: Engine
    sweeper: Engine
    book: TenantBook
    partners: Partners
    files: FileStore
    keys_folder: Path
    public_url: str
    ring: Callable[[], None]
    actor: str = "worker"
    lease_s: float = LEASE_S
    batch: int = 200
    posts: Mapping[Channel, Post] = field(default_factory=dict)
    publisher: Publisher | None = None
    asking: Asking = field(default_factory=Asking)
    turns: Turns = field(default_factory=Turns)
    stamps: TimeStamps | None = None
    holders: tuple[FolderHolder, ...] = ()
    holder_roles: tuple[str, ...] = ()
