"""An office whose head signs through the simulated service: its page, and what the service has done."""

import re
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient

from ptsp.flows.open_desk import open_desk
from ptsp.infra.gateway import Registry
from ptsp.infra.tenants import TenantBook
from ptsp.infra.vault import Vault
from ptsp.infra.work import begin
from ptsp.main.settings import ROOT, Settings
from ptsp.main.web import create_app
from ptsp.main.wiring import access_of, engine_for, tools_of
from ptsp.sdk.manifest import Style
from ptsp.sdk.signing import SigningConnector
from ptsp.sdk.simulator import Running, Script, running
from tests.flows.acts import apply, lodge, work_on
from tests.offices import CONNECTORS, Agencies, Office

SIGNER, EXPIRED = "3515121502809990", "3515121502809998"
CANARY = f"kenari-{uuid.uuid4().hex}"
HOME = "/sidoarjo/desk/signatures"
OWN = {"Origin": "http://localhost"}


@dataclass
class Hall:
    """Sidoarjo, whose head signs through the service."""

    office: Office
    service: Running
    client: FlaskClient
    token: str

    def ask(self, *wanted: Any) -> list[Any]:
        """Lodge, and work until only the signatures are missing."""
        lodged = [lodge(self.office, one) for one in wanted]
        work_on(self.office)
        return lodged

    def waiting(self) -> list[str]:
        return re.findall(r'name="tasks" value="([0-9a-f-]{36})"', self.client.get(HOME).text)

    def sign(self, *tasks: str, passphrase: str = CANARY, nik: str = SIGNER) -> str:
        form = {"tasks": list(tasks), "nik": nik, "passphrase": passphrase}
        page = self.client.post(HOME, data=form, headers=OWN)
        assert CANARY not in page.text
        assert SIGNER not in page.text
        return page.text

    def script(self, **rule: object) -> None:
        self.service.desk.faults.follow(Script.read([rule] if rule else []))

    def signed(self) -> int:
        return len(self.service.desk.books.effects())

    def fetched(self, ref: str) -> bytes:
        """What the service has under a number."""
        signing: SigningConnector = self.office.tools.partners.of_style(
            self.office.tenant, "head", Style.SIGNING
        )
        return signing.download(ref)

    def is_valid(self, document: bytes) -> bool:
        """What our public page says of a file."""
        told = self.client.post("/api/v1/permits/verify", data=document, content_type="application/pdf").json
        assert told is not None
        return bool(told["valid"])

    def numbers(self) -> list[str]:
        return [row.number for row in self.office.rows("SELECT number FROM app.decision ORDER BY number")]

    def issued(self) -> int:
        return self.office.rows("SELECT count(*) FROM app.decision WHERE state = 'issued'")[0][0]


@pytest.fixture
def hall(office_settings: Settings, tmp_path: Path) -> Iterator[Hall]:
    kind = Registry(ROOT / "connectors").fake_agency("bsre")
    with running(kind, books=tmp_path / "bsre.sqlite", master=office_settings.secret) as service:
        settings = office_settings.with_simulators({"bsre": f"http://127.0.0.1:{service.port}"})
        agencies = Agencies()
        tools = tools_of(settings, ring=lambda: None, local=dict.fromkeys(CONNECTORS, agencies))
        office = Office(settings, tools, tools.book.get("sidoarjo"), agencies)
        pack = office.tenant.pack
        head = replace(pack.agencies["head"], connector="bsre", options={"url": "simulator:bsre"})
        apply(office, replace(pack, agencies={**pack.agencies, "head": head}, digest="signed"))
        tools = replace(tools, book=TenantBook(tools.engine, Vault(settings.secret)))
        office = Office(settings, tools, tools.book.get("sidoarjo"), agencies)
        access = replace(access_of(settings), ring=lambda: None)
        client = create_app(access).test_client()
        token = token_of(office, "head", "kepala")
        client.post("/sidoarjo/desk", data={"token": token}, headers=OWN)
        yield Hall(office, service, client, token)
        for engine in (tools.engine, tools.sweeper, access.engine):
            engine.dispose()


def token_of(office: Office, agency: str, officer: str | None) -> str:
    owner = engine_for(office.settings, "ptsp_owner", pool_size=1)
    with begin(owner, office.tenant, actor="test") as work:
        token = open_desk(work, agency, officer)
    owner.dispose()
    return token
