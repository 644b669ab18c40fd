"""What a change of a fee means in rupiah: the worked examples of the pack and its by-law, before and after."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from ptsp.domain.applications import typed_answers
from ptsp.domain.fees import price
from ptsp.infra.packs import Change, Checked, Subject, look_at
from ptsp.kernel.errors import PtspError
from ptsp.kernel.money import rupiah
from ptsp.kernel.specs import ServiceSpec, TenantPack


@dataclass(frozen=True, slots=True)
class FeeEffect:
    """One worked example; a side is None where that version of the service asks for other answers."""

    service: str
    example: str
    before: int | None
    after: int | None

    def as_text(self, language: str) -> str:
        none = {"id": "(isian lain)", "en": "(other answers)"}[language]
        to = {"id": "menjadi", "en": "to"}[language]
        before, after = (none if one is None else rupiah(one) for one in (self.before, self.after))
        return f"{self.example}: {before} {to} {after}"


def fee_effects(root: Path, old: TenantPack, new: TenantPack, found: tuple[Change, ...]) -> list[FeeEffect]:
    """Examples of every service whose fee or fields change and that is there before and after, by service."""
    touched = {
        one.code
        for one in found
        if one.subject is Subject.SERVICE and one.path[:1] in (("fee",), ("fields",))
    }
    both = [code for code in new.services if code in touched and code in old.services]
    if not both:
        return []
    checked = look_at(root, only=new.code)
    return [effect for code in both for effect in _of(checked, code, old.services[code], new.services[code])]


def _of(checked: Checked, code: str, old: ServiceSpec, new: ServiceSpec) -> Iterator[FeeEffect]:
    for name, inputs in _examples(checked, code):
        before, after = _total(old, inputs), _total(new, inputs)
        if before is not None or after is not None:
            yield FeeEffect(code, name, before, after)


def _examples(checked: Checked, code: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Those of the service's own file, then those of its by-law."""
    fee = checked.offices[0].services[code].raw["fee"]
    law = checked.library.by_laws.get(fee.get("by_law", ""))
    for raw in (*fee.get("examples", []), *(law.raw.get("examples", []) if law else [])):
        if raw.get("of") != "interest":
            yield raw["name"], raw["inputs"]


def _total(service: ServiceSpec, inputs: Mapping[str, Any]) -> int | None:
    """The bill in rupiah, if the example answers all that the fee rests on."""
    asked = tuple(one for one in service.fields if one.code in inputs)
    given = {one.code: inputs[one.code] for one in asked}
    answers, faults = typed_answers(replace(service, fields=asked), given, "")
    if faults:
        return None
    try:
        return price(service, answers).total
    except PtspError:
        return None  # it asks for more, or has no value for this: no example of what changes
