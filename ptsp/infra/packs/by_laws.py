"""The library of by-laws in `tenants/_bylaws`, and how the fee of a service takes one over.

What a fee writes itself goes first: a table, let or line of the same name replaces the by-law's, another table or let
stands before the by-law's, another line after them; `without` leaves lines out. `collection` and `signers` are taken
whole: from the fee, else from the by-law, else from standard_defaults.yaml.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from ptsp.infra.packs.folder import files_of, read_checked
from ptsp.infra.packs.places import Loan, Part
from ptsp.infra.packs.schema import Schemas
from ptsp.kernel.errors import Fault
from ptsp.kernel.specs import Basis

BY_LAWS = "_bylaws"
MARKS = {"tables": "code", "lets": "name", "lines": "code"}
COLLECTING = ("collection", "signers")


@dataclass(frozen=True, slots=True)
class Library:
    """All by-laws by code. `unsound` are codes of files in which something is wrong: no fee is judged by them."""

    by_laws: Mapping[str, Part] = field(default_factory=dict)
    unsound: frozenset[str] = frozenset()
    faults: tuple[Fault, ...] = ()

    @property
    def codes(self) -> frozenset[str]:
        return self.unsound | self.by_laws.keys()


def read_library(root: Path, schemas: Schemas) -> Library:
    """Read all by-laws under `root`, held against their schema. What is wrong is in `faults`, never raised."""
    found: dict[str, Part] = {}
    unsound: set[str] = set()
    faults: list[Fault] = []
    for path in files_of(root / BY_LAWS):
        inside = path.relative_to(root / BY_LAWS).as_posix()
        name = f"{BY_LAWS}/{inside}"
        if inside == "README.md":
            continue
        if "/" in inside or path.suffix != ".yaml":
            faults.append(Fault(name, f"is no by-law; each is a file {BY_LAWS}/<code>.yaml"))
            continue
        document, wrong = read_checked(path, name, "by-law", schemas)
        faults += wrong
        if document is not None:
            found[path.stem] = Part(document, "$", document.value)
        if wrong:
            unsound.add(path.stem)
    return Library(found, frozenset(unsound), tuple(faults))


def with_whole_fee(service: Part, library: Library, defaults: Mapping[str, Part]) -> Part:
    """The service with all its fee rests on. `defaults`: what the office says of collection and signers."""
    own: Mapping[str, Any] = service.raw["fee"]
    law = library.by_laws.get(own.get("by_law", ""))
    whole, loans = _taken_over(service, own, law) if law else (dict(own), {})
    if not whole.get("free"):
        for key in COLLECTING:
            if key not in whole and key in defaults:
                whole[key] = defaults[key].raw
                loans[f".fee.{key}"] = Loan(defaults[key])
    return replace(service, raw={**service.raw, "fee": whole}, loans=loans)


def _taken_over(service: Part, own: Mapping[str, Any], law: Part) -> tuple[dict[str, Any], dict[str, Loan]]:
    raw: Mapping[str, Any] = law.raw
    whole = {"legal_basis": raw["regulation"], "basis": raw["basis"], "source": raw["source"], **own}
    whole["in_force"] = raw["in_force"]
    loans: dict[str, Loan] = {}
    if "free" in raw and "lines" not in own:
        whole.setdefault("free", raw["free"])
    for key, mark in MARKS.items():
        entries = _entries(key, mark, service, law)
        if entries:
            whole[key] = [
                _as_sure(part.raw, own) if part.document is law.document else part.raw for part in entries
            ]
        for at, part in enumerate(entries):
            blamed = ".fee.by_law" if part.document is law.document else ""
            loans[f".fee.{key}[{at}]"] = Loan(part, blamed)
    for key in COLLECTING:
        if key in raw and key not in own:
            whole[key] = _as_sure(raw[key], own)
            loans[f".fee.{key}"] = Loan(Part(law.document, f"$.{key}", raw[key]), ".fee.by_law")
    return whole, loans


def _entries(key: str, mark: str, service: Part, law: Part) -> list[Part]:
    """The entries of a list of the fee in their order, each where it stands."""
    own = [
        Part(service.document, f"{service.path}.fee.{key}[{at}]", raw)
        for at, raw in enumerate(service.raw["fee"].get(key, []))
    ]
    replacing: dict[str, Part] = {}
    for part in own:
        replacing.setdefault(part.raw[mark], part)
    left_out = service.raw["fee"].get("without", []) if key == "lines" else []
    lent = [
        Part(law.document, f"$.{key}[{at}]", raw)
        for at, raw in enumerate(law.raw.get(key, []))
        if raw[mark] not in left_out
    ]
    codes = {part.raw[mark] for part in lent}
    others = [part for part in own if part.raw[mark] not in codes or replacing[part.raw[mark]] is not part]
    taken = [replacing.get(part.raw[mark], part) for part in lent]
    return [*taken, *others] if key == "lines" else [*others, *taken]


def _as_sure(raw: Mapping[str, Any], own: Mapping[str, Any]) -> Mapping[str, Any]:
    """Figures confirmed for a by-law's own region are an assumption where a fee says it only assumes them."""
    assumed = own.get("basis") == Basis.ASSUMED and "basis" in raw
    return {**raw, "basis": Basis.ASSUMED.value} if assumed else raw
