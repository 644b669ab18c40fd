"""Who is meant by a role, how a message reaches them, and when it is tried again."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from uuid import uuid5

from ptsp.domain.messages.types import AGENCY, APPLICANT, Channel, NewMessage
from ptsp.kernel.specs import AgencySpec, Contact

MOST_TRIES = 30  # with the waits below, about three days
FIRST_WAIT_S, LONGEST_WAIT_S = 30.0, 14_400.0
AWAY_SHORTEST_S, AWAY_LONGEST_S = 5.0, 900.0
LONGEST_DOUBLING = 16


def recipient(message: NewMessage) -> str:
    """The role as it is kept. ValueError for a message to an agency that it does not name."""
    if message.to_role != AGENCY:
        return message.to_role
    if not message.agency:
        raise ValueError(f"message {message.key}: to an agency, but to which?")
    return f"{AGENCY}:{message.agency}"


def contact_of(
    recipient: str, contacts: Mapping[str, Contact], agencies: Mapping[str, AgencySpec]
) -> Contact:
    """Where the pack says that a role is reached. An empty contact if it says nothing."""
    role, _, agency = recipient.partition(":")
    if agency:
        spec = agencies.get(agency)
        return (spec.contact if spec else None) or Contact()
    return contacts.get(role, Contact())


def channels(recipient: str, contact: Contact) -> tuple[Channel, ...]:
    """All ways to a recipient. Where none is known it is e-mail: the message waits there for an address."""
    if recipient == APPLICANT:
        return (Channel.EMAIL,)
    known = [way for way in Channel if address(way, contact)]
    return tuple(known) or (Channel.EMAIL,)


def address(channel: Channel, contact: Contact) -> str | None:
    return contact.email if channel is Channel.EMAIL else contact.webhook


def copies(message: NewMessage, ways: Sequence[Channel]) -> list[NewMessage]:
    """One message for each way: itself for the first, and for any other one whose key and id follow from it."""
    others = (replace(message, id=uuid5(message.id, way), key=f"{message.key}/{way}") for way in ways[1:])
    return [message, *others]


def wait_s(attempts: int, share: float) -> float:
    """Seconds until the next try: doubling. `share` (0 to 1) spreads them, so that not all come back at once."""
    longest = min(LONGEST_WAIT_S, FIRST_WAIT_S * 2.0 ** min(max(attempts - 1, 0), LONGEST_DOUBLING))
    return longest * (1 + share) / 2


def away_wait_s(age_s: float, share: float) -> float:
    """Seconds until the server is tried again that was away: longer the longer the message has been owed."""
    longest = min(AWAY_LONGEST_S, max(AWAY_SHORTEST_S, age_s / 4))
    return longest * (1 + share) / 2
