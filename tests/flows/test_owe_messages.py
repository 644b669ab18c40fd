"""What is owed to people stands in the database once, and only if its cause does."""

from dataclasses import replace

import pytest
from sqlalchemy.exc import IntegrityError

from ptsp.domain import messages
from ptsp.domain.messages import Channel
from ptsp.flows.owe_messages import owe_messages
from ptsp.infra.database import platform_transaction
from ptsp.kernel.specs import Contact
from tests.flows.acts import apply, now_in_force
from tests.flows.letters import APPLICANT, bundle_of, message, owe
from tests.offices import Office

BOTH = Contact("kepala@sidoarjo.example", "https://gateway.example/ptsp")


def reached_by(office: Office, contact: Contact) -> Office:
    pack = office.tenant.pack
    apply(office, replace(pack, contacts={"head": contact}, digest=f"{contact}"))
    return now_in_force(office)


def test_a_debt_is_written_once_whoever_names_it_again(office):
    one = message(key="late:SDA-1")
    assert owe(office, one) == 1
    assert owe(office, message(key="late:SDA-1")) == 0
    assert owe(office, message(key="late:SDA-2"), message(key="late:SDA-2")) == 1
    assert [row.key for row in office.rows("SELECT key FROM app.message ORDER BY key")] == [
        "late:SDA-1",
        "late:SDA-2",
    ]


def test_nothing_is_owed_when_the_transaction_fails(office):
    with pytest.raises(IntegrityError), office.work() as work:
        owe_messages(work, [message(), message(subject="")])
    with pytest.raises(ValueError, match="to which"), office.work() as work:
        owe_messages(work, [message(), message("agency")])
    assert office.rows("SELECT 1 FROM app.message") == []


def test_a_debt_goes_every_way_its_recipient_is_reached_and_no_other_way_later(office):
    office = reached_by(office, BOTH)
    one = message(key="late:1")
    assert owe(office, one) == 2
    rows = office.rows("SELECT id, key, channel, recipient FROM app.message ORDER BY key")
    assert [(row.key, row.channel) for row in rows] == [("late:1", "email"), ("late:1/webhook", "webhook")]
    assert rows[0].id == one.id != rows[1].id
    office = reached_by(office, Contact(webhook=BOTH.webhook))
    assert owe(office, message(key="late:1")) == 0
    assert owe(office, message(key="late:2")) == 1
    office = reached_by(office, BOTH)
    assert owe(office, message(key="late:2")) == 0


def test_offices_keep_their_keys_apart(offices):
    here, there = offices("sidoarjo"), offices("bontang")
    assert owe(here, message(key="late:1")) == owe(there, message(key="late:1")) == 1


def test_the_sweeper_finds_whose_messages_are_due(offices):
    here, there = offices("sidoarjo"), offices("bontang")
    owe(here, message())
    with there.work() as work:
        later = replace(message(), due_at=work.now.replace(year=work.now.year + 1))
        owe_messages(work, [later])
    with platform_transaction(here.tools.sweeper) as connection:
        assert messages.due_tenants(connection) == [here.tenant.id]


def test_a_message_holds_a_role_and_never_an_address(office):
    bundle = bundle_of(office)
    owe(office, message("applicant", bundle_id=bundle), message(), message("agency", agency="land"))
    told = " ".join(str(row) for row in office.rows("SELECT to_jsonb(m)::text FROM app.message m"))
    assert APPLICANT not in told
    assert "kepala@" not in told
    kept = [row.recipient for row in office.rows("SELECT recipient FROM app.message ORDER BY recipient")]
    assert kept == ["agency:land", "applicant", "head"]


@pytest.mark.parametrize(
    "changes", [{"subject": "Dua\nbaris"}, {"subject": ""}, {"to_role": "kepala@sidoarjo.example"}]
)
def test_the_database_takes_no_second_line_and_no_address(office, changes):
    with pytest.raises(IntegrityError):
        owe(office, message(**changes))


def test_a_message_to_an_applicant_names_the_bundle(office):
    with pytest.raises(IntegrityError):
        owe(office, message("applicant"))


def test_an_agency_nobody_can_write_to_still_is_owed_a_message(office):
    assert owe(office, message("agency", agency="land")) == 1
    (row,) = office.rows("SELECT channel, state FROM app.message")
    assert row == (Channel.EMAIL.value, "owed")
