"""Nobody decides his own case, who assessed does not sign where the pack says so, and a desk opens what is held."""

from dataclasses import replace
from uuid import UUID

import pytest
from flask.testing import FlaskClient

from ptsp.api.access import Access
from ptsp.flows.hold_role import Wish, grant_role
from ptsp.flows.open_desk import desk_of
from ptsp.kernel.errors import Invalid, NotFound, NotYours
from ptsp.kernel.specs import TenantPack
from ptsp.main.demo.orders import KNOWN_NIK
from ptsp.main.desk_counter import DeskCounter
from ptsp.main.web import create_app
from tests.flows.acts import HO, SIUP, apply, lodge, make_due, now_in_force, with_service, work_on
from tests.flows.signing import HOME, OWN, Hall, hall, token_of
from tests.flows.staff import CHEAP, OFFICE, Staff
from tests.flows.test_objections import lodge_one, refused
from tests.offices import Office

__all__ = ["hall"]  # a fixture
FRONT, HEAD = "front_office", "head"


@pytest.fixture
def staff(office: Office, access: Access) -> Staff:
    return Staff(replace(access, passwords=CHEAP), office)


def behind(hall: Hall, access: Access, office: Office) -> Staff:
    """Staff of an office whose decisions are signed through the service."""
    tools = hall.office.tools
    return Staff(replace(access, book=tools.book, partners=tools.partners, passwords=CHEAP), office)


def waiting(office: Office, agency: str = FRONT, service: str = "siup") -> UUID:
    found = office.rows(
        """SELECT t.id FROM app.task t JOIN app.application a ON a.bundle_id = t.bundle_id
            WHERE t.agency = :agency AND t.state = 'asked' AND a.service = :service ORDER BY t.id LIMIT 1""",
        agency=agency,
        service=service,
    )
    return found[0].id


def at_desk(staff: Staff, token: str) -> DeskCounter:
    return DeskCounter(staff.access, OFFICE, token)


def faults(refusal: pytest.ExceptionInfo[Invalid]) -> list[tuple[str, str, dict[str, str]]]:
    return [(one.field, one.code, dict(one.values)) for one in refusal.value.faults]


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


# ------------------------------------------------------------------------------------------- own cases


def test_nobody_decides_his_own_case_and_is_told_who_may(office: Office, staff: Staff) -> None:
    lodge(office, SIUP)
    office.drain()
    task = waiting(office)
    own = staff.came_in("siti", Wish("officer", FRONT), nik=KNOWN_NIK)
    client = create_app(staff.access).test_client()
    verdict = f"/api/v1/offices/{OFFICE}/desk/tasks/{task}"
    for body in ({"verdict": "approved"}, {"verdict": "rejected", "reasons": ["Alasan."]}):
        answer = client.post(verdict, json=body, headers=bearer(own))
        assert (answer.status_code, answer.content_type) == (422, "application/problem+json")
        assert [one["code"] for one in answer.json["errors"]] == ["own_case_alone"]
    other = staff.came_in("budi", Wish("officer", FRONT))
    staff.add("auditor1", Wish("auditor", FRONT))  # may see, and so is not named
    with pytest.raises(Invalid) as refusal:
        at_desk(staff, own).answer(task, is_approved=True, reasons=())
    assert faults(refusal) == [("verdict", "own_case", {"others": "budi"})]
    at_desk(staff, other).answer(task, is_approved=True, reasons=())
    assert office.rows("SELECT answered_by FROM app.task WHERE id = :id", id=task) == [("budi",)]
    actors = office.rows("SELECT body::jsonb ->> 'actor' FROM app.event WHERE type = 'task.approved'")
    assert actors == [("desk:front_office/budi",)]


def test_the_page_says_it_in_the_readers_language(office: Office, staff: Staff) -> None:
    lodge(office, SIUP)
    office.drain()
    task = waiting(office)
    staff.add("siti", Wish("officer", FRONT), nik=KNOWN_NIK)
    staff.add("budi", Wish("officer", FRONT))
    client = create_app(staff.access).test_client()
    form = {"login": "siti", "password": "kuda benar baterai"}
    assert client.post(f"/{OFFICE}/desk/sign-in", data=form, headers=OWN).status_code == 303
    answer = client.post(f"/{OFFICE}/desk/tasks/{task}/approve", headers=OWN)
    assert answer.status_code == 422
    assert (
        "Anda pemohon dalam berkas ini, jadi tidak boleh memutusnya. Yang dapat memutus: budi." in answer.text
    )


def test_nobody_decides_the_objection_in_his_own_case(office: Office, staff: Staff) -> None:
    objection = lodge_one(office, refused(office))
    client = create_app(staff.access).test_client()
    path = f"/api/v1/offices/{OFFICE}/desk/objections/{objection}"
    body = {"verdict": "upheld", "reasons": ["Benar."]}
    own = staff.came_in("kepala", Wish("signer", HEAD), nik=KNOWN_NIK)
    answer = client.post(path, json=body, headers=bearer(own))
    assert (answer.status_code, answer.json["errors"][0]["code"]) == (422, "own_case_alone")
    officer = staff.came_in("siti", Wish("officer", HEAD))
    assert client.post(path, json=body, headers=bearer(officer)).status_code == 403
    other = staff.came_in("plh", Wish("signer", HEAD))
    assert client.post(path, json=body, headers=bearer(other)).status_code == 200


def test_nobody_signs_his_own_permit(hall: Hall) -> None:
    """The NIK that is typed to sign tells who it is, also with a desk's token."""
    hall.office.agencies.answers.clear()
    hall.ask(SIUP)
    (task,) = hall.waiting()
    page = hall.sign(task, nik=KNOWN_NIK)
    assert "Anda pemohon dalam berkas ini" in page
    assert (hall.numbers(), hall.signed()) == ([], 0)
    assert "Ditandatangani dan terbit" in hall.sign(task)


# ------------------------------------------------------------------------------------------- four eyes


def strict(pack: TenantPack) -> TenantPack:
    """The trade permit asks for four eyes."""
    return with_service(pack, "siup", version=2, digest="four eyes", four_eyes=True)


def test_who_assessed_does_not_sign_where_the_pack_says_so(hall: Hall, access: Access) -> None:
    office = hall.office
    apply(office, strict(office.tenant.pack))
    office = now_in_force(office)
    staff = behind(hall, access, office)
    lodge(office, SIUP)
    office.drain()
    task = waiting(office)
    nameless = token_of(office, FRONT, None)
    with pytest.raises(Invalid) as refusal:
        at_desk(staff, nameless).answer(task, is_approved=True, reasons=())
    assert faults(refusal) == [("verdict", "four_eyes_unnamed", {})]
    both = staff.came_in("siti", Wish("officer", FRONT), Wish("signer", HEAD))
    at_desk(staff, staff.account(both).go_to(FRONT)).answer(task, is_approved=True, reasons=())
    for _ in range(5):
        office.drain()
        make_due(office)
    (decide,) = hall.waiting()

    def sign(token: str) -> str:
        hall.client.set_cookie("ptsp_desk", token, path=f"/{OFFICE}/desk")
        return hall.sign(decide)

    assert "Masuklah dengan akun Anda sendiri" in sign(token_of(office, HEAD, None))
    at_head = staff.account(staff.enter("siti")).go_to(HEAD)
    assert "belum ada petugas lain di meja ini" in sign(at_head)
    other = staff.came_in("kepala", Wish("signer", HEAD))
    page = sign(at_head)
    assert "siti sudah bertindak di sisi lain. Yang dapat: kepala." in page
    assert hall.numbers() == []
    assert "Ditandatangani dan terbit" in sign(other)


def test_without_four_eyes_one_may_do_both(office: Office, staff: Staff) -> None:
    lodge(office, SIUP)
    office.drain()
    task = waiting(office)
    at_desk(staff, token_of(office, FRONT, None)).answer(task, is_approved=True, reasons=())
    assert office.rows("SELECT state, answered_by FROM app.task WHERE id = :id", id=task) == [
        ("approved", None)
    ]


# ----------------------------------------------------------------------- what a holding opens at a desk


@pytest.mark.parametrize(
    ("role", "sees", "answers"),
    [
        ("officer", True, True),
        ("technical_team", True, True),
        ("signer", True, True),
        ("auditor", True, False),
    ],
)
def test_what_a_role_may_do_with_a_task(
    office: Office, staff: Staff, role: str, *, sees: bool, answers: bool
) -> None:
    lodge(office, SIUP)
    office.drain()
    task = waiting(office)
    mine = at_desk(staff, staff.came_in("siti", Wish(role, FRONT)))
    assert bool(mine.queue("all", None).tasks) is sees
    assert mine.case(task).task.id == task
    for do in (
        lambda: mine.take(task),
        lambda: mine.release(task),
        lambda: mine.answer(task, is_approved=True, reasons=()),
    ):
        if answers:
            do()
        else:
            with pytest.raises(NotYours):
                do()


def test_a_holding_for_one_service_opens_only_its_tasks(office: Office, staff: Staff) -> None:
    lodge(office, SIUP)
    lodge(office, HO)
    office.drain()
    siup, ho = waiting(office), waiting(office, service="ho")
    token = staff.came_in("siti", Wish("officer", FRONT, "ho"))
    mine, client = at_desk(staff, token), create_app(staff.access).test_client()
    assert [one.id for one in mine.queue("all", None).tasks] == [ho]
    listed = client.get(f"/api/v1/offices/{OFFICE}/desk/tasks", headers=bearer(token)).json
    assert [one["id"] for one in listed["tasks"]] == [str(ho)]
    mine.case(ho)
    for do in (
        lambda: mine.case(siup),
        lambda: mine.take(siup),
        lambda: mine.answer(siup, is_approved=True, reasons=()),
        lambda: mine.ask(siup, ("0.capital",), (), "Salah."),
    ):
        with pytest.raises(NotFound):
            do()
    path = f"/api/v1/offices/{OFFICE}/desk/tasks/{siup}"
    for answer in (
        client.get(path, headers=bearer(token)),
        client.post(path, json={"verdict": "approved"}, headers=bearer(token)),
        client.post(f"{path}/take", headers=bearer(token)),
    ):
        assert answer.status_code == 404
    mine.answer(ho, is_approved=True, reasons=())


def test_an_auditor_of_the_office_looks_at_every_desk_and_does_nothing(office: Office, staff: Staff) -> None:
    lodge(office, SIUP)
    office.drain()
    token = staff.came_in("pemeriksa", Wish("auditor"))
    desks = [code for code, _ in staff.account(token).show().desks]
    assert desks == sorted(code for code, one in office.tenant.pack.agencies.items() if one.desk)
    token = staff.account(token).go_to("treasurer")
    client: FlaskClient = create_app(staff.access).test_client()
    client.set_cookie("ptsp_desk", token, path=f"/{OFFICE}/desk")
    assert client.get(f"/{OFFICE}/desk/money/revenue").status_code == 200
    money = {"customer_no": "1", "amount": "1", "key": "k"}
    assert client.post(f"/{OFFICE}/desk/money/cash", data=money, headers=OWN).status_code == 403
    body = {"verdict": "approved"}
    token = staff.account(token).go_to(FRONT)
    answer = client.post(
        f"/api/v1/offices/{OFFICE}/desk/tasks/{waiting(office)}", json=body, headers=bearer(token)
    )
    assert (answer.status_code, answer.json["code"]) == (403, "not_yours")


def test_only_a_signer_signs(hall: Hall, access: Access) -> None:
    office = hall.office
    staff = behind(hall, access, office)
    office.agencies.answers.clear()
    hall.ask(SIUP)
    (task,) = hall.waiting()
    token = staff.came_in("siti", Wish("officer", HEAD))
    hall.client.set_cookie("ptsp_desk", token, path=f"/{OFFICE}/desk")
    assert hall.client.get(HOME).status_code == 403
    assert hall.client.get(f"{HOME}/{task}.pdf").status_code == 403
    with staff.work() as work:
        grant_role(work, "siti", Wish("signer", HEAD, "ho"), by="test")  # for another service
    token = staff.enter("siti")
    hall.client.set_cookie("ptsp_desk", token, path=f"/{OFFICE}/desk")
    assert hall.waiting() == []
    assert hall.client.get(f"{HOME}/{task}.pdf").status_code == 403  # an officer of the desk may see it there
    stranger = staff.came_in("budi", Wish("signer", HEAD, "ho"))
    hall.client.set_cookie("ptsp_desk", stranger, path=f"/{OFFICE}/desk")
    assert hall.client.get(f"{HOME}/{task}.pdf").status_code == 404
    assert hall.numbers() == []
    with staff.work() as work:
        desk = desk_of(work, token)
    assert desk is not None
    assert desk.actor == "desk:head/siti"


def test_a_refused_case_is_not_answered_by_accident(office: Office, staff: Staff) -> None:
    """What is refused leaves nothing behind: the next officer finds the task as it was."""
    lodge(office, SIUP)
    office.drain()
    task = waiting(office)
    own = at_desk(staff, staff.came_in("siti", Wish("officer", FRONT), nik=KNOWN_NIK))
    before = office.rows("SELECT count(*) FROM app.event")
    with pytest.raises(Invalid):
        own.answer(task, is_approved=False, reasons=("Alasan.",))
    assert office.rows("SELECT count(*) FROM app.event") == before
    assert office.rows("SELECT state FROM app.task WHERE id = :id", id=task) == [("asked",)]
    work_on(office)
