"""An officer stops a clock, lets it go on and extends it: what is his to do, and what is not."""

import uuid
from dataclasses import replace

import pytest

from ptsp.domain.deadlines import MarkKind
from ptsp.flows.show_case import show_case
from ptsp.flows.steer_clock import Steering, steer_clock
from ptsp.flows.submit_bundle import submit_bundle
from ptsp.infra.work import begin
from ptsp.kernel.errors import Conflict, Invalid, NotFound
from ptsp.kernel.limits import Limit, Unit
from ptsp.kernel.specs import ExtensionSpec, StopReason
from tests.flows.acts import SIUP, apply, now_in_force
from tests.flows.officers import (
    BACK,
    FRONT,
    MONDAY,
    at,
    check_ledger,
    lodged,
    seen,
    steer,
    working_day,
)


def test_an_officer_stops_a_clock_and_lets_it_go_on(office):
    lodged(office, SIUP)
    steer(office, 0, MarkKind.STOP, reason=StopReason.MISSED_VISIT, note="  tidak ada orang  ")
    case = seen(office, 1)
    assert case.held_by == (StopReason.MISSED_VISIT,)
    assert (case.task.clock.due_at, case.task.clock.left) == (None, 1)
    (held,) = case.may.resumable
    steer(office, working_day(office, 0, 5), MarkKind.RESUME, stop=held.id)
    case = seen(office, working_day(office, 0, 5))
    assert case.may.resumable == ()
    (over,) = case.task.clock.stops
    assert over.to is not None
    assert case.task.clock.due_at is not None
    check_ledger(office)


def test_only_some_stops_are_an_officers_to_make_and_to_end(office):
    lodged(office, SIUP)
    allowed = seen(office, 0).may.stops
    assert set(allowed) == {"clarification", "missed_visit", "force_majeure"}
    for reason in (StopReason.PAYMENT, StopReason.OUTAGE, None):
        with pytest.raises(Invalid) as refused:
            steer(office, 0, MarkKind.STOP, reason=reason)
        assert [one.field for one in refused.value.faults] == ["reason"]
    with pytest.raises(Conflict):
        steer(office, 0, MarkKind.RESUME)
    steer(office, 0, MarkKind.RESET, reason=StopReason.CLARIFICATION)
    steer(office, 0, MarkKind.STOP, reason=StopReason.FORCE_MAJEURE)
    for name in (None, uuid.uuid4()):
        with pytest.raises(Invalid):
            steer(office, 1, MarkKind.RESUME, stop=name)
    with pytest.raises(NotFound):
        steer(office, 1, MarkKind.RESUME, agency=BACK)
    for held in seen(office, 1).may.resumable:
        steer(office, 1, MarkKind.RESTART, stop=held.id)
    assert seen(office, 1).held_by == ()
    check_ledger(office)


def test_an_extension_stays_under_its_ceiling_and_names_its_law(office):
    lodged(office, SIUP)
    assert seen(office, 0).may.extendable is None
    with pytest.raises(Invalid):
        steer(office, 0, MarkKind.EXTEND, by=Limit(1))
    lawful = extended(office, ExtensionSpec(Limit(3), "Perda 1/2026 pasal 5"))
    with begin(lawful.tools.engine, lawful.tenant, actor="test", now=MONDAY) as work:
        submit_bundle(work, lawful.order(SIUP))
    lawful.drain()
    one = lawful.rows("SELECT id FROM app.task WHERE code = 'file_check' ORDER BY bundle_id, id")
    (newest,) = [row.id for row in one if can_extend(lawful, row.id)]

    def give(by):
        with at(lawful, 0) as work:
            steer_clock(work, lawful.tools.book, FRONT, newest, Steering(MarkKind.EXTEND, by=by))

    give(Limit(2))
    with at(lawful, 0) as work:
        case = show_case(work, lawful.tools.book, FRONT, newest)
    assert case.may.extendable.left == Limit(1)
    assert [grant.legal_basis for grant in case.task.clock.grants] == ["Perda 1/2026 pasal 5"]
    assert (case.task.clock.whole, case.applications[0].legal.whole) == (3, 5)
    for by, field in ((Limit(2), "by.amount"), (Limit(1, Unit.MONTHS), "by.unit"), (None, "by")):
        with pytest.raises(Invalid) as refused:
            give(by)
        assert [one.field for one in refused.value.faults] == [field]
    check_ledger(lawful)


def can_extend(office, task_id):
    with at(office, 0) as work:
        return show_case(work, office.tools.book, FRONT, task_id).may.extendable is not None


def extended(office, extension):
    service = office.tenant.pack.services["siup"]
    clock = replace(service.standard.clock, extension=extension)
    standard = replace(service.standard, version=2, clock=clock)
    services = {**office.tenant.pack.services, "siup": replace(service, standard=standard)}
    apply(office, replace(office.tenant.pack, services=services, digest=uuid.uuid4().hex))
    return now_in_force(office)
