"""A quote needs what is wanted; who applies and what they bring may come later. Lodging needs everything."""

import pytest

from ptsp.domain.applications import Inquiry, Wanted
from ptsp.flows.submit_bundle import submit_bundle
from ptsp.flows.track_bundle import quote_bundle
from ptsp.kernel.errors import Invalid
from ptsp.main.demo.orders import FOUR_PERMITS, NUISANCE
from tests.offices import Office

HO_PAPERS = ("ktp", "pbb", "location", "building_permit", "neighbours")


def quote(office: Office, wanted, given=None):
    applied = tuple(Wanted(service, answers, documents) for service, answers, documents in wanted)
    with office.work() as work:
        return quote_bundle(work, Inquiry(given or {}, applied))


def refused(office: Office, wanted, given=None) -> list[tuple[str, str]]:
    with pytest.raises(Invalid) as caught:
        quote(office, wanted, given)
    return [(fault.field, fault.code) for fault in caught.value.faults]


def test_a_quote_without_applicant_and_documents_equals_the_bundle_that_is_lodged(office: Office) -> None:
    bare = quote(office, [(service, answers, {}) for service, (answers, _) in FOUR_PERMITS.items()])
    order = office.order()
    whole = quote(office, [(one.service, one.answers, one.documents) for one in order.applications])
    assert (bare.fee, bare.promised_on, bare.tasks) == (whole.fee, whole.promised_on, whole.tasks)
    with office.work() as work:
        assert submit_bundle(work, order).promised_on == bare.promised_on


def test_what_no_document_and_no_other_permit_satisfies_is_missing(office: Office) -> None:
    alone = quote(office, [("ho", NUISANCE, {})])
    assert alone.missing == tuple(f"applications[0].documents.{code}" for code in HO_PAPERS)
    order = office.order()
    assert (
        quote(office, [(one.service, one.answers, one.documents) for one in order.applications]).missing == ()
    )
    together = quote(office, [(service, answers, {}) for service, (answers, _) in FOUR_PERMITS.items()])
    of_ho = [path for path in together.missing if path.startswith("applications[2].")]
    assert of_ho == [f"applications[2].documents.{code}" for code in ("ktp", "pbb", "neighbours")]


def test_what_is_given_of_the_applicant_is_judged_and_what_is_absent_is_not(office: Office) -> None:
    wanted = [("ho", NUISANCE, {})]
    assert refused(office, wanted, {"nik": "123", "name": " "}) == [
        ("applicant.nik", "nik_length"),
        ("applicant.name", "blank"),
    ]
    assert quote(office, wanted, {"name": "Pemohon Contoh"}).fee > 0


def test_answers_are_needed_for_a_quote_and_unknown_ones_are_refused(office: Office) -> None:
    answers = NUISANCE | {"colour": "red"}
    del answers["road"]
    assert refused(office, [("ho", answers, {})]) == [
        ("applications[0].answers.colour", "unknown"),
        ("applications[0].answers.road", "missing"),
    ]
    assert refused(office, [("ho", NUISANCE, {}), ("ho", NUISANCE, {}), ("none", {}, {})]) == [
        ("applications[1].service", "twice"),
        ("applications[2].service", "not_offered"),
    ]


def test_lodging_still_refuses_what_a_quote_lets_pass(office: Office) -> None:
    order = office.order({"ho": (NUISANCE, ("ktp", "pbb"))}, nik="1")
    with office.work() as work, pytest.raises(Invalid) as caught:
        submit_bundle(work, order)
    assert [(fault.field, fault.code) for fault in caught.value.faults] == [
        ("applicant.nik", "nik_length"),
        ("applications[0].documents.location", "document_or_permit_missing"),
        ("applications[0].documents.building_permit", "document_or_permit_missing"),
        ("applications[0].documents.neighbours", "document_missing"),
    ]
    assert office.rows("SELECT 1 FROM app.bundle") == []
