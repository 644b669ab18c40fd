"""Offices to test with: a database with the real packs, in-process agencies, and orders as applicants send them."""

import contextlib
import hashlib
import uuid
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import text

from ptsp.api.access import Access
from ptsp.domain.applications import Applicant, Order, Wanted
from ptsp.flows.apply_pack import apply_pack
from ptsp.infra.database import tenant_transaction
from ptsp.infra.packs import read_all
from ptsp.infra.tenants import Tenant
from ptsp.infra.work import Work, begin
from ptsp.jobs.drain import drain
from ptsp.jobs.tools import Tools
from ptsp.main.demo.orders import FOUR_PERMITS, KNOWN_NIK, TENANT
from ptsp.main.migrate_cli import seed_national_days
from ptsp.main.settings import Settings
from ptsp.main.web import create_app
from ptsp.main.wiring import access_of, engine_for, tools_of
from ptsp.sdk.contract import Question, Receipt, Reply, Verdict
from ptsp.sdk.errors import ConnectorError, Forged

CONNECTORS = ("ktp", "permits", "ho")


@dataclass
class Agencies:
    """Agencies in this process. They approve unless told otherwise, by (tenant, agency, step) or by step."""

    answers: dict[str, Receipt | ConnectorError] = field(default_factory=dict)
    asked: list[Question] = field(default_factory=list)

    def check(self) -> None: ...

    def ask(self, question: Question) -> Receipt:
        self.asked.append(question)
        answer = self.answers.get(question.step, Receipt(agency_ref="K-1", verdict=Verdict.APPROVED))
        if isinstance(answer, ConnectorError):
            raise answer
        return answer

    def look(self, question: Question, agency_ref: str) -> Receipt:
        del agency_ref
        return self.ask(question)

    def read_reply(self, headers: Mapping[str, str], body: bytes) -> Reply:
        raise Forged("agencies in this process do not call back")

    def reject(self, step: str, *reasons: str) -> None:
        self.answers[step] = Receipt(verdict=Verdict.REJECTED, reasons=reasons or ("Tidak memenuhi syarat.",))


@dataclass(frozen=True)
class Office:
    """One tenant with everything around it: what a test works with."""

    settings: Settings
    tools: Tools
    tenant: Tenant
    agencies: Agencies

    @contextlib.contextmanager
    def work(self, actor: str = "test") -> Iterator[Work]:
        with begin(self.tools.engine, self.tenant, actor=actor) as work:
            yield work

    def order(self, wanted: Any = FOUR_PERMITS, *, nik: str = KNOWN_NIK, key: str | None = None) -> Order:
        """A complete order with its documents in place; new each time unless `key` is given."""
        applications = tuple(
            Wanted(service, answers, {code: self.document(code) for code in codes})
            for service, (answers, codes) in wanted.items()
        )
        key = key or uuid.uuid4().hex
        return Order(
            Applicant(nik, "Pemohon Contoh", "Sidoarjo", date(1990, 3, 12), "male", "Jl. Contoh 1"),
            applications,
            f"test:{key}",
            hashlib.sha256(key.encode()).digest(),
        )

    def document(self, requirement: str) -> uuid.UUID:
        """A row of an uploaded document, without a file behind it."""
        made = uuid.uuid4()
        with self.work() as work:
            work.connection.execute(
                text("""INSERT INTO app.document (tenant_id, id, requirement, name, media_type, size, sha256)
                        VALUES (:tenant, :id, :requirement, 'x.pdf', 'application/pdf', 1, 'none')"""),
                {"tenant": self.tenant.id, "id": made, "requirement": requirement},
            )
        return made

    def drain(self) -> int:
        """Do all that is due now, as a worker would."""
        return drain(self.tools)

    def rows(self, sql: str, **values: object) -> list[Any]:
        """Rows of this tenant."""
        with tenant_transaction(self.tools.engine, self.tenant.id) as connection:
            return list(connection.execute(text(sql), values).all())


@pytest.fixture(scope="session")
def packs() -> list[Any]:
    return read_all(Path(__file__).resolve().parents[1] / "tenants")


@pytest.fixture(scope="session")
def office_template(
    servers: Settings, make_database: Callable[[], contextlib.AbstractContextManager[str]], packs: list[Any]
) -> Iterator[str]:
    """The URL of a database with all packs in force; the tests' databases are copies of it."""
    with make_database() as url:
        owner = engine_for(replace(servers, database_url=url), "ptsp_owner", pool_size=1)
        seed_national_days(owner)
        for pack in packs:
            if not pack.region_code:
                continue  # every office costs each test that drains; those of no region are applied by their own tests
            apply_pack(owner, pack, by="test")
        owner.dispose()
        yield url


@pytest.fixture
def office_settings(
    servers: Settings,
    office_template: str,
    copy_database: Callable[[str], contextlib.AbstractContextManager[str]],
    redis_url: str,
    tmp_path: Path,
) -> Iterator[Settings]:
    """Settings of a test's own copy of the offices of the packs."""
    with copy_database(office_template) as url:
        yield replace(servers, database_url=url, redis_url=redis_url, files_url=str(tmp_path / "files"))


@pytest.fixture
def offices(office_settings: Settings) -> Iterator[Callable[[str], Office]]:
    """`offices("bontang")`: any of the six in this test's database."""
    agencies = Agencies()
    tools = tools_of(office_settings, ring=lambda: None, local=dict.fromkeys(CONNECTORS, agencies))
    yield lambda code: Office(office_settings, tools, tools.book.get(code), agencies)
    tools.engine.dispose()
    tools.sweeper.dispose()


@pytest.fixture
def office(offices: Callable[[str], Office]) -> Office:
    """Kabupaten Sidoarjo."""
    return offices(TENANT)


@pytest.fixture
def access(office_settings: Settings) -> Iterator[Access]:
    made = replace(access_of(office_settings), ring=lambda: None)
    yield made
    made.engine.dispose()


@pytest.fixture
def app(access: Access) -> Flask:
    return create_app(access)


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()
