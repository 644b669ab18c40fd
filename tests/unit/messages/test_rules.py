"""Who is meant, by which way, and when again."""

from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ptsp.domain.messages import (
    MOST_TRIES,
    Channel,
    NewMessage,
    address,
    away_wait_s,
    channels,
    contact_of,
    copies,
    recipient,
    wait_s,
)
from ptsp.domain.messages.rules import AWAY_LONGEST_S, AWAY_SHORTEST_S, FIRST_WAIT_S, LONGEST_WAIT_S
from ptsp.kernel.specs import AgencySpec, Contact

MAIL, HOOK = "kepala@sidoarjo.example", "https://gateway.example/ptsp"
BOTH = Contact(MAIL, HOOK)
CONTACTS = {"head": BOTH}
AGENCIES = {
    "land": AgencySpec("land", {}, None, {}, desk=True, contact=Contact(email="land@x.example")),
    "head": AgencySpec("head", {}, None, {}, desk=True),
}
SHARES = st.floats(0, 1)


def owed(to_role: str, agency: str | None = None) -> NewMessage:
    return NewMessage(UUID(int=7), "late:7", None, to_role, agency, "late", "Terlambat", "Terlambat.")


@pytest.mark.parametrize(
    ("to_role", "agency", "said"),
    [("head", None, "head"), ("agency", "land", "agency:land"), ("applicant", None, "applicant")],
)
def test_a_role_is_kept_by_its_name(to_role: str, agency: str | None, said: str) -> None:
    assert recipient(owed(to_role, agency)) == said


def test_a_message_to_an_agency_names_it() -> None:
    with pytest.raises(ValueError, match="to which"):
        recipient(owed("agency"))


@pytest.mark.parametrize(
    ("to", "found"),
    [
        ("head", BOTH),
        ("agency:land", Contact(email="land@x.example")),
        ("agency:head", Contact()),  # the agency, not the role
        ("agency:sea", Contact()),
        ("supervisor", Contact()),
    ],
)
def test_the_pack_says_where_a_role_is_reached(to: str, found: Contact) -> None:
    assert contact_of(to, CONTACTS, AGENCIES) == found


@pytest.mark.parametrize(
    ("to", "contact", "ways"),
    [
        ("head", BOTH, (Channel.EMAIL, Channel.WEBHOOK)),
        ("head", Contact(webhook=HOOK), (Channel.WEBHOOK,)),
        ("head", Contact(), (Channel.EMAIL,)),  # to wait there for an address, seen by all
        ("applicant", BOTH, (Channel.EMAIL,)),
    ],
)
def test_a_message_goes_every_way_there_is(to: str, contact: Contact, ways: tuple[Channel, ...]) -> None:
    assert channels(to, contact) == ways


def test_each_way_has_its_address() -> None:
    assert [address(way, BOTH) for way in Channel] == [MAIL, HOOK]


def test_copies_have_ids_and_keys_of_their_own_and_always_the_same() -> None:
    message = owed("head")
    first, second = copies(message, tuple(Channel))
    assert first == message
    assert second.key == "late:7/webhook"
    assert second.id != message.id
    assert copies(message, tuple(Channel)) == [first, second]


@given(st.integers(1, MOST_TRIES), SHARES, SHARES)
def test_waits_grow_to_a_bound_and_are_spread(attempts: int, one: float, other: float) -> None:
    wait = wait_s(attempts, one)
    assert FIRST_WAIT_S / 2 <= wait <= LONGEST_WAIT_S
    assert wait_s(attempts, 0) <= wait <= wait_s(attempts, 1) == 2 * wait_s(attempts, 0)
    assert wait_s(attempts + 1, other) >= wait_s(attempts, other)


def test_all_tries_take_about_three_days() -> None:
    days = [sum(wait_s(number, share) for number in range(1, MOST_TRIES)) / 86_400 for share in (0, 0.5, 1)]
    assert days[0] > 1.5
    assert 2.4 < days[1] < 3.5


@given(st.floats(0, 1e7), SHARES)
def test_a_server_that_is_away_is_looked_for_between_seconds_and_a_quarter_of_an_hour(
    age_s: float, share: float
) -> None:
    assert AWAY_SHORTEST_S / 2 <= away_wait_s(age_s, share) <= AWAY_LONGEST_S
    assert away_wait_s(age_s + 60, share) >= away_wait_s(age_s, share)
