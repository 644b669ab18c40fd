"""An application keeps the standard it was lodged under, and a standard never changes under its version."""

from dataclasses import replace
from datetime import date

import pytest

from ptsp.domain.applications import typed_answers
from ptsp.domain.fees import price
from ptsp.kernel.errors import BadPack
from ptsp.kernel.limits import Limit
from tests.flows.acts import HO, apply, lodge, now_in_force, view, with_service, work_on


@pytest.fixture
def pack(packs):
    return next(pack for pack in packs if pack.code == "sidoarjo")


def dearer_and_slower(pack, version=2):
    """The nuisance permit for twice the money in five days more."""
    service = pack.services["ho"]
    (line,) = service.fee.lines
    dear = replace(line, amount=f"({line.amount}) * 2")
    fee = replace(service.fee, lines=(dear,), collection=replace(service.fee.collection, due_days=30))
    route = tuple(
        replace(step, limit=Limit(step.limit.amount + 5)) if step.kind == "ask" else step
        for step in service.route
    )
    return with_service(pack, "ho", version=version, digest="second", fee=fee, route=route)


def days(office, reference):
    return office.rows(
        """SELECT t.code, b.shape, t.planned_on FROM app.task t JOIN app.bundle b ON b.id = t.bundle_id
            WHERE b.reference = :it ORDER BY t.seq""",
        it=reference,
    )


def test_an_open_case_keeps_its_days_and_its_fee_and_a_new_one_gets_the_new(office, pack):
    old = lodge(office, HO)
    planned = days(office, old.reference)
    given, _ = typed_answers(pack.services["ho"], HO["ho"][0], "")
    fee = price(pack.services["ho"], given).total
    assert apply(office, dearer_and_slower(pack)).new_standards == ("ho",)
    office = now_in_force(office)
    new = lodge(office, HO)
    assert new.promised_on > old.promised_on
    work_on(office)
    seen_old, seen_new = view(office, old), view(office, new)
    assert (seen_old.fee, seen_new.fee) == (fee, 2 * fee)
    assert seen_old.first_promised_on == old.promised_on
    assert days(office, old.reference) == planned
    due = [(one.notices[0].due_on - one.notices[0].issued_on).days for one in (seen_old, seen_new)]
    assert due == [15, 30]
    versions = [one.notices[0].lines[0].receipt["rule"]["standard"] for one in (seen_old, seen_new)]
    assert versions == [1, 2]


def test_a_standard_that_takes_effect_later_waits_for_its_day(office, pack):
    later = dearer_and_slower(pack)
    service = later.services["ho"]
    begins = replace(service.standard, valid_from=date(2999, 1, 1))
    later = replace(later, services={**later.services, "ho": replace(service, standard=begins)})
    assert apply(office, later).new_standards == ("ho",)
    office = now_in_force(office)
    assert office.tenant.standards["ho"][1].standard.version == 1
    assert office.tenant.pack.services["ho"].standard.version == 1


def test_an_older_pack_brings_its_own_version_back(office, pack):
    apply(office, dearer_and_slower(pack))
    assert now_in_force(office).tenant.standards["ho"][1].standard.version == 2
    apply(office, replace(pack, digest="back"))
    assert now_in_force(office).tenant.standards["ho"][1].standard.version == 1


def test_a_standard_edited_under_its_version_is_refused_and_nothing_changes(office, pack):
    edited = dearer_and_slower(pack, version=1)
    edited = with_service(edited, "siup", version=2, digest="third", valid_months=1)  # this one would do
    edited = replace(edited, prefix="XXX", region_code="99.99")
    before = everything(office)
    with pytest.raises(BadPack) as refused:
        apply(office, edited)
    assert [fault.field for fault in refused.value.faults] == [
        "sidoarjo/services/ho.yaml: $.standard.version"
    ]
    assert everything(office) == before


def test_the_same_pack_again_is_no_news(office, pack):
    before = everything(office)
    applied = apply(office, pack)
    assert (applied.is_new, applied.new_standards) == (False, ())
    assert everything(office) == before


def everything(office):
    return [
        office.rows("SELECT id, code, prefix, region_code FROM app.tenant ORDER BY id"),
        office.rows("SELECT id, digest FROM app.pack ORDER BY id"),
        office.rows("SELECT id, service, version, digest FROM app.standard ORDER BY id"),
    ]
