"""What one service of a pack is judged by, and what of it a by-law has too."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ptsp.infra.packs.layers import Layers
from ptsp.infra.packs.places import Part
from ptsp.kernel.specs import AgencySpec, ServiceSpec

Found = tuple[str, str]  # path inside the part, and the reason


@dataclass(frozen=True, slots=True)
class Sheet:
    """Questions and a fee over them: of a service, of a by-law, of the interest of one."""

    part: Part
    spec: ServiceSpec

    @property
    def raw(self) -> Mapping[str, Any]:
        written: Mapping[str, Any] = self.part.raw
        return written


@dataclass(frozen=True, slots=True)
class Scene(Sheet):
    """One service at one office. `agencies` is None where they could not be read."""

    layers: Layers
    agencies: Mapping[str, AgencySpec] | None

    @property
    def by_law(self) -> Part | None:
        """The by-law that the fee takes over, if it is there and sound."""
        code = self.raw["fee"].get("by_law", "")
        library = self.layers.library
        return None if code in library.unsound else library.by_laws.get(code)

    @property
    def is_own(self) -> bool:
        """Does it stand in the tenant's own folder, and not in the base?"""
        return self.part.file.startswith(f"{self.layers.code}/")

    def of_standard(self, key: str, inside: str) -> str:
        """The path to blame in a rule of the standard: the rule as a whole, where the defaults give it."""
        return f".standard.{key}{inside if key in self.raw['standard'] else ''}"


def repeated(codes: Iterable[str], what: str, path: str) -> Iterator[Found]:
    """One fault for every code that was there before; `path` has a gap for the position."""
    seen: set[str] = set()
    for at, code in enumerate(codes):
        if code in seen:
            yield path.format(at), f"the {what} `{code}` is given twice"
        seen.add(code)
