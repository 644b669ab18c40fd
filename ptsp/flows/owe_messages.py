"""Messages to people are owed from now on: rows beside whatever is their cause, sent by a worker later."""

from collections.abc import Sequence

from ptsp.domain import messages
from ptsp.infra.rows import Row, row_of
from ptsp.infra.work import Work


def owe_messages(work: Work, owed: Sequence[messages.NewMessage]) -> int:
    """Owe each message once, by every way that its recipient is reached by today; gives how many rows are new.

    A key that was owed before changes nothing, whatever became of that message and wherever the recipient is
    reached by now. ValueError for a message to an agency that it does not name.
    """
    rows = [_rows(work, message) for message in owed]
    first = messages.add(work.connection, work.tenant.id, [ways[0] for ways in rows])
    others = [row for ways in rows if ways[0]["id"] in first for row in ways[1:]]
    return len(first) + len(messages.add(work.connection, work.tenant.id, others))


def _rows(work: Work, message: messages.NewMessage) -> list[Row]:
    """The rows of one message: the first carries its key, the others go with it."""
    pack = work.tenant.pack
    recipient = messages.recipient(message)
    contact = messages.contact_of(recipient, pack.contacts, pack.agencies)
    ways = messages.channels(recipient, contact)
    return [
        {**row_of(copy), "recipient": recipient, "channel": way.value}
        for way, copy in zip(ways, messages.copies(message, ways), strict=True)
    ]
