"""Everything that does not make sense in one service of one office."""

from collections.abc import Iterator

from ptsp.infra.packs.places import Part
from ptsp.infra.packs.sense.by_law import inputs_of, taking_faults
from ptsp.infra.packs.sense.collection import collection_faults
from ptsp.infra.packs.sense.expressions import expression_faults
from ptsp.infra.packs.sense.fee import fee_faults
from ptsp.infra.packs.sense.fields import field_faults
from ptsp.infra.packs.sense.limits import limit_faults
from ptsp.infra.packs.sense.requirements import requirement_faults
from ptsp.infra.packs.sense.route import route_faults, unknown_agency
from ptsp.infra.packs.sense.scene import Found, Scene
from ptsp.infra.packs.sense.timing import timing_faults
from ptsp.infra.packs.sense.trial import trial_faults
from ptsp.infra.packs.standard import INTERNAL, complaints, internal
from ptsp.kernel.errors import Fault
from ptsp.kernel.specs import ServiceSpec, StepKind


def service_faults(scene: Scene) -> list[Fault]:
    """All mistakes of sense in one service, each with file, path, line and reason."""
    faults = [*scene.part.faults(_found(scene))]
    if "collection" in scene.raw["fee"] and ".fee.collection" not in scene.part.loans:
        faults += collection_faults(
            Part(scene.part.document, "$.fee.collection", scene.raw["fee"]["collection"])
        )
    return faults


def _found(scene: Scene) -> Iterator[Found]:
    yield from _code(scene)
    yield from _signer(scene)
    yield from _four_eyes(scene)
    yield from _dates(scene.spec)
    yield from _components(scene)
    yield from route_faults(scene)
    yield from limit_faults(scene)
    yield from timing_faults(scene)
    yield from requirement_faults(scene)
    in_fields, in_taking = list(field_faults(scene)), list(taking_faults(scene))
    yield from (*in_fields, *in_taking)
    is_whole = not in_taking and (scene.by_law is not None or scene.spec.fee.by_law is None)
    in_fee = list(fee_faults(scene)) if is_whole else []
    yield from in_fee
    formulas, in_expressions = expression_faults(scene)
    # while a by-law is not there, is wrong itself or does not fit, the fee that rests on it cannot be judged
    yield from (one for one in in_expressions if is_whole or not one[0].startswith(".fee"))
    if not in_fields:  # else every trial would only repeat what is told already
        tried = [one for one in formulas if one.kind == "condition" or (is_whole and not in_fee)]
        yield from trial_faults(scene.spec, tried, inputs_of(scene.by_law))


def _code(scene: Scene) -> Iterator[Found]:
    file = scene.part.file.rpartition("/")[2]
    if file != f"{scene.spec.code}.yaml":
        yield ".code", f"is `{scene.spec.code}`, but the file is {file}; the two must be the same"


def _signer(scene: Scene) -> Iterator[Found]:
    if scene.agencies is None:
        return
    agency = scene.agencies.get(scene.spec.signer)
    if agency is None:
        yield ".signer.agency", unknown_agency(scene, scene.spec.signer)
    elif not agency.desk:
        yield ".signer.agency", f"`{agency.code}` has no desk; who signs needs one (desk: true)"


def _four_eyes(scene: Scene) -> Iterator[Found]:
    """Two people are told apart only where both do something by hand."""
    service = scene.spec
    if not service.four_eyes or scene.agencies is None or service.signer not in scene.agencies:
        return
    desks = {step.agency for step in service.route if step.kind is StepKind.DESK}
    if not desks - {service.signer}:
        yield (
            ".four_eyes",
            f"nobody but `{service.signer}` assesses at a desk, so there is nobody to tell apart",
        )
    if service.signer not in desks and scene.agencies[service.signer].connector is None:
        told = "neither signs through a service nor has a desk step, so nobody signs by hand"
        yield ".four_eyes", f"`{service.signer}` {told}"


def _dates(service: ServiceSpec) -> Iterator[Found]:
    standard, begins, ends = service.standard, service.offered_from, service.offered_until
    valid_from, valid_to = standard.valid_from, standard.valid_to
    if valid_to is not None and valid_to < valid_from:
        yield ".standard.valid_to", f"the standard ends on {valid_to} before it begins on {valid_from}"
        return
    if ends is not None and ends < begins:
        yield ".offered.until", f"the offer ends on {ends} before it begins on {begins}"
        return
    if begins < valid_from:
        yield ".offered.from", f"is offered from {begins}, but its standard is valid only from {valid_from}"
    if valid_to is not None and (ends is None or ends > valid_to):
        until = f"until {ends}" if ends else "without end"
        yield ".offered.until", f"is offered {until}, but its standard is valid only to {valid_to}"


def _components(scene: Scene) -> Iterator[Found]:
    if not scene.layers.has_defaults:
        return
    nowhere = "is missing, and standard_defaults.yaml (of the tenant or the base) does not give it either"
    standard = scene.raw["standard"]
    if complaints(standard, scene.layers) is None:
        yield ".standard.complaints", nowhere
    given = internal(standard, scene.layers)
    for key in INTERNAL:
        if key not in given:
            yield f".standard.internal.{key}", nowhere
