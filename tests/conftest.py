"""Real servers, a fresh database for each test that asks for one, and a loud list of what was not checked."""

import contextlib
import fcntl
import os
import signal
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import psycopg
import pytest
import redis
import structlog
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis_settings
from sqlalchemy import create_engine
from sqlalchemy.engine import make_url

from ptsp.infra.migrations import migrate
from ptsp.infra.servers import require_fixed_server
from ptsp.main.runtime import running
from ptsp.main.settings import Settings
from tests.checks import MARK
from tests.checks import chromium as find_chromium
from tests.checks import not_checked as end_not_checked

# Two cores that several programs share: a slow example is no fault of the code.
hypothesis_settings.register_profile("ptsp", deadline=None, suppress_health_check=[HealthCheck.too_slow])
hypothesis_settings.load_profile("ptsp")

# The default renderer prints the value of every variable of a traceback: slow, and full of personal data.
structlog.configure(
    processors=[
        structlog.processors.add_log_level,
        structlog.processors.format_exc_info,
        structlog.processors.JSONRenderer(),
    ]
)

# A run that was started in the background ignores Ctrl-C, and so would the programs it starts and interrupts.
signal.signal(signal.SIGINT, signal.default_int_handler)

pytest_plugins = ("tests.offices", "tests.brokers")

URL_NAMES = ("PTSP_DATABASE_URL", "PTSP_REDIS_URL", "PTSP_BROKER_URL")
TEST_SECRET = "only for tests: 0123456789abcdef"
REDIS_DATABASES_PER_WORKER = 2


# ------------------------------------------------------------------------------------------ servers


@pytest.fixture(scope="session")
def run_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One folder for the whole run, the same for every worker."""
    base = tmp_path_factory.getbasetemp()
    return base.parent if "PYTEST_XDIST_WORKER" in os.environ else base


@pytest.fixture(scope="session")
def worker_number(worker_id: str) -> int:
    return int(worker_id.removeprefix("gw")) if worker_id.startswith("gw") else 0


@pytest.fixture(scope="session")
def servers(run_folder: Path) -> Iterator[Settings]:
    """Settings at running servers: those that PTSP_*_URL name, or embedded ones shared by all workers.

    The embedded ones do not sync to disk. A test that kills servers takes `lease` in a folder of its own.
    """
    named = {name: os.environ[name] for name in URL_NAMES if os.environ.get(name)}
    env = named | {
        "PTSP_HOME": str(run_folder / "home"),
        "PTSP_SECRET": os.environ.get("PTSP_SECRET", TEST_SECRET),
    }
    if os.environ.get("PTSP_PG_BIN"):
        env["PTSP_PG_BIN"] = os.environ["PTSP_PG_BIN"]
    with running(Settings.from_env(env), durable=False) as settings:
        with psycopg.connect(_plain(settings.admin_database_url)) as connection:
            require_fixed_server(connection.info.server_version, embedded=settings.embedded_database)
        yield settings


# ----------------------------------------------------------------------------------------- database


@pytest.fixture(scope="session")
def template(servers: Settings, worker_id: str, run_folder: Path) -> Iterator[str]:
    """The name of this worker's migrated database, which the tests' databases are copies of."""
    name = f"ptsp_test_{os.getpid()}_{worker_id}"
    with _database(servers, name):
        engine = create_engine(_at(servers.admin_database_url, name))
        try:
            # Roles belong to the whole server: one worker makes them, the others find them.
            with _one_at_a_time(run_folder / "migrate.lock"):
                migrate(engine, servers.database_password)
        finally:
            engine.dispose()
        yield name


@pytest.fixture(scope="session")
def make_database(servers: Settings, template: str) -> Callable[[], contextlib.AbstractContextManager[str]]:
    """`with make_database() as url:` a fresh copy for what lives longer or shorter than one test."""
    counter = iter(range(1_000_000))

    def make() -> contextlib.AbstractContextManager[str]:
        return _copied(servers, template, f"{template}_{next(counter)}")

    return make


@pytest.fixture(scope="session")
def copy_database(
    servers: Settings, template: str
) -> Callable[[str], contextlib.AbstractContextManager[str]]:
    """`with copy_database(url) as own:` a copy of another database of the tests, which nobody may be using."""
    counter = iter(range(1_000_000))

    def copy(url: str) -> contextlib.AbstractContextManager[str]:
        source = make_url(url).database
        return _copied(servers, str(source), f"{template}_c{next(counter)}")

    return copy


@pytest.fixture
def database_url(make_database: Callable[[], contextlib.AbstractContextManager[str]]) -> Iterator[str]:
    """A migrated database of this test's own, entered as administrator (`postgresql+psycopg://…`)."""
    with make_database() as url:
        yield url


@pytest.fixture
def settings(servers: Settings, database_url: str, redis_url: str, tmp_path: Path) -> Settings:
    """Settings of this test's own: its database, an empty Redis, its folder for files.

    `settings.database_url_for("ptsp_app")` enters the database as the pages do.
    """
    return replace(
        servers,
        database_url=database_url,
        redis_url=redis_url,
        broker_url=os.environ.get("PTSP_BROKER_URL", ""),
        files_url=str(tmp_path / "files"),
    )


def _plain(url: str) -> str:
    """libpq does not know SQLAlchemy's name of the driver."""
    return url.replace("postgresql+psycopg://", "postgresql://", 1)


def _at(url: str, database: str) -> str:
    return make_url(url).set(database=database).render_as_string(hide_password=False)


@contextlib.contextmanager
def _copied(servers: Settings, template: str, name: str) -> Iterator[str]:
    with _database(servers, name, template):
        yield _at(servers.admin_database_url, name)


@contextlib.contextmanager
def _database(servers: Settings, name: str, template: str = "template0") -> Iterator[None]:
    admin = _plain(_at(servers.admin_database_url, "postgres"))
    with psycopg.connect(admin, autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}" STRATEGY file_copy')
    try:
        yield
    finally:
        with psycopg.connect(admin, autocommit=True) as connection:
            connection.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


# -------------------------------------------------------------------------------------------- redis


@pytest.fixture
def redis_url(servers: Settings, worker_number: int) -> str:
    """An empty Redis database of this worker's own, in redis-py's form."""
    number = 2 + worker_number * REDIS_DATABASES_PER_WORKER
    url = _with_number(servers.redis_url, number)
    with redis.Redis.from_url(url) as line:
        line.flushdb()
    return url


def _with_number(url: str, number: int) -> str:
    if url.startswith("unix://"):
        return f"{url.partition('?')[0]}?db={number}"
    scheme, _, rest = url.partition("://")
    return f"{scheme}://{rest.partition('/')[0]}/{number}"


# -------------------------------------------------------------------------- one test at a time


@contextlib.contextmanager
def _one_at_a_time(path: Path, kind: int = fcntl.LOCK_EX) -> Iterator[None]:
    with path.open("a") as lock:
        fcntl.flock(lock, kind)
        yield


@pytest.fixture(autouse=True)
def _alone_or_together(request: pytest.FixtureRequest, run_folder: Path) -> Iterator[None]:
    """A test marked `alone` waits for the other workers' tests and keeps new ones waiting at the gate."""
    if "PYTEST_XDIST_WORKER" not in os.environ:
        yield
        return
    alone = request.node.get_closest_marker("alone") is not None
    with contextlib.ExitStack() as stack:
        with _one_at_a_time(run_folder / "gate.lock"):
            kind = fcntl.LOCK_EX if alone else fcntl.LOCK_SH
            stack.enter_context(_one_at_a_time(run_folder / "room.lock", kind))
        yield


# ---------------------------------------------------------------------------- what was not checked


@pytest.fixture
def not_checked() -> Callable[..., None]:
    """`not_checked("what, and why")` ends the test and is listed at the end of the run."""
    return end_not_checked


@pytest.fixture(scope="session")
def chromium() -> str:
    """The path of a browser. Without one the test is listed as not checked, and fails in CI."""
    return find_chromium()


@pytest.fixture
def tell(record_property: Callable[[str, object], None]) -> Callable[[str], None]:
    """`tell("seed 7: 12 kills, 0 lost")`: shown at the end of the run, also when several workers ran it."""
    return lambda words: record_property("told", words)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    _list_told(terminalreporter)
    _list_not_checked(terminalreporter)


def _list_told(terminalreporter: pytest.TerminalReporter) -> None:
    for report in terminalreporter.getreports("passed") + terminalreporter.getreports("failed"):
        for name, words in report.user_properties if report.when == "call" else ():
            if name == "told":
                terminalreporter.line(f"{report.nodeid.rpartition('/')[2]}: {words}")


def _list_not_checked(terminalreporter: pytest.TerminalReporter) -> None:
    """No skip looks green: every one is listed, whoever wrote it."""
    skipped = terminalreporter.stats.get("skipped", [])
    if not skipped:
        return
    terminalreporter.section(f"NOT CHECKED: {len(skipped)}", sep="!", red=True, bold=True)
    for report in skipped:
        words = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
        reason = words.removeprefix("Skipped: ").removeprefix(MARK)
        terminalreporter.line(f"{MARK}{report.nodeid}: {reason}", red=True)
