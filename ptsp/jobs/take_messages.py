"""Take what agencies answer by messages: verified each by its own agency's secret, recorded office by office.

All replies of one office that are waiting go into one transaction, and are acknowledged after it has committed. What
they let begin at agencies behind the broker is asked straight on, and goes out in between; what they leave to decide
without a document is decided.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import islice

import structlog
from sqlalchemy.exc import InterfaceError, OperationalError, TimeoutError

from ptsp.flows._straight_on import StraightOn
from ptsp.flows.decide_straight_on import decide_straight_on
from ptsp.flows.take_replies import REFUSED, Incoming, take_replies
from ptsp.infra.absence import is_away
from ptsp.infra.broker import Delivery, NotNow
from ptsp.infra.tenants import Tenant
from ptsp.infra.work import begin
from ptsp.jobs.publish_tasks import publish_asked
from ptsp.jobs.tools import Tools
from ptsp.kernel.errors import NotFound
from ptsp.sdk import queues
from ptsp.sdk.errors import Forged, Misconfigured
from ptsp.sdk.manifest import Style
from ptsp.sdk.queues import QueueConnector

log = structlog.get_logger()

# The database is away, or wants the transaction once more: the same messages again in a moment.
PASSING = (OperationalError, InterfaceError, TimeoutError)


@dataclass(frozen=True, slots=True)
class Letter:
    """A verified message: its place among the deliveries, and what it says."""

    at: int
    replies: Sequence[Incoming]


def take_messages(tools: Tools, deliveries: Sequence[Delivery]) -> list[str | None]:
    """For each message None once it is recorded, or why nobody can use it. Raises NotNow."""
    answers: list[str | None] = [None] * len(deliveries)
    offices: dict[int, tuple[Tenant, list[Letter]]] = {}
    for at, delivery in enumerate(deliveries):
        try:
            tenant, replies = _opened(tools, delivery)
            offices.setdefault(tenant.id, (tenant, []))[1].append(Letter(at, replies))
        except PASSING as error:
            raise NotNow(type(error).__name__) from error
        except (Forged, Misconfigured, NotFound) as error:
            answers[at] = str(error)
        except Exception as error:  # one message must not end the consumer
            _require_database(error)
            answers[at] = _fault(error)
    for tenant, letters in offices.values():
        for at, why in _taken(tools, tenant, letters).items():
            answers[at] = why
    return answers


def _opened(tools: Tools, delivery: Delivery) -> tuple[Tenant, list[Incoming]]:
    """Raises NotFound, Misconfigured or Forged: whoever it claims to be, it counts for nobody else."""
    code, agency = queues.sender(delivery.headers)
    tenant = tools.book.get(code)
    connector: QueueConnector = tools.partners.of_style(tenant, agency, Style.BROKER)
    replies = connector.read(delivery.headers, delivery.body)
    return tenant, [Incoming.of(agency, reply, delivery.body) for reply in replies]


def _taken(tools: Tools, tenant: Tenant, letters: Sequence[Letter]) -> Mapping[int, str | None]:
    """Why each letter is refused, or None. Where one of them is our fault, it is found by taking each alone."""
    try:
        return _recorded(tools, tenant, letters)
    except PASSING as error:
        raise NotNow(type(error).__name__) from error
    except Exception as error:
        _require_database(error)
        if len(letters) == 1:
            return {letters[0].at: _fault(error)}
        alone = [_taken(tools, tenant, [letter]) for letter in letters]
        return {at: why for one in alone for at, why in one.items()}


def _recorded(tools: Tools, tenant: Tenant, letters: Sequence[Letter]) -> dict[int, str | None]:
    replies = [one for letter in letters for one in letter.replies]
    agencies = {one.agency for one in replies}
    actor = f"agency:{agencies.pop()}" if len(agencies) == 1 else "agencies"
    straight = StraightOn(tools.partners, tools.actor) if tools.publisher else None
    with begin(tools.engine, tenant, actor=actor) as work:
        outcomes = iter(take_replies(work, replies, straight=straight))
        if straight:
            decide_straight_on(work, tools.book, straight, public_url=tools.public_url)
    if straight is None or not publish_asked(tools, tenant, straight) or straight.leaves_work:
        tools.ring()
    answers: dict[int, str | None] = {}
    for letter in letters:
        refused = [said for said in islice(outcomes, len(letter.replies)) if said in REFUSED]
        words = ", ".join(sorted({one.value for one in refused}))
        answers[letter.at] = f"{words} ({len(refused)} of {len(letter.replies)})" if refused else None
    return answers


def _require_database(error: Exception) -> None:
    """Raises NotNow if its line broke: a transaction that was ended because we hung is no fault of the message."""
    if is_away(error):
        raise NotNow(type(error).__name__) from error


def _fault(error: Exception) -> str:
    """Without its words: they may hold data."""
    log.error("reply_failed", reason=type(error).__name__, exc_info=error)
    return f"a fault of ours ({type(error).__name__})"
