"""Put questions to agencies that take messages: many in one message, confirmed in batches. No transaction is open."""

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Generic, Protocol, TypeVar
from uuid import UUID

import structlog

from ptsp.domain import routes
from ptsp.flows._straight_on import StraightOn
from ptsp.infra.broker import QUESTIONS, Fate, Parcel, Publisher
from ptsp.infra.gateway import Partners
from ptsp.infra.tenants import Tenant
from ptsp.infra.work import begin
from ptsp.jobs.ask_agency import setback_of
from ptsp.jobs.tools import Tools
from ptsp.sdk.contract import Question
from ptsp.sdk.errors import Misconfigured, TryLater
from ptsp.sdk.manifest import Style
from ptsp.sdk.queues import Message, QueueConnector

log = structlog.get_logger()

# What to tell of a message that the broker did not take. Nobody has it, but where its fate is not known.
SETBACKS = {
    Fate.UNSENT: TryLater("the broker cannot be reached"),
    Fate.NOT_ROUTED: TryLater("the agency's queue has gone; it is made anew"),
    Fate.REFUSED: TryLater("the agency's queue is full", after=5.0),
    Fate.UNKNOWN: TryLater("the broker did not confirm the message", unknown=True),
}
SENT_NOTHING = frozenset({Fate.UNSENT, Fate.NOT_ROUTED, Fate.REFUSED})


class Asking(Protocol):
    """A task that asks an agency."""

    @property
    def id(self) -> UUID: ...
    @property
    def bundle_id(self) -> UUID: ...
    @property
    def agency(self) -> str: ...


Task = TypeVar("Task", bound=Asking)


@dataclass(frozen=True, slots=True)
class Share(Generic[Task]):
    """Tasks that go to one agency in one message, and how long its answer is waited for."""

    tasks: Sequence[Task]
    message: Message
    patience_s: float


def publish_tasks(
    partners: Partners,
    publisher: Publisher | None,
    tenant: Tenant,
    questions: Mapping[UUID, Question],
    tasks: Sequence[routes.Claimed],
) -> list[routes.Result]:
    """One result per task. A question that the broker has is sent again, under the same key, when no answer came."""
    results: list[routes.Result] = []
    shares: list[Share[routes.Claimed]] = []
    for agency, of_agency in _by_agency(tasks):
        try:
            if publisher is None:
                raise Misconfigured("no broker is set (PTSP_BROKER_URL)")
            shares += list(_shares(partners, tenant, agency, questions, of_agency))
        except Exception as error:  # whatever it is, its neighbours are asked all the same
            results += _set_back(partners, tenant, of_agency, error)
    if publisher is None or not shares:
        return results
    for share, fate in zip(
        shares, publisher.publish([_parcel(share.message) for share in shares]), strict=True
    ):
        if fate is Fate.TAKEN:
            results += [_asked(task, share.patience_s) for task in share.tasks]
        else:
            results += _set_back(partners, tenant, share.tasks, SETBACKS[fate])
    return results


def publish_asked(tools: Tools, tenant: Tenant, straight: StraightOn) -> bool:
    """Put the questions that were asked straight on, once that has committed. False if the broker did not take all:
    those come due at once, and a worker sends them again the ordinary way, which knows what to do about it.
    """
    assert tools.publisher is not None
    shares: list[Share[routes.Settled]] = []
    unsent: list[UUID] = []
    for agency, tasks in _by_agency(straight.asked):
        try:
            shares += list(_shares(tools.partners, tenant, agency, straight.questions, tasks))
        except Exception as error:  # whatever it is, its neighbours are asked all the same
            log.warning("agency_failed", tenant=tenant.code, agency=agency, reason=type(error).__name__)
            unsent += [task.id for task in tasks]
    lost = list(unsent)
    fates = tools.publisher.publish([_parcel(share.message) for share in shares])
    for share, fate in zip(shares, fates, strict=True):
        if fate is not Fate.TAKEN:
            lost += [task.id for task in share.tasks]
        if fate in SENT_NOTHING:
            unsent += [task.id for task in share.tasks]
    if lost:
        log.warning("questions_lost", tenant=tenant.code, tasks=len(lost), unsent=len(unsent))
        with begin(tools.engine, tenant, actor=tools.actor) as work:
            routes.send_again(work.connection, tenant.id, lost, unsent=unsent)
    return not lost


def _by_agency(tasks: Sequence[Task]) -> Iterator[tuple[str, list[Task]]]:
    for agency, group in groupby(sorted(tasks, key=lambda task: task.agency), key=lambda task: task.agency):
        yield agency, list(group)


def _shares(
    partners: Partners,
    tenant: Tenant,
    agency: str,
    questions: Mapping[UUID, Question],
    tasks: Sequence[Task],
) -> Iterator[Share[Task]]:
    """Raises Misconfigured."""
    connector: QueueConnector = partners.of_style(tenant, agency, Style.BROKER)
    connector.check()
    for part in parts(tasks, connector.batch):
        message = connector.write([partners.disclosed(tenant, questions[task.id]) for task in part])
        yield Share(part, message, connector.patience_s)


def parts(tasks: Sequence[Task], most: int) -> Iterator[list[Task]]:
    """Up to `most` tasks at a time, those of one bundle together where they fit.

    Their replies then come in one message: the bundle moves on once and not twice, and two consumers do not wait for
    each other at its lock.
    """
    of_bundles: dict[UUID, list[Task]] = {}
    for task in tasks:
        of_bundles.setdefault(task.bundle_id, []).append(task)
    part: list[Task] = []
    for of_bundle in of_bundles.values():
        if part and len(part) + len(of_bundle) > most:
            yield part
            part = []
        part += of_bundle
        while len(part) > most:
            yield part[:most]
            part = part[most:]
    if part:
        yield part


def _parcel(message: Message) -> Parcel:
    return Parcel(QUESTIONS, message.queue, message.id, message.body, message.headers)


def _asked(task: routes.Claimed, patience_s: float) -> routes.Result:
    return routes.Result(
        task.id,
        routes.TaskState.ASKED,
        task.lease,
        agency_ref=task.agency_ref or routes.QUEUED,
        again_s=patience_s * random.uniform(1, 1.25),  # spreads load, guards nothing
        is_news=task.agency_ref is None,
    )


def _set_back(
    partners: Partners, tenant: Tenant, tasks: Sequence[routes.Claimed], error: Exception
) -> list[routes.Result]:
    setback = setback_of(error)
    agency = tasks[0].agency
    log.warning(
        "agency_failed",
        tenant=tenant.code,
        agency=agency,
        tasks=len(tasks),
        reason=type(error).__name__,
        cause=setback.cause.value,
        exc_info=error if setback.cause is routes.Cause.FAULT else None,
    )
    manifest = partners.manifest(tenant, agency)
    memory = routes.Memory(manifest.supports_idempotency, manifest.finds)
    return [routes.set_back(task, setback, memory, random.random()) for task in tasks]
