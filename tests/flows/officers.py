"""What officers do at their desks and see of a case, as short verbs for the tests of flows; and a bundle for them."""

from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

from ptsp.flows.refold import recompute
from ptsp.flows.show_case import show_case
from ptsp.flows.steer_clock import Steering, steer_clock
from ptsp.flows.submit_bundle import submit_bundle
from ptsp.infra.work import begin
from ptsp.main.demo.orders import FOUR_PERMITS
from ptsp.main.year.endings import Ending, end_tasks
from tests.flows.acts import SIUP

MONDAY = datetime(2026, 3, 2, 3, tzinfo=UTC)  # 10.00 WIB
FRONT, BACK = "front_office", "back_office"
PBG = {
    "pbg": (
        {
            "floor_area": "36",
            "floors": "1",
            "basements": "0",
            "function": "housing",
            "complexity": "simple",
            "permanence": "permanent",
            "owner": "other",
            "work": "new",
        },
        ("ktp", "land_proof", "spatial_conformity", "drawings"),
    )
}
BOTH = PBG | SIUP  # they share the check of the file; the check of the business data is the licence's alone


@contextmanager
def at(office, days):
    """The office so many days after the lodging."""
    with begin(office.tools.engine, office.tenant, actor="test", now=MONDAY + timedelta(days=days)) as work:
        yield work


def lodged(office, wanted=FOUR_PERMITS):
    order = office.order(wanted)
    with at(office, 0) as work:
        accepted = submit_bundle(work, order)
    office.drain()  # what is owed to a desk goes there
    return accepted


def task(office, code):
    (row,) = office.rows(
        "SELECT id, bundle_id, seq, kind, agency FROM app.task WHERE code = :code", code=code
    )
    return row


def finish(office, code, days):
    one = task(office, code)
    with at(office, days) as work:
        assert end_tasks(work, office.tools.book, [Ending(one.id, one.bundle_id, one.seq, one.kind)])


def working_day(office, start, days):
    """So many days after lodging are so many working days after `start`, itself in days after lodging."""
    day = (MONDAY + timedelta(days=start)).date()
    return (office.tenant.calendar.add_working_days(day, days) - MONDAY.date()).days


def seen(office, days, code="file_check", agency=FRONT):
    with at(office, days) as work:
        return show_case(work, office.tools.book, agency, task(office, code).id)


def steer(office, days, kind, *, code="file_check", agency=FRONT, **wanted):
    with at(office, days) as work:
        steer_clock(work, office.tools.book, agency, task(office, code).id, Steering(kind, **wanted))


def check_ledger(office):
    with office.work() as work:
        found = recompute(work.connection, office.tenant)
    assert found.bundles > 0
    assert found.differences == ()


def shares(case, position=0):
    return {one.party: (one.share, one.used, one.late) for one in case.applications[position].parties}
