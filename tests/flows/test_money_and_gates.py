"""When a fee is charged, on which bill, and on which side of the signature it is paid."""

from dataclasses import replace

import pytest

from ptsp.flows.fetch_document import fetch_decision
from ptsp.kernel.errors import Conflict
from ptsp.main.demo.orders import FOUR_PERMITS
from tests.flows.acts import (
    HO,
    PAREPARE_HO,
    PAREPARE_IMB,
    SIUP,
    apply,
    lodge,
    now_in_force,
    pay,
    states,
    view,
    with_service,
    work_on,
)


def collected(office, accepted, number):
    with office.work() as work:
        return fetch_decision(work, office.tools.files, accepted.reference, accepted.key, number)


@pytest.mark.parametrize("code", ["parepare", "jembrana"])
def test_where_payment_follows_the_signature_the_permit_is_collected_only_when_paid(offices, code):
    office = offices(code)
    accepted = lodge(office, PAREPARE_HO)
    work_on(office, is_paying=False)
    seen = view(office, accepted)
    document = seen.applications[0].document
    assert (seen.state, seen.applications[0].state, document.collectable) == ("open", "open", False)
    assert (states(office)["decision"], states(office)["payment"]) == ("approved", "asked")
    with pytest.raises(Conflict):
        collected(office, accepted, document.number)
    assert pay(office) == 1
    seen = view(office, accepted)
    assert (seen.outcome, seen.applications[0].state) == ("approved", "approved")
    assert seen.applications[0].document == replace(document, collectable=True)
    data, name = collected(office, accepted, document.number)
    assert data.startswith(b"%PDF-")
    assert name == f"{document.number.replace('/', '-')}.pdf"


def test_where_payment_comes_first_nothing_is_signed_without_it(office):
    accepted = lodge(office, HO)
    work_on(office, is_paying=False)
    assert states(office)["decision"] == "blocked"
    assert office.rows("SELECT 1 FROM app.decision") == []
    work_on(office)
    assert view(office, accepted).outcome == "approved"


def test_a_refusal_after_the_signature_is_charged_nothing(offices):
    office = offices("parepare")
    office.agencies.reject("nuisance_review")
    accepted = lodge(office, PAREPARE_HO)
    work_on(office, is_paying=False)
    seen = view(office, accepted)
    assert (seen.outcome, seen.fee, seen.notices) == ("refused", 0, ())
    assert seen.applications[0].document.collectable
    assert states(office)["payment"] == states(office)["fee_notice"] == "cut"


def test_a_free_service_gets_no_notice(office):
    accepted = lodge(office, SIUP)
    work_on(office)
    seen = view(office, accepted)
    assert (seen.outcome, seen.fee, seen.notices) == ("approved", 0, ())
    assert not {"fee_notice", "payment"} & states(office).keys()


def test_a_fee_of_nothing_gets_no_notice(office, packs):
    pack = next(pack for pack in packs if pack.code == "sidoarjo")
    fee = pack.services["ho"].fee
    nothing = replace(fee, lines=tuple(replace(line, amount="round(area * 0, 0)") for line in fee.lines))
    apply(office, with_service(pack, "ho", version=2, digest="second", fee=nothing))
    office = now_in_force(office)
    accepted = lodge(office, HO)
    assert not {"fee_notice", "payment"} & states(office).keys()
    work_on(office)
    assert (view(office, accepted).outcome, view(office, accepted).notices) == ("approved", ())


def test_behind_one_door_the_bundle_is_one_bill(office):
    accepted = lodge(office, FOUR_PERMITS)
    work_on(office)
    seen = view(office, accepted)
    assert [notice.service for notice in seen.notices] != []
    assert {notice.bill for notice in seen.notices} == {accepted.reference}
    assert len({notice.number for notice in seen.notices}) == len(seen.notices) == 2


def test_under_one_roof_every_notice_is_a_bill_of_its_own(offices):
    office = offices("parepare")
    accepted = lodge(office, PAREPARE_IMB | PAREPARE_HO)
    work_on(office)
    seen = view(office, accepted)
    assert seen.outcome == "approved"
    assert [notice.bill for notice in seen.notices] == [notice.number for notice in seen.notices]
    assert len(seen.notices) == 2
    assert len(seen.tasks) == seen.tasks_before_merging
