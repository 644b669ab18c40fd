"""Bundles lodged on a certain Monday, and a look at what their offices are warned of so many days later."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from ptsp.domain.routes import Result, TaskState
from ptsp.flows.record_results import record_results
from ptsp.flows.submit_bundle import submit_bundle
from ptsp.flows.warn import warn
from ptsp.infra.work import begin
from tests.flows.acts import SIUP

MONDAY = datetime(2026, 3, 2, 3, tzinfo=UTC)  # 10.00 WIB
URL = "https://izin.example"
FRONT, SUPERVISOR, HEAD = "agency:front_office", "supervisor", "head"


def at(office, days, hour=10, minute=0):
    """The office so many days after that Monday, by its own clock."""
    now = MONDAY + timedelta(days=days, hours=hour - 10, minutes=minute)
    return begin(office.tools.engine, office.tenant, actor="test", now=now)


def lodged(office, wanted=SIUP, **who):
    order = office.order(wanted)
    with at(office, 0) as work:
        return submit_bundle(work, replace(order, applicant=replace(order.applicant, **who)))


def warned(office, days, hour=10):
    """What is owed anew after a look at that moment: recipient -> kind."""
    before = {row.id for row in office.rows("SELECT id FROM app.message")}
    for _ in range(10):
        with at(office, days, hour) as work:
            if not warn(work, public_url=URL):
                break
    else:
        pytest.fail("there is always something more to warn of")
    new = office.rows("SELECT id, recipient, kind FROM app.message ORDER BY recipient, kind")
    return [(row.recipient, row.kind.removeprefix("deadline.")) for row in new if row.id not in before]


def task(office, code):
    (row,) = office.rows("SELECT id, bundle_id, due_at, warn_at FROM app.task WHERE code = :it", it=code)
    return row


def finish(office, code, days, hour=10):
    one = task(office, code)
    with at(office, days, hour) as work:
        assert record_results(work, [one.bundle_id], [Result(one.id, TaskState.APPROVED)])


def events(office):
    rows = office.rows("SELECT body FROM app.event WHERE type = 'deadline.warned' ORDER BY bundle_id, seq")
    return [json.loads(row.body)["data"] for row in rows]
