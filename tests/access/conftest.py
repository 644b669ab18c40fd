"""The offices of the matrix, and those who call: made once for all cells of a module."""

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest
import structlog.testing

from ptsp.main.settings import Settings
from tests.access.callers import Caller, callers_of
from tests.access.scene import Scene, open_scene


@pytest.fixture(scope="package")
def scene(
    servers: Settings,
    office_template: str,
    copy_database: Callable[[str], contextlib.AbstractContextManager[str]],
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Scene]:
    """One for all modules of this folder: no call leaves anything behind."""
    with copy_database(office_template) as url:
        settings = replace(servers, database_url=url, files_url=str(tmp_path_factory.mktemp("files")))
        with open_scene(settings) as opened:
            yield opened


@pytest.fixture(scope="package")
def callers(scene: Scene) -> dict[str, Caller]:
    return callers_of(scene)


@pytest.fixture(autouse=True)
def _logs_are_kept_aside() -> Iterator[None]:
    with structlog.testing.capture_logs():
        yield
