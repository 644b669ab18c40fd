"""Where an office stands: what it is of, what it may lie under, and who its services are for."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final


class OfficeKind(StrEnum):
    """What an office is of. Regions have a code of the Kemendagri; the others stand somewhere, but are none."""

    MINISTRY = "ministry"
    PROVINCE = "province"
    REGENCY = "regency"
    CITY = "city"
    MISSION = "mission"  # abroad: an embassy, a consulate
    UNIT = "unit"  # a service unit of any of them, which may also serve its own staff


class Audience(StrEnum):
    """Whom a service is for."""

    EXTERNAL = "external"  # anybody
    INTERNAL = "internal"  # the staff of the office and of what it lies under


REGIONS: Final = frozenset({OfficeKind.PROVINCE, OfficeKind.REGENCY, OfficeKind.CITY})
# What each kind may lie under. A ministry lies under nobody, a province need not say; both are the top of their tree.
PARENTS: Final[Mapping[OfficeKind, frozenset[OfficeKind]]] = {
    OfficeKind.MINISTRY: frozenset(),
    OfficeKind.PROVINCE: frozenset({OfficeKind.MINISTRY}),
    OfficeKind.REGENCY: frozenset({OfficeKind.PROVINCE}),
    OfficeKind.CITY: frozenset({OfficeKind.PROVINCE}),
    OfficeKind.MISSION: frozenset({OfficeKind.MINISTRY}),
    OfficeKind.UNIT: frozenset(OfficeKind),
}


def kind_of_region(region: str, region_code: str) -> OfficeKind:
    """What a region is, by its code (`35`, `35.15`) and its full name (`Kota Madiun`)."""
    if "." not in region_code:
        return OfficeKind.PROVINCE
    return OfficeKind.CITY if region.startswith("Kota ") else OfficeKind.REGENCY
