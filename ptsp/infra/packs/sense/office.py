"""Everything that does not make sense in an office as a whole, and between offices."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from jsonschema import Draft202012Validator

from ptsp.infra.packs.layers import Layers
from ptsp.infra.packs.places import Document, Part, did_you_mean, path_of
from ptsp.infra.packs.schema import shown
from ptsp.infra.packs.sense.calendars import calendar_faults
from ptsp.infra.packs.sense.collection import collection_faults
from ptsp.infra.packs.sense.contacts import contact_faults
from ptsp.infra.packs.sense.hierarchy import place_faults
from ptsp.infra.packs.sense.requirements import only_by_permits
from ptsp.infra.packs.sense.route import Task, circle_of, is_sound, shared_kinds, together
from ptsp.infra.packs.sense.timing import office_timing_faults
from ptsp.kernel.errors import Fault
from ptsp.kernel.specs import BANK, ServiceSpec, StepKind
from ptsp.sdk.manifest import Style

TEXTS_OF_PAGES = ("office.about", "office.hours", "office.complaints")
TEMPLATES = ("permit", "refusal", "notice")
APPLICANT = "applicant"  # the platform's own name for who pays

NEVER_ASKED = (Style.PAYMENT, Style.CENTRAL, Style.SIGNING)

Connectors = Mapping[str, Document]  # code -> manifest


def office_faults(layers: Layers, services: Mapping[str, ServiceSpec], connectors: Connectors) -> list[Fault]:
    """All mistakes of sense that are not of one service alone. `services` are those that could be built."""
    faults = [*_tenant(layers), *_texts(layers), *_templates(layers), *_calendars(layers)]
    for code, part in (layers.agencies or {}).items():
        faults += part.faults(_agency(code, part.raw, connectors))
    faults += place_faults(layers)
    faults += contact_faults(layers)
    faults += office_timing_faults(layers, services)
    if "collection" in layers.collecting:
        faults += collection_faults(layers.collecting["collection"])
    faults += _series(layers, services)
    faults += list(_permit_circle(layers, services)) or list(_bundle_circle(layers, services))
    for code, at, reason in shared_kinds(services.values()):
        faults += layers.services[code].faults([(f".route[{at}].kind", reason)])
    for code, service in services.items():
        faults += layers.services[code].faults(_never_asked(layers, service, connectors))
    return faults


def _never_asked(layers: Layers, service: ServiceSpec, connectors: Connectors) -> Iterator[tuple[str, str]]:
    """Steps that ask an agency whose connector only tells, is told, or signs."""
    for at, step in enumerate(service.route):
        part = (layers.agencies or {}).get(step.agency)
        manifest = connectors.get(part.raw.get("connector", "")) if part else None
        if step.kind is StepKind.ASK and manifest and manifest.value["style"] in NEVER_ASKED:
            reason = f"`{step.agency}` is never asked: its connector is of style {manifest.value['style']}"
            yield f".route[{at}].agency", reason


def _tenant(layers: Layers) -> Iterator[Fault]:
    if layers.tenant and layers.tenant.raw["code"] != layers.code:
        reason = (
            f"is `{layers.tenant.raw['code']}`, but the folder is `{layers.code}`; the two must be the same"
        )
        yield from layers.tenant.faults([(".code", reason)])


def _texts(layers: Layers) -> Iterator[Fault]:
    for key in TEXTS_OF_PAGES:
        if layers.texts is not None and key not in layers.texts:
            field = f'{layers.code}/texts.yaml: $.texts["{key}"]'
            yield Fault(field, "is missing, here and in the base; pages of the office show it")


def _templates(layers: Layers) -> Iterator[Fault]:
    for name in TEMPLATES:
        if name not in layers.templates:
            yield Fault(f"{layers.code}/templates/{name}.typ", "is missing, here and in the base")


def _calendars(layers: Layers) -> Iterator[Fault]:
    if layers.calendar is not None:
        yield from layers.calendar.faults(calendar_faults(layers.calendar.raw))
    for part in (layers.agencies or {}).values():
        if "calendar" in part.raw:
            found = calendar_faults(part.raw["calendar"])
            yield from part.faults((f".calendar{inside}", reason) for inside, reason in found)


def _agency(code: str, raw: Mapping[str, Any], connectors: Connectors) -> Iterator[tuple[str, str]]:
    connector = raw.get("connector")
    if code == APPLICANT:
        yield ".code", f"`{APPLICANT}` is the platform's name for who applies; take another"
    if connector is None:
        if not raw.get("desk"):
            yield "", f"the agency `{code}` has neither a connector nor a desk: nobody would answer its tasks"
        if raw.get("options"):
            yield ".options", f"the agency `{code}` has options, but no connector to read them"
        return
    manifest = connectors.get(connector)
    if manifest is None:
        yield ".connector", f"there is no connector `{connector}`{did_you_mean(connector, connectors)}"
        return
    written: Any = manifest.value
    if written["style"] == "payment" and code != BANK:
        yield ".connector", f"`{connector}` tells of payments; only the agency `{BANK}` does that"
    if written["style"] == Style.SIGNING and not raw.get("desk"):
        yield ".connector", f"`{connector}` signs for an officer: the agency needs a desk (desk: true)"
    yield from _options(raw.get("options", {}), written.get("options", {}), connector)


def _options(
    options: Mapping[str, Any], schema: Mapping[str, Any], connector: str
) -> Iterator[tuple[str, str]]:
    """Options that do not fit the connector's manifest, which is a schema or its properties alone."""
    whole = "properties" in schema or schema.get("type") == "object"
    known = schema.get("properties", {}) if whole else schema
    if not known:
        return
    for key in options:
        if key not in known:
            yield (
                f".options.{key}",
                f"is not an option of the connector `{connector}`{did_you_mean(key, known)}",
            )
    full = {**schema, "additionalProperties": True} if whole else {"type": "object", "properties": known}
    for error in Draft202012Validator(full).iter_errors(options):
        inside = path_of(error.absolute_path)[1:]
        yield (
            f".options{inside}",
            f"{shown(error.instance)} does not fit the connector `{connector}`: {error.message}",
        )


def _series(layers: Layers, services: Mapping[str, ServiceSpec]) -> Iterator[Fault]:
    first: dict[str, str] = {}
    for code, service in services.items():
        other = first.setdefault(service.series, code)
        if other != code:
            reason = f"the series `{service.series}` is that of `{other}` already; each service has its own"
            yield from layers.services[code].faults([(".series", reason)])


def _permit_circle(layers: Layers, services: Mapping[str, ServiceSpec]) -> Iterator[Fault]:
    wanted = {
        code: [one for one in only if one in services]
        for code, only in only_by_permits(services.values()).items()
    }
    around = circle_of(wanted)
    if around:
        chain = " needs ".join([*around, around[0]])
        reason = f"nobody can satisfy these, each takes only the permit of the next: {chain}"
        yield from layers.services[min(around)].faults([(".requirements", reason)])


def _bundle_circle(layers: Layers, services: Mapping[str, ServiceSpec]) -> Iterator[Fault]:
    """Steps that wait for each other only when all services of the office are lodged together."""
    sound = [one for one in services.values() if is_sound(one)]
    around = circle_of(together(sound))
    if around:
        chain = " waits for ".join(_task_name(task) for task in (*around, around[0]))
        part = _part_of(around, layers, sound)
        reason = (
            f"when all services of {layers.code} are lodged together, these wait for each other in a circle"
        )
        yield from part.faults([(".route", f"{reason}: {chain}")])


def _task_name(task: Task) -> str:
    owner, step = task
    return f"{step} ({owner})"


def _part_of(around: Iterable[Task], layers: Layers, services: Iterable[ServiceSpec]) -> Part:
    """The file to blame: the last service with a task of its own in the circle, else any that shares one."""
    codes = [owner for owner, _ in around if owner in layers.services]
    if codes:
        return layers.services[max(codes)]
    tasks = set(around)
    sharing = (
        one.code for one in services for step in one.route if (step.agency, f"shared {step.shared}") in tasks
    )
    return layers.services[next(sharing)]


def between_offices(offices: Iterable[Layers]) -> Iterator[Fault]:
    """Mistakes that show only beside other offices."""
    first: dict[tuple[str, str], str] = {}
    for layers in offices:
        for key in ("prefix", "region_code"):
            if layers.tenant is None:
                continue
            value = layers.tenant.raw.get(key, "")
            other = first.setdefault((key, value), layers.code)
            if value and other != layers.code:
                reason = f"`{value}` is that of {other} already; every office has its own"
                yield from layers.tenant.faults([(f".{key}", reason)])
