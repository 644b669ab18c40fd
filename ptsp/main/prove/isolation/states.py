"""A bundle in every state in which something can be asked of it, as its applicants and officers would make it."""

import uuid
from collections.abc import Mapping
from typing import Any

from ptsp.domain.corrections import Ask
from ptsp.domain.deadlines import MarkKind
from ptsp.flows.ask_correction import ask_correction
from ptsp.flows.import_statement import import_statement
from ptsp.flows.match_statement import reconciliation
from ptsp.flows.object_to_refusal import lodge_objection
from ptsp.flows.open_desk import Desk
from ptsp.flows.steer_clock import Steering, steer_clock
from ptsp.flows.submit_bundle import Accepted
from ptsp.flows.take_cash import take_cash
from ptsp.flows.take_task import take_task
from ptsp.flows.track_bundle import track_bundle
from ptsp.kernel.specs import StopReason
from ptsp.main.demo.client import CUSTOMER_DIGITS
from ptsp.main.demo.orders import KNOWN_NIK, NUISANCE, TRADE, applicant
from ptsp.main.prove.isolation.office import HO, SIUP, ProofOffice
from ptsp.sdk.contract import Receipt, Verdict
from ptsp.sdk.errors import RefusedByAgency

OFFICER = "loket-1"
BANK_PREFIX = "99001"
NOBODY = "9999999999"  # a customer number without a bill
NIB = "9120000000001"
STATEMENT = f"date,reference,customer_no,amount,description\n2026-03-02,{{reference}},{NOBODY},100,Setoran\n"
TASK = """
    SELECT t.id FROM app.task t JOIN app.bundle b ON b.tenant_id = t.tenant_id AND b.id = t.bundle_id
     WHERE b.reference = :it AND t.code = :code"""

State = dict[str, Any]


def ended(office: ProofOffice) -> dict[str, State]:
    """What has ended, or waits for others than a desk; desks are worked on until nothing moves."""
    decided = _told(office.lodge(SIUP), service="siup")
    office.work_on()
    decided |= {"task": _task(office, decided, "file_check"), "number": _seen(office, decided)[0]}
    office.agencies.answers["business_check"] = Receipt(
        verdict=Verdict.REJECTED, reasons=("Modal belum disetor.",)
    )
    refused, objected = (_told(office.lodge(SIUP), service="siup") for _ in range(2))
    office.work_on()
    del office.agencies.answers["business_check"]
    with office.work() as work:
        objected["objection"] = lodge_objection(
            work, office.tools.book, objected["reference"], objected["key"], "siup", "Sudah disetor."
        )
    paid = _paid(office)
    billed = _billed(office)
    office.agencies.answers["site_visit"] = Receipt(agency_ref="K-7")
    asked = _told(office.lodge(HO), service="ho")
    office.work_on(is_paying=False)
    del office.agencies.answers["site_visit"]
    asked["task"] = _task(office, asked, "site_visit")
    return {
        "decided": decided,
        "refused": refused,
        "objected": objected,
        "billed": billed,
        "asked": asked,
        "paid": paid,
    }


def _paid(office: ProofOffice) -> State:
    """Cash that was taken, and a line of the bank that shows nothing we know of."""
    told = _told(office.lodge(HO), service="ho")
    office.work_on(is_paying=False)
    ((customer_no, total),) = office.open_bills().items()
    with office.work("desk") as work:
        taken = take_cash(work, customer_no, total, key=uuid.uuid4().hex, by="loket-kas")
    office.work_on()
    reference = f"X-{office.tenant.code}"
    with office.work("treasurer") as work:
        import_statement(work, "mutasi.csv", STATEMENT.format(reference=reference).encode())
    with office.work() as work:
        told["ident"] = next(one.id for one in reconciliation(work).open if one.reference == reference)
        told |= {"receipt": taken.receipt, "day": str(work.today)}
    return told


def _billed(office: ProofOffice) -> State:
    """A bundle that waits for its payment, and what the bank would say of it."""
    told = _told(office.lodge(HO), service="ho")
    office.work_on(is_paying=False)
    ((customer_no, total),) = office.open_bills().items()
    number, code, _ = _seen(office, told)
    account = f"{BANK_PREFIX}{customer_no}"
    prefix = account[:-CUSTOMER_DIGITS].rjust(8)
    inquired = {
        "partnerServiceId": prefix,
        "customerNo": customer_no,
        "virtualAccountNo": f"{prefix}{customer_no}",
        "inquiryRequestId": "i-1",
    }
    paid_with = {
        "paymentRequestId": uuid.uuid4().hex,
        "trxDateTime": "2026-03-02T09:00:00+07:00",
        "paidAmount": {"value": f"{total}.00", "currency": "IDR"},
    }
    told |= {"customer_no": customer_no, "total": total, "number": number, "paper_code": code}
    return told | {"inquired": inquired, "money": inquired | paid_with}


def opened(office: ProofOffice) -> dict[str, State]:
    """Bundles at the front office, and one whose question an agency refuses to take."""
    office.agencies.answers["identity"] = RefusedByAgency("no such form")
    stuck = _told(office.lodge(SIUP))
    office.drain()
    office.approve_desks()
    office.drain()
    del office.agencies.answers["identity"]
    stuck["ident"] = _task(office, stuck, "identity")
    made = {
        name: _told(office.lodge(HO), service="ho")
        for name in ("open", "taken", "held", "returned", "withdrawn")
    }
    office.drain()
    for one in made.values():
        one |= {"task": _task(office, one, "file_check"), "document": _document(office, one)}
    _steered(office, made)
    return {**made, "stuck": stuck}


def _steered(office: ProofOffice, made: Mapping[str, State]) -> None:
    book = office.tools.book
    with office.work("desk") as work:
        take_task(work, Desk("front_office", OFFICER), made["taken"]["task"])
        stop = Steering(MarkKind.STOP, reason=StopReason.MISSED_VISIT, note="Kosong.")
        steer_clock(work, book, "front_office", made["held"]["task"], stop)
        what = Ask(("0.area",), ("0.ktp",), "Luas tidak cocok dengan gambar.")
        asked = ask_correction(work, book, "front_office", made["returned"]["task"], what)
        made["returned"]["correction"] = asked.id


def always(office: ProofOffice, states: Mapping[str, State]) -> State:
    """What stands in addresses that name no bundle, and in bodies of what is sent."""
    (wanted,) = office.wanted(SIUP)
    siup = {
        "service": "siup",
        "answers": dict(TRADE),
        "documents": {code: str(ident) for code, ident in wanted.documents.items()},
    }
    return {
        "service": "siup",
        "tenant_id": office.tenant.id,
        "permit_code": _seen(office, states["decided"])[2],
        "paper_code": states["billed"]["paper_code"],
        "order": {"applicant": applicant(KNOWN_NIK, "1990-03-12", "male"), "applications": [siup]},
        "inquiry": {"applications": [{"service": "ho", "answers": dict(NUISANCE)}]},
        "wanted": siup,
        "upload": str(office.upload("ho", "ktp")),
        "filing": {"dataNIB": {"nib": NIB, "nama_perseroan": "CV CONTOH"}},
    }


def _told(accepted: Accepted, **more: object) -> State:
    return {"reference": accepted.reference, "key": accepted.key, **more}


def _task(office: ProofOffice, told: State, code: str) -> uuid.UUID:
    ((task,),) = office.rows(TASK, it=told["reference"], code=code)
    return uuid.UUID(str(task))


def _document(office: ProofOffice, told: State) -> uuid.UUID:
    found = office.rows(
        """SELECT d.id FROM app.document d JOIN app.bundle b ON b.tenant_id = d.tenant_id AND b.id = d.bundle_id
            WHERE b.reference = :it AND d.requirement = 'ktp'""",
        it=told["reference"],
    )
    return uuid.UUID(str(found[0][0]))


def _seen(office: ProofOffice, told: State) -> tuple[str, str, str]:
    """The number of the first signed document or notice, the notice's code, and the permit's."""
    with office.work() as work:
        bundle = track_bundle(work, office.tools.book, told["reference"], told["key"])
    for notice in bundle.notices:
        return notice.number, notice.code, ""
    (document,) = (one.document for one in bundle.applications if one.document)
    return document.number, "", document.code
