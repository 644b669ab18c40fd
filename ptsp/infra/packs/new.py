"""A new office's pack as files: from the region table, a base pack and a few answers. It writes nothing itself."""

import json
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from ptsp.infra.packs.folder import TENANT
from ptsp.infra.packs.places import did_you_mean
from ptsp.infra.packs.read import read_document
from ptsp.infra.packs.values import WEEKDAYS
from ptsp.infra.regions import EDITION, Kind, Region
from ptsp.kernel.errors import Fault, Invalid
from ptsp.kernel.mail import is_address
from ptsp.kernel.specs import Pattern

CODE = re.compile(r"[a-z][a-z0-9_]{1,30}")
PREFIX = re.compile(r"[A-Z]{2,5}")
LONGEST_PREFIX = 5
FIVE_DAYS = WEEKDAYS[:5]
ENGLISH = {Kind.PROVINCE: "Province", Kind.REGENCY: "Regency", Kind.CITY: "City"}
ZONES = {"Asia/Jakarta": "WIB", "Asia/Makassar": "WITA", "Asia/Jayapura": "WIT"}


@dataclass(frozen=True, slots=True)
class Base:
    """A base pack: its folder's name, and its services as they are written, by code."""

    code: str
    services: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Neighbours:
    """What the offices beside the new one have: no two share a prefix or a region. By value, the office's code."""

    prefixes: Mapping[str, str]
    regions: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Answers:
    """What the region table does not know of an office. `head` and `supervisor` are e-mail addresses of roles."""

    pattern: str
    weekdays: tuple[str, ...]
    prefix: str
    services: tuple[str, ...]
    head: str
    supervisor: str


def read_base(root: Path, code: str) -> Base:
    """Raises Invalid where there is no such base under `root`."""
    bases = (
        [one.name for one in root.iterdir() if one.is_dir() and one.name.startswith("_")]
        if root.is_dir()
        else []
    )
    services = root / code / "services"
    if code not in bases or not services.is_dir():
        raise Invalid([Fault("base", f"there is no base `{code}` with services{did_you_mean(code, bases)}")])
    return Base(code, {path.stem: path.read_text("utf-8") for path in sorted(services.glob("*.yaml"))})


def read_neighbours(root: Path) -> Neighbours:
    """Prefixes and regions that are taken under `root`; a tenant.yaml that cannot be read takes nothing."""
    prefixes: dict[str, str] = {}
    regions: dict[str, str] = {}
    for path in sorted(root.glob(f"[a-z]*/{TENANT}")):
        document, _ = read_document(path, path.name)
        if document is not None and isinstance(document.value, dict):
            prefixes[str(document.value.get("prefix"))] = path.parent.name
            regions[str(document.value.get("region_code"))] = path.parent.name
    return Neighbours(prefixes, regions)


def proposed(code: str, region: Region, base: Base, taken: Collection[str]) -> Answers:
    """What is assumed of an office until somebody says otherwise."""
    return Answers(
        pattern=Pattern.ONE_DOOR,
        weekdays=FIVE_DAYS,
        prefix=next(prefix for prefix in _prefixes(region) if prefix not in taken),
        services=tuple(base.services),
        head=f"kepala@{code.replace('_', '-')}.example",
        supervisor=f"pengawas@{code.replace('_', '-')}.example",
    )


def place_faults(code: str, region: Region, root: Path, neighbours: Neighbours) -> list[Fault]:
    """Why there cannot be such an office here, whatever is answered."""
    faults = []
    if not CODE.fullmatch(code):
        reason = "must be 2 to 31 small letters, digits and underscores, a letter first"
        faults.append(Fault("code", f"`{code}` {reason}"))
    elif (root / code).exists():
        faults.append(Fault("code", f"there is a folder {root / code} already; nothing was written"))
    if region.code in neighbours.regions:
        faults.append(
            Fault("from", f"{region.name} has the pack `{neighbours.regions[region.code]}` already")
        )
    return faults


def answer_faults(answers: Answers, base: Base, neighbours: Neighbours) -> list[Fault]:
    """Every answer that will not do, by its name."""
    faults = []
    patterns = [str(one) for one in Pattern]
    if answers.pattern not in patterns:
        faults.append(Fault("pattern", f"must be one of {', '.join(patterns)}, but is `{answers.pattern}`"))
    faults += _some("weekdays", answers.weekdays, WEEKDAYS)
    faults += _some("services", answers.services, base.services)
    if not PREFIX.fullmatch(answers.prefix):
        faults.append(Fault("prefix", f"`{answers.prefix}` must be 2 to {LONGEST_PREFIX} capital letters"))
    elif answers.prefix in neighbours.prefixes:
        holder = neighbours.prefixes[answers.prefix]
        faults.append(Fault("prefix", f"`{answers.prefix}` is that of {holder} already"))
    for role, address in (("head", answers.head), ("supervisor", answers.supervisor)):
        if not is_address(address):
            faults.append(Fault(role, f"`{address}` is no e-mail address"))
    return faults


def new_pack(code: str, region: Region, answers: Answers, base: Base) -> dict[str, str]:
    """The files of the pack by their path in its folder. Only for what the two checks above find nothing in."""
    files = {
        TENANT: _tenant(code, region, answers, base),
        "agencies.yaml": AGENCIES.format(base=base.code),
        "calendar.yaml": _calendar(region, answers),
        "texts.yaml": _texts(region, answers),
    }
    for service in answers.services:
        own = HEADER.format(base=base.code, service=service) + _without_header(base.services[service])
        files[f"services/{service}.yaml"] = own
    return files


def _some(field: str, chosen: Sequence[str], known: Collection[str]) -> list[Fault]:
    if not chosen:
        return [Fault(field, "must name at least one")]
    wrong = [one for one in chosen if one not in known]
    faults = [Fault(field, f"`{one}` is none{did_you_mean(one, known)}") for one in wrong]
    return faults + ([Fault(field, "names the same thing twice")] if len(set(chosen)) < len(chosen) else [])


def _prefixes(region: Region) -> Iterator[str]:
    """Shorter ones first: consonants of the name in their order, then any of its letters, then any letters."""
    letters = re.sub(r"[^A-Z]", "", region.short_name.upper())
    consonants = letters[0] + re.sub(r"[AEIOU]", "", letters[1:])
    for name in (consonants, letters):
        for length in range(3, LONGEST_PREFIX + 1):
            if len(name) >= length:
                yield name[:length]
                yield name[0] + name[1 - length :]
    digits = "".join(chr(ord("A") + int(digit)) for digit in region.code.replace(".", ""))
    yield f"X{digits}"  # unique by itself, as codes are


def _tenant(code: str, region: Region, answers: Answers, base: Base) -> str:
    left_out = [one for one in base.services if one not in answers.services]
    without = f"without: [{', '.join(left_out)}] # services of the base that this office does not offer\n"
    parent = f"parent: {_quoted(region.province_code)} # its province\n"
    return TENANT_FILE.format(
        edition=EDITION.regulation,
        code=code,
        name_id=_quoted(f"Dinas Penanaman Modal dan Pelayanan Terpadu Satu Pintu {region.name}"),
        name_en=_quoted(f"{region.short_name} {ENGLISH[region.kind]} One-Stop Licensing Office"),
        region=_quoted(region.name),
        region_code=_quoted(region.code),
        kind=region.kind,
        parent=parent if region.kind is not Kind.PROVINCE else "",
        time_zone=region.time_zone,
        zone=ZONES[region.time_zone],
        pattern=answers.pattern,
        prefix=answers.prefix,
        base=base.code,
        without=without if left_out else "",
        head=_quoted(answers.head),
        supervisor=_quoted(answers.supervisor),
    )


def _calendar(region: Region, answers: Answers) -> str:
    days = [one for one in WEEKDAYS if one in answers.weekdays]
    return CALENDAR_FILE.format(days=", ".join(days), region=region.name)


def _texts(region: Region, answers: Answers) -> str:
    door = answers.pattern == Pattern.ONE_DOOR
    id_, en = ("Satu pintu", "One door") if door else ("Satu atap", "One roof")
    english = f"{region.short_name} {ENGLISH[region.kind]}"
    return TEXTS_FILE.format(
        id=_quoted(f"{id_} untuk perizinan di {region.name}."),
        en=_quoted(f"{en} to the permits of {english}."),
    )


def _without_header(written: str) -> str:
    """A service's file without the remark it begins with, which is of the base."""
    lines = written.splitlines(keepends=True)
    first = next((at for at, line in enumerate(lines) if not line.startswith("#")), 0)
    return "".join(lines[first:])


def _quoted(words: str) -> str:
    return json.dumps(words, ensure_ascii=False)  # which is a text in quotes for YAML, too


HEADER = """\
# Taken over from {base}/services/{service}.yaml; from now on this file is the office's own. Every figure that says
# `basis: assumed` waits for the office's own standard. Once it is applied, raise standard.version with any change.
"""
TENANT_FILE = """\
# Who the office is. Started from the region table ({edition}).
code: {code}
name:
  id: {name_id}
  en: {name_en}
region: {region}
region_code: {region_code}
kind: {kind}
{parent}time_zone: {time_zone} # {zone}
pattern: {pattern} # one_door: one intake, one signer, one bill; one_roof: each agency its own
prefix: {prefix} # opens every reference, as in {prefix}-2026-...; do not change it once one was given
extends: {base}
{without}contacts: # of roles, never of persons; mail to .example reaches nobody
  head: {{email: {head}}}
  supervisor: {{email: {supervisor}}}
basis: assumed
source: >-
  Kode, nama dan zona waktu wilayah: {edition}. Pola pelayanan, awalan dan kontak: anggapan sampai kantor
  menetapkannya.
"""
AGENCIES = """\
# Partner agencies of this office, besides those of {base}/agencies.yaml. An agency answers at a desk in our pages
# (desk: true) or through a connector; the simulated agency stands in until its own address is known:
#
#   - {{code: public_works, name: {{id: "Dinas Pekerjaan Umum", en: "Public Works Agency"}},
#      connector: permits, options: {{url: "simulator:permits"}}}}
agencies: []
"""
CALENDAR_FILE = """\
# National days come from the platform. Regional days stand in days_off, each with its source:
#   - {{on: 2026-01-31, name: "Hari Jadi", source: "Perbup ..."}}
weekdays: [{days}]
collective_leave: true
basis: assumed
source: "Ketetapan hari kerja {region} belum dibaca; anggapan."
days_off: []
"""
TEXTS_FILE = """\
# Words of the office; a text of the base with the same key is replaced by the one here.
texts:
  office.about:
    id: {id}
    en: {en}
"""
