"""Mistakes of sense in what a standard says of time: where its clock starts, its extension, its warnings."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from ptsp.infra.packs.layers import Layers
from ptsp.infra.packs.places import did_you_mean
from ptsp.infra.packs.sense.route import circle_of, in_order, order_of
from ptsp.infra.packs.sense.scene import Found, Scene
from ptsp.kernel.errors import Fault
from ptsp.kernel.specs import ServiceSpec, StepSpec, WarnAt

ROLES = ("head", "supervisor")  # of an office; they are warned at the contacts of its tenant.yaml
WHOLE = 100  # percent


def timing_faults(scene: Scene) -> Iterator[Found]:
    """Everything wrong with the clock and the warnings of one service."""
    if scene.spec.standard.clock.starts_after is not None:
        path = scene.of_standard("clock", ".starts_after")
        for reason in _start(scene.spec.route, scene.spec.standard.clock.starts_after):
            yield path, reason
    longer, limit = scene.spec.standard.clock.extension, scene.spec.standard.time_limit.limit
    if longer is not None and longer.most.unit is not limit.unit:
        reason = f"is {longer.most.unit}, but the limit that is extended counts in {limit.unit}"
        yield scene.of_standard("clock", ".extension.most.unit"), reason
    for inside, reason in _warnings(scene.raw["standard"].get("warnings", [])):
        yield f".standard.warnings{inside}", reason


def _start(route: tuple[StepSpec, ...], code: str) -> Iterator[str]:
    """The file is found complete and correct in a step that is always done, and beside which none runs."""
    steps = {step.code: step for step in route}
    if code not in steps:
        yield f"the clock starts after `{code}`, which is no step of this route{did_you_mean(code, steps)}"
        return
    if steps[code].when is not None:
        yield f"the clock starts after `{code}`, which is done only under a condition"
    order = order_of(route)
    if circle_of(order) or any(not set(step.after) <= steps.keys() for step in route):
        return  # told there; until then nobody knows what comes after what
    beside = [f"`{one}`" for one in steps if one not in _before_or_after(code, order)]
    if beside:
        yield f"the clock starts after `{code}`, but {', '.join(beside)} may run beside it"


def _before_or_after(code: str, order: Mapping[str, frozenset[str]]) -> set[str]:
    """The step itself with all that surely come earlier or later than it."""
    ordered = in_order(order)
    later, earlier = {code}, {code}
    for one in ordered:
        if later & order[one]:
            later.add(one)
    for one in reversed(ordered):
        if one in earlier:
            earlier |= order[one]
    return later | earlier


def _warnings(warnings: Iterable[Mapping[str, Any]]) -> Iterator[Found]:
    seen: set[tuple[str, str, int]] = set()
    for at, one in enumerate(warnings):
        mark = (one.get("of", "step"), one["at"], one["value"])
        if mark in seen:
            told = f"warns of the {mark[0]} at {mark[1]} {mark[2]} a second time"
            yield f"[{at}]", f"{told}; name everybody in one `to`"
        seen.add(mark)
        if one["at"] == WarnAt.USED and not 1 <= one["value"] <= WHOLE:
            yield f"[{at}].value", f"{one['value']} is out of range; `used` counts percent, 1 to {WHOLE}"
        if one["at"] == WarnAt.OVERDUE and one["value"] < 1:
            yield f"[{at}].value", "nothing is overdue by 0 days; at least 1 is right"


def office_timing_faults(layers: Layers, services: Mapping[str, ServiceSpec]) -> Iterator[Fault]:
    """What is wrong with the defaults of an office, and roles that are warned but cannot be reached."""
    if "warnings" in layers.timing:
        yield from layers.timing["warnings"].faults(_warnings(layers.timing["warnings"].raw))
    if layers.tenant is None:
        return
    for role in ROLES:
        warned_by = [code for code, one in services.items() if _warns(one, role)]
        if warned_by and role not in layers.tenant.raw.get("contacts", {}):
            reason = f"is missing, but the {role} is to be warned of deadlines of {', '.join(warned_by[:3])}"
            more = f" and {len(warned_by) - 3} more" if len(warned_by) > 3 else ""
            yield from layers.tenant.faults([(f".contacts.{role}", f"{reason}{more}")])


def _warns(service: ServiceSpec, role: str) -> bool:
    return any(role in warning.to for warning in service.standard.warnings)
