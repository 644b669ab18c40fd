"""What people and agencies do with a bundle, as short verbs for the tests of flows."""

import uuid
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import psycopg
import pytest
from sqlalchemy.engine import make_url

from ptsp.flows.answer_at_desk import answer_at_desk
from ptsp.flows.apply_pack import Applied, apply_pack
from ptsp.flows.submit_bundle import Accepted, submit_bundle
from ptsp.flows.take_payment import take_payment
from ptsp.flows.track_bundle import track_bundle
from ptsp.flows.views import BundleView
from ptsp.kernel.specs import TenantPack
from ptsp.main.demo.orders import NUISANCE, TRADE
from ptsp.main.wiring import engine_for
from ptsp.sdk.contract import Money, Taking
from tests.offices import Office

SIUP = {"siup": (TRADE, ("ktp", "place_proof"))}  # free, with two checks side by side
HO = {"ho": (NUISANCE, ("ktp", "pbb", "location", "building_permit", "neighbours"))}
PAREPARE_HO = {"ho": (NUISANCE, ("ktp", "pbb", "building_permit", "neighbours"))}
PAREPARE_IMB = {
    "imb": (
        {"ground_area": "120", "floors": "1", "upper_area": "0", "request": "new"},
        ("ktp", "land_proof", "pbb", "principle", "drawings"),
    )
}


def lodge(office: Office, wanted: Any) -> Accepted:
    order = office.order(wanted)
    with office.work() as work:
        return submit_bundle(work, order)


def view(office: Office, accepted: Accepted) -> BundleView:
    with office.work() as work:
        return track_bundle(work, office.tools.book, accepted.reference, accepted.key)


def approve_desks(office: Office) -> None:
    for task, agency in office.rows(
        "SELECT id, agency FROM app.task WHERE kind = 'desk' AND state = 'asked'"
    ):
        with office.work("desk") as work:
            answer_at_desk(work, agency, task, is_approved=True, reasons=())


def pay(office: Office) -> int:
    """Pay every open bill in full; returns how many there were."""
    bills = open_bills(office)
    for customer_no, total in bills.items():
        money = Money(customer_no, total, uuid.uuid4().hex, "2026-03-02T09:00:00+07:00", "va")
        with office.work("bank") as work:
            assert take_payment(work, "bank", money) is Taking.BOOKED
    return len(bills)


def open_bills(office: Office) -> Mapping[str, int]:
    """What is to be paid now, by customer number."""
    found = office.rows("""
        SELECT b.customer_no, sum(n.total)::bigint FROM app.fee_notice n
          JOIN app.bill b ON b.tenant_id = n.tenant_id AND b.number = n.bill
         WHERE n.state = 'valid' AND NOT EXISTS (
                 SELECT FROM app.settlement s WHERE s.tenant_id = n.tenant_id AND s.notice_id = n.id
                    AND NOT EXISTS (SELECT FROM app.reversal r
                                     WHERE r.tenant_id = s.tenant_id AND r.notice_id = s.notice_id))
         GROUP BY b.customer_no""")
    return {customer_no: int(total) for customer_no, total in found}


def work_on(office: Office, *, is_paying: bool = True) -> None:
    """Work, answer and pay until nothing moves any more."""
    before = None
    for _ in range(30):
        office.drain()
        approve_desks(office)
        if is_paying:
            pay(office)
        states = office.rows("SELECT id, state FROM app.task ORDER BY id")
        if states == before:
            return
        before = states
    pytest.fail(f"it never rests: {office.rows('SELECT code, agency, state FROM app.task')}")


def states(office: Office) -> Mapping[str, str]:
    """Task code -> state; for tests with one bundle."""
    return {row.code: row.state for row in office.rows("SELECT code, state FROM app.task")}


def as_admin(office: Office, sql: str) -> None:
    """What no role of ours may do: move the clock of tasks, for one."""
    url = make_url(office.settings.admin_database_url).set(drivername="postgresql")
    with psycopg.connect(url.render_as_string(hide_password=False), autocommit=True) as connection:
        connection.execute(sql.encode())


def make_due(office: Office) -> None:
    """Let the waiting be over for every task that waits for a moment, and for every agency that is left alone."""
    as_admin(
        office,
        """UPDATE app.task SET next_at = clock_timestamp()
            WHERE kind = 'ask' AND state IN ('ready', 'asked', 'unknown');
           UPDATE app.circuit SET probe_at = clock_timestamp() WHERE opened_at IS NOT NULL""",
    )


def apply(office: Office, pack: TenantPack) -> Applied:
    """A pack comes into force, as the operator does it."""
    owner = engine_for(office.settings, "ptsp_owner", pool_size=1)
    try:
        return apply_pack(owner, pack, by="test")
    finally:
        owner.dispose()


def with_service(pack: TenantPack, code: str, *, version: int, digest: str, **changes: Any) -> TenantPack:
    """The pack with one service changed, under a version of its standard."""
    service = pack.services[code]
    standard = replace(service.standard, version=version)
    changed = replace(service, standard=standard, **changes)
    return replace(pack, services={**pack.services, code: changed}, digest=digest)


def now_in_force(office: Office) -> Office:
    """The same office with what is in force by now."""
    return replace(office, tenant=office.tools.book.by_id(office.tenant.id))
