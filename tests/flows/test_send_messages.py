"""Messages leave the database by a real mail server or gateway: each arrives, and what cannot is seen."""

import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from uuid import uuid4

import pytest

from ptsp.domain import messages
from ptsp.domain.messages import Channel, Delivery, MessageState
from ptsp.flows.claim_messages import claim_messages
from ptsp.flows.record_delivery import record_delivery
from ptsp.flows.retry_message import retry_message
from ptsp.infra.post import WebhookPost
from ptsp.jobs import send_messages
from ptsp.kernel.errors import Conflict, NotFound
from ptsp.kernel.specs import Contact
from ptsp.sdk.webhooks import verify
from ptsp.sdk.workbench import THIS_MACHINE, Letterbox
from tests.flows.acts import SIUP, apply, lodge, now_in_force, states
from tests.flows.letters import (
    APPLICANT,
    BODY,
    SUBJECT,
    bundle_of,
    let_come_due,
    message,
    owe,
    owed_one,
    seen,
    stands,
    with_mail,
    with_posts,
)
from tests.post.rooms import MailRoom

SECRET = b"only for tests: 0123456789abcdef"


class Killed(BaseException):
    """What the end of a worker looks like from inside."""


@pytest.fixture
def room() -> Iterator[MailRoom]:
    with MailRoom().open() as made:
        yield made


def test_a_message_arrives_once(office, room):
    office = with_mail(office, room)
    one = owed_one(office)
    office.drain()
    office.drain()
    (mail,) = room.mails
    assert mail.recipients == ("kepala@sidoarjo.example",)
    assert mail.message["Subject"] == SUBJECT
    assert mail.message.get_content().replace("\r\n", "\n") == BODY
    assert mail.message["From"].addresses[0].display_name == office.tenant.pack.name["id"]
    assert str(one) in mail.message_id
    assert stands(office, one) == ("sent", 1, None)
    assert seen(office, one).sent_at is not None


def test_an_applicants_address_is_found_when_the_message_goes(office, room):
    office = with_mail(office, room)
    one = owed_one(office, "applicant", bundle_id=bundle_of(office))
    office.drain()
    (mail,) = room.mails
    assert mail.recipients == (APPLICANT,)
    assert stands(office, one)[0] == "sent"
    told = " ".join(str(row) for row in office.rows("SELECT to_jsonb(m)::text FROM app.message m"))
    assert APPLICANT not in told


def test_an_applicant_without_an_address_gets_none_and_that_is_seen(office, room):
    office = with_mail(office, room)
    one = owed_one(office, "applicant", bundle_id=bundle_of(office, ""))
    office.drain()
    assert stands(office, one) == ("dropped", 1, "the applicant gave no e-mail address")
    with office.work() as work, pytest.raises(Conflict, match="dropped"):
        retry_message(work, one)


def test_a_message_to_an_agency_without_address_waits_for_a_person_and_a_better_pack(office, room):
    office = with_mail(office, room)
    one = owed_one(office, "agency", agency="land")
    office.drain()
    assert stands(office, one) == ("failed", 1, "the pack names no e-mail address of agency:land")
    pack = office.tenant.pack
    land = replace(pack.agencies["land"], contact=Contact(email="pertanahan@sidoarjo.example"))
    apply(office, replace(pack, agencies={**pack.agencies, "land": land}, digest="new"))
    office = now_in_force(office)
    with office.work() as work:
        retry_message(work, one)
    office.drain()
    assert room.mails[0].recipients == ("pertanahan@sidoarjo.example",)
    assert stands(office, one)[0] == "sent"


def test_without_a_mail_server_a_message_stays_owed_and_says_why(office, room):
    one = owed_one(office)
    for _ in range(3):
        office.drain()
        assert stands(office, one) == ("owed", 0, "no mail server is set (PTSP_SMTP_URL)")
        let_come_due(office)
    with_mail(office, room).drain()
    assert stands(office, one) == ("sent", 1, None)
    assert len(room.mails) == 1


def test_a_message_that_waits_is_not_looked_at_again_and_again(office):
    owed_one(office)
    assert send_messages.send_messages(office.tools, office.tenant) == 1
    assert send_messages.send_messages(office.tools, office.tenant) == 0


def test_what_is_refused_for_now_is_tried_again_and_arrives(office, room):
    office = with_mail(office, room)
    room.answers["DATA"] = ["451 4.7.1 later", "451 4.7.1 later"]
    one = owed_one(office)
    office.drain()
    office.drain()
    assert stands(office, one) == ("owed", 1, "the mail server refused the mail (451 4.7.1)")
    assert (seen(office, one).next_at - seen(office, one).created_at).total_seconds() > 10
    for _ in range(2):
        let_come_due(office)
        office.drain()
    assert stands(office, one) == ("sent", 3, None)
    assert len(room.mails) == 1


def test_what_is_refused_for_good_fails_without_a_second_try_and_names_nobody(office, room):
    office = with_mail(office, room)
    room.answers["RCPT"] = [f"550 5.1.1 <{APPLICANT}> unknown"]
    one = owed_one(office, "applicant", bundle_id=bundle_of(office))
    office.drain()
    other = owed_one(office)
    let_come_due(office)
    office.drain()
    assert stands(office, one) == ("failed", 1, "the mail server refused the recipient (550 5.1.1)")
    assert stands(office, other)[0] == "sent"
    assert room.tried == 2


def test_tries_come_to_an_end_and_a_person_can_begin_anew(office, room, monkeypatch):
    monkeypatch.setattr(messages, "MOST_TRIES", 3)
    office = with_mail(office, room)
    room.answers["DATA"] = ["451 later"] * 3
    one = owed_one(office)
    for _ in range(5):
        office.drain()
        let_come_due(office)
    assert stands(office, one) == ("failed", 3, "the mail server refused the mail (451); tried 3 times")
    with office.work() as work:
        retry_message(work, one)
    office.drain()
    assert stands(office, one) == ("sent", 1, None)
    with office.work() as work, pytest.raises(Conflict, match="sent"):
        retry_message(work, one)
    with office.work() as work, pytest.raises(NotFound):
        retry_message(work, uuid4())


def test_a_server_that_is_away_uses_up_no_try_and_gets_everything_when_it_is_back(office, monkeypatch):
    monkeypatch.setattr(messages, "MOST_TRIES", 2)
    room = MailRoom()
    with room.open():
        office = with_mail(office, room)
    ids = [owed_one(office) for _ in range(30)]
    for _ in range(5):
        office.drain()
        let_come_due(office)
    assert {stands(office, one)[:2] for one in ids} == {("owed", 0)}
    assert "cannot be reached" in str(stands(office, ids[0])[2])
    with room.open():
        let_come_due(office)
        office.drain()
    assert {stands(office, one) for one in ids} == {("sent", 1, None)}
    assert Counter(Counter(mail.message_id for mail in room.mails).values()) == {1: 30}


def test_a_worker_that_dies_before_it_records_sends_again_under_the_same_id(office, room, monkeypatch):
    office = with_mail(office, room, lease_s=0.2)
    one = owed_one(office)
    with monkeypatch.context() as dying:
        dying.setattr(send_messages, "record_delivery", _dies)
        with pytest.raises(Killed):
            office.drain()
    assert stands(office, one)[0] == "sending"
    assert office.drain() == 0, "the lease still holds"
    time.sleep(0.25)
    office.drain()
    first, second = room.mails
    assert first.message_id == second.message_id
    assert first.content == second.content
    assert stands(office, one) == ("sent", 2, None)


def _dies(*_: object) -> bool:
    raise Killed


def test_a_message_that_ends_its_worker_every_time_is_given_up(office, room, monkeypatch):
    monkeypatch.setattr(messages, "MOST_TRIES", 2)
    office = with_mail(office, room)
    one = owed_one(office)
    with monkeypatch.context() as dying:
        dying.setattr(send_messages, "_letter", _dies)
        for _ in range(2):
            with pytest.raises(Killed):
                office.drain()
            let_come_due(office)
    office.drain()
    assert stands(office, one) == ("failed", 3, "whoever tried to send it ended with it")


def test_what_another_worker_has_taken_over_is_left_alone(office):
    one = owed_one(office)
    with office.work() as work:
        (late,) = claim_messages(work, lease_s=60, limit=9)
        assert claim_messages(work, lease_s=60, limit=9) == []
    let_come_due(office)
    with office.work() as work:
        (new,) = claim_messages(work, lease_s=60, limit=9)
        failed = Delivery(one, MessageState.FAILED, late.message.lease, "too late")
        assert not record_delivery(work, failed)
        assert record_delivery(work, Delivery(one, MessageState.SENT, new.message.lease))
        assert not record_delivery(work, Delivery(one, MessageState.SENT, new.message.lease))
    assert stands(office, one) == ("sent", 2, None)


def test_two_workers_send_each_message_once(office, room):
    office = with_mail(office, room)
    ids = [owed_one(office) for _ in range(60)]
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: office.drain(), range(4)))
    for _ in range(4):  # on a busy machine a batch runs out of its time, and what is left is for the next
        let_come_due(office)
        office.drain()
    assert sorted(mail.message_id for mail in room.mails) == sorted(
        f"<{one}@sidoarjo.example>" for one in ids
    )


def test_a_slow_server_keeps_no_batch_longer_than_its_time(office, room, monkeypatch):
    monkeypatch.setattr(send_messages, "LONGEST_S", 0.3)
    room.hold_s = 0.2
    office = with_mail(office, room)
    ids = [owed_one(office) for _ in range(5)]
    assert send_messages.send_messages(office.tools, office.tenant) == 5
    assert Counter(stands(office, one)[:2] for one in ids) == {("sent", 1): 2, ("owed", 0): 3}
    room.hold_s = 0.0
    office.drain()
    assert len(room.mails) == 5


def test_a_letter_that_breaks_our_own_code_keeps_no_other(office, room, monkeypatch):
    office = with_mail(office, room)
    well = send_messages._letter
    bad = owed_one(office, subject="Rusak")
    good = owed_one(office)

    def letter(tenant, held, to):
        if held.subject == "Rusak":
            raise KeyError("a fault of ours")
        return well(tenant, held, to)

    monkeypatch.setattr(send_messages, "_letter", letter)
    office.drain()
    assert stands(office, bad) == ("owed", 1, "a fault of ours (KeyError)")
    assert stands(office, good)[0] == "sent"


def test_messages_that_cannot_be_sent_at_all_keep_no_task_waiting(office, monkeypatch):
    monkeypatch.setattr(send_messages, "claim_messages", lambda *_, **__: 1 / 0)
    owed_one(office)
    lodge(office, SIUP)
    office.drain()
    assert "ready" not in states(office).values()
    assert "asked" in states(office).values()


def test_a_head_with_a_gateway_gets_it_signed(office, room):
    with Letterbox(answers=(503, 204)).open() as box:
        pack = office.tenant.pack
        reached = {"head": Contact("kepala@sidoarjo.example", f"{box.url}/hook")}
        apply(office, replace(pack, contacts=reached, digest="gateway"))
        office = now_in_force(with_mail(office, room))
        posts = {
            **office.tools.posts,
            Channel.WEBHOOK: WebhookPost(SECRET, now=time.time, reach=THIS_MACHINE),
        }
        office = with_posts(office, posts)
        assert owe(office, message(key="late:1")) == 2
        office.drain()
        by_way = {row.channel: row for row in office.rows("SELECT id, channel, last_error FROM app.message")}
        assert by_way["webhook"].last_error == "the gateway answered 503"
        let_come_due(office)
        office.drain()
        first, second = box.wait_for(2)
        assert verify(SECRET, second.headers, second.body, now=time.time()) == str(by_way["webhook"].id)
        assert first.body == second.body
    assert len(room.mails) == 1
    assert [row.state for row in office.rows("SELECT state FROM app.message")] == ["sent", "sent"]
