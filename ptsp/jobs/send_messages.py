"""Send what is owed to people: claim, send with no transaction open, record fenced; one message after the other.

At least once: a worker that dies between sending and recording leaves a message that is sent again when its lease has
run out, with the same Message-ID and the same webhook id, by which the other side can tell.
"""

import random
import time
from dataclasses import dataclass, field

import structlog

from ptsp.domain import messages
from ptsp.flows.claim_messages import Addressed, claim_messages
from ptsp.flows.record_delivery import record_delivery
from ptsp.infra.post import Away, Letter, NotTaken, Refused, TryLater
from ptsp.infra.tenants import Tenant
from ptsp.infra.work import begin
from ptsp.jobs.tools import Tools

log = structlog.get_logger()

BATCH = 20
LONGEST_S = 5.0  # after that a batch begins no letter any more: tasks wait behind a slow mail server
UNSET_WAIT_S = 300.0
UNSET = {
    messages.Channel.EMAIL: "no mail server is set (PTSP_SMTP_URL)",
    messages.Channel.WEBHOOK: "no secret for gateways is set (PTSP_MESSAGE_WEBHOOK_SECRET)",
}
WAYS = {messages.Channel.EMAIL: "e-mail address", messages.Channel.WEBHOOK: "webhook"}


@dataclass(slots=True)
class Round:
    """One batch of one office: until when letters are begun, and which ways turned out to be closed, and why."""

    tools: Tools
    tenant: Tenant
    ends: float  # monotonic seconds
    closed: dict[messages.Channel, str] = field(default_factory=dict)


def send_messages(tools: Tools, tenant: Tenant) -> int:
    """One batch of one tenant; gives how many messages were looked at."""
    with begin(tools.engine, tenant, actor=tools.actor) as work:
        batch = claim_messages(work, lease_s=tools.lease_s, limit=BATCH)
    turn = Round(tools, tenant, time.monotonic() + min(LONGEST_S, tools.lease_s / 2))
    for one in batch:
        delivery = _delivered(turn, one)
        with begin(tools.engine, tenant, actor=tools.actor) as work:
            counts = record_delivery(work, delivery)
        _tell(tenant, one, delivery, counts=counts)
    return len(batch)


def _delivered(turn: Round, one: Addressed) -> messages.Delivery:
    channel = one.message.channel
    if time.monotonic() >= turn.ends:
        return _put_off(one, 0.0)
    if one.to is None:
        return _unreachable(one)
    if channel not in turn.tools.posts:
        return _put_off(one, UNSET_WAIT_S, UNSET[channel])
    if channel in turn.closed:
        return _away(one, turn.closed[channel])
    if one.message.attempts > messages.MOST_TRIES:
        return _failed(one, "whoever tried to send it ended with it")
    try:
        turn.tools.posts[channel].send(_letter(turn.tenant, one.message, one.to))
    except Away as away:
        turn.closed[channel] = str(away)
        return _away(one, str(away))
    except Exception as error:  # a fault of ours in one letter must not keep the others
        return _set_back(one, error)
    return messages.Delivery(one.message.id, messages.MessageState.SENT, one.message.lease)


def _letter(tenant: Tenant, message: messages.Held, to: str) -> Letter:
    return Letter(
        id=message.id,
        to=to,
        recipient=message.recipient,
        office=tenant.code,
        office_name=tenant.pack.name["id"],
        kind=message.kind,
        subject=message.subject,
        body=message.body,
        written_at=message.created_at,
    )


def _unreachable(one: Addressed) -> messages.Delivery:
    """An office can mend its pack and send the message on; an applicant who gave no address has other ways."""
    message = one.message
    if message.recipient == messages.APPLICANT:
        reason = "the applicant gave no e-mail address"
        return messages.Delivery(message.id, messages.MessageState.DROPPED, message.lease, reason)
    return _failed(one, f"the pack names no {WAYS[message.channel]} of {message.recipient}")


def _set_back(one: Addressed, error: Exception) -> messages.Delivery:
    """Refused for good, or tried to the end: failed. Otherwise again, later each time."""
    message = one.message
    reason = str(error) if isinstance(error, NotTaken) else f"a fault of ours ({type(error).__name__})"
    if not isinstance(error, NotTaken):
        log.error("letter_failed", message=str(message.id), exc_info=error)
    if isinstance(error, Refused):
        return _failed(one, reason)
    if message.attempts >= messages.MOST_TRIES:
        return _failed(one, f"{reason}; tried {message.attempts} times")
    wait_s = messages.wait_s(message.attempts, random.random())  # spreads load, guards nothing
    if isinstance(error, TryLater) and error.after is not None:
        wait_s = max(wait_s, error.after)
    return messages.Delivery(message.id, messages.MessageState.OWED, message.lease, reason, again_s=wait_s)


def _away(one: Addressed, reason: str) -> messages.Delivery:
    return _put_off(one, messages.away_wait_s(one.message.age_s, random.random()), reason)


def _put_off(one: Addressed, again_s: float, reason: str | None = None) -> messages.Delivery:
    return messages.Delivery(
        one.message.id, messages.MessageState.OWED, one.message.lease, reason, again_s=again_s, is_try=False
    )


def _failed(one: Addressed, reason: str) -> messages.Delivery:
    return messages.Delivery(one.message.id, messages.MessageState.FAILED, one.message.lease, reason)


def _tell(tenant: Tenant, one: Addressed, delivery: messages.Delivery, *, counts: bool) -> None:
    """Without the address: it may be a person's."""
    log.info(
        "message_handled",
        tenant=tenant.code,
        message=str(one.message.id),
        channel=one.message.channel.value,
        state=delivery.state.value,
        reason=delivery.error,
        counts=counts,
    )
