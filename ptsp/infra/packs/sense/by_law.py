"""Mistakes of sense in by-laws, and in how services take them over."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from typing import Any

from ptsp.infra.packs.build import by_law_service, field
from ptsp.infra.packs.places import Loan, Part, did_you_mean
from ptsp.infra.packs.sense.collection import collection_faults
from ptsp.infra.packs.sense.expressions import expression_faults
from ptsp.infra.packs.sense.fee import tariff_faults
from ptsp.infra.packs.sense.fields import field_faults
from ptsp.infra.packs.sense.scene import Found, Scene, Sheet
from ptsp.infra.packs.sense.trial import bounds_of, trial_faults
from ptsp.infra.packs.values import day_or_none
from ptsp.kernel.errors import Fault
from ptsp.kernel.formulas import FormulaFault, parse
from ptsp.kernel.specs import FeeSpec, FieldSpec, ServiceSpec

BOUNDS = ("minimum", "maximum")


def by_law_faults(law: Part) -> list[Fault]:
    """All mistakes of sense in one by-law, each with file, path, line and reason."""
    fee = {key: law.raw[key] for key in ("tables", "lets", "lines") if key in law.raw}
    loans = {".fields": Loan(Part(law.document, "$.inputs", None)), ".fee": Loan(law)}
    whole = {"fields": law.raw.get("inputs", []), "fee": fee}
    sheet = Sheet(Part(law.document, "$", whole, loans), by_law_service(law.raw))
    in_fields, in_tariff = list(field_faults(sheet)), list(tariff_faults(sheet))
    formulas, in_expressions = expression_faults(sheet)
    found = [*_itself(law), *in_fields, *in_tariff, *in_expressions, *_unread(sheet.spec)]
    if not in_fields and not in_tariff:
        found += trial_faults(sheet.spec, formulas)
    faults = [*sheet.part.faults(found)]
    if "collection" in law.raw:
        faults += collection_faults(Part(law.document, "$.collection", law.raw["collection"]))
    return faults


def _itself(law: Part) -> Iterator[Found]:
    raw: Mapping[str, Any] = law.raw
    file = law.file.rpartition("/")[2]
    if file != f"{raw['code']}.yaml":
        yield ".code", f"is `{raw['code']}`, but the file is {file}; the two must be the same"
    begins, ends = day_or_none(raw["in_force"]["from"]), day_or_none(raw["in_force"].get("until"))
    if begins and ends and ends < begins:
        yield ".in_force.until", f"the by-law ends on {ends} before it begins on {begins}"
    if raw.get("free") and "lines" in raw:
        yield ".lines", "the by-law says `free: true` and has lines all the same; take one of them away"
    if not raw.get("free") and not {"lines", "collection"} & raw.keys():
        yield "", "says nothing: give `lines`, `free: true` or a `collection`"


def _unread(spec: ServiceSpec) -> Iterator[Found]:
    read = _names((*_of_fee(spec.fee), *(one.when for one in spec.fields if one.when is not None)))
    for at, one in enumerate(spec.fields):
        if one.code not in read:
            yield f".fields[{at}].code", f"`{one.code}` is read by no expression; take it away"


# How a service takes one over


def inputs_of(law: Part | None) -> dict[str, FieldSpec]:
    """The inputs of a by-law by code; none of none."""
    raws = law.raw.get("inputs", []) if law else []
    return {raw["code"]: field({key: raw[key] for key in raw if key != "figure"}) for raw in raws}


def taking_faults(scene: Scene) -> Iterator[Found]:
    """Whether the by-law that the fee names is there and in force, and its inputs are given what fits them."""
    code = scene.raw["fee"].get("by_law")
    codes = scene.layers.library.codes
    if code is None:
        if "without" in scene.raw["fee"]:
            yield ".fee.without", "leaves out lines of a by-law, but the fee names none (`by_law`)"
        return
    if code not in codes:
        yield ".fee.by_law", f"there is no by-law `{code}`{did_you_mean(code, codes)}"
    if scene.by_law is not None:
        yield from _in_force(scene)
        yield from _without(scene, scene.by_law.raw.get("lines", []))
        yield from _covered(scene, scene.by_law)


def _without(scene: Scene, lines: Sequence[Mapping[str, Any]]) -> Iterator[Found]:
    codes = [one["code"] for one in lines]
    for at, code in enumerate(scene.raw["fee"].get("without", [])):
        if code not in codes:
            yield f".fee.without[{at}]", f"`{code}` is no line of the by-law{did_you_mean(code, codes)}"


def _in_force(scene: Scene) -> Iterator[Found]:
    fee, begins = scene.spec.fee, scene.spec.standard.valid_from
    law = f"the standard is valid from {begins}, but its by-law `{fee.by_law}` is in force"
    if fee.in_force_from is not None and begins < fee.in_force_from:
        yield ".standard.valid_from", f"{law} only from {fee.in_force_from}"
    if fee.in_force_until is not None and begins > fee.in_force_until:
        yield ".standard.valid_from", f"{law} only until {fee.in_force_until}"


def _covered(scene: Scene, law: Part) -> Iterator[Found]:
    fields = {one.code: at for at, one in enumerate(scene.spec.fields)}
    figures = {raw["code"] for raw in law.raw.get("inputs", []) if raw.get("figure")}
    read = _names(_of_fee(scene.spec.fee))
    for code, wanted in inputs_of(law).items():
        if code in fields:
            given, path = scene.spec.fields[fields[code]], f".fields[{fields[code]}]"
            yield from ((path + at, reason) for at, reason in _fits(given, wanted))
            if code in figures:
                yield (
                    f"{path}.code",
                    f"the by-law has `{code}` set by the region; give it as a let of the fee",
                )
        elif code in read and code not in scene.spec.fee.lets:
            what = "let" if code in figures else "field or let"
            yield (
                ".fee.by_law",
                f"its by-law reads `{code}` ({wanted.type}), for which there is no {what} here",
            )


def _of_fee(fee: FeeSpec) -> tuple[str, ...]:
    return (*fee.lets.values(), *(line.amount for line in fee.lines))


def _names(texts: Iterable[str]) -> set[str]:
    """All that these expressions read, as far as they can be read themselves."""
    found: set[str] = set()
    for text in texts:
        with suppress(FormulaFault):  # which is told where it stands
            found |= parse(text).names
    return found


def _fits(given: FieldSpec, wanted: FieldSpec) -> Iterator[Found]:
    if given.type != wanted.type:
        yield ".type", f"is {given.type}, but the by-law reads `{given.code}` as a {wanted.type}"
        return
    codes = [one.code for one in wanted.choices]
    for at, one in enumerate(given.choices):
        if one.code not in codes:
            close = did_you_mean(one.code, codes)
            yield f".choices[{at}].code", f"`{one.code}` is no choice of `{given.code}` in the by-law{close}"
    if given.type == "number":
        for key, is_out in zip(BOUNDS, _out_of_bounds(given, wanted), strict=True):
            if is_out:
                yield f".{key}", f"the by-law takes `{given.code}` {bounds_of(wanted)}"


def _out_of_bounds(given: FieldSpec, wanted: FieldSpec) -> tuple[bool, bool]:
    lower = None not in (given.minimum, wanted.minimum) and given.minimum < wanted.minimum  # type: ignore[operator]
    upper = None not in (given.maximum, wanted.maximum) and given.maximum > wanted.maximum  # type: ignore[operator]
    return lower, upper
