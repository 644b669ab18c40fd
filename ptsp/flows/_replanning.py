"""A running bundle goes another way: worked out without touching anything, and then carried out under its lock."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from uuid import UUID, uuid4

from ptsp.domain import applications, deadlines, fees, routes
from ptsp.flows._corrections import Lodged, lodged
from ptsp.flows._planning import is_billed
from ptsp.flows._retiming import Cause
from ptsp.flows.record_results import go_on
from ptsp.infra import ledger
from ptsp.infra.tenants import TenantBook
from ptsp.infra.work import Work
from ptsp.kernel.specs import ServiceSpec

GONE = ("withdrawn", "lapsed")
NO_STEPS: frozenset[tuple[int, str]] = frozenset()


@dataclass(frozen=True, slots=True)
class Case:
    """A bundle with all that its way follows from."""

    bundle: applications.BundleRow
    ones: tuple[Lodged, ...]
    tasks: Sequence[routes.TaskRow]
    clocks: deadlines.Clocks

    def as_routed(self) -> list[routes.Lodged]:
        """Its applications as the route sees them, by the standards they are pinned to."""
        return [as_routed(one.row, one.service) for one in self.ones]

    def offering(self) -> list[str]:
        """Services whose permit may still come of this bundle, or came."""
        return [one.row.service for one in self.ones if one.row.state in ("open", "approved")]


@dataclass(frozen=True, slots=True)
class Change:
    """Another way, and what follows from it at this moment: legal clocks that start (positions), and all dates."""

    way: routes.Replanned
    before_merging: int
    shape: deadlines.Shape
    started: tuple[int, ...]
    found: deadlines.Dates


def look(work: Work, book: TenantBook, bundle: applications.BundleRow) -> Case:
    """The bundle as it stands; locked, or only looked at."""
    clocks = deadlines.clocks(work.connection, work.tenant.id, [bundle.id])[bundle.id]
    return Case(bundle, lodged(work, book, bundle.id), routes.tasks(work.connection, bundle.id), clocks)


def as_routed(row: applications.ApplicationRow, service: ServiceSpec) -> routes.Lodged:
    """An application as the route sees it. Raises what `fees.price` does."""
    answers = applications.answers_from_text(row.answers)
    billed = is_billed(service, fees.price(service, answers))
    return routes.Lodged(service, answers, frozenset(row.shown), billed)


def work_out(
    work: Work,
    case: Case,
    wanted: Sequence[routes.Lodged],
    *,
    changed: int,
    anew: frozenset[tuple[int, str]] = NO_STEPS,
) -> Change:
    """The bundle with these applications, by position, of which `changed` is new or goes by another version.

    Raises Invalid naming every step that is in the way.
    """
    outcomes, clocks = case.clocks.outcomes, case.clocks
    plan = routes.merge(wanted)
    way = routes.replan(
        routes.graph_from_text(case.bundle.graph),
        case.tasks,
        plan,
        ended=frozenset(at for at, state in enumerate(outcomes) if state != "open"),
        deemed=clocks.deemed,
        anew=anew,
    )
    shape = _shape(clocks.line.shape, way, wanted, changed)
    line = replace(clocks.line, steps=[*clocks.line.steps], permits=[*clocks.line.permits])
    started = line.reshape(shape, work.now, cut=way.cut, passed=passed(clocks.states))
    _advance(work, line, way, clocks)
    calendars = work.tenant.calendars_at(work.connection, case.bundle.calendar)
    found = deadlines.dates(shape, line.times(), calendars.of)
    return Change(way, plan.before_merging, shape, started, found)


def carry_out(
    work: Work, held: routes.Held, change: Change, told: ledger.Fact, cause: Mapping[str, object]
) -> None:
    """Let a locked bundle go the other way, and on from there."""
    connection, tenant_id, bundle_id = work.connection, work.tenant.id, held.bundle_id
    way = change.way
    routes.cut(connection, tenant_id, bundle_id, way.cut, work.now)
    routes.add_tasks(connection, tenant_id, [_task(bundle_id, node, change) for node in way.added])
    routes.set_way(
        connection,
        tenant_id,
        bundle_id,
        graph=way.graph,
        shape=deadlines.shape_as_text(change.shape),
        before_merging=change.before_merging,
    )
    deadlines.start_permits(connection, tenant_id, bundle_id, change.started, work.now)
    causes: dict[UUID, Sequence[Cause]] = {bundle_id: [cause]}
    now_held = {bundle_id: replace(held, graph=way.graph)}
    go_on(work, now_held, {bundle_id: ()}, {bundle_id: [told]}, causes, is_recounted=True)


def as_facts(change: Change) -> dict[str, object]:
    """What the ledger has to keep of it, so that every date follows from the events alone."""
    return {
        "graph": routes.graph_as_text(change.way.graph),
        "shape": deadlines.shape_as_text(change.shape),
        "tasks": [node.code for node in change.way.added],
        "cut": list(change.way.cut),
    }


def passed(states: Sequence[str]) -> frozenset[int]:
    """Tasks that were approved, or taken for approved."""
    return frozenset(seq for seq, state in enumerate(states) if state in routes.PASSED)


def _advance(work: Work, line: deadlines.Timeline, way: routes.Replanned, clocks: deadlines.Clocks) -> None:
    """What begins and is cut on the other way."""
    states = [routes.TaskState(state) for state in clocks.states]
    for seq in way.cut:
        states[seq] = routes.TaskState.CUT
    states += [routes.TaskState.BLOCKED] * len(way.added)
    gone = frozenset(at for at, state in enumerate(clocks.outcomes) if state in GONE)
    what = routes.advance(way.graph, states, deemed=clocks.deemed, gone=gone)
    for seq in what.cut:
        line.cut(seq, work.now)
    for seq in what.start:
        line.begin(seq, work.now)


def _shape(
    before: deadlines.Shape, way: routes.Replanned, wanted: Sequence[routes.Lodged], changed: int
) -> deadlines.Shape:
    """The other way as time sees it. What has ended keeps the limit it had."""
    graph = way.graph
    steps = [
        replace(
            step, limit=way.limits.get(seq, step.limit), after=graph.after[seq], members=graph.members[seq]
        )
        for seq, step in enumerate(before.steps)
    ]
    steps += [
        deadlines.StepShape(node.agency, node.kind, node.limit, node.after, node.members)
        for node in way.added
    ]
    permits = [*before.permits, None][: len(wanted)]
    return deadlines.Shape(
        tuple(steps),
        tuple(
            _permit(way, position, one.service, None if position == changed else permits[position])
            for position, one in enumerate(wanted)
        ),
    )


def _permit(
    way: routes.Replanned, position: int, service: ServiceSpec, before: deadlines.PermitShape | None
) -> deadlines.PermitShape:
    """Its legal limit, and the task that finds it complete; `before` where it stays as it was lodged."""
    standard = service.standard
    place = way.places.get((position, standard.clock.starts_after or ""))
    if before is not None:  # what has ended may have no place any more
        return before if place is None else replace(before, starts_after=place)
    return deadlines.PermitShape(standard.time_limit.limit, place, standard.clock.stops)


def _task(bundle_id: UUID, node: routes.Node, change: Change) -> routes.NewTask:
    return routes.NewTask(
        id=uuid4(),
        bundle_id=bundle_id,
        seq=node.seq,
        code=node.code,
        kind=node.kind.value,
        agency=node.agency,
        planned_on=change.found.ends[node.seq].date(),
        state=routes.TaskState.BLOCKED.value,
        started_at=None,
        due_at=None,
    )
