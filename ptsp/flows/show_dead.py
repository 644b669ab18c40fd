"""What goes on only when a person has looked, as that person reads it: by cause, with what can be done."""

from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from ptsp.domain import applications, deliveries, routes
from ptsp.flows._names import agency_name
from ptsp.flows.delivery_texts import cause_text
from ptsp.flows.open_desk import Desk
from ptsp.flows.replay_deliveries import goes_on_as, memory_of
from ptsp.infra.gateway import Partners
from ptsp.infra.work import Work
from ptsp.kernel.errors import Invalid, NotFound
from ptsp.kernel.reasons import fault
from ptsp.kernel.specs import StepKind, Text

MARK = "~"
PAGE = 50
CARETAKERS = ("back_office", "head")  # the desks of the office that look after deliveries


@dataclass(frozen=True, slots=True)
class Alone:
    """An agency that is left alone, since it does not answer. `is_outage`: clocks stand meanwhile."""

    agency: str
    agency_name: Text
    since: datetime
    failures: int
    probe_at: datetime
    is_outage: bool


@dataclass(frozen=True, slots=True)
class DeadCount:
    """How many there are of one agency and cause."""

    agency: str
    agency_name: Text
    cause: str
    cause_name: Text
    count: int


@dataclass(frozen=True, slots=True)
class DeadView:
    """One of them. `kind` is `task` or `message`; `services` are codes. `needs_check`: the agency may have it."""

    kind: str
    id: UUID
    reference: str
    agency: str
    agency_name: Text
    code: str
    services: tuple[str, ...]
    cause: str
    cause_name: Text
    attempts: int
    since: datetime
    words: str
    needs_check: bool
    is_question: bool  # a desk can answer it by hand


@dataclass(frozen=True, slots=True)
class DeadPage:
    """One page, the longest waiting first, and what there is in all. `next` asks for the following page."""

    counts: tuple[DeadCount, ...]
    found: tuple[DeadView, ...]
    alone: tuple[Alone, ...]
    desks: tuple[tuple[str, Text], ...]  # where one can be answered by hand
    next: str | None


def caretakers_only(desk: Desk) -> None:
    """Raises NotFound for the desk of any other agency: what it may not see is not there."""
    if desk.agency not in CARETAKERS:
        raise NotFound("this desk does not look after deliveries")


def show_dead(
    work: Work,
    partners: Partners,
    *,
    cause: str | None = None,
    agency: str | None = None,
    after: str | None = None,
    limit: int = PAGE,
) -> DeadPage:
    """Stuck tasks and failed messages (cause `message`). Raises Invalid for an `after` that is no page's `next`."""
    place = _place(after) if after else None
    found = deliveries.dead(work.connection, cause=cause, agency=agency, after=place, limit=limit + 1)
    counts = tuple(
        DeadCount(whom, agency_name(work.tenant, whom), why, cause_text(why), count)
        for (whom, why), count in deliveries.dead_counts(work.connection).items()
    )
    shown = found[:limit]
    views = tuple(_views(work, partners, shown))
    desks = tuple((code, one.name) for code, one in work.tenant.pack.agencies.items() if one.desk)
    return DeadPage(counts, views, _alone(work), desks, _next(shown[-1]) if len(found) > limit else None)


def _alone(work: Work) -> tuple[Alone, ...]:
    return tuple(
        Alone(
            one.agency,
            agency_name(work.tenant, one.agency),
            one.opened_at,
            one.failures,
            one.probe_at,
            one.outage_id is not None,
        )
        for one in deliveries.circuits(work.connection, work.tenant.id)
        if one.opened_at and one.probe_at
    )


def _views(work: Work, partners: Partners, found: list[deliveries.Dead]) -> list[DeadView]:
    services = _services(work, found)
    memories = {agency: memory_of(partners, work.tenant, agency) for agency in {one.agency for one in found}}
    return [
        DeadView(
            kind=one.kind,
            id=one.id,
            reference=one.reference,
            agency=one.agency,
            agency_name=agency_name(work.tenant, one.agency),
            code=one.code,
            services=services.get(one.id, ()),
            cause=one.cause,
            cause_name=cause_text(one.cause),
            attempts=one.attempts,
            since=one.since,
            words=one.words,
            needs_check=one.kind == deliveries.TASK
            and goes_on_as(one, memories[one.agency], sent_nothing=False) is None,
            is_question=one.step == StepKind.ASK,
        )
        for one in found
    ]


def _services(work: Work, found: list[deliveries.Dead]) -> dict[UUID, tuple[str, ...]]:
    """The services that each task is for."""
    tasks = [(one.id, one.bundle_id, one.seq) for one in found if one.bundle_id and one.seq is not None]
    ids = sorted({bundle for _, bundle, _ in tasks})
    if not ids:
        return {}
    bundles = applications.bundles(work.connection, ids)
    lodged = applications.applications(work.connection, ids)
    return {
        task: tuple(
            lodged[bundle][member].service
            for member in routes.graph_from_text(bundles[bundle].graph).members[seq]
        )
        for task, bundle, seq in tasks
    }


def _next(last: deliveries.Dead) -> str:
    """Of signs that need no escaping in an address."""
    return f"{last.since.astimezone(UTC).isoformat().removesuffix('+00:00')}Z{MARK}{last.id}"


def _place(after: str) -> deliveries.Place:
    since, _, last = after.partition(MARK)
    try:
        moment = datetime.fromisoformat(since)
        if moment.tzinfo is None:
            raise ValueError(since)
        return deliveries.Place(moment, UUID(last))
    except ValueError as error:
        raise Invalid([fault("after", "queue_place")]) from error
