"""Our own engine with its agency behind the broker: every task goes out and comes back through RabbitMQ.

As `own_side`, and beside its workers one consumer of replies. The agency is a process of its own that approves what
it is asked, one message for each; its processor time is its own affair and is not counted.
"""

import signal
import threading
import time
from collections.abc import Sequence
from contextlib import closing
from dataclasses import replace

from ptsp.infra.broker import QUESTIONS, REPLIES, Consumer, Delivery, Fate, Parcel, Publisher
from ptsp.jobs.take_messages import take_messages
from ptsp.main.bench import own_side
from ptsp.main.bench.crew import worker_processes
from ptsp.main.bench.measure import Result, timed
from ptsp.main.bench.stores import Commits, broker_process, empty_queues, server_processes
from ptsp.main.bench.worker import announce_ready
from ptsp.main.settings import Settings
from ptsp.main.standing import settle
from ptsp.main.wiring import tools_of
from ptsp.sdk import queues, strict_json
from ptsp.sdk.webhooks import derive_secret

SCHEMA = "ptsp_bench_broker"
AGENCY, CONSUMER = 1, 2  # numbers of these processes; workers come after them
QUEUE = f"{QUESTIONS}.{own_side.TENANT}.agency"


def run(*, bundles: int, workers: int, database_url: str, redis_url: str) -> Result:
    with own_side.own_office(database_url, redis_url, schema_name=SCHEMA, connector="queue") as office:
        settings = office.settings
        empty_queues(settings.broker_url, [QUEUE, REPLIES])
        urls = {"database_url": settings.database_url, "redis_url": settings.redis_url}
        ended = own_side.Ended(office.tools, office.tenant_id)
        with (
            worker_processes("ours_broker", 1, **urls),
            worker_processes("ours_broker", workers + 1, first=CONSUMER, **urls) as crew,
        ):
            servers = [
                *server_processes(database_url, redis_url).values(),
                *broker_process(settings.broker_url),
            ]
            return timed(
                bundles=bundles,
                submit=lambda: own_side.submit_all(office, bundles, own_side.AT_ONCE),
                done=ended,
                crew=crew,
                servers=servers,
                commits=Commits(database_url, SCHEMA, ended),
            )


def work(*, number: int, database_url: str, redis_url: str) -> None:
    if number == AGENCY:
        answer_all(own_side.settings_at(database_url, redis_url))
    elif number == CONSUMER:
        consume(own_side.settings_at(database_url, redis_url))
    else:
        own_side.work(number=number, database_url=database_url, redis_url=redis_url)


def consume(settings: Settings) -> None:
    """Take replies, as `ptsp consumer` does, until this process is told to end."""
    tools = replace(tools_of(settings), actor="consumer")
    consumer = Consumer(settings.broker_url, REPLIES, lambda deliveries: take_messages(tools, deliveries))
    settle()
    consumer.run(_told_to_end(), ready=announce_ready)


def answer_all(settings: Settings) -> None:
    """The agency: it approves every question, and acknowledges a message once the broker has its answer."""
    secret = derive_secret(settings.secret, own_side.TENANT, "agency")
    with closing(Publisher(settings.broker_url)) as publisher:

        def answer(deliveries: Sequence[Delivery]) -> list[str | None]:
            parcels = [_answer(secret, delivery) for delivery in deliveries]
            if any(fate is not Fate.TAKEN for fate in publisher.publish(parcels)):
                raise ConnectionError("the broker did not take an answer; the questions come again")
            return [None] * len(deliveries)

        Consumer(settings.broker_url, QUEUE, answer).run(_told_to_end(), ready=announce_ready)


def _answer(secret: bytes, delivery: Delivery) -> Parcel:
    asked = strict_json.objects(
        strict_json.parse_object(delivery.body), "questions", most=queues.MOST_AT_ONCE
    )
    replies = [{"key": one["key"], "number": "1", "result": "approved"} for one in asked]
    body = strict_json.dumps({"replies": replies})
    message_id, headers = queues.signed(secret, own_side.TENANT, "agency", body, now=time.time())
    return Parcel(REPLIES, REPLIES, message_id, body, headers)


def _told_to_end() -> threading.Event:
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    return stop
