"""Fold every deadline again from the ledger alone, and hold it against what is stored."""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, text

from ptsp.domain import deadlines, routes
from ptsp.infra.tenants import Tenant

BATCH = 500
BUNDLES = text("""
    SELECT id FROM app.bundle WHERE tenant_id = :tenant AND id > :after ORDER BY id LIMIT :limit""")
EVENTS = text("""
    SELECT bundle_id, at, type, body FROM app.event
     WHERE tenant_id = :tenant AND bundle_id = ANY(:ids) ORDER BY bundle_id, seq""")
NIL = UUID(int=0)

Data = Mapping[str, Any]


@dataclass(slots=True)
class Refolded:
    """A bundle as its events alone tell it."""

    graph: routes.Graph
    line: deadlines.Timeline
    calendar: int
    states: list[routes.TaskState]
    outcomes: list[str]
    deemed: set[int] = field(default_factory=set)
    told: tuple[date, tuple[str, ...]] | None = None  # what the last promise event said
    broken: list[str] = field(default_factory=list)  # promise events that do not follow from one another


@dataclass(frozen=True, slots=True)
class Recomputed:
    """What was compared. `differences` name bundle, deadline, what is stored and what follows from the events."""

    bundles: int
    deadlines: int
    moves: int
    differences: tuple[str, ...]


def recompute(
    connection: Connection, tenant: Tenant, *, progress: Callable[[int], None] = lambda _: None
) -> Recomputed:
    """Every deadline of the bound tenant: of each task, application and bundle, and each change of a promise.

    Reads only; in batches of bundles, so in constant memory. `progress` hears of each batch's size.
    """
    bundles = count = moves = 0
    differences: list[str] = []
    after = NIL
    while ids := list(
        connection.execute(BUNDLES, {"tenant": tenant.id, "after": after, "limit": BATCH}).scalars()
    ):
        after = ids[-1]
        stored = deadlines.clocks(connection, tenant.id, ids)
        for bundle_id, events in _by_bundle(connection, tenant, ids):
            refolded, moved = refold(events, lambda version: tenant.calendars_at(connection, version).of)
            compared, found = _differences(
                stored[bundle_id], refolded, tenant.calendars_at(connection, refolded.calendar).of
            )
            bundles, count, moves = bundles + 1, count + compared, moves + moved
            differences += [f"bundle {bundle_id}: {one}" for one in (*refolded.broken, *found)]
        progress(len(ids))
    return Recomputed(bundles, count, moves, tuple(differences))


def refold(
    events: Iterable[tuple[datetime, str, Data]], calendars_of: Callable[[int], deadlines.CalendarOf]
) -> tuple[Refolded, int]:
    """One bundle from its events, first to last, and how many changes of the promise were checked on the way."""
    stream = iter(events)
    at, _, data = next(stream)
    shape = deadlines.shape_from_text(data["shape"])
    line = deadlines.Timeline.at_lodging(shape, at)
    states = [routes.TaskState.BLOCKED if step.after else routes.TaskState.READY for step in shape.steps]
    bundle = Refolded(
        routes.graph_from_text(data["graph"]), line, data["calendar"], states, ["open"] * len(shape.permits)
    )
    bundle.told = (date.fromisoformat(data["promised_on"]), ())
    moves = 0
    for at, kind, data in stream:
        if kind == "promise.moved":
            moves += 1
            _check_promise(bundle, data, calendars_of)
        elif kind in _APPLY:
            _APPLY[kind](bundle, at, data)
    return bundle, moves


def _by_bundle(
    connection: Connection, tenant: Tenant, ids: list[UUID]
) -> Iterator[tuple[UUID, list[tuple[datetime, str, Data]]]]:
    found: dict[UUID, list[tuple[datetime, str, Data]]] = {}
    for row in connection.execute(EVENTS, {"tenant": tenant.id, "ids": ids}):
        found.setdefault(row.bundle_id, []).append((row.at, row.type, json.loads(row.body)["data"]))
    yield from found.items()


def _check_promise(bundle: Refolded, data: Data, calendars_of: Callable[[int], deadlines.CalendarOf]) -> None:
    """The event's old date is what was told before, and its new one follows from all events before it."""
    found = deadlines.dates(bundle.line.shape, bundle.line.times(), calendars_of(bundle.calendar))
    said = (date.fromisoformat(data["new"]), tuple(data["held_by"]))
    if bundle.told is not None and date.fromisoformat(data["old"]) != bundle.told[0]:
        bundle.broken.append(f"a change from {data['old']}, but {bundle.told[0]} was promised")
    if said != (found.promised_on, found.held_by):
        bundle.broken.append(f"a change to {data['new']}, but {found.promised_on} follows from the events")
    if not data["causes"]:
        bundle.broken.append(f"a change to {data['new']} without a cause")
    bundle.told = said


def _differences(
    stored: deadlines.Clocks, refolded: Refolded, calendar_of: deadlines.CalendarOf
) -> tuple[int, list[str]]:
    found = deadlines.dates(refolded.line.shape, refolded.line.times(), calendar_of)
    pairs: list[tuple[str, object, object]] = [
        ("calendar", stored.calendar, refolded.calendar),
        ("promised date", stored.promised_on, found.promised_on),
        ("what holds it", stored.held_by, found.held_by),
    ]
    if refolded.told is not None:
        pairs.append(("promise as told", stored.promised_on, refolded.told[0]))
    for seq, due in enumerate(found.due):
        pairs.append((f"limit of task {seq}", stored.due[seq], due))
        pairs.append((f"clock of task {seq}", stored.line.steps[seq], refolded.line.steps[seq]))
    for at, legal in enumerate(found.legal):
        pairs.append((f"legal limit of application {at}", stored.legal[at], legal))
        pairs.append((f"clock of application {at}", stored.line.permits[at], refolded.line.permits[at]))
        pairs.append((f"promised date of application {at}", stored.promised[at], found.promised[at]))
    wrong = [f"{name}: stored {one}, by its events {other}" for name, one, other in pairs if one != other]
    return 1 + len(found.due) + 2 * len(found.legal), wrong


def _ended(bundle: Refolded, at: datetime, data: Data, state: routes.TaskState) -> None:
    """A task ended: what follows from it in the graph happened at the same moment."""
    seq = data["seq"]
    bundle.states[seq] = state
    (bundle.line.cut if state is routes.TaskState.DEEMED else bundle.line.end)(seq, at)
    _go_on(bundle, at)


def _go_on(bundle: Refolded, at: datetime) -> None:
    gone = frozenset(at for at, state in enumerate(bundle.outcomes) if state in ("withdrawn", "lapsed"))
    what = routes.advance(bundle.graph, bundle.states, deemed=frozenset(bundle.deemed), gone=gone)
    for seq in what.start:
        bundle.states[seq] = routes.TaskState.READY
        bundle.line.begin(seq, at)


def _cut(bundle: Refolded, at: datetime, data: Data) -> None:
    for seq in data["seqs"]:
        bundle.states[seq] = routes.TaskState.CUT
        bundle.line.cut(seq, at)
    _go_on(bundle, at)


def _deemed(bundle: Refolded, at: datetime, data: Data) -> None:
    """The law approved applications: what only they needed ended with it, begun or not."""
    bundle.deemed.update(data["positions"])
    for seq in data["seqs"]:
        bundle.states[seq] = routes.TaskState.DEEMED
        bundle.line.cut(seq, at)
    _go_on(bundle, at)


def _clock_started(bundle: Refolded, at: datetime, data: Data) -> None:
    bundle.line.found_complete(data["seq"], at)


def _marked(bundle: Refolded, at: datetime, data: Data) -> None:
    mark = deadlines.mark_from_facts(at, data)
    for seq in data["seqs"]:
        bundle.line.mark_step(seq, mark)
    for position in data["positions"]:
        bundle.line.mark_permit(position, mark)


def _calendar(bundle: Refolded, at: datetime, data: Data) -> None:
    del at
    bundle.calendar = data["to"]


def _application_ended(bundle: Refolded, at: datetime, data: Data) -> None:
    bundle.outcomes[data["position"]] = data["state"]
    bundle.line.end_permit(data["position"], at)


def _replanned(bundle: Refolded, at: datetime, data: Data) -> None:
    """The bundle goes another way, perhaps with one application more."""
    bundle.graph = routes.graph_from_text(data["graph"])
    shape = deadlines.shape_from_text(data["shape"])
    bundle.states += [routes.TaskState.BLOCKED] * len(data["tasks"])
    for seq in data["cut"]:
        bundle.states[seq] = routes.TaskState.CUT
    bundle.outcomes += ["open"] * (len(shape.permits) - len(bundle.outcomes))
    passed = {seq for seq, state in enumerate(bundle.states) if state in routes.PASSED}
    bundle.line.reshape(shape, at, cut=data["cut"], passed=passed)
    _go_on(bundle, at)


_APPLY: dict[str, Callable[[Refolded, datetime, Data], None]] = {
    "task.approved": lambda bundle, at, data: _ended(bundle, at, data, routes.TaskState.APPROVED),
    "task.rejected": lambda bundle, at, data: _ended(bundle, at, data, routes.TaskState.REJECTED),
    "task.deemed": lambda bundle, at, data: _ended(bundle, at, data, routes.TaskState.DEEMED),
    "tasks.cut": _cut,
    "application.deemed": _deemed,
    "clock.started": _clock_started,
    "clock.stopped": _marked,
    "clock.resumed": _marked,
    "clock.reset": _marked,
    "clock.restarted": _marked,
    "clock.extended": _marked,
    "calendar.changed": _calendar,
    "bundle.replanned": _replanned,
    "application.added": _replanned,
    "application.ended": _application_ended,
}
