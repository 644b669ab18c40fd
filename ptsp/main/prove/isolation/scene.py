"""Two worlds that differ only in what office B has: in one it is empty, in the other it has lived."""

import shutil
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from typing import Any

from flask import Flask
from sqlalchemy import Engine

from ptsp.domain.corrections import Ask
from ptsp.flows.apply_pack import apply_pack
from ptsp.flows.ask_correction import ask_correction
from ptsp.flows.import_statement import import_statement
from ptsp.flows.match_statement import reconciliation
from ptsp.infra.packs import read_all
from ptsp.infra.pdf import render
from ptsp.infra.tenants import TenantBook
from ptsp.infra.vault import Vault
from ptsp.jobs.tools import Tools
from ptsp.kernel.specs import AgencySpec, TenantPack
from ptsp.main.demo.run import PAPER
from ptsp.main.migrate_cli import bring_up
from ptsp.main.prove.isolation.asking import State
from ptsp.main.prove.isolation.callers import Caller, callers_of, officer, tokens_of
from ptsp.main.prove.isolation.copies import copy_of
from ptsp.main.prove.isolation.keeping import Keeping
from ptsp.main.prove.isolation.office import HO_THERE, SIUP, Approving, ProofOffice
from ptsp.main.prove.isolation.states import STATEMENT, always, ended, opened
from ptsp.main.prove.isolation.worlds import Worlds
from ptsp.main.settings import Settings
from ptsp.main.web import create_app
from ptsp.main.wiring import access_of, engine_for, tools_of

HERE, THERE = "sidoarjo", "parepare"  # office A, and office B
LOCAL = ("ktp", "permits", "ho")
UNREACHABLE = {code: f"http://127.0.0.1:9/{code}" for code in (*LOCAL, "bank", "bsre", "oss")}
OSS = {"url": "simulator:oss", "kd_instansi": "351", "kd_daerah": "3515000000"}


Spoil = Callable[[Flask, Engine], None]


def _nothing(_app: Flask, _engine: Engine) -> None:
    """The application as it is."""


@dataclass(frozen=True)
class World:
    """One world as the web process has it; what is asked of it is undone."""

    app: Flask
    keeping: Keeping


@dataclass(frozen=True)
class Scene:
    """`worlds` is the one in which office B has lived. `theirs` calls at office B as its front office."""

    worlds: Worlds
    empty_url: str
    files_of_empty: str
    own: Mapping[str, State]
    foreign: Mapping[str, State]
    callers: Mapping[str, Caller]
    theirs: Caller

    @contextmanager
    def opened(self, *, is_empty: bool, spoil: Spoil = _nothing) -> Iterator[World]:
        """The application on one of the two worlds; `spoil` plants a fault in it."""
        settings = self.worlds.settings
        if is_empty:
            settings = replace(settings, database_url=self.empty_url, files_url=self.files_of_empty)
        keeping = Keeping(settings.admin_database_url)
        access = access_of(settings)
        app = create_app(replace(access, engine=keeping.engine, ring=lambda: None, ready=dict))
        spoil(app, keeping.engine)
        try:
            yield World(app, keeping)
        finally:
            access.engine.dispose()
            keeping.close()


@contextmanager
def two_worlds(settings: Settings) -> Iterator[Scene]:
    """Tables, two offices and their lives. `settings.files_url` names a folder of the proof's own."""
    settings = settings.with_simulators(UNREACHABLE)
    settings = replace(settings, public_url="http://localhost", broker_url="")
    bring_up(settings)
    with ExitStack() as held:
        tools = tools_of(settings, ring=lambda: None, local=dict.fromkeys(LOCAL, agencies := Approving()))
        owner = engine_for(settings, "ptsp_owner", pool_size=1)
        for engine in (tools.engine, tools.sweeper, owner):
            held.callback(engine.dispose)
        packs = {pack.code: pack for pack in read_all(settings.tenants_dir) if pack.code in (HERE, THERE)}
        for pack in packs.values():
            apply_pack(owner, pack, by="ptsp prove")
        paper = render(PAPER, {"requirement": "ktp"})
        here = ProofOffice(tools, tools.book.get(HERE), agencies, paper)
        own = ended(here)
        _apply_systems(owner, packs[HERE])
        here = replace(here, tools=_told_again(tools, settings))
        here = replace(here, tenant=here.tools.book.get(HERE))
        own |= {"signing": _signing(here)} | opened(here)
        own["-"] = always(here, own) | {"paper": paper}
        tokens = tokens_of(owner, here.tenant)
        for engine in (tools.engine, tools.sweeper, owner):
            engine.dispose()
        empty_url = held.enter_context(copy_of(settings, "empty"))
        files_of_empty = f"{settings.files_url}-empty"
        shutil.copytree(settings.files_url, files_of_empty)
        there = ProofOffice(tools, tools.book.get(THERE), agencies, paper)
        foreign = _lived_there(there, own)
        foreign_token = tokens_of(owner, there.tenant, ["front office"])["front office"]
        key = str(foreign["-"].pop("key"))
        keys = (str(own["held"]["key"]), key, foreign_token)
        for engine in (tools.engine, tools.sweeper, owner):
            engine.dispose()  # whoever copies the database finds nobody in it
        yield Scene(
            Worlds(settings, here.tenant.id, there.tenant.id),
            empty_url,
            files_of_empty,
            own,
            foreign,
            callers_of(HERE, settings.secret, tokens, *keys),
            replace(officer(THERE, foreign_token), key=lambda _: key),
        )


def _apply_systems(owner: Engine, pack: TenantPack) -> None:
    """From now on the head of office A signs through a service, and OSS sends filings."""
    head = replace(pack.agencies["head"], connector="bsre", options={"url": "simulator:bsre"})
    oss = AgencySpec("oss", head.name, "oss", OSS, desk=False)
    changed = replace(pack, agencies={**pack.agencies, "head": head, "oss": oss}, digest="systems")
    apply_pack(owner, changed, by="ptsp prove")


def _told_again(tools: Tools, settings: Settings) -> Tools:
    """With a book that reads the packs anew."""
    return replace(tools, book=TenantBook(tools.engine, Vault(settings.secret)))


def _signing(here: ProofOffice) -> dict[str, Any]:
    accepted = here.lodge(SIUP)
    here.work_on(is_paying=False)
    ((task,),) = here.rows(
        """SELECT t.id FROM app.task t JOIN app.bundle b ON b.tenant_id = t.tenant_id AND b.id = t.bundle_id
            WHERE b.reference = :it AND t.kind = 'decide' AND t.state = 'asked'""",
        it=accepted.reference,
    )
    return {"reference": accepted.reference, "key": accepted.key, "task": uuid.UUID(str(task))}


def _lived_there(there: ProofOffice, own: Mapping[str, State]) -> dict[str, dict[str, Any]]:
    """What office B has in the second world, under the names that the states of office A have."""
    there.lodge(HO_THERE)
    there.work_on()
    billed = there.lodge(HO_THERE)
    there.work_on(is_paying=False)
    ((customer_no, total),) = there.open_bills().items()
    waiting = there.lodge(HO_THERE)
    there.drain()
    ((task, agency),) = there.rows(
        """SELECT t.id, t.agency FROM app.task t JOIN app.bundle b ON b.tenant_id = t.tenant_id AND b.id = t.bundle_id
            WHERE b.reference = :it AND t.kind = 'desk' AND t.state = 'asked' ORDER BY t.seq LIMIT 1""",
        it=waiting.reference,
    )
    with there.work("desk") as work:
        asked = ask_correction(work, there.tools.book, agency, task, Ask((), ("0.ktp",), "Uji."))
        import_statement(work, "mutasi.csv", STATEMENT.format(reference="X-there").encode())
    with there.work() as work:
        difference = reconciliation(work).open[0].id
    ((number, code),) = there.rows("SELECT number, code FROM app.decision ORDER BY id LIMIT 1")
    ((notice,),) = there.rows(
        "SELECT number FROM app.fee_notice WHERE state = 'valid' ORDER BY issued_on, number LIMIT 1"
    )
    document = there.upload("ho", "ktp")
    ((decision,),) = there.rows("SELECT id FROM app.decision ORDER BY id LIMIT 1")
    return {
        "-": {
            "tenant_id": there.tenant.id,
            "reference": waiting.reference,
            "key": waiting.key,
            "task": task,
            "ident": task,
            "document": document,
            "correction": asked.id,
            "objection": decision,
            "number": number,
            "permit_code": code,
            "customer_no": customer_no,
            "total": total,
            **_sent_with(own, str(document), customer_no),
        },
        "billed": {"reference": billed.reference, "number": notice},
        "paid": {"ident": difference},
    }


def _sent_with(own: Mapping[str, State], document: str, customer_no: str) -> dict[str, Any]:
    """What office A sends, with a document and a customer number of office B in it."""
    wanted = {**own["-"]["wanted"], "documents": dict.fromkeys(own["-"]["wanted"]["documents"], document)}
    order = {**own["-"]["order"], "applications": [wanted]}
    money = {**own["billed"]["money"], "customerNo": customer_no}
    return {"upload": document, "wanted": wanted, "order": order, "money": money}
