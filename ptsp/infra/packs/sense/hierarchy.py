"""Mistakes of sense in where an office stands: its kind, its place, and what it lies under."""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from ptsp.infra.packs.layers import Layers
from ptsp.infra.packs.places import Part, did_you_mean
from ptsp.infra.packs.sense.route import circle_of
from ptsp.infra.packs.sense.scene import Found
from ptsp.infra.regions import MINISTRIES, regions
from ptsp.kernel.errors import Fault
from ptsp.kernel.hierarchy import PARENTS, REGIONS, OfficeKind, kind_of_region

OF_A_REGION = re.compile(r"(Kabupaten|Kota|Provinsi) \S")


def place_faults(layers: Layers) -> Iterator[Fault]:
    """What is wrong with the office by itself, whatever offices there are beside it."""
    if layers.tenant is None:
        return
    # What stands in for a wrong kind or code says nothing about the others.
    if not any(layers.tenant.document.is_mended(f"$.{key}") for key in ("kind", "region", "region_code")):
        yield from layers.tenant.faults(_place(layers.tenant.raw))


def hierarchy_faults(offices: Iterable[Layers]) -> Iterator[Fault]:
    """Parents that are offices: one that is not there, one of the wrong kind, offices under one another in a circle."""
    found = {one.code: one.tenant for one in offices if one.tenant is not None}
    for tenant in found.values():
        reason = _reason(tenant.raw, found)
        if reason:
            yield from tenant.faults([(".parent", reason)])
    above = {code: one.raw.get("parent", "") for code, one in found.items()}
    around = circle_of({code: [up] if up in found else [] for code, up in above.items()})
    if around:
        chain = " lies under ".join([*around, around[0]])
        yield from found[min(around)].faults([(".parent", f"these lie under one another: {chain}")])


def _reason(raw: Mapping[str, Any], found: Mapping[str, Part]) -> str:
    """Why the office cannot lie under the office that it names; empty if it can, or names none."""
    parent: str = raw.get("parent", "")
    if not parent or parent in MINISTRIES or parent[0].isdigit() or not PARENTS[_kind(raw)]:
        return ""
    if parent not in found:
        meant = did_you_mean(parent, [*found, *MINISTRIES])
        return f"there is no office, ministry or region `{parent}`{meant}"
    if not _is_own_province(raw, found[parent].raw.get("region_code", "")):
        return f"`{parent}` is no office of its province"
    return _misfit(_kind(raw), _kind(found[parent].raw), f"the office `{parent}`")


def _place(raw: Mapping[str, Any]) -> Iterator[Found]:
    code, kind = raw.get("region_code", ""), _kind(raw)
    if kind in REGIONS:
        yield from _region(raw, code, kind)
    else:
        if code:
            yield ".region_code", f"a {kind} is no region and has no region code"
        if "government" not in raw:
            yield ".government", f"is missing; it heads the papers of a {kind}"
        if "parent" not in raw and PARENTS[kind]:
            yield ".parent", f"is missing; a {kind} lies under {_kinds(kind)}"
    if "parent" in raw:
        yield from _under(raw, kind)


def _region(raw: Mapping[str, Any], code: str, kind: OfficeKind) -> Iterator[Found]:
    if not code:
        yield ".region_code", "is missing; only a ministry, a mission or a unit has none"
        return
    if not OF_A_REGION.match(raw["region"]):
        yield ".region", f"`{raw['region']}` has not the right form, such as `Kabupaten Sidoarjo`"
    known = regions().get(code)
    right = OfficeKind(known.kind) if known else kind_of_region(raw["region"], code)
    if "kind" in raw and kind is not right:
        yield ".kind", f"is `{kind}`, but {known.name if known else raw['region']} {code} is a {right}"


def _under(raw: Mapping[str, Any], kind: OfficeKind) -> Iterator[Found]:
    """A parent that is a region or a ministry; offices are looked at when all of them are there."""
    parent: str = raw["parent"]
    if not PARENTS[kind]:
        yield ".parent", f"a {kind} lies under nobody"
    elif parent in regions():
        reason = _misfit(kind, OfficeKind(regions()[parent].kind), regions()[parent].name)
        if reason:
            yield ".parent", reason
        elif not _is_own_province(raw, parent):
            yield ".parent", f"{raw['region_code']} does not lie in {regions()[parent].name} {parent}"
    elif parent in MINISTRIES:
        reason = _misfit(kind, OfficeKind.MINISTRY, MINISTRIES[parent])
        if reason:
            yield ".parent", reason
    elif parent[0].isdigit():
        yield ".parent", f"there is no region `{parent}`"


def _misfit(kind: OfficeKind, parent: OfficeKind, name: str) -> str:
    if parent in PARENTS[kind]:
        return ""
    return f"a {kind} lies under {_kinds(kind)}, but {name} is a {parent}"


def _is_own_province(raw: Mapping[str, Any], parent_code: str) -> bool:
    """A regency or city lies in the province whose code its own begins with; of the others nothing is asked."""
    is_inside = _kind(raw) in (OfficeKind.REGENCY, OfficeKind.CITY)
    return not is_inside or str(raw.get("region_code", "")).startswith(f"{parent_code}.")


def _kinds(kind: OfficeKind) -> str:
    return " or ".join(f"a {one}" for one in OfficeKind if one in PARENTS[kind])


def _kind(raw: Mapping[str, Any]) -> OfficeKind:
    """As written, or what the region is; an office that says neither is told of the code that is missing."""
    return (
        OfficeKind(raw["kind"])
        if "kind" in raw
        else kind_of_region(raw["region"], raw.get("region_code", ""))
    )
