"""State and ledger change together or not at all."""

import pytest

from ptsp.domain import routes
from ptsp.flows import record_results as recording
from ptsp.flows.answer_at_desk import answer_at_desk
from ptsp.flows.submit_bundle import submit_bundle
from ptsp.infra.ledger import check_chains
from ptsp.kernel.errors import Invalid
from tests.flows.acts import HO, SIUP, as_admin, lodge, states, work_on

EVERYTHING = """
    SELECT 'task', t::text FROM app.task t UNION ALL SELECT 'event', e::text FROM app.event e
    UNION ALL SELECT 'bundle', b::text FROM app.bundle b UNION ALL SELECT 'application', a::text FROM app.application a
    UNION ALL SELECT 'decision', d::text FROM app.decision d UNION ALL SELECT 'notice', n::text FROM app.fee_notice n
    UNION ALL SELECT 'series', s::text FROM app.number_series s"""


class Cut(Exception):
    """The line to the database is cut."""


def everything(office):
    return sorted(map(tuple, office.rows(EVERYTHING)))


@pytest.fixture
def at_the_desk(office):
    """A bundle whose first task waits at a desk: its id."""
    lodge(office, HO)
    office.drain()
    ((task,),) = office.rows("SELECT id FROM app.task WHERE kind = 'desk'")
    return task


@pytest.mark.parametrize(
    "part", ["ledger.append", "routes.set_heads", "routes.move", "applications.end_applications"]
)
def test_a_flow_that_fails_in_the_middle_leaves_nothing(office, at_the_desk, monkeypatch, part):
    room, name = part.split(".")

    def cut(*_, **__):
        raise Cut

    before = everything(office)
    with monkeypatch.context() as patch:
        patch.setattr(getattr(recording, room), name, cut)
        with pytest.raises(Cut), office.work() as work:
            answer_at_desk(work, "front_office", at_the_desk, is_approved=True, reasons=())
    assert everything(office) == before
    with office.work() as work:
        answer_at_desk(work, "front_office", at_the_desk, is_approved=True, reasons=())
    assert states(office)["file_check"] == "approved"


def answer_and_cut(office, task):
    with office.work() as work:
        answer_at_desk(work, "front_office", task, is_approved=True, reasons=())
        raise Cut


def test_a_flow_that_fails_after_its_end_leaves_nothing(office, at_the_desk):
    before = everything(office)
    with pytest.raises(Cut):
        answer_and_cut(office, at_the_desk)
    assert everything(office) == before


def test_a_submission_that_is_refused_late_leaves_nothing(office):
    """The documents are bound last; the rest has been written by then."""
    order = office.order(HO)
    taken = office.order(HO)
    with office.work() as work:
        submit_bundle(work, taken)
    order.applications[0].documents["ktp"] = taken.applications[0].documents["ktp"]
    before = everything(office)
    with pytest.raises(Invalid), office.work() as work:
        submit_bundle(work, order)
    assert everything(office) == before


def test_a_picture_for_one_permit_does_not_do_where_another_wants_a_pdf(office, packs):
    order = office.order({**SIUP, **HO})
    (pack,) = [pack for pack in packs if pack.code == office.tenant.code]
    ho = next(at for at, one in enumerate(order.applications) if one.service == "ho")
    (code,) = [
        one.code
        for one in pack.services["ho"].requirements
        if one.accepts == ("application/pdf",) and one.permit is None and one.when is None
    ]
    as_admin(
        office,
        f"UPDATE app.document SET media_type = 'image/png' WHERE id = '{order.applications[ho].documents[code]}'",
    )
    with pytest.raises(Invalid) as refused, office.work() as work:
        submit_bundle(work, order)
    assert [(one.field, one.code) for one in refused.value.faults] == [
        (f"applications[{ho}].documents.{code}", "file_wrong_kind")
    ]
    assert office.rows("SELECT 1 FROM app.bundle") == []


def test_every_verdict_stands_in_the_ledger_once(office):
    office.agencies.reject("nuisance_review")
    lodge(office, SIUP)
    lodge(office, HO)
    work_on(office)
    final = office.rows("SELECT count(*) FROM app.task WHERE state IN ('approved', 'rejected')")[0][0]
    told = office.rows("SELECT count(*) FROM app.event WHERE type IN ('task.approved', 'task.rejected')")[0][
        0
    ]
    ended = office.rows("SELECT count(*) FROM app.event WHERE type = 'application.ended'")[0][0]
    assert told == final
    assert ended == 2
    with office.work() as work:
        assert check_chains(work.connection, office.tenant.id).broken == ()


def test_a_result_under_a_lease_that_is_gone_changes_nothing(office, at_the_desk):
    ((bundle,),) = office.rows("SELECT id FROM app.bundle")
    stale = routes.Result(at_the_desk, routes.TaskState.APPROVED, lease=bundle)
    before = everything(office)
    with office.work() as work:
        assert recording.record_results(work, [bundle], [stale]) == []
    assert everything(office) == before
