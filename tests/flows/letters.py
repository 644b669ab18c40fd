"""Messages to owe, and an office whose mail goes to a server of the test."""

from dataclasses import replace
from typing import Any
from uuid import UUID, uuid4

from ptsp.domain.messages import Channel, MessageRow, NewMessage, messages_by_id
from ptsp.flows.owe_messages import owe_messages
from ptsp.flows.submit_bundle import submit_bundle
from ptsp.infra.post import Post, SmtpPost
from tests.flows.acts import SIUP, as_admin
from tests.offices import Office
from tests.post.rooms import SENDER, MailRoom

APPLICANT = "pemohon.contoh@warga.example"
SUBJECT, BODY = (
    "Peringatan: batas waktu terlampaui",
    "Berkas ini melewati batas waktunya – mohon ditindaklanjuti.\n",
)


def message(to_role: str = "head", **changes: Any) -> NewMessage:
    new = NewMessage(uuid4(), uuid4().hex, None, to_role, None, "late", SUBJECT, BODY)
    return replace(new, **changes)


def owe(office: Office, *owed: NewMessage) -> int:
    with office.work() as work:
        return owe_messages(work, owed)


def owed_one(office: Office, to_role: str = "head", **changes: Any) -> UUID:
    one = message(to_role, **changes)
    assert owe(office, one) >= 1
    return one.id


def seen(office: Office, message_id: UUID) -> MessageRow:
    with office.work() as work:
        return messages_by_id(work.connection, [message_id])[message_id]


def stands(office: Office, message_id: UUID) -> tuple[str, int, str | None]:
    """State, counted tries, last error."""
    row = seen(office, message_id)
    return row.state.value, row.attempts, row.last_error


def bundle_of(office: Office, email: str = APPLICANT) -> UUID:
    """A bundle whose applicant gave this address."""
    order = office.order(SIUP)
    with office.work() as work:
        accepted = submit_bundle(work, replace(order, applicant=replace(order.applicant, email=email)))
    (row,) = office.rows("SELECT id FROM app.bundle WHERE reference = :it", it=accepted.reference)
    return UUID(str(row.id))


def with_posts(office: Office, posts: dict[Channel, Post], **changes: Any) -> Office:
    return replace(office, tools=replace(office.tools, posts=posts, **changes))


def with_mail(office: Office, room: MailRoom, **changes: Any) -> Office:
    """Its workers hand mail to this room, and try a server that was away again at once."""
    return with_posts(
        office, {Channel.EMAIL: SmtpPost(room.url, SENDER, timeout_s=0.5, rest_s=0.0)}, **changes
    )


def let_come_due(office: Office) -> None:
    """The waiting is over for every message that waits, and every lease has run out."""
    as_admin(
        office,
        "UPDATE app.message SET next_at = clock_timestamp() WHERE state IN ('owed', 'sending')",
    )
