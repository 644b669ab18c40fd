"""A person has seen why a message failed and sends it on its way again, under the same id."""

from uuid import UUID

from ptsp.domain import messages
from ptsp.infra.work import Work
from ptsp.kernel.errors import Conflict, NotFound


def retry_message(work: Work, message_id: UUID) -> None:
    """Let a failed message, or one that waits, be due now. Raises NotFound, or Conflict for one that has ended."""
    message = messages.messages_by_id(work.connection, [message_id]).get(message_id)
    if message is None:
        raise NotFound("this office has no such message")
    if not messages.send_on(work.connection, work.tenant.id, [message_id]):
        raise Conflict(f"the message is {message.state}, neither failed nor owed")
