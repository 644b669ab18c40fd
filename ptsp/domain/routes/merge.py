"""Merge the routes of a bundle's permits into one directed acyclic graph of tasks."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import lru_cache
from heapq import heapify, heappop, heappush

from ptsp.domain.routes.types import Graph, Lodged, Node, Plan
from ptsp.kernel.errors import Fault, Invalid
from ptsp.kernel.formulas import is_true, parse
from ptsp.kernel.limits import Limit, Unit
from ptsp.kernel.specs import TREASURER, Gate, Pattern, RequirementSpec, ServiceSpec, StepKind, StepSpec

CHARGE, PAYMENT, DECIDE = "fee_notice", "payment", "decision"
APPLICANT = "applicant"
AT_ONCE = Limit(0)
DAYS_OF = {
    Unit.WORKING_HOURS: Decimal(1) / 8,
    Unit.WORKING_DAYS: Decimal(1),
    Unit.CALENDAR_DAYS: Decimal(5) / 7,
    Unit.MONTHS: Decimal(21),
}

_parsed = lru_cache(maxsize=4096)(parse)  # conditions of packs: no personal data, and few

MOST_PLANS = 2048
_plans: dict[tuple[object, ...], tuple[tuple[ServiceSpec, ...], Plan]] = {}

CLOSING_NAMES = {
    CHARGE: {"id": "Penetapan retribusi (SKRD)", "en": "Fee notice (SKRD)"},
    PAYMENT: {"id": "Pembayaran retribusi", "en": "Payment of the fee"},
    DECIDE: {"id": "Penetapan dan tanda tangan", "en": "Decision and signature"},
}

Key = tuple[str, str]  # (agency, shared key), or (application position, step code)


@dataclass(frozen=True, slots=True)
class _Draft:
    """A step on its way into the graph: what each member calls it, and the keys of what it wants before it."""

    key: Key
    step: StepSpec
    members: tuple[int, ...]
    codes: tuple[str, ...]
    wants: tuple[frozenset[Key], ...]
    order: tuple[int, int]

    @property
    def after(self) -> frozenset[Key]:
        return frozenset().union(*self.wants)


def asked_steps(lodged: Lodged) -> tuple[StepSpec, ...]:
    """The steps whose condition holds. What came after a dropped step comes after what it came after."""
    kept: list[StepSpec] = []
    instead: dict[str, tuple[str, ...]] = {}
    for step in _in_order(lodged.service.route):
        after = tuple(dict.fromkeys(code for one in step.after for code in instead.get(one, (one,))))
        if step.when is None or is_true(_parsed(step.when), lodged.answers, {}):
            kept.append(replace(step, after=after))
        else:
            instead[step.code] = after
    return tuple(kept)


def close_route(lodged: Lodged, steps: Sequence[StepSpec]) -> tuple[StepSpec, ...]:
    """Add what the office itself does at the end: the bill, its payment and the signed decision."""
    service = lodged.service
    waited_for = {code for step in steps for code in step.after}
    sinks = tuple(step.code for step in steps if step.code not in waited_for)
    decide = _closing(DECIDE, StepKind.DECIDE, service.signer, service.sign_limit, sinks)
    if service.gate is Gate.NONE or not lodged.is_billed:
        return (*steps, decide)
    before = service.gate is Gate.BEFORE_SIGNATURE
    charge = _closing(CHARGE, StepKind.CHARGE, TREASURER, AT_ONCE, sinks if before else (DECIDE,))
    payment = _closing(PAYMENT, StepKind.PAYMENT, APPLICANT, AT_ONCE, (CHARGE,))
    if before:
        decide = replace(decide, after=(*sinks, PAYMENT))  # it waits for every verdict, to give all reasons
    return (*steps, charge, payment, decide)


def merge(bundle: Sequence[Lodged]) -> Plan:
    """One graph for the whole bundle: shared steps once, permits of the bundle before what needs them.

    Raises Invalid when the applications wait for each other in a circle. Bundles of the same services whose answers
    lead the same way share one plan, kept in memory: it says which way that is and nothing of a person.
    """
    way = tuple(map(_way, bundle))
    _, plan = _plans.get(way, ((), None))
    if plan is None:
        plan = _merged(bundle)
        if len(_plans) >= MOST_PLANS:
            _plans.clear()
        _plans[way] = (tuple(lodged.service for lodged in bundle), plan)
    return plan


def _way(lodged: Lodged) -> tuple[object, ...]:
    """All that a plan takes from one application; the service by identity: immutable, and kept with the plan."""
    service = lodged.service
    conditions = [*(step.when for step in service.route), *(one.when for one in service.requirements)]
    held = tuple(is_true(_parsed(one), lodged.answers, {}) for one in conditions if one is not None)
    return id(service), held, lodged.shown, lodged.is_billed


def _merged(bundle: Sequence[Lodged]) -> Plan:
    drafts: dict[Key, _Draft] = {}
    decides: list[Key] = []
    before_merging = 0
    positions = {lodged.service.code: at for at, lodged in enumerate(bundle)}
    for at, lodged in enumerate(bundle):
        steps = close_route(lodged, asked_steps(lodged))
        before_merging += len(steps)
        keys = {step.code: _key(at, lodged, step) for step in steps}
        decides.append(keys[DECIDE])
        named = frozenset(code for one in steps for code in one.needs)
        for number, step in enumerate(steps):
            after = {keys[code] for code in step.after}
            after |= {
                (str(positions[service]), DECIDE) for service in _awaited(lodged, step, named, positions)
            }
            draft = _Draft(keys[step.code], step, (at,), (step.code,), (frozenset(after),), (at, number))
            drafts[draft.key] = _joined(drafts.get(draft.key), draft)
    nodes = _numbered(_topological(drafts))
    seqs = {(str(node.members[0]), node.code): node.seq for node in nodes if node.kind is StepKind.DECIDE}
    return Plan(nodes, _graph(nodes, [seqs[key] for key in decides]), before_merging)


def missing_permits(lodged: Lodged, offered: Iterable[str]) -> tuple[RequirementSpec, ...]:
    """Requirements that neither a document nor another permit of the bundle satisfies."""
    services = set(offered) - {lodged.service.code}
    return tuple(
        requirement
        for requirement in lodged.service.requirements
        if is_asked(requirement, lodged)
        and requirement.code not in lodged.shown
        and requirement.permit not in services
    )


def is_asked(requirement: RequirementSpec, lodged: Lodged) -> bool:
    """Does the requirement apply to these answers?"""
    return requirement.when is None or is_true(_parsed(requirement.when), lodged.answers, {})


def _awaited(lodged: Lodged, step: StepSpec, named: frozenset[str], at: dict[str, int]) -> set[str]:
    """Services of the bundle whose outcome this step waits for. `named` are the requirements that some step names.

    A requirement that none names is waited for by the decision: nothing is signed without it.
    """
    awaited = set()
    for requirement in lodged.service.requirements:
        is_mine = requirement.code in step.needs or (step.code == DECIDE and requirement.code not in named)
        if not is_mine or requirement.code in lodged.shown or requirement.permit not in at:
            continue
        if requirement.permit != lodged.service.code and is_asked(requirement, lodged):
            awaited.add(requirement.permit)
    return awaited


def _closing(code: str, kind: StepKind, agency: str, limit: Limit, after: tuple[str, ...]) -> StepSpec:
    return StepSpec(code, CLOSING_NAMES[code], kind, agency, limit, after)


def _key(at: int, lodged: Lodged, step: StepSpec) -> Key:
    """Only services behind one door share their steps; under one roof each keeps its own."""
    if step.shared and lodged.service.pattern is Pattern.ONE_DOOR:
        return step.agency, f"shared:{step.shared}"
    return str(at), step.code


def _joined(one: _Draft | None, other: _Draft) -> _Draft:
    if one is None:
        return other
    longest = max(one.step, other.step, key=lambda step: _length(step.limit))
    return replace(
        one,
        step=replace(one.step, limit=longest.limit),
        members=(*one.members, *other.members),
        codes=(*one.codes, *other.codes),
        wants=(*one.wants, *other.wants),
    )


def _length(limit: Limit) -> Decimal:
    """About how many working days it is: only to tell which of two limits of one shared step is the longer."""
    return limit.amount * DAYS_OF[limit.unit]


def _in_order(steps: Sequence[StepSpec]) -> list[StepSpec]:
    """Steps so that each comes after those it names; a pack may write them in any order."""
    done: list[StepSpec] = []
    left = list(steps)
    known: set[str] = set()
    while left:
        free = [step for step in left if known.issuperset(step.after)]
        if not free:
            raise _circle(step.code for step in left)
        done += free
        known.update(step.code for step in free)
        left = [step for step in left if step.code not in known]
    return done


def _topological(drafts: dict[Key, _Draft]) -> list[_Draft]:
    """Kahn's algorithm; ties go by application and position, so that equal bundles get equal graphs."""
    open_ends = {key: set(draft.after) for key, draft in drafts.items()}
    followers: dict[Key, list[Key]] = {key: [] for key in drafts}
    for key, draft in drafts.items():
        for earlier in draft.after:
            followers[earlier].append(key)
    free = [(drafts[key].order, key) for key, after in open_ends.items() if not after]
    heapify(free)
    ordered: list[_Draft] = []
    while free:
        _, key = heappop(free)
        ordered.append(drafts[key])
        for later in followers[key]:
            open_ends[later].discard(key)
            if not open_ends[later]:
                heappush(free, (drafts[later].order, later))
    if len(ordered) < len(drafts):
        raise _circle(code for _, code in drafts.keys() - {draft.key for draft in ordered})
    return ordered


def _circle(codes: Iterable[str]) -> Invalid:
    names = ", ".join(sorted(set(codes)))
    return Invalid([Fault("applications", f"these steps wait for each other in a circle: {names}")])


def _numbered(drafts: Sequence[_Draft]) -> tuple[Node, ...]:
    seqs = {draft.key: seq for seq, draft in enumerate(drafts)}
    return tuple(
        Node(
            seq=seqs[draft.key],
            code=draft.step.code,
            name=draft.step.name,
            kind=draft.step.kind,
            agency=draft.step.agency,
            limit=draft.step.limit,
            members=draft.members,
            codes=draft.codes,
            after=tuple(sorted(seqs[key] for key in draft.after)),
            wants=tuple(tuple(sorted(seqs[key] for key in wanted)) for wanted in draft.wants),
        )
        for draft in drafts
    )


def _graph(nodes: Sequence[Node], decides: Sequence[int]) -> Graph:
    return Graph(
        after=tuple(node.after for node in nodes),
        members=tuple(node.members for node in nodes),
        decides=tuple(decides),
    )
