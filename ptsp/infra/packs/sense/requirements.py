"""Mistakes of sense in requirements: what nobody can satisfy, and what steps need that is not asked for."""

from collections.abc import Iterable, Iterator

from ptsp.infra.packs.places import did_you_mean
from ptsp.infra.packs.sense.scene import Found, Scene, repeated
from ptsp.kernel.specs import RequirementSpec, ServiceSpec


def requirement_faults(scene: Scene) -> Iterator[Found]:
    """Everything wrong with the requirements of one service."""
    requirements = scene.spec.requirements
    yield from repeated((one.code for one in requirements), "requirement", ".requirements[{}].code")
    for at, one in enumerate(requirements):
        yield from _satisfiable(scene, one, f".requirements[{at}]")
    yield from _needs(scene.spec)


def _satisfiable(scene: Scene, one: RequirementSpec, path: str) -> Iterator[Found]:
    known = scene.layers.service_codes
    if one.permit is None:
        if not one.accepts:
            yield (
                f"{path}.accepts",
                f"nobody can satisfy `{one.code}`: it accepts no file and names no permit",
            )
        return
    if one.permit == scene.spec.code:
        yield (
            f"{path}.permit",
            f"nobody can satisfy `{one.code}` by `{one.permit}`: that is this service itself",
        )
        return
    if one.permit in known:
        return
    missing = f"`{one.permit}` is no service of {scene.layers.code}{did_you_mean(one.permit, known)}"
    if not one.accepts:
        yield f"{path}.permit", f"nobody can satisfy `{one.code}`: it accepts no file and {missing}"
    elif scene.is_own:  # a base may name a permit that only some of its offices offer
        yield f"{path}.permit", missing


def _needs(service: ServiceSpec) -> Iterator[Found]:
    codes = {one.code for one in service.requirements}
    for at, step in enumerate(service.route):
        for place, needed in enumerate(step.needs):
            if needed not in codes:
                reason = f"`{needed}` is no requirement of this service{did_you_mean(needed, codes)}"
                yield f".route[{at}].needs[{place}]", reason


def only_by_permits(services: Iterable[ServiceSpec]) -> dict[str, list[str]]:
    """Service -> the services whose permit it cannot do without, as nothing else is accepted."""
    return {
        service.code: [
            one.permit
            for one in service.requirements
            if one.permit and one.permit != service.code and not one.accepts and one.when is None
        ]
        for service in services
    }
