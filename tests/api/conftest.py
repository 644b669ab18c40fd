"""A hall shared by the tests of one module: each test lodges what is its own."""

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest
import structlog.testing

from ptsp.main.settings import Settings
from tests.api.hall import Hall, open_hall


@pytest.fixture(scope="module")
def hall(
    servers: Settings,
    office_template: str,
    copy_database: Callable[[str], contextlib.AbstractContextManager[str]],
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Hall]:
    """The offices of the packs for all tests of a module."""
    files = tmp_path_factory.mktemp("files")
    with copy_database(office_template) as url:
        settings = replace(servers, database_url=url, files_url=str(files))
        with open_hall(settings) as opened:
            yield opened


@pytest.fixture(autouse=True)
def _logs_are_kept_aside() -> Iterator[None]:
    """Printing the traceback of an unexpected error, with all values of a hall, takes many seconds."""
    with structlog.testing.capture_logs():
        yield
