"""What the API works with; built once by the composition root."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import cast

from flask import current_app
from sqlalchemy import Engine

from ptsp.infra.files import FileStore
from ptsp.infra.gateway import Partners
from ptsp.infra.passwords import Passwords
from ptsp.infra.tenants import TenantBook
from ptsp.infra.work import Work, begin

EXTENSION = "ptsp"


@dataclass(frozen=True, slots=True)
class Access:
    """`engine` enters as ptsp_app. `ring` wakes a worker after a commit, or does nothing."""

    engine: Engine
    book: TenantBook
    partners: Partners
    files: FileStore
    keys_folder: Path
    public_url: str
    ring: Callable[[], None]
    ready: Callable[[], dict[str, str]] = field(default=dict)
    passwords: Passwords = field(default_factory=Passwords)

    @contextmanager
    def work(self, tenant: str, actor: str) -> Iterator[Work]:
        """One transaction of one tenant, by its code. Raises NotFound for an unknown one."""
        with begin(self.engine, self.book.get(tenant), actor=actor) as work:
            yield work


def access() -> Access:
    """The access of the running application."""
    return cast(Access, current_app.extensions[EXTENSION])
