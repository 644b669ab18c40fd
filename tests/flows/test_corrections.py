"""Return for correction: what may be asked, what answers it, and what it does to the clocks."""

import uuid
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from ptsp.domain.corrections import Answer, Ask
from ptsp.domain.deadlines import marks_from_text, standing
from ptsp.flows.answer_at_desk import answer_at_desk
from ptsp.flows.answer_correction import answer_correction
from ptsp.flows.ask_correction import ask_correction, take_back_correction
from ptsp.flows.lapse_silent import lapse_silent
from ptsp.flows.refold import recompute
from ptsp.flows.submit_bundle import submit_bundle
from ptsp.infra.work import begin
from ptsp.kernel.errors import Conflict, Invalid, NotFound
from ptsp.kernel.specs import CorrectionSpec, StopReason
from ptsp.main.demo.orders import FOUR_PERMITS
from ptsp.sdk.contract import Receipt
from tests.flows.acts import HO, SIUP, apply, lodge, make_due, now_in_force, states, view, work_on

FRONT = "front_office"
ASKED = Ask(("0.capital",), ("0.place_proof",), "Modal dan bukti tempat usaha tidak cocok.")


def at_desk(office, code="file_check"):
    """The task of this code, given to its desk."""
    office.drain()
    ((task,),) = office.rows("SELECT id FROM app.task WHERE code = :code", code=code)
    return task


def ask(office, task, what=ASKED, *, by=FRONT, now=None):
    with begin(office.tools.engine, office.tenant, actor="desk", now=now) as work:
        return ask_correction(work, office.tools.book, by, task, what)


def answer(office, accepted, one, *, answers=None, documents=None, now=None):
    if documents is None:
        documents = {name: office.document(name.partition(".")[2]) for name in one.documents}
    answers = {"0.capital": "90000000"} if answers is None else answers
    with begin(office.tools.engine, office.tenant, actor="api:bundles", now=now) as work:
        answer_correction(
            work, office.tools.book, accepted.reference, accepted.key, one.id, Answer(answers, documents)
        )


def take_back(office, task, by=FRONT):
    with office.work("desk") as work:
        take_back_correction(work, by, task)


def faults(refused) -> set[tuple[str, str]]:
    return {(one.field, one.code) for one in refused.value.faults}


def clocks(office):
    """How many stops hold the file check, and how many the first application."""
    rows = office.rows("SELECT marks FROM app.task WHERE code = 'file_check'")
    rows += office.rows("SELECT marks FROM app.application WHERE position = 0")
    return tuple(len(standing(marks_from_text(row.marks))) for row in rows)


def check_ledger(office):
    """Every deadline follows from the events alone."""
    with office.work() as work:
        found = recompute(work.connection, office.tenant)
    assert found.bundles > 0
    assert found.differences == ()


@pytest.fixture
def changed(office):
    """The office with other rules for the trading licence."""

    def change(**standard):
        clock = standard.pop("clock", {})
        service = office.tenant.pack.services["siup"]
        spec = replace(
            service.standard, version=2, clock=replace(service.standard.clock, **clock), **standard
        )
        services = {**office.tenant.pack.services, "siup": replace(service, standard=spec)}
        apply(office, replace(office.tenant.pack, services=services, digest=uuid.uuid4().hex))
        return now_in_force(office)

    return change


def test_a_file_is_returned_answered_and_approved(office):
    accepted = lodge(office, SIUP)
    task = at_desk(office)
    one = ask(office, task)
    assert one.round == 1
    assert clocks(office) == (1, 1)
    seen = view(office, accepted)
    (told,) = seen.corrections
    assert (told.state, told.round, told.rounds_left, told.lapses) == ("open", 1, 2, True)
    assert [(item.name, item.service) for item in (*told.fields, *told.documents)] == [
        ("0.capital", "siup"),
        ("0.place_proof", "siup"),
    ]
    assert seen.held_by == ("clarification",)
    answer(office, accepted, one)
    assert clocks(office) == (0, 0)
    ((answers,),) = office.rows("SELECT answers FROM app.application")
    assert '"capital":{"n":"90000000"}' in answers
    assert view(office, accepted).held_by == ()
    check_ledger(office)
    work_on(office)
    assert view(office, accepted).outcome == "approved"
    check_ledger(office)


def test_the_ledger_keeps_what_was_asked_and_not_what_was_written(office):
    accepted = lodge(office, SIUP)
    one = ask(office, at_desk(office))
    answer(office, accepted, one)
    bodies = [row.body for row in office.rows("SELECT body FROM app.event WHERE type LIKE 'correction.%'")]
    assert len(bodies) == 2
    for body in bodies:
        assert "0.capital" in body
        assert "90000000" not in body
        assert "Modal" not in body


@pytest.mark.parametrize(
    ("what", "expected"),
    [
        (Ask((), (), "Perbaiki."), {("fields", "nothing_asked")}),
        (Ask(("0.nothing",), (), "Perbaiki."), {("fields[0]", "not_returnable")}),
        (Ask(("1.capital",), (), "Perbaiki."), {("fields[0]", "not_returnable")}),
        (Ask(("capital",), ("0.",), "x"), {("fields[0]", "not_returnable"), ("documents[0]", "not_returnable")}),
        (Ask(("0.ktp",), ("0.capital",), "x"), {("fields[0]", "not_returnable"), ("documents[0]", "not_returnable")}),
        (Ask(("0.capital", "0.capital"), (), "Perbaiki."), {("fields[1]", "named_twice")}),
        (Ask(("0.capital",), (), " \n "), {("message", "blank")}),
        (Ask(("0.capital",), (), "a\x1fb"), {("message", "character")}),
    ],
)  # fmt: skip
def test_what_cannot_be_asked_is_named(office, what, expected):
    lodge(office, SIUP)
    task = at_desk(office)
    with pytest.raises(Invalid) as refused:
        ask(office, task, what)
    assert faults(refused) == expected
    assert clocks(office) == (0, 0)


def test_only_the_tasks_own_desk_and_the_offices_may_ask(office):
    accepted = lodge(office, SIUP)
    task = at_desk(office)
    for other in ("back_office", "treasurer", "civil_registry", "nobody"):
        with pytest.raises(NotFound):
            ask(office, task, by=other)
    with pytest.raises(NotFound):
        ask(office, uuid.uuid4())
    ask(office, task, by="head")  # who signs
    with pytest.raises(NotFound):
        take_back(office, task)
    take_back(office, task, by="head")
    check_ledger(office)
    assert view(office, accepted).corrections[0].state == "withdrawn"


@pytest.mark.parametrize("code", ["decision", "identity"])
def test_a_task_that_is_not_under_way_returns_nothing(office, code):
    lodge(office, SIUP)
    task = at_desk(office, code)
    with pytest.raises(NotFound if code == "decision" else Conflict):
        ask(office, task)


def test_no_verdict_while_an_answer_is_awaited(office):
    lodge(office, SIUP)
    task = at_desk(office)
    ask(office, task)
    with pytest.raises(Conflict, match="waits for the applicant"):
        ask(office, task)
    for is_approved in (True, False):
        with pytest.raises(Conflict, match="take the correction back"), office.work() as work:
            answer_at_desk(work, FRONT, task, is_approved=is_approved, reasons=("Alasan.",))
    take_back(office, task)
    with pytest.raises(Conflict):
        take_back(office, task)
    with office.work() as work:
        answer_at_desk(work, FRONT, task, is_approved=True, reasons=())
    assert states(office)["file_check"] == "approved"
    check_ledger(office)


def test_the_rounds_are_limited_and_one_taken_back_does_not_count(changed):
    office = changed(corrections=CorrectionSpec(most_rounds=2))
    accepted = lodge(office, SIUP)
    task = at_desk(office)
    ask(office, task)
    take_back(office, task)
    for number in (1, 2):
        one = ask(office, task)
        assert one.round == number
        answer(office, accepted, one)
    with pytest.raises(Invalid) as refused:
        ask(office, task)
    assert faults(refused) == {("fields", "no_rounds_left")}
    assert [one.rounds_left for one in view(office, accepted).corrections] == [0, 0, 0]
    check_ledger(office)


def test_a_standard_whose_clock_may_not_stand_for_it_allows_no_correction(changed):
    office = changed(clock={"stops": frozenset({StopReason.PAYMENT})})
    lodge(office, SIUP)
    task = at_desk(office)
    with pytest.raises(Invalid) as refused:
        ask(office, task)
    assert faults(refused) == {("fields", "stop_not_allowed")}


@pytest.mark.parametrize(
    ("answers", "documents", "expected"),
    [
        ({}, None, {("answers.0.capital", "missing")}),
        ({"0.capital": "1", "0.goods": "x"}, None, {("answers.0.goods", "unknown")}),
        ({"0.capital": "banyak"}, None, {("answers.0.capital", "plain_number")}),
        ({"0.capital": "-1"}, None, {("answers.0.capital", "at_least")}),
        ({"0.capital": ""}, None, {("answers.0.capital", "missing")}),
        ({"0.capital": "1"}, {}, {("documents.0.place_proof", "missing")}),
        ({"0.capital": "1"}, {"0.place_proof": None}, {("documents.0.place_proof", "no_such_document")}),
        ({"0.capital": "1"}, {"0.place_proof": "ktp"}, {("documents.0.place_proof", "no_such_document")}),
        ({"0.capital": "1"}, {"0.place_proof": "old"}, {("documents.0.place_proof", "document_same")}),
        ({"0.capital": "1"}, {"0.ktp": None, "0.place_proof": "new"}, {("documents.0.ktp", "unknown")}),
    ],
)  # fmt: skip
def test_an_answer_is_exactly_what_was_asked(office, answers, documents, expected):
    accepted = lodge(office, SIUP)
    one = ask(office, at_desk(office))
    ((old,),) = office.rows("SELECT id FROM app.document WHERE requirement = 'place_proof'")
    made = {None: uuid.uuid4, "ktp": lambda: office.document("ktp"), "old": lambda: old}
    made["new"] = lambda: office.document("place_proof")
    if documents is not None:
        documents = {name: made[what]() for name, what in documents.items()}
    before = office.rows("SELECT answers, shown FROM app.application")
    with pytest.raises(Invalid) as refused:
        answer(office, accepted, one, answers=answers, documents=documents)
    assert faults(refused) == expected
    assert office.rows("SELECT answers, shown FROM app.application") == before
    assert clocks(office) == (1, 1)


def test_an_answer_needs_the_key_and_comes_once(office):
    accepted = lodge(office, SIUP)
    one = ask(office, at_desk(office))
    with pytest.raises(NotFound):
        answer(office, replace(accepted, key="WRONG"), one)
    other = lodge(office, SIUP)
    with pytest.raises(NotFound):
        answer(office, other, one)
    answer(office, accepted, one)
    with pytest.raises(Conflict):
        answer(office, accepted, one)


def test_a_choice_that_calls_for_a_document_brings_it_along(office):
    accepted = lodge(office, SIUP)
    task = at_desk(office)
    one = ask(office, task, Ask(("0.legal_form",), (), "Bentuk usaha?"))
    with pytest.raises(Invalid) as refused:
        answer(office, accepted, one, answers={"0.legal_form": "pt"})
    assert faults(refused) == {("documents.0.deed", "document_missing")}
    take_back(office, task)
    one = ask(office, task, Ask(("0.legal_form",), ("0.deed",), "Bentuk usaha dan aktanya?"))
    answer(office, accepted, one, answers={"0.legal_form": "pt"})
    ((shown,),) = office.rows("SELECT shown FROM app.application")
    assert shown == ["deed", "ktp", "place_proof"]
    one = ask(office, task, Ask(("0.legal_form",), (), "Bentuk usaha?"))
    answer(office, accepted, one, answers={"0.legal_form": "person"})
    ((shown,),) = office.rows("SELECT shown FROM app.application")
    assert shown == ["ktp", "place_proof"]
    check_ledger(office)


def test_what_would_take_another_way_cannot_be_corrected(office):
    """`disturbance` decides whether the environment agency is asked, `area` only what it costs."""
    accepted = lodge(office, HO)
    one = ask(
        office, at_desk(office), Ask(("0.disturbance", "0.area"), ("0.environment_document",), "Perbaiki.")
    )
    with pytest.raises(Invalid) as refused:
        answer(office, accepted, one, answers={"0.disturbance": "large", "0.area": "200"})
    assert faults(refused) == {("answers.0.disturbance", "route_changed")}
    answer(office, accepted, one, answers={"0.disturbance": "small", "0.area": "200"}, documents={})
    work_on(office)
    seen = view(office, accepted)
    assert seen.outcome == "approved"
    check_ledger(office)


@pytest.mark.parametrize(("is_anew", "left"), [(False, 2), (True, 3)])
def test_an_answer_lets_the_legal_clock_go_on_or_begin_anew(changed, is_anew, left):
    """A limit of 3 working days from lodging on a Monday; asked on Tuesday, answered on Thursday."""
    office = changed(clock={"after_correction_anew": is_anew, "starts_after": None})
    monday = datetime(2026, 11, 2, 3, 0, tzinfo=UTC)
    order = office.order(SIUP)
    with begin(office.tools.engine, office.tenant, actor="test", now=monday) as work:
        accepted = submit_bundle(work, order)
    ((task,),) = office.rows("SELECT id FROM app.task WHERE code = 'file_check'")
    one = ask(office, task, now=monday + timedelta(days=1))
    assert office.rows("SELECT due_at FROM app.application") == [(None,)]
    answer(office, accepted, one, now=monday + timedelta(days=3))
    ((due_at,),) = office.rows("SELECT due_at FROM app.application")
    thursday = monday.date() + timedelta(days=3)
    calendar = office.tenant.calendar
    assert due_at.astimezone(calendar.zone).date() == calendar.add_working_days(thursday, left)
    check_ledger(office)


def test_an_agency_that_answers_meanwhile_makes_the_correction_needless(office):
    """The office returns a file while an agency works on it; the agency's verdict comes first."""
    accepted = lodge(office, SIUP)
    office.agencies.answers["identity"] = Receipt("K-1")
    at_desk(office)
    with office.work() as work:
        ((task,),) = office.rows("SELECT id FROM app.task WHERE code = 'file_check'")
        answer_at_desk(work, FRONT, task, is_approved=True, reasons=())
    office.drain()
    one = ask(office, at_desk(office, "identity"), Ask(("0.capital",), (), "Perbaiki."))
    del office.agencies.answers["identity"]
    make_due(office)
    office.drain()
    assert view(office, accepted).corrections[0].state == "withdrawn"
    with pytest.raises(Conflict):
        answer(office, accepted, one, documents={})
    check_ledger(office)
    work_on(office)
    assert view(office, accepted).outcome == "approved"
    check_ledger(office)


def test_silence_lets_what_was_returned_lapse_and_nothing_else(office):
    """The file check is shared by four permits; only the trading licence is returned by it."""
    accepted = lodge(office, FOUR_PERMITS)
    task = at_desk(office)
    positions = {one.service: at for at, one in enumerate(view(office, accepted).applications)}
    one = ask(office, task, Ask((f"{positions['siup']}.capital",), (), "Modal?"))
    with office.work() as work:
        assert lapse_silent(work) == 0
    late = datetime.combine(one.due_on, datetime.min.time(), UTC) + timedelta(days=2)
    with begin(office.tools.engine, office.tenant, actor="worker", now=late) as work:
        assert lapse_silent(work) == 1
        assert lapse_silent(work) == 0
    seen = view(office, accepted)
    assert {one.service: one.state for one in seen.applications} == {
        "siup": "lapsed",
        "imb": "open",
        "ho": "open",
        "rekomendasi_lokasi": "open",
    }
    assert seen.corrections[0].state == "lapsed"
    assert seen.held_by == ()
    check_ledger(office)
    work_on(office)
    seen = view(office, accepted)
    assert seen.outcome == "approved"
    check_ledger(office)


def test_the_applicant_is_told_once_a_round_and_nothing_personal_stands_in_it(office):
    accepted = lodge(office, SIUP)
    task = at_desk(office)
    one = ask(office, task)
    (owed,) = office.rows("SELECT recipient, subject, body FROM app.message")
    assert owed.recipient == "applicant"
    assert accepted.reference in owed.subject
    assert ASKED.message not in owed.body
    assert accepted.key not in owed.body
    answer(office, accepted, one)
    ask(office, task)
    assert len(office.rows("SELECT 1 FROM app.message")) == 2
