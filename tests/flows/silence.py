"""What the tests of outages and of approvals by silence have in common: an office in its own time."""

import json
import uuid
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from ptsp.domain.routes import Result, TaskState
from ptsp.flows.deem_approved import deem_approved
from ptsp.flows.follow_outages import follow_outages
from ptsp.flows.record_results import record_results
from ptsp.flows.refold import recompute
from ptsp.flows.submit_bundle import Accepted, submit_bundle
from ptsp.infra.work import Work, begin
from ptsp.kernel.specs import DeemedSpec
from tests.flows.acts import apply, now_in_force
from tests.offices import Office

LAW = "UU 30/2014 pasal 53 (uji)"
MONDAY = datetime(2026, 3, 2, 3, tzinfo=UTC)  # 10.00 WIB


def silent(office: Office, *codes: str, **clock: Any) -> Office:
    """The office with silence as approval for these services; `clock` changes how their clocks run."""
    pack = office.tenant.pack
    services = dict(pack.services)
    for code in codes:
        service = services[code]
        standard = replace(
            service.standard,
            version=service.standard.version + 1,
            deemed=DeemedSpec(LAW),
            clock=replace(service.standard.clock, **clock),
        )
        services[code] = replace(service, standard=standard)
    apply(office, replace(pack, services=services, digest=uuid.uuid4().hex))
    return now_in_force(office)


def at(office: Office, days: float, actor: str = "test") -> AbstractContextManager[Work]:
    """The office so many days after the first Monday, 10.00 WIB."""
    return begin(office.tools.engine, office.tenant, actor=actor, now=MONDAY + timedelta(days=days))


def lodged(office: Office, wanted: Any, days: float = 0) -> Accepted:
    order = office.order(wanted)
    with at(office, days) as work:
        return submit_bundle(work, order)


def task(office: Office, code: str, reference: str = "%") -> Any:
    (row,) = office.rows(
        """SELECT t.id, t.bundle_id, t.seq, t.agency, t.state, t.marks, t.due_at, t.started_at, t.lease_token
             FROM app.task t JOIN app.bundle b ON b.id = t.bundle_id
            WHERE t.code = :code AND b.reference LIKE :reference""",
        code=code,
        reference=reference,
    )
    return row


def finish(office: Office, code: str, days: float, *, state: TaskState = TaskState.APPROVED) -> None:
    one = task(office, code)
    reasons = ("Tidak memenuhi syarat.",) if state is TaskState.REJECTED else ()
    with at(office, days) as work:
        assert record_results(work, [one.bundle_id], [Result(one.id, state, reasons=reasons)])


def application(office: Office, service: str) -> Any:
    (row,) = office.rows("SELECT * FROM app.application WHERE service = :service", service=service)
    return row


def follow(office: Office, days: float) -> int:
    """The clocks follow the outages until nothing is left to do."""
    total = 0
    while True:
        with at(office, days) as work:
            count = follow_outages(work)
        total += count
        if not count:
            return total


def sweep(office: Office, days: float) -> tuple[int, int]:
    """One sweep for approvals by silence: how many were approved, and how many are held."""
    with at(office, days, "worker") as work:
        page = deem_approved(work, office.tools.book)
    return page.approved, page.held


def told(office: Office, kind: str) -> list[dict[str, Any]]:
    rows = office.rows("SELECT body FROM app.event WHERE type = :kind ORDER BY bundle_id, seq", kind=kind)
    return [json.loads(row.body)["data"] for row in rows]


def differences(office: Office) -> tuple[str, ...]:
    with office.work() as work:
        return recompute(work.connection, office.tenant).differences
