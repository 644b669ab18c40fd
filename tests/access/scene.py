"""The offices that the matrix asks about: a bundle in every state that matters, and what stands in its addresses.

Everything is made once. `Undoing` undoes what a call has done, so that every cell finds the same offices.
"""

import contextlib
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from flask import Flask
from psycopg.pq import TransactionStatus
from sqlalchemy import Engine

from ptsp.domain.corrections import Ask
from ptsp.domain.deadlines import MarkKind
from ptsp.flows.ask_correction import ask_correction
from ptsp.flows.object_to_refusal import lodge_objection
from ptsp.flows.open_desk import Desk, open_desk
from ptsp.flows.steer_clock import Steering, steer_clock
from ptsp.flows.store_document import store_document
from ptsp.flows.submit_bundle import Accepted, submit_bundle
from ptsp.flows.take_cash import take_cash
from ptsp.flows.take_task import take_task
from ptsp.flows.track_bundle import track_bundle
from ptsp.flows.withdraw_application import withdraw_application
from ptsp.infra.tenants import TenantBook
from ptsp.infra.vault import Vault
from ptsp.infra.work import begin
from ptsp.kernel.specs import AgencySpec, StopReason
from ptsp.main.demo.orders import KNOWN_NIK, NUISANCE, TRADE, applicant
from ptsp.main.settings import Settings
from ptsp.main.web import create_app
from ptsp.main.wiring import access_of, engine_for, tools_of
from ptsp.sdk.contract import Receipt
from ptsp.sdk.errors import RefusedByAgency
from tests.access.people import PASSWORDS, sign_in_people
from tests.api.hall import accounts
from tests.flows.acts import HO, PAREPARE_HO, SIUP, apply, approve_desks, lodge, open_bills, work_on
from tests.flows.telling import NIB
from tests.flows.treasurers import imported, reconciled
from tests.offices import CONNECTORS, Agencies, Office
from tests.unit.files.makers import pdf

HERE, THERE = "sidoarjo", "parepare"
SIMULATORS = {code: f"http://127.0.0.1:9/{code}" for code in (*CONNECTORS, "bank", "bsre", "oss")}
OSS = {"url": "simulator:oss", "kd_instansi": "351", "kd_daerah": "3515000000"}
OFFICER = "loket-1"  # who has taken the task of `taken`
TASK = """
    SELECT t.id FROM app.task t JOIN app.bundle b ON b.tenant_id = t.tenant_id AND b.id = t.bundle_id
     WHERE b.reference = :it AND t.code = :code"""
WRITTEN = """
    SELECT coalesce(sum(n_tup_ins + n_tup_upd + n_tup_del), 0)::int FROM pg_stat_xact_user_tables"""

State = Mapping[str, Any]


@dataclass(frozen=True)
class Scene:
    """`states`: state -> what stands in addresses and bodies there; `-` is what needs no bundle."""

    settings: Settings
    app: Flask
    here: Office
    there: Office
    states: Mapping[str, State]
    key_of_another: str
    key_there: str
    sessions: Mapping[str, str]
    undoing: "Undoing"


class Undoing:
    """Makes an engine keep nothing: what a transaction has written is checked as at its end, counted and undone.

    A call sees what its own transaction wrote and no more, so a row of the table sends what one transaction needs.
    """

    def __init__(self, engine: Engine) -> None:
        self.written = 0  # rows that would have been kept since `start`
        dialect: Any = engine.dialect
        dialect.do_commit, dialect.do_rollback = self._end, self._undo

    def start(self) -> None:
        self.written = 0

    def _end(self, line: Any) -> None:
        if line.execute("SELECT pg_current_xact_id_if_assigned()").fetchone()[0] is not None:
            line.execute("SET CONSTRAINTS ALL IMMEDIATE")
            self.written += line.execute(WRITTEN).fetchone()[0]
        self._undo(line)

    def _undo(self, line: Any) -> None:
        if line.driver_connection.info.transaction_status is TransactionStatus.IDLE:
            return
        line.rollback()
        line.execute(
            "SELECT pg_stat_force_next_flush()"
        )  # else the next one's count would have these rows in it
        line.rollback()


@contextlib.contextmanager
def open_scene(settings: Settings) -> Iterator[Scene]:
    settings = settings.with_simulators(SIMULATORS)
    agencies = Agencies()
    tools = tools_of(settings, ring=lambda: None, local=dict.fromkeys(CONNECTORS, agencies))
    here, there = (Office(settings, tools, tools.book.get(code), agencies) for code in (HERE, THERE))
    states = _ended(here)
    here = _with_systems(here)
    states |= {"signing": _signing(here)} | _open(here)
    access = access_of(settings)
    sessions, accounts_here = sign_in_people(here, access.engine)
    states["-"] = {**_always(here, states), **accounts_here}
    another, abroad = lodge(here, HO), lodge(there, PAREPARE_HO)
    app = create_app(replace(access, ring=lambda: None, ready=dict, passwords=PASSWORDS))
    yield Scene(settings, app, here, there, states, another.key, abroad.key, sessions, Undoing(access.engine))
    for engine in (access.engine, here.tools.engine, here.tools.sweeper, tools.engine, tools.sweeper):
        engine.dispose()


def _ended(office: Office) -> dict[str, State]:
    """What has ended, or waits for others than a desk; made first, since desks are worked on until nothing moves."""
    decided = _told(office, lodge(office, SIUP), service="siup")
    work_on(office)
    decided |= {"task": _task(office, decided, "file_check"), "number": _seen(office, decided)[0]}
    office.agencies.reject("business_check", "Modal belum disetor.")
    refused, objected = (_told(office, lodge(office, SIUP), service="siup") for _ in range(2))
    work_on(office)
    del office.agencies.answers["business_check"]
    with office.work() as work:
        objected["objection"] = lodge_objection(
            work, office.tools.book, objected["reference"], objected["key"], "siup", "Sudah disetor."
        )
    cash = lodge(office, HO)
    work_on(office, is_paying=False)
    ((customer_no, total),) = open_bills(office).items()
    with office.work("desk") as work:
        take_cash(work, customer_no, total, key=uuid.uuid4().hex, by="loket-kas")
    work_on(office)
    billed = _told(office, lodge(office, HO), service="ho")
    work_on(office, is_paying=False)
    ((customer_no, total),) = open_bills(office).items()
    numbers = _seen(office, billed)
    told = {**accounts(f"99001{customer_no}"), "inquiryRequestId": "i-1"}
    at = {"trxDateTime": "2026-03-02T09:00:00+07:00", "paymentRequestId": uuid.uuid4().hex}
    paid_with = {"paidAmount": {"value": f"{total}.00", "currency": "IDR"}}
    billed |= {"inquired": told, "money": {**told, **at, **paid_with}}
    billed |= {"customer_no": customer_no, "total": total, "number": numbers[0], "paper_code": numbers[1]}
    office.agencies.answers["site_visit"] = Receipt(agency_ref="K-7")
    asked = _told(office, lodge(office, HO), service="ho")
    work_on(office, is_paying=False)
    asked["task"] = _task(office, asked, "site_visit")
    with office.work() as work:
        today = str(work.today)
    imported(office, [("2026-03-02", "X-1", "", 100)])
    paid = _told(office, cash, day=today, customer_no=customer_no)
    paid["ident"] = next(one.id for one in reconciled(office).open if one.reference == "X-1")
    return {
        "decided": decided,
        "refused": refused,
        "objected": objected,
        "billed": billed,
        "asked": asked,
        "paid": paid,
    }


def _with_systems(office: Office) -> Office:
    """From now on the head signs through a service, and OSS sends filings."""
    pack = office.tenant.pack
    head = replace(pack.agencies["head"], connector="bsre", options={"url": "simulator:bsre"})
    oss = AgencySpec("oss", head.name, "oss", OSS, desk=False)
    apply(office, replace(pack, agencies={**pack.agencies, "head": head, "oss": oss}, digest="systems"))
    book = TenantBook(office.tools.engine, Vault(office.settings.secret))
    return replace(office, tools=replace(office.tools, book=book), tenant=book.get(office.tenant.code))


def _signing(office: Office) -> State:
    told = _told(office, lodge(office, SIUP))
    work_on(office, is_paying=False)
    ((task,),) = office.rows(
        TASK.replace("t.code = :code", "t.kind = 'decide' AND t.state = 'asked'"), it=told["reference"]
    )
    return told | {"task": task}


def _open(office: Office) -> dict[str, State]:
    """Bundles at the front office, and one whose question an agency refuses to take."""
    office.agencies.answers["identity"] = RefusedByAgency("no such form")
    stuck = _told(office, lodge(office, SIUP))
    office.drain()
    approve_desks(office)
    office.drain()
    stuck["ident"] = _task(office, stuck, "identity")
    paper = _upload(office, "ktp")
    answers, codes = HO["ho"]
    documents = {code: office.document(code) for code in codes} | {"ktp": uuid.UUID(paper)}
    made = {}
    for name in ("open", "taken", "held", "returned", "withdrawn"):
        order = office.order(HO)
        (wanted,) = order.applications
        if name == "open":
            order = replace(order, applications=(replace(wanted, answers=answers, documents=documents),))
        made[name] = _told(office, _submitted(office, order), service="ho", document=paper)
    office.drain()
    book, no_such = office.tools.book, uuid.uuid4()
    for one in made.values():
        one |= {"task": _task(office, one, "file_check"), "correction": no_such}
    with office.work("desk") as work:
        take_task(work, Desk("front_office", OFFICER), made["taken"]["task"])
        stop = Steering(MarkKind.STOP, reason=StopReason.MISSED_VISIT, note="Kosong.")
        steer_clock(work, book, "front_office", made["held"]["task"], stop)
        what = Ask(("0.area",), ("0.ktp",), "Luas tidak cocok dengan gambar.")
        asked = ask_correction(work, book, "front_office", made["returned"]["task"], what)
        made["returned"]["correction"] = asked.id
        gone = made["withdrawn"]
        withdraw_application(work, book, gone["reference"], gone["key"], ["ho"], "Batal.")
    return {**made, "stuck": stuck}


def _always(office: Office, states: Mapping[str, State]) -> State:
    """What stands in addresses that name no bundle, and in bodies of what is sent."""
    order = {
        "applicant": applicant(KNOWN_NIK, "1990-03-12", "male"),
        "applications": [_wanted(office)],
    }
    return {
        "service": "siup",
        "permit_code": _seen(office, states["decided"])[2],
        "paper_code": states["billed"]["paper_code"],
        "nothing": uuid.uuid4(),
        "order": order,
        "inquiry": {"applications": [{"service": "ho", "answers": dict(NUISANCE)}]},
        "wanted": _wanted(office),
        "upload": _upload(office, "ktp"),
        "form": _form(office),
        "token": desk_token(office, "front_office", "loket-3"),
        "filing": {"dataNIB": {"nib": NIB, "nama_perseroan": "CV CONTOH"}},
    }


def _wanted(office: Office) -> dict[str, Any]:
    _, codes = SIUP["siup"]
    documents = {code: str(office.document(code)) for code in codes}
    return {"service": "siup", "answers": dict(TRADE), "documents": documents}


def _form(office: Office) -> dict[str, str]:
    """What the page of a new bundle sends; its documents are there already."""
    _, codes = SIUP["siup"]
    applying = {
        f"applicant.{name}": told for name, told in applicant(KNOWN_NIK, "1990-03-12", "male").items()
    }
    answers = {f"answer.siup.{name}": told for name, told in TRADE.items()}
    kept = {f"kept.document.siup.{code}": str(office.document(code)) for code in codes}
    return {**applying, **answers, **kept, "do": "lodge", "key": "matrix-1"}


def desk_token(office: Office, agency: str, officer: str) -> str:
    owner = engine_for(office.settings, "ptsp_owner", pool_size=1)
    try:
        with begin(owner, office.tenant, actor="test") as work:
            return open_desk(work, agency, officer)
    finally:
        owner.dispose()


def _upload(office: Office, requirement: str) -> str:
    with office.work() as work:
        return str(store_document(work, office.tools.files, "ho", requirement, "x.pdf", pdf()))


def _submitted(office: Office, order: Any) -> Accepted:
    with office.work() as work:
        return submit_bundle(work, order)


def _told(office: Office, accepted: Accepted, **more: object) -> dict[str, Any]:
    return {"reference": accepted.reference, "key": accepted.key, **more}


def _task(office: Office, told: State, code: str) -> uuid.UUID:
    ((task,),) = office.rows(TASK, it=told["reference"], code=code)
    return uuid.UUID(str(task))


def _seen(office: Office, told: State) -> tuple[str, str, str]:
    """The number of the first signed document or notice, the notice's code, and the permit's."""
    with office.work() as work:
        bundle = track_bundle(work, office.tools.book, told["reference"], told["key"])
    for notice in bundle.notices:
        return notice.number, notice.code, ""
    (document,) = (one.document for one in bundle.applications if one.document)
    return document.number, "", document.code
