"""One export of a real ledger for all that only reads it."""

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from ptsp.main.settings import Settings
from ptsp.main.wiring import tools_of
from tests.offices import CONNECTORS, Agencies, Office
from tests.stamping import new_authority
from tests.verifier.ledgers import Exported, days_of, export, hand_over, live, office_root, signer_of


@pytest.fixture(scope="session")
def exported(
    servers: Settings,
    office_template: str,
    copy_database: Callable[[str], contextlib.AbstractContextManager[str]],
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Exported]:
    folder = tmp_path_factory.mktemp("ledger")
    with copy_database(office_template) as url, new_authority().open() as authority:
        settings = replace(servers, database_url=url, files_url=str(folder / "files"))
        tools = tools_of(settings, ring=lambda: None, local=dict.fromkeys(CONNECTORS, Agencies()))
        tools = replace(tools, keys_folder=folder / "keys")
        try:
            office = Office(settings, tools, tools.book.get("sidoarjo"), Agencies())
            live(office, authority)
            hand_over(office, folder / "holder")
            path = export(office, folder / "ledger.zip")
            with office.work() as work:
                days = tuple(days_of(work))
            signer = signer_of(office, datetime.now(UTC))
            trust = (office_root(office), authority.root)
        finally:
            tools.engine.dispose()
            tools.sweeper.dispose()
        yield Exported(path, folder / "holder", trust, "sidoarjo", days, signer)
