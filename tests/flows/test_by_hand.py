"""What an agency cannot be asked, or answers in our pages, an officer answers: once, at the right desk, by name."""

import json
from dataclasses import replace

import pytest

from ptsp.domain import routes
from ptsp.flows.answer_at_desk import answer_at_desk
from ptsp.flows.desk_queue import desk_queue
from ptsp.flows.open_desk import Desk, open_desk
from ptsp.flows.record_results import record_results
from ptsp.flows.show_case import show_case
from ptsp.flows.take_reply import take_reply
from ptsp.flows.take_task import release_task, take_task
from ptsp.infra.ledger import check_chains
from ptsp.infra.work import begin
from ptsp.kernel.errors import Conflict, NotFound
from ptsp.main.demo.orders import KNOWN_NIK
from ptsp.main.wiring import engine_for
from ptsp.sdk.contract import Receipt, Reply, Verdict
from ptsp.sdk.errors import TryLater
from tests.flows.acts import SIUP, apply, approve_desks, lodge, make_due, now_in_force, view, work_on

DESK, OTHER = "front_office", "back_office"
OWN = {"Origin": "http://localhost"}


def task(office, code):
    (row,) = office.rows(
        "SELECT id, bundle_id, state, desk, kind, reasons FROM app.task WHERE code = :code", code=code
    )
    return row


def handed(office, *, desk=DESK):
    """A licence whose identity check the agency cannot be asked; it was handed to a desk for that."""
    office.agencies.answers["identity"] = TryLater("the quota is used up", after=60)
    accepted = lodge(office, SIUP)
    office.drain()
    approve_desks(office)
    office.drain()
    one = task(office, "identity")
    result = routes.Result(
        one.id, routes.TaskState.ASKED, again_s=60, note={"reason": "x"}, cause=routes.Cause.QUOTA, desk=desk
    )
    with office.work("operator") as work:
        assert record_results(work, [one.bundle_id], [result])
    return accepted, one.id


def events(office):
    rows = office.rows("SELECT type, body FROM app.event ORDER BY seq")
    return [(row.type, json.loads(row.body)) for row in rows]


def test_a_desk_answers_in_the_place_of_an_agency(office):
    accepted, ident = handed(office)
    with office.work() as work:
        assert ident in [one.id for one in desk_queue(work, DESK).tasks]
        assert ident not in [one.id for one in desk_queue(work, OTHER).tasks]
    shown = next(one for one in view(office, accepted).tasks if one.code == "identity")
    assert (shown.state, shown.desk_name["id"]) == ("asked", office.tenant.pack.agencies[DESK].name["id"])

    with office.work() as work:
        case = show_case(work, office.tools.book, DESK, ident, lambda tenant, agency: {"applicant"})
        whole = show_case(work, office.tools.book, DESK, ident)
    told = {part.label["en"]: part.value["id"] for part in case.task.by_hand.parts}
    assert (case.task.agency, case.task.by_hand.agency) == (DESK, "population")
    assert (told["Name"], told["Date of birth"]) == ("Pemohon Contoh", "12 Maret 1990")
    assert told["Identity number (NIK)"] != KNOWN_NIK
    assert KNOWN_NIK not in repr(case)
    assert case.task.by_hand.why["en"]
    assert case.applications[0].answers == ()  # the agency itself is never told them
    assert whole.applications[0].answers

    for agency in (OTHER, "population"):
        with pytest.raises(NotFound), office.work("desk") as work:
            answer_at_desk(work, agency, ident, is_approved=True, reasons=())
        with pytest.raises(NotFound), office.work("desk") as work:
            take_task(work, Desk(agency, "loket-1"), ident)
        with pytest.raises(NotFound), office.work() as work:
            show_case(work, office.tools.book, agency, ident)
    officer = Desk(DESK, "loket-1")
    for act in (take_task, release_task, take_task):
        with office.work(officer.actor) as work:
            act(work, officer, ident)
    with office.work(officer.actor) as work:
        answer_at_desk(work, DESK, ident, is_approved=True, reasons=())
    with pytest.raises(Conflict), office.work(officer.actor) as work:
        answer_at_desk(work, DESK, ident, is_approved=False, reasons=("Terlambat.",))

    late = Reply("m-1", str(ident), Receipt("K-9", Verdict.REJECTED, ("Tidak cocok.",)))
    with office.work("agency:population") as work:
        assert take_reply(work, "population", late, b"{}") == "late"
    work_on(office)
    assert view(office, accepted).outcome == "approved"
    (answered,) = [
        body
        for kind, body in events(office)
        if kind == "task.approved" and body["data"]["task"] == "identity"
    ]
    assert answered["actor"] == "desk:front_office/loket-1"
    assert answered["data"]["by_hand"] is True
    with office.work() as work:
        assert check_chains(work.connection, office.tenant.id).broken == ()


def test_what_the_agency_still_answers_counts_while_nobody_has_by_hand(office):
    accepted, ident = handed(office)
    reply = Reply("m-1", str(ident), Receipt("K-9", Verdict.APPROVED))
    with office.work("agency:population") as work:
        assert take_reply(work, "population", reply, b"{}") == "recorded"
    with pytest.raises(Conflict), office.work("desk") as work:
        answer_at_desk(work, DESK, ident, is_approved=True, reasons=())
    asked = len(office.agencies.asked)
    work_on(office)
    assert view(office, accepted).outcome == "approved"
    assert [one.step for one in office.agencies.asked[asked:]].count("identity") == 0


def test_nobody_is_asked_while_a_desk_has_it(office):
    _, ident = handed(office)
    asked = len(office.agencies.asked)
    make_due(office)
    office.drain()
    assert len([one for one in office.agencies.asked[asked:] if one.step == "identity"]) == 0
    row = task(office, "identity")
    assert (row.state, row.desk, row.id) == ("asked", DESK, ident)


def test_an_agency_of_the_pack_answers_in_our_pages(office, client):
    pack = office.tenant.pack
    trade = replace(pack.agencies["trade"], connector="desk", desk=True, options={})
    apply(office, replace(pack, agencies={**pack.agencies, "trade": trade}, digest="with a desk"))
    office = now_in_force(office)
    accepted = lodge(office, SIUP)
    office.drain()
    approve_desks(office)
    office.drain()
    row = task(office, "business_check")
    assert (row.state, row.desk, row.kind) == ("asked", "trade", "ask")
    assert "business_check" not in [one.step for one in office.agencies.asked]

    owner = engine_for(office.settings, "ptsp_owner", pool_size=1)
    with begin(owner, office.tenant, actor="test") as work:
        tokens = {agency: open_desk(work, agency) for agency in ("trade", OTHER)}
    owner.dispose()
    page = f"/sidoarjo/desk/tasks/{row.id}"
    client.post("/sidoarjo/desk", data={"token": tokens[OTHER]}, headers=OWN)
    assert client.get(page).status_code == 404
    assert client.post(f"{page}/approve", headers=OWN).status_code == 404
    client.post("/sidoarjo/desk", data={"token": tokens["trade"]}, headers=OWN)
    shown = client.get(page)
    assert shown.status_code == 200
    assert "Dijawab petugas" in shown.text
    assert KNOWN_NIK not in shown.text
    assert (
        "Diperiksa petugas" in client.get(f"/sidoarjo/bundles/{accepted.reference}?key={accepted.key}").text
    )
    assert (
        client.post(f"{page}/reject", data={"reasons": "Izin usaha ganda."}, headers=OWN).status_code == 303
    )
    work_on(office)
    found = view(office, accepted)
    assert (found.outcome, task(office, "business_check").reasons) == ("refused", ["Izin usaha ganda."])
    answered = next(body for kind, body in events(office) if kind == "task.rejected")
    assert (answered["actor"], answered["data"]["by_hand"]) == ("desk:trade", True)
