"""Administrators look after the people of their own office, and nobody else does."""

from uuid import uuid4

import pytest

from ptsp.domain import people
from ptsp.flows._sessions import require
from ptsp.flows.add_person import NewPerson, add_person
from ptsp.flows.hold_role import Wish
from ptsp.flows.open_desk import desk_of
from ptsp.flows.show_people import PAGE, show_people
from ptsp.kernel.errors import Forbidden, Invalid, NotFound, NotYours
from ptsp.main.staff_counter import StaffCounter
from tests.flows.staff import Staff, codes, house, staff

__all__ = ["house", "staff"]  # fixtures
FRONT = Wish("officer", "front_office")
ADMIN = Wish("administrator")


def test_administrators_look_after_the_people_of_their_office(staff: Staff) -> None:
    mine = staff.desk_of(staff.came_in("admin1", ADMIN))
    start = mine.add(NewPerson("siti", "Siti"))
    mine.grant("siti", FRONT)
    found, sessions = mine.person("siti")
    assert ([one.role for one in found.holdings], sessions, found.must_choose) == (["officer"], (), True)
    token = staff.enter("siti", start)
    assert mine.end_sessions("siti") == 1
    with pytest.raises(Forbidden):
        staff.account(token).stage()
    assert staff.knock("siti", start) is not None
    again = mine.start_password("siti")
    assert staff.knock("siti", start) is None
    assert staff.knock("siti", again) is not None
    mine.revoke("siti", found.holdings[0].id)
    with pytest.raises(NotFound):
        mine.revoke("siti", found.holdings[0].id)
    mine.leave("siti")
    assert mine.person("siti")[0].left_at is not None
    assert mine.people("").total == 1


def test_nobody_grants_himself_anything(staff: Staff) -> None:
    mine = staff.desk_of(staff.came_in("admin1", ADMIN))
    for do in (
        lambda: mine.grant("admin1", FRONT),
        lambda: mine.leave("admin1"),
        lambda: mine.start_password("admin1"),
    ):
        with pytest.raises(Invalid) as refusal:
            do()
        assert codes(refusal) == ["own_holding"]


@pytest.mark.parametrize("role", ["officer", "technical_team", "signer", "auditor"])
def test_nobody_else_looks_after_people(staff: Staff, role: str) -> None:
    mine = staff.desk_of(staff.came_in("siti", Wish(role, "front_office")))
    for do in (
        lambda: mine.people(""),
        lambda: mine.person("siti"),
        lambda: mine.add(NewPerson("x", "X")),
        lambda: mine.start_password("siti"),
        lambda: mine.grant("siti", ADMIN),
        lambda: mine.revoke("siti", uuid4()),
        lambda: mine.end_sessions("siti"),
        lambda: mine.leave("siti"),
    ):
        with pytest.raises(NotFound):
            do()


def test_a_session_of_one_office_is_nothing_at_another(staff: Staff) -> None:
    token = staff.came_in("admin1", ADMIN, FRONT)
    with pytest.raises(Forbidden):
        StaffCounter(staff.access, "bontang", token).people("")
    with staff.access.work("bontang", "test") as work:
        assert desk_of(work, token) is None
        assert show_people(work).people == ()


def test_people_are_listed_page_by_page(staff: Staff) -> None:
    with staff.work() as work:
        for number in range(PAGE + 3):
            add_person(work, NewPerson(f"p{number:03}", "X"), hashed="x", by="test")
        first = show_people(work)
        rest = show_people(work, after=str(first.next))
    assert (len(first.people), first.next, first.total) == (PAGE, f"p{PAGE - 1:03}", PAGE + 3)
    assert ([one.login for one in rest.people], rest.next) == (["p050", "p051", "p052"], None)


def test_what_belongs_to_no_single_service_is_for_who_holds_the_whole_desk(staff: Staff) -> None:
    for login, wish, is_whole in (
        ("siti", FRONT, True),
        ("budi", Wish("officer", "front_office", "siup"), False),
    ):
        token = staff.came_in(login, wish)
        with staff.work() as work:
            desk = desk_of(work, token)
            assert desk is not None
            require(work, token)
            if is_whole:
                desk.require(people.Right.RUN)
            else:
                with pytest.raises(NotYours):
                    desk.require(people.Right.RUN)
