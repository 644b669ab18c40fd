"""Mistakes of sense in routes: steps nobody reaches, circles, agencies that cannot do what is asked of them."""

from collections import Counter
from collections.abc import Collection, Hashable, Iterable, Iterator, Mapping
from typing import TypeVar

from ptsp.infra.packs.places import did_you_mean
from ptsp.infra.packs.sense.scene import Found, Scene, repeated
from ptsp.kernel.specs import AgencySpec, ServiceSpec, StepKind, StepSpec

CLOSING = ("fee_notice", "payment", "decision")  # steps the platform adds to every route
DECISION = "the decision"
Node = TypeVar("Node", bound=Hashable)
Task = tuple[str, str]


def route_faults(scene: Scene) -> Iterator[Found]:
    """Everything wrong with the route of one service."""
    route = scene.spec.route
    yield from repeated((step.code for step in route), "step", ".route[{}].code")
    yield from _reserved(route)
    yield from _unknown_after(route)
    yield from _shared_twice(route)
    for at, step in enumerate(route):
        yield from _agency(scene, step, f".route[{at}]")
    around = circle_of(order_of(route))
    if around:
        path = f".route[{[step.code for step in route].index(around[0])}].after"
        yield path, f"these steps wait for each other in a circle: {_chain(around)}; none of them can start"


def _reserved(route: Iterable[StepSpec]) -> Iterator[Found]:
    for at, step in enumerate(route):
        if step.code in CLOSING:
            yield f".route[{at}].code", f"`{step.code}` is a step the platform adds itself; take another name"


def _unknown_after(route: tuple[StepSpec, ...]) -> Iterator[Found]:
    codes = {step.code for step in route}
    for at, step in enumerate(route):
        for place, earlier in enumerate(step.after):
            if earlier not in codes:
                reason = (
                    f"the step `{step.code}` is never reached: it comes after `{earlier}`, which is no step"
                )
                yield f".route[{at}].after[{place}]", f"{reason}{did_you_mean(earlier, codes - {step.code})}"


def _shared_twice(route: Iterable[StepSpec]) -> Iterator[Found]:
    seen: dict[Task, str] = {}
    for at, step in enumerate(route):
        if step.shared is None:
            continue
        first = seen.setdefault((step.agency, step.shared), step.code)
        if first != step.code:
            reason = f"`{first}` of this route shares `{step.shared}` at `{step.agency}` too"
            yield f".route[{at}].shared", f"{reason}; the two would become one task"


def _agency(scene: Scene, step: StepSpec, path: str) -> Iterator[Found]:
    if scene.agencies is None:
        return
    agency = scene.agencies.get(step.agency)
    if agency is None:
        yield f"{path}.agency", unknown_agency(scene, step.agency)
    elif step.kind is StepKind.ASK and agency.connector is None and agency.desk:
        yield (
            f"{path}.kind",
            f"`ask` needs a connector, but `{agency.code}` has only a desk; `desk` would be right",
        )
    elif step.kind is StepKind.DESK and not agency.desk and agency.connector is not None:
        reason = f"`desk` needs a desk, but `{agency.code}` answers by its connector `{agency.connector}`"
        yield f"{path}.kind", f"{reason}; `ask` would be right"


def unknown_agency(scene: Scene, code: str) -> str:
    known: Mapping[str, AgencySpec] = scene.agencies or {}
    return f"{scene.layers.code} has no agency `{code}`{did_you_mean(code, known)}"


def order_of(route: Iterable[StepSpec]) -> dict[str, frozenset[str]]:
    """Step -> the steps it comes after, as far as they exist."""
    steps = {step.code: step for step in route}
    return {code: frozenset(step.after) & steps.keys() for code, step in steps.items()}


def together(services: Iterable[ServiceSpec]) -> dict[Task, frozenset[Task]]:
    """All routes of an office as one graph, as if everything were lodged in one bundle."""
    graph: dict[Task, set[Task]] = {}
    offered = {service.code: service for service in services}
    for service in offered.values():
        keys = {step.code: _task(service, step) for step in service.route}
        awaited = offered.keys() - {service.code}
        permits = {one.code: one.permit for one in service.requirements if one.permit in awaited}
        for step in service.route:
            after = {keys[one] for one in step.after if one in keys}
            after |= {(str(permits[one]), DECISION) for one in step.needs if one in permits}
            graph.setdefault(keys[step.code], set()).update(after)
        decided = {(str(permit), DECISION) for permit in permits.values()}
        graph.setdefault((service.code, DECISION), set()).update(decided | set(keys.values()))
    return {task: frozenset(after) for task, after in graph.items()}


def _task(service: ServiceSpec, step: StepSpec) -> Task:
    return (step.agency, f"shared {step.shared}") if step.shared else (service.code, step.code)


def is_sound(service: ServiceSpec) -> bool:
    """Is the route one that can be laid beside others: no circle, nothing shared with itself?"""
    return not circle_of(order_of(service.route)) and not list(_shared_twice(service.route))


def shared_kinds(services: Iterable[ServiceSpec]) -> Iterator[tuple[str, int, str]]:
    """Steps that are one task in a bundle but of another kind than most: service, position, reason."""
    shared: dict[Task, list[tuple[ServiceSpec, int, StepKind]]] = {}
    for service in services:
        for at, step in enumerate(service.route):
            if step.shared is not None:
                shared.setdefault((step.agency, step.shared), []).append((service, at, step.kind))
    for (_, word), steps in shared.items():
        usual = Counter(kind for _, _, kind in steps).most_common(1)[0][0]
        for service, at, kind in steps:
            if kind is not usual:
                other = next(one.code for one, _, its in steps if its is usual)
                reason = f"`{word}` is `{kind}` here and `{usual}` in `{other}`"
                yield service.code, at, f"{reason}; steps that are shared are of one kind"


def in_order(graph: Mapping[Node, Collection[Node]]) -> list[Node]:
    """Nodes so that each comes after those it waits for; nodes of a circle are left out."""
    done: dict[Node, None] = {}
    left = dict(graph)
    while free := [node for node, after in left.items() if all(one in done for one in after)]:
        done.update(dict.fromkeys(free))
        left = {node: after for node, after in left.items() if node not in done}
    return list(done)


def circle_of(graph: Mapping[Node, Collection[Node]]) -> list[Node]:
    """The nodes of one circle, each waiting for the next; empty if there is none."""
    done = set(in_order(graph))
    stuck = {
        node: [one for one in after if one not in done] for node, after in graph.items() if node not in done
    }
    if not stuck:
        return []
    walked: dict[Node, None] = {}
    node = next(iter(stuck))
    while node not in walked:
        walked[node] = None
        node = min(stuck[node], key=str)
    names = list(walked)
    return names[names.index(node) :]


def _chain(around: list[str]) -> str:
    return " waits for ".join([*around, around[0]])
