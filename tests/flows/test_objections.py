"""Refusals say how to object to them; an objection has a clock of its own, and may annul the refusal."""

import uuid
from dataclasses import replace
from datetime import timedelta

import pytest

from ptsp.domain import objections
from ptsp.flows.object_to_refusal import decide_objection, grounds_of, lodge_objection
from ptsp.flows.verify_decision import find_decision
from ptsp.infra.ledger import check_chains
from ptsp.infra.work import begin
from ptsp.kernel.errors import Conflict, Invalid, NotFound
from ptsp.kernel.limits import end_of
from ptsp.main.demo.orders import FOUR_PERMITS
from tests.flows.acts import SIUP, apply, lodge, now_in_force, view, work_on
from tests.flows.test_corrections import check_ledger, faults

GROUNDS = "Modal usaha saya sudah benar; lihat akta."


def refused(office, wanted=SIUP, step="business_check"):
    office.agencies.reject(step, "Modal belum disetor.")
    accepted = lodge(office, wanted)
    work_on(office)
    return accepted


def lodge_one(office, accepted, service="siup", *, grounds=GROUNDS, now=None):
    with begin(office.tools.engine, office.tenant, actor="api:bundles", now=now) as work:
        return lodge_objection(work, office.tools.book, accepted.reference, accepted.key, service, grounds)


def decide(office, ident, *, is_upheld=True, reasons=("Modal ternyata benar.",), by="head"):
    with office.work("desk") as work:
        decide_objection(work, office.tools.book, by, ident, is_upheld=is_upheld, reasons=reasons)


def siup(office, accepted):
    return next(one for one in view(office, accepted).applications if one.service == "siup")


def without_objection(office):
    service = office.tenant.pack.services["siup"]
    standard = replace(service.standard, version=2, objection=None)
    services = {**office.tenant.pack.services, "siup": replace(service, standard=standard)}
    apply(office, replace(office.tenant.pack, services=services, digest=uuid.uuid4().hex))
    return now_in_force(office)


def test_the_last_day_is_counted_on_the_offices_calendar_from_the_letter(office):
    accepted = refused(office)
    one = siup(office, accepted)
    within = office.tenant.pack.services["siup"].standard.objection.within
    calendar = office.tenant.calendar
    assert one.may_object_until == end_of(within, calendar, one.document.issued_at).date()
    ((stored,),) = office.rows("SELECT appeal_until FROM app.decision")
    assert stored == one.may_object_until


@pytest.mark.parametrize("is_upheld", [True, False])
def test_an_objection_is_lodged_and_decided(office, is_upheld):
    accepted = refused(office)
    before = view(office, accepted)
    ident = lodge_one(office, accepted)
    one = siup(office, accepted)
    assert (one.objection.state, one.may_object_until) == ("open", None)
    decided = office.tenant.pack.services["siup"].standard.objection.decided_within
    assert one.objection.due_at == end_of(decided, office.tenant.calendar, one.objection.lodged_at)
    with pytest.raises(Conflict):
        lodge_one(office, accepted)
    decide(office, ident, is_upheld=is_upheld)
    with pytest.raises(Conflict):
        decide(office, ident)
    one = siup(office, accepted)
    assert one.objection.state == ("upheld" if is_upheld else "rejected")
    assert one.objection.reasons == ("Modal ternyata benar.",)
    with office.work() as work:
        found = find_decision(work, office.tools.book, one.document.code)
    assert found.state == ("annulled" if is_upheld else "refusal")
    after = view(office, accepted)
    assert (after.state, after.outcome) == (before.state, before.outcome) == ("ended", "refused")
    assert [event.type for event in after.events[-2:]] == ["objection.lodged", "objection.decided"]
    check_ledger(office)
    with office.work() as work:
        assert check_chains(work.connection, office.tenant.id).broken == ()
    office.agencies.answers.clear()
    again = lodge(office, SIUP)  # a new application may follow at any time
    work_on(office)
    assert view(office, again).outcome == "approved"


def test_what_the_applicant_writes_is_sealed_and_in_no_ledger(office):
    accepted = refused(office)
    ident = lodge_one(office, accepted)
    ((stored,),) = office.rows("SELECT grounds FROM app.objection")
    assert b"akta" not in bytes(stored)
    assert not any("akta" in row.body for row in office.rows("SELECT body FROM app.event"))
    with office.work() as work:
        one = objections.objection(work.connection, office.tenant.id, ident)
        assert grounds_of(work, one) == GROUNDS


def test_after_the_last_day_it_is_named(office):
    accepted = refused(office)
    until = siup(office, accepted).may_object_until
    late = end_of(
        office.tenant.pack.services["siup"].standard.objection.within,
        office.tenant.calendar,
        siup(office, accepted).document.issued_at,
    )
    with pytest.raises(Invalid) as too_late:
        lodge_one(office, accepted, now=late + timedelta(seconds=2))
    assert faults(too_late) == {("service", "objection_late")}
    assert dict(too_late.value.faults[0].values) == {"day": until.isoformat()}
    lodge_one(office, accepted, now=late)


def test_only_a_refusal_can_be_objected_to_and_only_where_the_standard_knows_it(office):
    accepted = refused(office, FOUR_PERMITS)
    for service in ("imb", "nothing"):
        with pytest.raises(Invalid) as wrong:
            lodge_one(office, accepted, service)
        assert faults(wrong) == {("service", "not_refused")}
    with pytest.raises(Invalid) as wrong:
        lodge_one(office, accepted, grounds="  \n")
    assert faults(wrong) == {("grounds", "blank")}
    with pytest.raises(NotFound):
        lodge_one(office, replace(accepted, key="WRONG"))
    office = without_objection(office)
    accepted = refused(office)
    assert siup(office, accepted).may_object_until is None
    with pytest.raises(Invalid) as wrong:
        lodge_one(office, accepted)
    assert faults(wrong) == {("service", "objection_none")}


def test_only_who_signs_decides_and_only_with_reasons(office):
    ident = lodge_one(office, refused(office))
    for desk in ("front_office", "back_office", "nobody"):
        with pytest.raises(NotFound):
            decide(office, ident, by=desk)
    with pytest.raises(NotFound):
        decide(office, uuid.uuid4())
    for reasons, field in (((), "reasons"), ((" ",), "reasons"), (("a\x1fb",), "reasons[0]")):
        with pytest.raises(Invalid) as wrong:
            decide(office, ident, reasons=reasons)
        assert {one.field for one in wrong.value.faults} == {field}
