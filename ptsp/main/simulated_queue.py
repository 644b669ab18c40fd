"""Simulated agencies behind the broker: messages become calls of the fake agency, its letters become replies."""

import http.client
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial

from ptsp.infra.broker import REPLIES, SIMULATED, Consumer, Delivery, Fate, NotNow, Parcel, Publisher
from ptsp.sdk import queues
from ptsp.sdk.errors import Forged
from ptsp.sdk.simulator import Letter, Running

CALL_S = 15.0


@contextmanager
def behind_broker(
    agency: Running, broker_url: str, *, ready: Callable[[], None] = lambda: None
) -> Iterator[None]:
    """Take questions from the simulated agencies' queue while the block lasts."""
    publisher, stop = Publisher(broker_url), threading.Event()
    agency.desk.callbacks.carried_by(partial(_carry, agency, publisher))
    consumer = Consumer(broker_url, SIMULATED, partial(_take, agency), prefetch=1)  # each fails by itself
    thread = threading.Thread(target=partial(consumer.run, stop, ready=ready), name="questions", daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(CALL_S)
        publisher.close()


def _take(agency: Running, deliveries: Sequence[Delivery]) -> list[str | None]:
    return [_taken(agency, delivery) for delivery in deliveries]


def _taken(agency: Running, delivery: Delivery) -> str | None:
    """None once the agency has it; raises NotNow when it did not say so: the message comes again."""
    try:
        tenant, code = queues.sender(delivery.headers)
    except Forged as error:
        return str(error)
    line = http.client.HTTPConnection(agency.host, agency.port, timeout=CALL_S)
    try:
        line.request("POST", f"/{tenant}/{code}/questions", delivery.body, dict(delivery.headers))
        status = line.getresponse().status
    except (OSError, http.client.HTTPException) as error:
        raise NotNow("the agency cut the line") from error
    finally:
        line.close()
    if status >= 500 or status == http.client.TOO_MANY_REQUESTS:
        raise NotNow(f"the agency said {status}")
    return None if status < 300 else f"the agency said {status}"


def _carry(agency: Running, publisher: Publisher, letter: Letter) -> int | None:
    """A status as of a callback: 200 once the broker has the letter, None while it is still owed."""
    tenant, _, code = letter.agency.partition("/")
    secret = agency.desk.secret_for(tenant, code)
    if letter.trouble == "wrong_signature":
        secret = bytes(reversed(secret))
    message_id, headers = queues.signed(secret, tenant, code, letter.body, now=agency.desk.clock())
    parcel = Parcel(REPLIES, REPLIES, message_id, letter.body, headers)
    return http.client.OK if publisher.publish([parcel]) == [Fate.TAKEN] else None
