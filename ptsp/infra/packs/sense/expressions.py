"""Mistakes of sense in expressions: what does not parse, names and tables that are not there."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from ptsp.infra.packs.places import Pointed, did_you_mean
from ptsp.infra.packs.sense.fields import is_name
from ptsp.infra.packs.sense.scene import Found, Sheet, repeated
from ptsp.kernel.formulas import Expression, FormulaFault, Spot, parse
from ptsp.kernel.specs import FieldSpec, ServiceSpec

_EQUALS_TEXT = re.compile(r'\b([a-z][a-z0-9_]*)\s*[=!]=\s*"([^"]*)"')
_TEXT_EQUALS = re.compile(r'"([^"]*)"\s*[=!]=\s*([a-z][a-z0-9_]*)\b')
Written = tuple[str, str, str, str, set[str]]  # path, kind, name, text, the names that may be used


@dataclass(frozen=True, slots=True)
class Formula:
    """One expression of a service. `kind` is condition, let or line; `name` whose it is."""

    path: str
    kind: str
    name: str
    expression: Expression


def expression_faults(sheet: Sheet) -> tuple[list[Formula], list[Found]]:
    """The expressions that can be read, in the order of the file, and everything wrong with any."""
    service = sheet.spec
    formulas: list[Formula] = []
    found: list[Found] = list(_lets(sheet))
    fields = {one.code: one for one in service.fields}
    names = set(fields)
    for path, kind, name, text, known in _written(sheet, names):
        try:
            formula = Formula(path, kind, name, parse(text, where=path.lstrip(".")))
        except FormulaFault as error:
            found.append((path, _at(error.spot, f"cannot be read: {error.reason}")))
            continue
        wrong = [*_names(formula, known), *_tables(formula, service), *_unknown_choices(formula, fields)]
        found += [(path, reason) for reason in wrong]
        if not wrong:
            formulas.append(formula)
    return formulas, found


def _written(sheet: Sheet, fields: set[str]) -> Iterator[Written]:
    """Every expression of the service, in the order of the file."""
    service = sheet.spec
    above: set[str] = set()
    for at, field in enumerate(service.fields):
        if field.when is not None:
            yield f".fields[{at}].when", "condition", field.code, field.when, set(above)
        above.add(field.code)
    for at, requirement in enumerate(service.requirements):
        if requirement.when is not None:
            yield f".requirements[{at}].when", "condition", requirement.code, requirement.when, fields
    for at, step in enumerate(service.route):
        if step.when is not None:
            yield f".route[{at}].when", "condition", step.code, step.when, fields
    yield from _of_fee(service, sheet, fields)


def _of_fee(service: ServiceSpec, sheet: Sheet, fields: set[str]) -> Iterator[Written]:
    known = set(fields)
    for at, let in enumerate(sheet.raw["fee"].get("lets", [])):
        yield f".fee.lets[{at}].value", "let", let["name"], let["value"], set(known)
        known.add(let["name"])
    for at, line in enumerate(service.fee.lines):
        yield f".fee.lines[{at}].amount", "line", line.code, line.amount, known


def _lets(sheet: Sheet) -> Iterator[Found]:
    lets = [one["name"] for one in sheet.raw["fee"].get("lets", [])]
    yield from repeated(lets, "part", ".fee.lets[{}].name")
    fields = {one.code for one in sheet.spec.fields}
    for at, name in enumerate(lets):
        if name in fields:
            yield f".fee.lets[{at}].name", f"`{name}` is a field of this service already; take another name"
        elif not is_name(name):
            yield f".fee.lets[{at}].name", f"`{name}` is a word of the expression language; take another name"


def _names(formula: Formula, known: set[str]) -> Iterator[str]:
    for name in sorted(formula.expression.names - known):
        reason = f"uses `{name}`, which is not known here"
        if formula.kind == "let":
            reason = f"uses `{name}`, which is neither a field nor a part above this one"
        yield _at(formula.expression.spots[name], f"{reason}{did_you_mean(name, known)}")


def _tables(formula: Formula, service: ServiceSpec) -> Iterator[str]:
    tables = service.fee.tables
    if formula.kind == "condition":
        for code, kind in sorted(formula.expression.reads)[:1]:
            spot = formula.expression.spots[code, kind]
            yield _at(spot, f"reads the table `{code}`; only fees may read tables")
        return
    for code, kind in sorted(formula.expression.reads):
        spot = formula.expression.spots[code, kind]
        if code not in tables:
            reason = f"reads the table `{code}`, which the fee does not have{did_you_mean(code, tables)}"
            yield _at(spot, reason)
        elif tables[code].kind != kind:
            yield _at(spot, f"reads the table `{code}` as {kind}, but its kind is {tables[code].kind}")


def _unknown_choices(formula: Formula, fields: Mapping[str, FieldSpec]) -> Iterator[str]:
    text = formula.expression.text
    pairs = [*_EQUALS_TEXT.findall(text), *((name, word) for word, name in _TEXT_EQUALS.findall(text))]
    for name, word in dict.fromkeys(pairs):
        field, spot = fields.get(name), formula.expression.spots.get(name)
        if field is None or field.type != "choice" or spot is None:
            continue
        codes = {one.code for one in field.choices}
        if word not in codes:
            reason = (
                f"compares `{name}` with `{word}`, which is none of its choices{did_you_mean(word, codes)}"
            )
            yield _at(spot, reason)


def _at(spot: Spot, reason: str) -> Pointed:
    return Pointed(reason, line=spot.line, column=spot.column)
