"""Publish an office's events: sent with no transaction open, at least once, and in order for each bundle."""

from collections.abc import Sequence
from uuid import UUID, uuid4

import structlog

from ptsp.domain import feed
from ptsp.infra.broker import Fate, Parcel, event_parcel
from ptsp.infra.tenants import Tenant
from ptsp.infra.work import begin
from ptsp.jobs.tools import Tools

log = structlog.get_logger()

BATCH = 500
LEASE_S = 60.0
TYPES = tuple(feed.EVENTS)


def publish_events(tools: Tools, tenant: Tenant) -> int:
    """Everything that is new; gives how many events the broker has taken. Another process's turn is left to it."""
    if tools.publisher is None:
        return 0
    with begin(tools.engine, tenant, actor=tools.actor) as work:
        turn = feed.take_turn(work.connection, tenant.id, lease=uuid4(), lease_s=LEASE_S)
    if turn is None:
        return 0
    count, is_whole = 0, False
    while not is_whole:
        with begin(tools.engine, tenant, actor=tools.actor) as work:
            found = feed.news(work.connection, tenant.id, turn, types=TYPES, limit=BATCH)
        fates = tools.publisher.publish([_parcel(tools, tenant, one) for one in found])
        taken = _taken(found, fates)
        with begin(tools.engine, tenant, actor=tools.actor) as work:
            feed.advance(work.connection, tenant.id, taken)
        count += fates.count(Fate.TAKEN)
        if any(fate is not Fate.TAKEN for fate in fates):
            break  # what is left is found again at the next turn
        is_whole = len(found) < BATCH
    with begin(tools.engine, tenant, actor=tools.actor) as work:
        feed.finish(work.connection, tenant.id, turn, is_whole=is_whole)
    if count:
        log.info("events_published", tenant=tenant.code, events=count)
    return count


def _taken(found: Sequence[feed.Happened], fates: Sequence[Fate]) -> dict[UUID, int]:
    """How far each bundle has come: up to the first of its events that the broker did not take."""
    taken: dict[UUID, int] = {}
    stuck: set[UUID] = set()
    for one, fate in zip(found, fates, strict=True):
        if fate is not Fate.TAKEN:
            stuck.add(one.bundle_id)
        elif one.bundle_id not in stuck:
            taken[one.bundle_id] = one.seq
    return taken


def _parcel(tools: Tools, tenant: Tenant, one: feed.Happened) -> Parcel:
    type_, data = feed.shown(one.type, one.data)
    return event_parcel(
        source=tools.public_url,
        tenant=tenant.code,
        bundle=str(one.bundle_id),
        seq=one.seq,
        at=one.at,
        type_=type_,
        reference=one.reference,
        data=data,
    )
