"""The region tables read, and a region found by its code or its name.

Codes and names: annex of Keputusan Menteri Dalam Negeri 300.2.2-2138/2025 (38 provinces, 514 regencies and cities), as
retyped in github.com/cahyadsn/wilayah (MIT) and checked against the npm package idn-area-data 3.1.2. Time zones: WIB,
WITA and WIT by province; of Kalimantan the west and the centre keep WIB. BPS codes are others and are not here.
"""

import csv
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from difflib import get_close_matches
from enum import StrEnum
from functools import cache
from pathlib import Path
from types import MappingProxyType

from ptsp.kernel.errors import Fault, Invalid

HERE = Path(__file__).parent
KINDS = ("Provinsi", "Kabupaten", "Kota", "Administrasi")
MOST_NAMED = 4  # near matches and namesakes that a refusal lists


class Kind(StrEnum):
    """What a region is."""

    PROVINCE = "province"
    REGENCY = "regency"
    CITY = "city"


@dataclass(frozen=True, slots=True)
class Edition:
    """One edition of the codes; `until` is the last day of its validity, None while it is in force."""

    code: str
    regulation: str
    valid_from: date
    until: date | None = None


EDITION = Edition(
    "kepmendagri-300.2.2-2138-2025", "Kepmendagri 300.2.2-2138 Tahun 2025", valid_from=date(2025, 4, 25)
)


@dataclass(frozen=True, slots=True)
class Region:
    """A province (`35`) or a regency or city (`35.15`). `name` is the full one: "Provinsi Jawa Timur"."""

    code: str
    name: str
    kind: Kind
    time_zone: str

    @property
    def province_code(self) -> str:
        return self.code[:2]

    @property
    def short_name(self) -> str:
        """The name without what the region is: "Sidoarjo", "Jawa Timur"."""
        return _shortened(self.name)


@cache
def regions() -> Mapping[str, Region]:
    """All regions of the edition by code, each province before what lies in it."""
    provinces = {
        row["code"]: Region(row["code"], f"Provinsi {row['name']}", Kind.PROVINCE, row["time_zone"])
        for row in _rows("provinces.csv")
    }
    inside = [
        Region(row["code"], row["name"], Kind(row["kind"]), provinces[row["code"][:2]].time_zone)
        for row in _rows("regions.csv")
    ]
    found = {one.code: one for one in (*provinces.values(), *inside)}
    return MappingProxyType(dict(sorted(found.items())))


def find_region(words: str, *, field: str = "region") -> Region:
    """The region of a code (`35.15`, `3515`) or of a name that only one has, with or without "Kabupaten".

    Raises Invalid naming `field`, with the namesakes or the near matches.
    """
    given = " ".join(words.split())
    code = f"{given[:2]}.{given[2:]}" if given.isascii() and given.isdigit() and len(given) == 4 else given
    if code in regions():
        return regions()[code]
    named = _by_name().get(given.lower(), ())
    if len(named) == 1:
        return named[0]
    if named:
        raise Invalid([Fault(field, f"`{given}` is ambiguous: {_listed(named)}")])
    near = _near(given)
    hint = f"; did you mean {_listed(near)}?" if near else "; give a code such as 35.15 or a full name"
    raise Invalid([Fault(field, f"there is no region `{given}` in {EDITION.regulation}{hint}")])


def parents(region: Region) -> tuple[Region, ...]:
    """What the region lies in, the nearest first; nothing for a province."""
    return () if region.kind is Kind.PROVINCE else (regions()[region.province_code],)


@cache
def _by_name() -> Mapping[str, tuple[Region, ...]]:
    found: dict[str, list[Region]] = {}
    for one in regions().values():
        for name in dict.fromkeys((one.name.lower(), one.short_name.lower())):
            found.setdefault(name, []).append(one)
    return {name: tuple(those) for name, those in found.items()}


def _near(given: str) -> list[Region]:
    """Regions of a name like this one, of the kind it names if there are any."""
    shorts = {name: those for name, those in _by_name().items() if name == those[0].short_name.lower()}
    close = get_close_matches(_shortened(given).lower(), shorts, n=MOST_NAMED, cutoff=0.8)
    found = list(dict.fromkeys(one for name in close for one in shorts[name]))
    kind = given.lower().split(" ")[0]
    return [one for one in found if one.name.lower().startswith(f"{kind} ")] or found


def _shortened(name: str) -> str:
    words = name.split()
    while len(words) > 1 and words[0].title() in KINDS:
        words.pop(0)
    return " ".join(words)


def _listed(found: list[Region] | tuple[Region, ...]) -> str:
    named = ", ".join(f"{one.name} {one.code}" for one in found[:MOST_NAMED])
    return f"{named} and more" if len(found) > MOST_NAMED else named


def _rows(name: str) -> Iterator[Mapping[str, str]]:
    with (HERE / name).open(encoding="utf-8", newline="") as file:
        yield from csv.DictReader(file)
