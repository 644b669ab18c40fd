"""A bundle from lodging to its permits, in one process, on a real database."""

import time

from ptsp.domain import fees, routes
from ptsp.infra.ledger import check_chains
from ptsp.jobs.drain import drain
from ptsp.main.demo.orders import FOUR_PERMITS
from tests.flows.acts import lodge, view, work_on


def test_four_permits_come_out_of_one_bundle(office):
    accepted = lodge(office, FOUR_PERMITS)
    work_on(office)
    seen = view(office, accepted)
    assert seen.outcome == "approved"
    assert len(seen.tasks) < seen.tasks_before_merging
    assert {one.service: one.document.kind for one in seen.applications} == {
        "rekomendasi_lokasi": "recommendation",
        "imb": "permit",
        "ho": "permit",
        "siup": "permit",
    }
    assert seen.fee == sum(notice.total for notice in seen.notices) > 0
    assert all(notice.state == "settled" for notice in seen.notices)
    with office.work() as work:
        report = check_chains(work.connection, office.tenant.id)
    assert report.events > 20
    assert report.broken == ()


def test_a_rejection_ends_only_what_depends_on_it(office):
    office.agencies.reject("nuisance_review", "Terlalu dekat dengan permukiman.")
    accepted = lodge(office, FOUR_PERMITS)
    before = {one.service: one.first_promised_on for one in view(office, accepted).applications}
    work_on(office)
    seen = view(office, accepted)
    assert seen.outcome == "partly_approved"
    ended = {one.service: one for one in seen.applications}
    assert [code for code, one in ended.items() if one.state == "rejected"] == ["ho"]
    assert ended["ho"].reasons == ("Terlalu dekat dengan permukiman.",)
    assert ended["ho"].document.kind == "refusal"
    assert {one.service: one.first_promised_on for one in seen.applications} == before


def test_a_rejected_permit_takes_along_what_needs_it(office):
    office.agencies.reject("technical", "Jarak bangunan ke jalan kurang.")
    accepted = lodge(office, FOUR_PERMITS)
    work_on(office)
    ended = {one.service: one for one in view(office, accepted).applications}
    assert {code: one.state for code, one in ended.items()} == {
        "rekomendasi_lokasi": "approved",
        "imb": "rejected",
        "ho": "rejected",
        "siup": "approved",
    }
    assert any("Izin Mendirikan Bangunan" in reason for reason in ended["ho"].reasons)


def test_each_agency_is_asked_once_for_a_shared_step(office):
    lodge(office, FOUR_PERMITS)
    work_on(office)
    keys = [question.key for question in office.agencies.asked]
    assert len(keys) == len(set(keys))
    identity = [question for question in office.agencies.asked if question.step == "identity"]
    assert [question.payload["services"] for question in identity] == [
        ["rekomendasi_lokasi", "imb", "ho", "siup"]
    ]


def test_the_rooms_shown_to_the_flows_are_those_of_the_database(office):
    lodge(office, FOUR_PERMITS)
    states = {state for (state,) in office.rows("SELECT DISTINCT state FROM app.task")}
    assert states == {routes.TaskState.READY, routes.TaskState.BLOCKED}
    with office.work() as work:
        assert fees.notices_of_bill(work.connection, work.tenant.id, "none") == []


def test_no_batch_is_begun_after_the_time_is_over(office):
    lodge(office, FOUR_PERMITS)
    assert drain(office.tools, until=time.monotonic()) == 0
    assert drain(office.tools) > 0
