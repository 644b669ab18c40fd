"""Check whole folders of packs, and read those in which nothing is wrong."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from ptsp.infra.packs.build import agency, service, tenant_pack
from ptsp.infra.packs.by_laws import BY_LAWS, Library, read_library
from ptsp.infra.packs.folder import TENANT, Folder, read_folder
from ptsp.infra.packs.layers import Layers, layered
from ptsp.infra.packs.mend import fitted
from ptsp.infra.packs.places import Document, did_you_mean
from ptsp.infra.packs.read import read_document
from ptsp.infra.packs.schema import Schemas, load_schemas
from ptsp.infra.packs.sense import (
    Scene,
    address_faults,
    between_offices,
    by_law_faults,
    hierarchy_faults,
    office_faults,
    service_faults,
)
from ptsp.kernel.errors import BadPack, Fault, NotFound
from ptsp.kernel.specs import ServiceSpec, TellsSpec, TenantPack
from ptsp.sdk.addresses import PUBLIC, Reach
from ptsp.sdk.manifest import read_tells

CONNECTORS = Path(__file__).resolve().parents[3] / "connectors"


@dataclass(frozen=True, slots=True)
class Checked:
    """All packs of a folder after `extends`, the by-laws, and everything that is wrong with any of them."""

    offices: tuple[Layers, ...]
    library: Library
    faults: tuple[Fault, ...]
    manifests: Mapping[str, Document]


def check_packs(root: Path, *, connectors: Path = CONNECTORS, reach: Reach = PUBLIC) -> list[Fault]:
    """Every mistake of all packs under `root`, sorted by file. Empty if all is well."""
    return list(look_at(root, connectors=connectors, reach=reach).faults)


def read_all(root: Path, *, connectors: Path = CONNECTORS, reach: Reach = PUBLIC) -> list[TenantPack]:
    """All packs under `root`, by code. Raises BadPack naming every mistake of all of them."""
    checked = look_at(root, connectors=connectors, reach=reach)
    if checked.faults:
        raise BadPack(checked.faults)
    return [tenant_pack(office, _tells(checked)) for office in checked.offices]


def read_pack(root: Path, code: str, *, connectors: Path = CONNECTORS, reach: Reach = PUBLIC) -> TenantPack:
    """The pack of one tenant with its base. Raises BadPack naming every mistake of their files, NotFound."""
    if code not in _codes(root) or code.startswith("_"):
        raise NotFound(f"there is no pack `{code}`{did_you_mean(code, _tenants(root))}")
    checked = look_at(root, connectors=connectors, only=code, reach=reach)
    if checked.faults:
        raise BadPack(checked.faults)
    return tenant_pack(checked.offices[0], _tells(checked))


def look_at(
    root: Path, *, connectors: Path = CONNECTORS, only: str | None = None, reach: Reach = PUBLIC
) -> Checked:
    """Read and check the packs under `root`, or one of them with the bases.

    `reach`: which addresses this installation calls besides public ones.
    """
    schemas = load_schemas()
    codes = [code for code in _codes(root) if only in (None, code) or code.startswith("_")]
    folders = {code: read_folder(root, code, schemas) for code in codes}
    library = _library(root, schemas)
    offices = tuple(layered(one, folders, library) for one in folders.values() if not one.is_base)
    manifests, faults = _manifests(connectors)
    faults += [one for one in library.faults if only is None or _code_of(one) in _by_laws_of(offices)]
    for folder in folders.values():
        if only in (None, folder.code) or any(one.base == folder.code for one in offices):
            faults += (*folder.faults, *_base_alone(folder))
    for office in offices:
        faults += office.faults
        faults += _office(office, manifests)
        faults += address_faults(office, reach)
    faults += between_offices(offices)
    if only is None:  # one office alone does not tell whether those are there that it speaks of
        faults += hierarchy_faults(offices)
    if not offices:
        faults.append(Fault(root.name, "holds no pack; each tenant is a folder with a tenant.yaml"))
    return Checked(offices, library, _sorted(faults), manifests)


def _library(root: Path, schemas: Schemas) -> Library:
    """The by-laws, those in which something is wrong set apart."""
    library = read_library(root, schemas)
    wrong = [fault for part in library.by_laws.values() for fault in by_law_faults(part)]
    unsound = library.unsound | {_code_of(one) for one in wrong}
    return replace(library, unsound=unsound, faults=(*library.faults, *wrong))


def _code_of(fault: Fault) -> str:
    """The by-law in whose file a fault stands."""
    return Path(fault.field.partition(": ")[0]).stem


def _by_laws_of(offices: Iterable[Layers]) -> set[str]:
    return {part.raw["fee"].get("by_law") for office in offices for part in office.services.values()}


def _codes(root: Path) -> list[str]:
    if not root.is_dir():
        raise NotFound(f"there is no folder {root}")
    folders = (one.name for one in root.iterdir() if one.is_dir() and not one.name.startswith("."))
    return sorted(name for name in folders if name != BY_LAWS)


def _tenants(root: Path) -> list[str]:
    return [code for code in _codes(root) if not code.startswith("_")]


def _tells(checked: Checked) -> dict[str, TellsSpec]:
    """What the connectors say that their agencies are told of, by connector."""
    told = {code: read_tells(document.value.get("tells")) for code, document in checked.manifests.items()}
    return {code: one for code, one in told.items() if one}


def _office(layers: Layers, connectors: dict[str, Document]) -> list[Fault]:
    agencies = (
        {code: agency(part.raw) for code, part in layers.agencies.items()}
        if layers.agencies is not None
        else None
    )
    faults: list[Fault] = []
    services: dict[str, ServiceSpec] = {}
    for code, part in layers.services.items():
        spec = services[code] = service(part.raw, layers)
        faults += service_faults(Scene(part, spec, layers, agencies))
    return [*faults, *office_faults(layers, services, connectors)]


def _base_alone(folder: Folder) -> list[Fault]:
    if folder.is_base and (TENANT in folder.documents or TENANT in folder.unread):
        return [
            Fault(f"{folder.code}/{TENANT}", "a base is no tenant and extends nothing; take this file away")
        ]
    return []


def _manifests(connectors: Path) -> tuple[dict[str, Document], list[Fault]]:
    """The manifests of all connectors by the name of their folder, and what is wrong with them."""
    found: dict[str, Document] = {}
    faults: list[Fault] = []
    for path in sorted(connectors.glob("*/manifest.yaml")):
        name = f"connectors/{path.parent.name}/{path.name}"
        document, wrong = read_document(path, name)
        faults += wrong
        if document is None:
            continue
        fitting, wrong = fitted(document, "connector-manifest", load_schemas())
        faults += wrong
        if fitting is not None:
            found[path.parent.name] = fitting
    return found, faults


def _sorted(faults: Iterable[Fault]) -> tuple[Fault, ...]:
    """By file, each once: a mistake in a base shows at every office that uses it."""
    once = dict.fromkeys(faults)
    return tuple(sorted(once, key=lambda fault: fault.field.partition(": ")[0]))
