"""Guessing at the door: what it costs, who waits, and that the victim does not (promise P25)."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from ptsp.flows.hold_role import Wish
from ptsp.infra.passwords import PARALLEL, Passwords
from ptsp.kernel.errors import Invalid, TryLater
from tests.flows.staff import CHEAP, SECRET, Staff, codes, house, staff

__all__ = ["house", "staff"]  # fixtures
FRONT = Wish("officer", "front_office")


def test_an_unknown_login_and_a_wrong_password_are_refused_alike(staff: Staff) -> None:
    staff.add("siti", FRONT)
    answers = [
        staff.knock(login, "salah sama sekali") for login in ("siti", "nobody", "", "é" * 99, "a\x00b")
    ]
    assert answers == [None] * 5


def parameters(encoded: str) -> str:
    return encoded.rsplit("$", 2)[0]


def test_an_unknown_login_costs_a_hash_too(staff: Staff, monkeypatch: pytest.MonkeyPatch) -> None:
    """Counted, not timed: the time of a hash is the same whoever it is of."""
    staff.add("siti", FRONT)
    asked = []
    real = Passwords.fits

    def counted(self: Passwords, encoded: str | None, password: str) -> bool:
        asked.append(encoded is None)
        return real(self, encoded, password)

    monkeypatch.setattr(Passwords, "fits", counted)
    for login in ("siti", "nobody"):
        staff.knock(login, "salah sama sekali")
    assert asked == [False, True]
    assert parameters(CHEAP._nobody) == parameters(CHEAP.hashed("x"))


def fail(staff: Staff, login: str, times: int, *, address: str, device: str = "") -> int:
    """Tries that were looked at before somebody had to wait."""
    for done in range(times):
        try:
            assert staff.knock(login, "salah sama sekali", address=address, device=device) is None
        except TryLater:
            return done
    return times


def test_who_guesses_waits_longer_and_longer_and_the_victim_does_not(staff: Staff) -> None:
    staff.add("siti", FRONT)
    mine = staff.knock("siti")
    assert mine is not None
    assert fail(staff, "siti", 10, address="198.51.100.1") == 4
    with pytest.raises(TryLater):  # not even the right password, so that guessing tells nothing
        staff.knock("siti", address="198.51.100.1")
    assert staff.knock("siti", address="198.51.100.2") is not None  # from elsewhere
    assert staff.knock("siti", address="198.51.100.1", device=mine.device) is not None  # the same house
    with pytest.raises(TryLater):
        staff.knock("siti", address="198.51.100.1", device="forged." + mine.device.partition(".")[2])
    assert staff.knock("nobody", address="198.51.100.1") is None


def test_an_unknown_login_waits_like_a_known_one(staff: Staff) -> None:
    staff.add("siti", FRONT)
    assert (
        fail(staff, "nobody", 10, address="198.51.100.1")
        == fail(staff, "siti", 10, address="198.51.100.2")
        == 4
    )


def test_many_at_once_are_as_slow_as_one_after_the_other(staff: Staff) -> None:
    staff.add("siti", FRONT)
    with ThreadPoolExecutor(5) as pool:
        looked_at = sum(pool.map(lambda _: fail(staff, "siti", 1, address="198.51.100.1"), range(20)))
    assert looked_at == 4


def test_guessing_one_password_for_many_logins_has_an_end_too(staff: Staff) -> None:
    looked_at = sum(fail(staff, f"login-{n}", 1, address="198.51.100.1") for n in range(40))
    assert looked_at == 31


def test_success_clears_the_logins_failures_but_not_the_addresses(staff: Staff) -> None:
    staff.add("siti", FRONT)
    fail(staff, "siti", 3, address="198.51.100.9")
    before = staff.office.rows("SELECT sum(failures)::int FROM app.sign_in_wait")[0][0]
    assert staff.knock("siti", address="198.51.100.9") is not None
    assert staff.office.rows("SELECT sum(failures)::int FROM app.sign_in_wait")[0][0] == before - 3


def test_the_present_password_is_guessed_no_faster_behind_a_session(staff: Staff) -> None:
    token = staff.came_in("siti", FRONT)
    for _ in range(4):
        with pytest.raises(Invalid) as refusal:
            staff.account(token).change_password("salah sama sekali", "perahu kertas biru")
        assert codes(refusal) == ["password_wrong"]
    with pytest.raises(TryLater):
        staff.account(token).change_password(SECRET, "perahu kertas biru")


@pytest.mark.parametrize(
    ("new", "wrong"),
    [("pendek", "password_short"), (SECRET, "password_same"), ("password12345", "password_common")],
)
def test_a_new_password_is_judged(staff: Staff, new: str, wrong: str) -> None:
    token = staff.came_in("siti", FRONT)
    with pytest.raises(Invalid) as refusal:
        staff.account(token).change_password(SECRET, new)
    assert codes(refusal) == [wrong]


def test_hashes_are_slow_argon2id_and_few_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    assert Passwords().hashed("x").startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    monkeypatch.setattr("ptsp.infra.passwords.WAIT_S", 0.05)
    crowd = Passwords(memory_kib=8, passes=1)
    for _ in range(PARALLEL):
        crowd._room.acquire()
    with pytest.raises(TryLater):
        crowd.fits(None, "x")
    crowd._room.release()
    assert crowd.fits(None, "x") is False
