"""Signing in, point by point of promise P25, on the real database; see also tests/web/test_people.py."""

import time
from base64 import b32decode
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest

from ptsp.domain import people
from ptsp.flows._sessions import signed_in
from ptsp.flows.add_person import NewPerson, add_person, leave_office
from ptsp.flows.end_sessions import end_sessions
from ptsp.flows.hold_role import Wish, grant_role, revoke_role
from ptsp.flows.open_desk import desk_of
from ptsp.flows.show_people import show_person, show_sessions
from ptsp.kernel.errors import Conflict, Forbidden, Invalid, NotFound
from ptsp.web.people_port import Stage
from tests.flows.staff import SECRET, START, Staff, codes, house, staff, totp_of

__all__ = ["house", "staff"]  # fixtures
FRONT = Wish("officer", "front_office")
ADMIN = Wish("administrator")


def opens(staff: Staff, token: str, *, later: timedelta = timedelta()) -> str | None:
    """Whose desk the token opens."""
    with staff.work(later=later) as work:
        desk = desk_of(work, token)
    return desk.actor if desk else None


def begun(staff: Staff, token: str) -> bytes:
    """The secret that the telephone has read."""
    staff.account(token).begin_totp()
    waiting = staff.account(token).waiting_totp()
    assert waiting is not None
    (key,) = parse_qs(urlsplit(waiting.address).query)["secret"]
    return b32decode(key)


def with_telephone(staff: Staff, login: str) -> tuple[bytes, tuple[str, ...]]:
    token = staff.came_in(login, FRONT)
    secret = begun(staff, token)
    _, recovery = staff.account(token).confirm_totp(totp_of(staff, secret, -1))
    return secret, recovery


# ------------------------------------------------------------------------------------------ accounts


def test_a_start_password_opens_the_account_and_nothing_else_until_it_is_changed(staff: Staff) -> None:
    staff.add("siti", FRONT, starts=True)
    token = staff.enter("siti", START)
    assert opens(staff, token) is None
    assert staff.account(token).stage() is Stage.PASSWORD
    with pytest.raises(NotFound):
        staff.account(token).go_to("front_office")
    new = staff.account(token).change_password(START, SECRET)
    assert opens(staff, new) == "desk:front_office/siti"
    assert staff.knock("siti", START) is None


def test_a_start_password_that_nobody_used_is_over_after_a_week(staff: Staff) -> None:
    staff.add("siti", FRONT, starts=True)
    with staff.access.work("sidoarjo", "test") as work:
        person = people.person_by_login(work.connection, work.tenant.id, "siti")
        assert person is not None
        past = work.now - timedelta(seconds=1)
        assert people.set_password(work.connection, work.tenant.id, person, person.password, start_until=past)
    assert staff.knock("siti", START) is None


def test_names_and_niks_are_not_to_be_read_in_the_database(staff: Staff) -> None:
    staff.add("siti", nik="3515084709909990")
    ((row,),) = staff.office.rows("SELECT p::text FROM app.person p")
    assert "Nama" not in row
    assert "3515084709909990" not in row
    with staff.work() as work:
        assert show_person(work, "siti").name == "Nama siti"


@pytest.mark.parametrize(
    ("new", "wrong"),
    [
        (NewPerson("Siti", "", "12"), ["login", "blank", "nik_length"]),
        (NewPerson("siti aminah", "x" * 201), ["login", "too_long"]),
        (NewPerson("-siti", "Siti\u202e"), ["login", "character"]),
    ],
)
def test_what_is_wrong_with_a_new_account_is_told_at_once(
    staff: Staff, new: NewPerson, wrong: list[str]
) -> None:
    with staff.work() as work, pytest.raises(Invalid) as refusal:
        add_person(work, new, hashed="x", by="test")
    assert codes(refusal) == wrong


def test_a_login_stays_with_whoever_had_it(staff: Staff) -> None:
    token = staff.came_in("siti", FRONT)
    with staff.work() as work:
        assert leave_office(work, "siti", by="test") == 1
    assert opens(staff, token) is None
    assert staff.knock("siti") is None
    with staff.work() as work, pytest.raises(Conflict):
        leave_office(work, "siti", by="test")
    with staff.work() as work, pytest.raises(Invalid) as refusal:
        add_person(work, NewPerson("siti", "Siti Lain"), hashed="x", by="test")
    assert codes(refusal) == ["login_taken"]
    with staff.work() as work, pytest.raises(Invalid) as refusal:
        grant_role(work, "siti", FRONT, by="test")
    assert codes(refusal) == ["has_left"]


@pytest.mark.parametrize(
    ("wish", "wrong"),
    [
        (Wish("boss"), ["choice"]),
        (Wish("officer"), ["needs_desk"]),
        (Wish("officer", "population"), ["no_desk"]),
        (Wish("administrator", "front_office"), ["whole_office"]),
        (Wish("signer", "head", "unknown"), ["not_offered"]),
    ],
)
def test_a_role_fits_the_office(staff: Staff, wish: Wish, wrong: list[str]) -> None:
    staff.add("siti", starts=True)
    with staff.work() as work, pytest.raises(Invalid) as refusal:
        grant_role(work, "siti", wish, by="test")
    assert codes(refusal) == wrong


def test_a_role_is_held_once_and_until_its_day(staff: Staff) -> None:
    staff.add("siti", starts=True)
    with staff.work() as work:
        today = work.today
        grant_role(work, "siti", Wish("officer", "front_office", "", today), by="test")
        assert show_person(work, "siti").holdings[0].is_in_force
        with pytest.raises(Invalid) as refusal:
            grant_role(work, "siti", FRONT, by="test")
        assert codes(refusal) == ["held_already"]
        with pytest.raises(Invalid) as refusal:
            grant_role(work, "siti", Wish("auditor", until=today - timedelta(days=1)), by="test")
        assert codes(refusal) == ["until_past"]
    with staff.work(later=timedelta(days=1, minutes=1)) as work:
        assert not show_person(work, "siti").holdings[0].is_in_force


# --------------------------------------------------------------------------------------- P25: sessions


def test_a_session_opens_the_desk_and_the_ledgers_actor_is_its_login(staff: Staff) -> None:
    token = staff.came_in("siti", FRONT)
    assert opens(staff, token) == "desk:front_office/siti"
    assert opens(staff, token + "x") is None
    with staff.work() as work:
        stored = work.connection.exec_driver_sql("SELECT s::text FROM app.session s").scalars().all()
    assert not any(token in row for row in stored)


def test_every_step_of_signing_in_has_an_id_of_its_own(staff: Staff) -> None:
    """Nothing that was known before, to whoever planted it, opens anything after."""
    secret, _ = with_telephone(staff, "siti")
    half = staff.enter("siti")
    assert opens(staff, half) is None
    assert staff.account(half).stage() is Stage.CODE
    with pytest.raises(Forbidden):
        staff.account(half).show()
    whole = staff.reception.confirm(half, totp_of(staff, secret))
    assert whole is not None
    assert whole != half
    assert opens(staff, whole) == "desk:front_office/siti"
    changed = staff.account(whole).change_password(SECRET, "perahu kertas biru")
    moved = staff.account(changed).go_to("front_office")
    without = staff.account(moved).end_totp("perahu kertas biru")
    for old in (half, whole, changed, moved):
        with pytest.raises(Forbidden):
            staff.account(old).stage()
    assert opens(staff, without) == "desk:front_office/siti"


@pytest.mark.parametrize("way", ["sign out", "end", "revoke", "leave", "password"])
def test_what_is_ended_opens_nothing_from_the_next_request_on(staff: Staff, way: str) -> None:
    token = staff.came_in("siti", FRONT)
    other = staff.enter("siti")
    with staff.work() as work:
        (holding,) = show_person(work, "siti").holdings
    began = time.monotonic()
    if way == "sign out":
        staff.reception.sign_out(token)
    elif way == "password":
        staff.account(other).change_password(SECRET, "perahu kertas biru")
    else:
        with staff.work() as work:
            if way == "end":
                assert end_sessions(work, "siti") == 2
            elif way == "revoke":
                revoke_role(work, "siti", holding.id, by="test")
            else:
                leave_office(work, "siti", by="test")
    assert opens(staff, token) is None
    assert time.monotonic() - began < 1
    assert (opens(staff, other) is not None) is (way == "sign out")


def test_a_session_runs_out(staff: Staff) -> None:
    token = staff.came_in("siti", FRONT)
    assert opens(staff, token, later=timedelta(minutes=59)) is not None  # and it was seen then
    assert opens(staff, token, later=timedelta(minutes=110)) is not None
    assert opens(staff, token, later=timedelta(minutes=171)) is None
    for minutes in range(165, 720, 55):
        assert opens(staff, token, later=timedelta(minutes=minutes)) is not None
    assert opens(staff, token, later=timedelta(hours=12, minutes=1)) is None


def test_more_rights_need_a_new_session(staff: Staff) -> None:
    token = staff.came_in("siti", FRONT)
    with staff.work() as work:
        grant_role(work, "siti", ADMIN, by="test")
    with pytest.raises(NotFound):
        staff.desk_of(token).people("")
    assert staff.desk_of(staff.enter("siti")).people("").total == 1


def test_ones_own_sessions_are_shown_and_ended(staff: Staff) -> None:
    here = staff.came_in("siti", FRONT)
    there, third = staff.enter("siti"), staff.enter("siti")
    shown = staff.account(here).show()
    assert [one.is_this for one in shown.sessions] == [False, False, True]
    staff.account(here).end_session(shown.sessions[0].id)
    with pytest.raises(NotFound):
        staff.account(here).end_session(shown.sessions[0].id)
    foreign = staff.account(staff.came_in("budi", FRONT)).show().sessions[0].id
    with pytest.raises(NotFound):
        staff.account(here).end_session(foreign)
    assert staff.account(here).end_other_sessions() == 1
    assert (opens(staff, here), opens(staff, there), opens(staff, third)) == (
        "desk:front_office/siti",
        None,
        None,
    )
    with staff.work() as work:
        assert [one.agency for one in show_sessions(work, "siti")] == ["front_office"]


# ------------------------------------------------------------------------- P25: the telephone, its codes


def test_a_code_of_the_telephone_counts_once(staff: Staff) -> None:
    secret, _ = with_telephone(staff, "siti")
    now = totp_of(staff, secret)
    assert staff.reception.confirm(staff.enter("siti"), now) is not None
    assert staff.reception.confirm(staff.enter("siti"), now) is None
    assert staff.reception.confirm(staff.enter("siti"), totp_of(staff, secret, 1)) is not None


def test_of_two_at_once_one_gets_in_with_a_code(staff: Staff) -> None:
    secret, _ = with_telephone(staff, "siti")
    halves, now = [staff.enter("siti") for _ in range(2)], totp_of(staff, secret)
    with ThreadPoolExecutor(2) as pool:
        found = list(pool.map(lambda half: staff.reception.confirm(half, now), halves))
    assert sorted(one is None for one in found) == [False, True]


def test_a_recovery_code_opens_once_and_is_stored_as_a_hash(staff: Staff) -> None:
    _, recovery = with_telephone(staff, "siti")
    assert len(set(recovery)) == 10
    stored = str(staff.office.rows("SELECT c::text FROM app.recovery_code c"))
    assert not any(one in stored or one.replace("-", "") in stored for one in recovery)
    assert staff.reception.confirm(staff.enter("siti"), f" {recovery[0].upper()} ") is not None
    assert staff.reception.confirm(staff.enter("siti"), recovery[0]) is None


def test_after_three_wrong_codes_the_password_is_asked_again(staff: Staff) -> None:
    secret, _ = with_telephone(staff, "siti")
    half = staff.enter("siti")
    assert [staff.reception.confirm(half, "000000") for _ in range(3)] == [None] * 3
    with pytest.raises(Forbidden):
        staff.reception.confirm(half, totp_of(staff, secret))


def test_many_codes_at_once_are_no_more_than_three(staff: Staff) -> None:
    secret, _ = with_telephone(staff, "siti")
    half = staff.enter("siti")

    def guess(number: int) -> str:
        try:
            return str(staff.reception.confirm(half, f"{number:06}"))
        except Forbidden:
            return "refused"

    with ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(guess, range(12))) == ["None"] * 3 + ["refused"] * 9


def test_a_code_that_is_awaited_too_long_is_awaited_no_longer(staff: Staff) -> None:
    with_telephone(staff, "siti")
    half = staff.enter("siti")
    with staff.work(later=timedelta(minutes=6)) as work:
        assert signed_in(work, half) is None


def test_a_telephone_is_in_force_after_its_first_code_alone(staff: Staff) -> None:
    token = staff.came_in("siti", FRONT)
    secret = begun(staff, token)
    with pytest.raises(Invalid):
        staff.account(token).confirm_totp("000000")
    assert opens(staff, staff.enter("siti")) is not None  # not asked for yet
    token, _ = staff.account(token).confirm_totp(totp_of(staff, secret))
    with pytest.raises(Conflict):
        staff.account(token).begin_totp()
    with pytest.raises(Invalid):
        staff.account(token).end_totp("salah sama sekali")
