"""One office hall for a module's tests: the offices of the packs, a client, and what applicants and agencies bring."""

import contextlib
import copy
import hashlib
import io
import json
import time
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import psycopg
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.engine import make_url
from werkzeug.test import TestResponse

from ptsp.api.access import Access
from ptsp.flows.open_desk import open_desk
from ptsp.infra.work import begin
from ptsp.main.demo.client import CUSTOMER_DIGITS
from ptsp.main.demo.orders import FOUR_PERMITS, KNOWN_NIK, NUISANCE, applicant
from ptsp.main.settings import Settings
from ptsp.main.web import create_app
from ptsp.main.wiring import access_of, engine_for, tools_of
from ptsp.sdk import snap, webhooks
from tests.offices import CONNECTORS, Agencies, Office
from tests.unit.files.makers import pdf

API = "/api/v1/offices"
SIMULATORS = {code: f"http://127.0.0.1:9/{code}" for code in (*CONNECTORS, "bank")}  # nobody is asked there
HO_DOCUMENTS = ("ktp", "pbb", "location", "building_permit", "neighbours")
BULKY = ("pack", "standard")  # counted; the others are compared whole


@dataclass(frozen=True)
class Hall:
    """`office` works in the background with agencies in this process; `client` is the way of everybody else."""

    settings: Settings
    access: Access
    app: Flask
    office: Office
    admin: psycopg.Connection[Any]
    tables: tuple[str, ...]

    def client(self) -> FlaskClient:
        return self.app.test_client()

    def post(
        self, path: str, body: object = None, *, raw: bytes | None = None, **options: Any
    ) -> TestResponse:
        data = json.dumps(body).encode() if raw is None else raw
        options.setdefault("content_type", "application/json")
        return self.client().post(path, data=data, **options)

    def lodge(self, body: object = None, *, key: str | None = None, **options: Any) -> TestResponse:
        headers = {"Idempotency-Key": key or uuid.uuid4().hex} | options.pop("headers", {})
        tenant = options.pop("tenant", self.office.tenant.code)
        return self.post(f"{API}/{tenant}/bundles", body, headers=headers, **options)

    def lodged(self, body: object) -> dict[str, Any]:
        """What the applicant got for a good submission."""
        answer = self.lodge(body)
        assert answer.status_code == 201, answer.text
        return dict(answer.json)

    def track(self, accepted: Mapping[str, str], *, tenant: str = "sidoarjo") -> TestResponse:
        path = f"{API}/{tenant}/bundles/{accepted['reference']}"
        return self.client().get(path, headers=bearer(accepted["key"]))

    def upload(self, service: str, requirement: str) -> str:
        """A small PDF through the API; the id to lodge with."""
        path = f"{API}/{self.office.tenant.code}/documents?service={service}&requirement={requirement}"
        answer = self.client().post(path, data={"file": (io.BytesIO(pdf()), f"{requirement}.pdf")})
        assert answer.status_code == 201, answer.text
        return str(answer.json["id"])

    def four(self) -> dict[str, Any]:
        """The bundle of four permits, its documents uploaded."""
        return self.order(FOUR_PERMITS)

    def nuisance(self, **answers: object) -> dict[str, Any]:
        """A nuisance permit alone: numbers with decimals, choices, texts and five documents."""
        return self.order({"ho": (NUISANCE | answers, HO_DOCUMENTS)})

    def order(self, wanted: Mapping[str, tuple[Mapping[str, object], tuple[str, ...]]]) -> dict[str, Any]:
        return {
            "applicant": applicant(KNOWN_NIK, "1990-03-12", "male"),
            "applications": [
                {
                    "service": service,
                    "answers": dict(answers),
                    "documents": {code: str(self.office.document(code)) for code in codes},
                }
                for service, (answers, codes) in wanted.items()
            ],
        }

    def token(self, agency: str, tenant: str = "sidoarjo", *, officer: str | None = None) -> str:
        """A fresh token of a desk, or of one officer there."""
        owner = engine_for(self.settings, "ptsp_owner", pool_size=1)
        try:
            with begin(owner, self.access.book.get(tenant), actor="test") as work:
                return open_desk(work, agency, officer)
        finally:
            owner.dispose()

    def signed(
        self, path: str, told: object, *, agency: str, tenant: str = "sidoarjo", **changed: Any
    ) -> TestResponse:
        """A signed call. `changed`: body (sent in place of what was signed), secret, message_id, now, headers."""
        body = json.dumps(told).encode() if not isinstance(told, bytes) else told
        secret = changed.get("secret") or webhooks.derive_secret(self.settings.secret, tenant, agency)
        message_id = changed.get("message_id") or uuid.uuid4().hex
        headers = webhooks.sign(secret, message_id, body, now=changed.get("now") or time.time())
        headers |= changed.get("headers", {})
        return self.post(path, raw=changed.get("body", body), headers=headers)

    def reply(self, agency: str, told: object, *, door: str = "", **changed: Any) -> TestResponse:
        path = f"/agency/sidoarjo/{door or agency}/replies"
        return self.signed(path, told, agency=agency, **changed)

    def snap(self, path: str, told: Mapping[str, object], **changed: Any) -> TestResponse:
        """A bank's signed call. `changed`: tenant, client, secret, headers."""
        client = changed.get("client") or f"{changed.get('tenant', 'sidoarjo')}.bank"
        office, _, agency = client.partition(".")
        secret = changed.get("secret") or webhooks.derive_secret(self.settings.secret, office, agency)
        body, timestamp = json.dumps(told).encode(), snap.stamp(time.time())
        token = snap.make_token(secret, client, now=time.time())
        called = f"{snap.PATH}{path}"
        signature = snap.sign(secret, method="POST", path=called, token=token, body=body, timestamp=timestamp)
        headers = {
            "Authorization": f"Bearer {token}",
            "X-TIMESTAMP": timestamp,
            "X-SIGNATURE": signature,
            "X-PARTNER-ID": client,
            "X-EXTERNAL-ID": uuid.uuid4().hex,
            "CHANNEL-ID": "95051",
            **changed.get("headers", {}),
        }
        return self.post(called, raw=body, headers=headers)

    def payment(self, account: str, amount: int, reference: str = "", **changed: Any) -> TestResponse:
        """Money for a virtual account, as the notice shows it."""
        told = {
            **accounts(account),
            "paymentRequestId": reference or uuid.uuid4().hex,
            "paidAmount": {"value": f"{amount}.00", "currency": "IDR"},
            "trxDateTime": "2026-03-02T09:00:00+07:00",
        }
        return self.snap("/transfer-va/payment", told, **changed)

    def stored(self) -> str:
        """A fingerprint of all that is stored, of every tenant."""
        parts = [f"SELECT '{table}', count(*), {_content(table)} FROM app.{table} t" for table in self.tables]
        rows = self.admin.execute(" UNION ALL ".join(parts)).fetchall()  # type: ignore[call-overload]
        return hashlib.sha256(repr(sorted(rows)).encode()).hexdigest()


def accounts(account: str) -> dict[str, str]:
    """A virtual account's number as SNAP has it."""
    prefix, number = account[:-CUSTOMER_DIGITS].rjust(8), account[-CUSTOMER_DIGITS:]
    return {"partnerServiceId": prefix, "customerNo": number, "virtualAccountNo": f"{prefix}{number}"}


def bearer(key: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {key}"}


def changed(body: Mapping[str, Any], path: str, value: object) -> dict[str, Any]:
    """A copy of a body with another value at `a.0.b`; `...` takes it out."""
    made = copy.deepcopy(dict(body))
    place: Any = made
    *steps, last = [int(step) if step.isdigit() else step for step in path.split(".")]
    for step in steps:
        place = place[step]
    if value is ...:
        del place[last]
    else:
        place[last] = value
    return made


@contextlib.contextmanager
def open_hall(settings: Settings) -> Iterator[Hall]:
    settings = settings.with_simulators(SIMULATORS)
    access = replace(access_of(settings), ring=lambda: None)
    agencies = Agencies()
    tools = tools_of(settings, ring=lambda: None, local=dict.fromkeys(CONNECTORS, agencies))
    url = make_url(settings.admin_database_url).set(drivername="postgresql")
    with psycopg.connect(url.render_as_string(hide_password=False), autocommit=True) as admin:
        rows = admin.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'app' ORDER BY 1").fetchall()
        tables = tuple(name for (name,) in rows if name != "national_day")
        office = Office(settings, tools, tools.book.get("sidoarjo"), agencies)
        yield Hall(settings, access, create_app(access), office, admin, tables)
    for engine in (access.engine, tools.engine, tools.sweeper):
        engine.dispose()


def _content(table: str) -> str:
    return "''" if table in BULKY else "coalesce(md5(string_agg(t::text, ',' ORDER BY t::text)), '')"
