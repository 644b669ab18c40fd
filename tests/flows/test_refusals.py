"""A refusal gives every reason at once, whoever gave it, and ends only what depends on it."""

import pytest

from ptsp.domain import routes
from ptsp.flows.answer_at_desk import answer_at_desk
from ptsp.kernel.errors import Conflict, Invalid, NotFound
from tests.flows.acts import HO, SIUP, lodge, states, view, work_on


def at_desk(office):
    office.drain()
    ((task, agency),) = office.rows("SELECT id, agency FROM app.task WHERE kind = 'desk' AND state = 'asked'")
    return task, agency


def test_the_reasons_of_several_rejections_are_given_together_and_each_once(office):
    steps = [step.code for step in office.tenant.pack.services["siup"].route if step.kind == "ask"]
    assert len(steps) == 2
    office.agencies.reject(steps[0], "Nama tidak cocok.", "Alamat tidak cocok.")
    office.agencies.reject(steps[1], "Alamat tidak cocok.", "Modal belum disetor.")
    accepted = lodge(office, SIUP)
    work_on(office)
    seen = view(office, accepted)
    assert seen.outcome == "refused"
    assert seen.applications[0].reasons == (
        "Alamat tidak cocok.",
        "Modal belum disetor.",
        "Nama tidak cocok.",
    )
    assert seen.applications[0].document.kind == "refusal"


def test_an_officer_refuses_at_the_desk(office):
    accepted = lodge(office, HO)
    task, agency = at_desk(office)
    with office.work("desk") as work:
        answer_at_desk(work, agency, task, is_approved=False, reasons=(" Berkas kurang. ", ""))
    work_on(office)
    seen = view(office, accepted)
    assert seen.outcome == "refused"
    assert seen.applications[0].reasons == ("Berkas kurang.",)
    assert (seen.fee, seen.notices) == (0, ())
    assert office.agencies.asked == []
    assert {state for code, state in states(office).items() if code not in ("file_check", "decision")} == {
        "cut"
    }


@pytest.mark.parametrize("reasons", [(), ("",), (" ", "\n")])
def test_a_rejection_without_reasons_is_refused(office, reasons):
    lodge(office, SIUP)
    task, agency = at_desk(office)
    with pytest.raises(Invalid) as refused, office.work() as work:
        answer_at_desk(work, agency, task, is_approved=False, reasons=reasons)
    assert [fault.field for fault in refused.value.faults] == ["reasons"]
    assert states(office)["file_check"] == "asked"


def test_only_the_desk_that_has_the_task_answers_it_and_only_once(office):
    lodge(office, SIUP)
    task, agency = at_desk(office)
    with pytest.raises(NotFound), office.work() as work:
        answer_at_desk(work, "back_office", task, is_approved=True, reasons=())
    ((identity,),) = office.rows("SELECT id FROM app.task WHERE code = 'identity'")
    with pytest.raises(NotFound), office.work() as work:
        answer_at_desk(work, "population", identity, is_approved=True, reasons=())
    with office.work() as work:
        answer_at_desk(work, agency, task, is_approved=True, reasons=())
    with pytest.raises(Conflict), office.work() as work:
        answer_at_desk(work, agency, task, is_approved=False, reasons=("Terlambat.",))
    assert states(office)["file_check"] == routes.TaskState.APPROVED
