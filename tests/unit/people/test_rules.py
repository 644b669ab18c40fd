"""Passwords, waits, codes, holdings and four eyes: rules as tables, and what must hold for all."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ptsp.domain.people import (
    LONGEST,
    RIGHTS,
    Grant,
    Holding,
    Right,
    Role,
    Wait,
    crosses,
    desks_of,
    failures_now,
    grants_at,
    in_force,
    is_administrator,
    is_allowed,
    password_fault,
    step_taken,
    totp_address,
    wait_after,
    wait_of_address,
)
from ptsp.domain.people.rules import (
    FORGOTTEN,
    FREE,
    FREE_OF_ADDRESS,
    LONGEST_WAIT,
    STEP_S,
    step_of,
    totp_code,
)

NOW = datetime(2026, 3, 2, 3, tzinfo=UTC)
SECRET = b"12345678901234567890"  # of RFC 6238, appendix B


def held(role=Role.OFFICER, agency="front_office", service=None, *, since=-1, until=None):
    ends = None if until is None else NOW + timedelta(hours=until)
    return Holding(uuid4(), uuid4(), role, agency, service, NOW + timedelta(hours=since), ends, "test")


@pytest.mark.parametrize(
    ("password", "code"),
    [
        ("", "password_short"),
        ("elevensigns", "password_short"),
        ("x" * (LONGEST + 1), "password_long"),
        ("siti.aminah-1", "password_login"),
        ("SITI.AMINAH-22", "password_login"),
        ("password1234", "password_common"),
        ("Password-12345", "password_common"),
        ("katasandi2026", "password_common"),
        ("rahasiarahasia", "password_common"),
        ("abababababab", "password_common"),
        ("1234 5678 9012", "password_common"),
        ("kuda benar baterai", None),
        ("siti.aminah naik perahu", None),
        ("ånglåpårenös12", None),
    ],
)
def test_what_may_be_a_password(password, code):
    assert password_fault(password, "siti.aminah") == code


@given(st.text(min_size=0, max_size=11))
def test_nothing_short_may_be_a_password(password):
    assert password_fault(password, "siti") == "password_short"


@given(st.integers(0, 10_000))
def test_a_wait_grows_and_has_an_end(failures):
    for wait, free in ((wait_after, FREE), (wait_of_address, FREE_OF_ADDRESS)):
        assert timedelta() <= wait(failures) <= wait(failures + 1) <= LONGEST_WAIT
        assert (wait(failures) == timedelta()) is (failures <= free)
    assert wait_of_address(failures) <= wait_after(failures)


def test_a_wait_doubles():
    assert [wait_after(n).total_seconds() for n in (3, 4, 5, 6, 13, 14)] == [0, 2, 4, 8, 900, 900]


def test_failures_are_forgotten():
    wait = Wait(7, NOW, NOW)
    assert failures_now(None, NOW) == 0
    assert failures_now(wait, NOW + FORGOTTEN - timedelta(seconds=1)) == 7
    assert failures_now(wait, NOW + FORGOTTEN) == 0


@pytest.mark.parametrize(
    ("second", "code"),
    [
        (59, "287082"),
        (1111111109, "081804"),
        (1111111111, "050471"),
        (2000000000, "279037"),
        (20000000000, "353130"),
    ],
)
def test_codes_are_those_of_the_rfc(second, code):
    assert totp_code(SECRET, second // STEP_S) == code


def test_a_code_counts_one_step_early_or_late_and_no_further():
    here = step_of(NOW)
    taken = {n: step_taken(SECRET, totp_code(SECRET, here + n), NOW, 0) for n in range(-3, 4)}
    assert taken == {-3: None, -2: None, -1: here - 1, 0: here, 1: here + 1, 2: None, 3: None}


@given(st.integers(-1, 1), st.integers(-1, 1))
def test_after_a_code_neither_it_nor_an_earlier_one_counts(first, second):
    here = step_of(NOW)
    last = step_taken(SECRET, totp_code(SECRET, here + first), NOW, 0)
    again = step_taken(SECRET, totp_code(SECRET, here + second), NOW, last)
    assert (again is None) is (second <= first)


@given(st.text(max_size=10))
def test_what_is_no_code_is_none(written):
    codes = {totp_code(SECRET, step_of(NOW) + n) for n in (-1, 0, 1)}
    assert (step_taken(SECRET, written, NOW, 0) is None) is (written.replace(" ", "") not in codes)


def test_the_telephone_reads_login_and_office():
    assert totp_address(b"\x00" * 5, "siti", "DPMPTSP Kab. X") == (
        "otpauth://totp/DPMPTSP%20Kab.%20X:siti?secret=AAAAAAAA&issuer=DPMPTSP%20Kab.%20X"
    )


@pytest.mark.parametrize(
    ("role", "rights"),
    [
        (Role.OFFICER, {Right.SEE, Right.ANSWER, Right.RUN}),
        (Role.TECHNICAL_TEAM, {Right.SEE, Right.ANSWER}),
        (Role.SIGNER, {Right.SEE, Right.ANSWER, Right.SIGN}),
        (Role.AUDITOR, {Right.SEE}),
        (Role.ADMINISTRATOR, {Right.PEOPLE}),
    ],
)
def test_what_a_role_may(role, rights):
    assert RIGHTS[role] == rights
    agency = None if role is Role.ADMINISTRATOR else "head"
    at_head = grants_at([held(role, agency)], "head")
    assert {one.right for one in at_head} == rights - {Right.PEOPLE}
    assert is_administrator([held(role, agency)]) is (role is Role.ADMINISTRATOR)


def test_a_holding_opens_its_own_desk_and_one_of_the_office_all():
    desks = ("treasurer", "front_office", "head")
    assert desks_of([held()], desks) == ["front_office"]
    assert desks_of([held(Role.AUDITOR, None)], desks) == sorted(desks)
    assert desks_of([held(Role.ADMINISTRATOR, None)], desks) == []
    assert grants_at([held()], "head") == frozenset()


def test_what_has_not_begun_or_has_ended_is_not_in_force():
    early, now, over = held(since=1), held(until=1), held(since=-2, until=0)
    assert in_force([early, now, over], NOW) == [now]
    begun = NOW - timedelta(hours=2)
    assert in_force([now], NOW, begun=begun) == []  # granted while the session lasted


@pytest.mark.parametrize(
    ("services", "asked", "is_open"),
    [
        ([None], ["imb"], True),
        (["imb"], ["imb"], True),
        (["imb"], ["ho"], False),
        (["imb"], ["imb", "ho"], False),  # a task that both share
        (["imb", "ho"], ["imb", "ho"], True),
        (["imb"], [], False),  # what belongs to no service
        ([None], [], True),
        (["imb"], None, True),
        ([], None, False),
    ],
)
def test_a_holding_for_a_service_opens_that_service(services, asked, is_open):
    grants = {Grant(Right.ANSWER, one) for one in services}
    assert is_allowed(grants, Right.ANSWER, asked) is is_open
    assert is_allowed(grants, Right.SIGN, asked) is False


LETTERS = st.sampled_from("ab")


@given(st.lists(st.tuples(st.sampled_from(["desk", "lab", "head"]), LETTERS), max_size=6))
def test_whoever_answers_one_after_the_other_nobody_is_on_both_sides(tries):
    answers: list[tuple[str, str]] = []
    for agency, who in tries:
        if not crosses(agency, who, answers, "head"):
            answers.append((agency, who))
    assessed = {who for agency, who in answers if agency != "head"}
    assert assessed.isdisjoint(who for agency, who in answers if agency == "head")


def test_two_may_do_both_halves():
    assert not crosses("head", "b", [("desk", "a")], "head")
    assert not crosses("lab", "a", [("desk", "a")], "head")
    assert crosses("head", "a", [("desk", "a")], "head")
    assert crosses("desk", "a", [("head", "a")], "head")
