"""One agency answers by a callback."""

from ptsp.flows.take_replies import Incoming, Outcome, take_replies
from ptsp.infra.work import Work
from ptsp.kernel.errors import Conflict, Fault, Invalid, NotFound
from ptsp.sdk.contract import Reply


def take_reply(work: Work, agency: str, reply: Reply, body: bytes) -> str:
    """Record a verified callback; returns `recorded`, or `late` when the task had ended already.

    Raises NotFound when this agency was asked nothing under its key, Conflict when the message's id was used for
    other content: nothing is kept then, since who calls is told.
    """
    (outcome,) = take_replies(work, [Incoming.of(agency, reply, body)])
    match outcome:
        case Outcome.NO_QUESTION:
            raise NotFound("no question to this agency has this key")
        case Outcome.NO_VERDICT:
            raise Invalid([Fault("result", "says neither approved nor rejected")])
        case Outcome.OTHER_CONTENT:
            raise Conflict("this message id was used before for other content")
    return outcome.value
