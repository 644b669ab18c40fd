"""Mistakes of sense in what the applicant is asked."""

from collections.abc import Iterator

from ptsp.infra.packs.sense.scene import Found, Sheet, repeated
from ptsp.kernel.formulas import FormulaFault, parse
from ptsp.kernel.specs import FieldSpec

_ONLY_NUMBERS = ("unit", "minimum", "maximum", "decimals")


def field_faults(sheet: Sheet) -> Iterator[Found]:
    """Everything wrong with the fields of one service, but for their conditions."""
    fields = sheet.spec.fields
    yield from repeated((one.code for one in fields), "field", ".fields[{}].code")
    for at, one in enumerate(fields):
        path = f".fields[{at}]"
        if not is_name(one.code):
            yield f"{path}.code", f"`{one.code}` is a word of the expression language; take another name"
        yield from _form(one, sheet.raw["fields"][at], path)
        yield from repeated((c.code for c in one.choices), "choice", path + ".choices[{}].code")


def is_name(code: str) -> bool:
    """Can it stand as a name in expressions?"""
    try:
        return parse(code).names == {code}
    except FormulaFault:
        return False


def _form(one: FieldSpec, raw: dict[str, object], path: str) -> Iterator[Found]:
    if one.type == "choice" and not one.choices:
        yield f"{path}.choices", f"`{one.code}` is a choice without choices"
    if one.type != "choice" and one.choices:
        yield f"{path}.choices", f"`{one.code}` is a {one.type}; only a choice has choices"
    if one.type == "number":
        yield from _bounds(one, path)
        return
    for key in _ONLY_NUMBERS:
        if key in raw:
            yield f"{path}.{key}", f"`{one.code}` is a {one.type}; only a number has {key}"


def _bounds(one: FieldSpec, path: str) -> Iterator[Found]:
    for key, bound in (("minimum", one.minimum), ("maximum", one.maximum)):
        if bound is None:
            yield f"{path}.{key}", f"is missing: without it `{one.code}` would take absurd numbers"
    if one.minimum is not None and one.maximum is not None and one.minimum > one.maximum:
        yield f"{path}.minimum", f"the minimum {one.minimum} is above the maximum {one.maximum}"
