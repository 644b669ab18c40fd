"""Messages: what is sent to applicants, offices and agencies, owed in the database until somebody has taken it."""

from ptsp.domain.messages.queries import (
    counts,
    due_tenants,
    in_states,
    messages_by_id,
    owed_before,
    states_of_keys,
)
from ptsp.domain.messages.rules import (
    MOST_TRIES,
    address,
    away_wait_s,
    channels,
    contact_of,
    copies,
    recipient,
    wait_s,
)
from ptsp.domain.messages.store import add, claim, record, send_on
from ptsp.domain.messages.types import (
    AGENCY,
    APPLICANT,
    Channel,
    Delivery,
    Held,
    MessageRow,
    MessageState,
    NewMessage,
)

__all__ = [
    "AGENCY",
    "APPLICANT",
    "MOST_TRIES",
    "Channel",
    "Delivery",
    "Held",
    "MessageRow",
    "MessageState",
    "NewMessage",
    "add",
    "address",
    "away_wait_s",
    "channels",
    "claim",
    "contact_of",
    "copies",
    "counts",
    "due_tenants",
    "in_states",
    "messages_by_id",
    "owed_before",
    "recipient",
    "record",
    "send_on",
    "states_of_keys",
    "wait_s",
]
