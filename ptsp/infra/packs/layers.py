"""Lay a tenant's folder over its base: what is in force, and from which file each part comes.

One level, whole values: an agency, a service, a text, a template, the calendar or a component of the
standard that the tenant writes replaces that of the base; nothing is merged inside.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches

from ptsp.infra.packs.by_laws import COLLECTING, Library, with_whole_fee
from ptsp.infra.packs.folder import AGENCIES, CALENDAR, DEFAULTS, TENANT, TEXTS, Folder
from ptsp.infra.packs.places import Part, did_you_mean, step_into
from ptsp.kernel.errors import Fault

TIMING = ("clock", "corrections", "deemed", "objection", "warnings")  # what a standard says of time


@dataclass(frozen=True)
class Layers:
    """A tenant's pack after `extends`, still in its written form.

    `agencies` is None if a file of agencies could not be read, so that no step is blamed for it;
    `service_codes` also names services whose file could not be read.
    """

    code: str
    base: str | None
    tenant: Part | None
    agencies: Mapping[str, Part] | None
    services: Mapping[str, Part]
    service_codes: frozenset[str]
    calendar: Part | None
    texts: Mapping[str, Part] | None
    templates: Mapping[str, tuple[str, str]]  # name -> (file, source)
    complaints: Part | None
    internal: Mapping[str, Part]
    timing: Mapping[str, Part]  # by key of the standard: clock, corrections, deemed, objection, warnings
    collecting: Mapping[str, Part]  # collection and signers, as the standard's defaults have them
    has_defaults: bool
    library: Library
    faults: tuple[Fault, ...] = field(default=())


def layered(folder: Folder, folders: Mapping[str, Folder], library: Library) -> Layers:
    """The tenant over its base. Faults of reading stand in the folders; here are those of extending."""
    base, faults = _base_of(folder, folders)
    lower_first = [one for one in (base, folder) if one is not None]
    agencies, doubled = _agencies(lower_first)
    defaults = _entries(lower_first, DEFAULTS, None)
    collecting = {key: defaults[key] for key in COLLECTING if key in defaults}
    services = {
        code: with_whole_fee(Part(document, "$", document.value), library, collecting)
        for one in lower_first
        for code, document in one.services().items()
    }
    without, wrong = _left_out(folder, base)
    services = {code: part for code, part in services.items() if code not in without}
    faults += doubled
    faults += wrong
    faults += _missing_files(folder, lower_first)
    return Layers(
        code=folder.code,
        base=base.code if base else None,
        tenant=_whole(folder, TENANT),
        agencies=None if _unread(lower_first, AGENCIES) else agencies,
        services=services,
        service_codes=frozenset(services) | (_unread_services(lower_first) - without),
        calendar=next((p for one in reversed(lower_first) if (p := _whole(one, CALENDAR))), None),
        texts=None if _unread(lower_first, TEXTS) else _entries(lower_first, TEXTS, "texts"),
        templates={
            name: (f"{one.code}/templates/{name}.typ", source)
            for one in lower_first
            for name, source in one.templates.items()
        },
        complaints=defaults.get("complaints"),
        internal=_entries(lower_first, DEFAULTS, "internal"),
        timing={key: defaults[key] for key in TIMING if key in defaults},
        collecting=collecting,
        has_defaults=not _unread(lower_first, DEFAULTS),
        library=library,
        faults=tuple(faults),
    )


def _base_of(folder: Folder, folders: Mapping[str, Folder]) -> tuple[Folder | None, list[Fault]]:
    tenant = folder.documents.get(TENANT)
    wanted = str(tenant.value.get("extends", "")) if tenant else ""
    if tenant is None or not wanted:
        return None, []
    bases = sorted(code for code, one in folders.items() if one.is_base)
    if wanted in bases:
        return folders[wanted], []
    # One wrong word should be one fault: the base that was meant stands in, or all it holds would be missed.
    meant = [*get_close_matches(wanted, bases, n=1), *bases]
    stand_in = folders[meant[0]] if meant else None
    if tenant.is_mended("$.extends"):
        return stand_in, []
    reason = f"there is no base `{wanted}`"
    if not wanted.startswith("_"):
        reason = f"`{wanted}` is no base; a base is a folder whose name starts with `_`"
    return stand_in, [tenant.fault("$.extends", f"{reason}{did_you_mean(wanted, bases)}")]


def _left_out(folder: Folder, base: Folder | None) -> tuple[frozenset[str], list[Fault]]:
    """Services of the base that the tenant does not offer, and what is wrong with saying so."""
    tenant = folder.documents.get(TENANT)
    wanted: list[str] = tenant.value.get("without", []) if tenant else []
    if tenant is None or not wanted:
        return frozenset(), []
    own = folder.services().keys() | _unread_services([folder])
    known = (base.services().keys() | _unread_services([base]) if base else set()) - own
    faults = []
    for at, code in enumerate(wanted):
        if code in own:
            faults.append(tenant.fault(f"$.without[{at}]", f"`{code}` is written by this office itself"))
        elif code not in known:
            reason = f"the base has no service `{code}`{did_you_mean(code, known)}"
            faults.append(tenant.fault(f"$.without[{at}]", reason))
    return frozenset(wanted) - own, faults


def _whole(folder: Folder, name: str) -> Part | None:
    document = folder.documents.get(name)
    return Part(document, "$", document.value) if document else None


def _agencies(lower_first: list[Folder]) -> tuple[dict[str, Part], list[Fault]]:
    found: dict[str, Part] = {}
    faults: list[Fault] = []
    for folder in lower_first:
        document = folder.documents.get(AGENCIES)
        own: set[str] = set()
        for at, raw in enumerate(document.value["agencies"] if document else []):
            part = Part(document, f"$.agencies[{at}]", raw)  # type: ignore[arg-type]
            if raw["code"] in own:
                faults += part.faults([(".code", f"the agency `{raw['code']}` is given twice in this file")])
                continue
            own.add(raw["code"])
            found[raw["code"]] = part
    return found, faults


def _entries(lower_first: list[Folder], name: str, key: str | None) -> dict[str, Part]:
    found: dict[str, Part] = {}
    for folder in lower_first:
        document = folder.documents.get(name)
        value = (document.value.get(key, {}) if key else document.value) if document else {}
        path = step_into("$", key) if key else "$"
        for entry, raw in value.items():
            found[entry] = Part(document, step_into(path, entry), raw)  # type: ignore[arg-type]
    return found


def _missing_files(folder: Folder, lower_first: list[Folder]) -> list[Fault]:
    faults = []
    if TENANT not in folder.documents and TENANT not in folder.unread:
        faults.append(Fault(f"{folder.code}/{TENANT}", "is missing; every tenant says there who it is"))
    for name in (AGENCIES, CALENDAR, TEXTS):
        if not any(name in one.documents or name in one.unread for one in lower_first):
            faults.append(Fault(f"{folder.code}/{name}", "is missing, here and in the base"))
    if not any(one.services() or _unread_services([one]) for one in lower_first):
        faults.append(Fault(f"{folder.code}/services", "holds no service; an office offers at least one"))
    return faults


def _unread(lower_first: list[Folder], name: str) -> bool:
    return any(name in one.unread for one in lower_first)


def _unread_services(lower_first: list[Folder]) -> frozenset[str]:
    inside = (name for one in lower_first for name in one.unread if name.startswith("services/"))
    return frozenset(name.removeprefix("services/").removesuffix(".yaml") for name in inside)
