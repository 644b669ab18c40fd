"""Hold the files of a pack against `schemas/*.json`, and say in plain words what does not fit."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator, FormatChecker, ValidationError
from jsonschema.validators import extend
from referencing import Registry, Resource

from ptsp.infra.packs.places import did_you_mean, path_of, step_into

SCHEMAS = Path(__file__).resolve().parents[3] / "schemas"
KINDS = (
    "tenant",
    "agencies",
    "calendar",
    "texts",
    "service",
    "standard-defaults",
    "by-law",
    "connector-manifest",
)

_TYPES = {
    "string": "a text",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "array": "a list",
    "object": "a mapping of names to values",
    "null": "null",
}


@dataclass(frozen=True, slots=True)
class Misfit:
    """One thing that does not fit the schema. `schema` is what stands for the right form of it."""

    path: str
    parts: tuple[str | int, ...]
    reason: str
    schema: Mapping[str, Any]
    unknown: bool = False  # a key that should not be there at all


@dataclass(frozen=True)
class Schemas:
    """The compiled schemas, and every named definition in them."""

    validators: Mapping[str, Draft202012Validator]
    definitions: Mapping[str, Mapping[str, Any]]

    def misfits(self, kind: str, value: object) -> list[Misfit]:
        """Everything in `value` that does not fit the schema of this kind."""
        found: dict[tuple[str, str], Misfit] = {}
        for error in self.validators[kind].iter_errors(value):
            for misfit in _misfits(error):
                found.setdefault((misfit.path, misfit.reason), misfit)
        return list(found.values())

    def resolved(self, schema: Mapping[str, Any]) -> Mapping[str, Any]:
        """The schema that a `$ref` stands for; what stands beside the reference goes first."""
        if "$ref" not in schema:
            return schema
        target = self.resolved(self.definitions[schema["$ref"].rpartition("/")[2]])
        return {**target, **schema}


@cache
def load_schemas(folder: Path = SCHEMAS) -> Schemas:
    """Compile `schemas/*.json` once."""
    names = (*KINDS, "words")
    contents = {name: json.loads((folder / f"{name}.json").read_text("utf-8")) for name in names}
    registry: Registry[Any] = Registry().with_resources(
        (f"urn:ptsp:schema:{name}", Resource.from_contents(one)) for name, one in contents.items()
    )
    registry = registry.with_resources((f"{n}.json", Resource.from_contents(c)) for n, c in contents.items())
    checker = FormatChecker(["date"])
    reader = extend(Draft202012Validator, {"type": _type})
    validators = {kind: reader(contents[kind], registry=registry, format_checker=checker) for kind in KINDS}
    definitions = {
        name: one for content in contents.values() for name, one in content.get("$defs", {}).items()
    }
    return Schemas(validators, definitions)


def _type(
    validator: Any, types: Any, instance: object, schema: Mapping[str, Any]
) -> Iterator[ValidationError]:
    """A day read as a date stands where the schema wants a text of format date, and nowhere else."""
    if isinstance(instance, date) and schema.get("format") == "date":
        return
    yield from Draft202012Validator.VALIDATORS["type"](validator, types, instance, schema)


def _misfits(error: ValidationError) -> Iterator[Misfit]:
    parts = tuple(error.absolute_path)
    path = path_of(parts)
    if error.validator == "required":
        for key in error.validator_value:
            if key not in error.instance:
                missing = step_into(path, key)
                yield Misfit(missing, (*parts, key), "is missing", error.schema["properties"][key])
    elif error.validator == "additionalProperties":
        known = error.schema.get("properties", {})
        for key in error.instance.keys() - known.keys():
            reason = f"is not a key that is known here{did_you_mean(key, known)}"
            yield Misfit(step_into(path, key), (*parts, key), reason, {}, unknown=True)
    elif "propertyNames" in error.absolute_schema_path:
        key = str(error.instance)
        yield Misfit(step_into(path, key), (*parts, key), _reason(error), {}, unknown=True)
    else:
        yield Misfit(path, parts, _reason(error), error.schema)


def _reason(error: ValidationError) -> str:
    known = _REASONS.get(str(error.validator))
    return known(error) if known else error.message


def _wrong_type(error: ValidationError) -> str:
    types = [error.validator_value] if isinstance(error.validator_value, str) else error.validator_value
    wanted = "a day such as 2026-01-01" if error.schema.get("format") == "date" else _TYPES[types[0]]
    quotes = ""
    if types[0] == "string" and wanted == "a text" and isinstance(error.instance, int | Decimal | date):
        quotes = "; write it in quotes"
    also = " or null" if "null" in types[1:] else ""
    return f"must be {wanted}{also}, but is {shown(error.instance)}{quotes}"


def _not_one_of(error: ValidationError) -> str:
    allowed = [str(one) for one in error.validator_value]
    close = did_you_mean(str(error.instance), allowed)
    hint = close if close.startswith("; did") else ""
    return f"must be one of {', '.join(allowed)}, but is {shown(error.instance)}{hint}"


def _wrong_form(error: ValidationError) -> str:
    if not str(error.instance).strip():
        return "is blank"
    right = "".join(f", such as `{one}`" for one in error.schema.get("examples", [])[:1])
    return f"`{error.instance}` has not the right form{right}. {error.schema.get('description', '')}".rstrip()


def _wrong_length(error: ValidationError) -> str:
    many = {"minItems": "at least", "maxItems": "at most"}[str(error.validator)]
    if not error.instance:
        return f"is empty; it needs at least {error.validator_value}"
    return f"has {len(error.instance)} entries; {many} {error.validator_value} are right"


_REASONS = {
    "type": _wrong_type,
    "enum": _not_one_of,
    "pattern": _wrong_form,
    "format": lambda e: f"`{e.instance}` is no day; write it like 2026-01-01",
    "minimum": lambda e: f"{e.instance} is too small; at least {e.validator_value} is right",
    "maximum": lambda e: f"{e.instance} is too large; at most {e.validator_value} is right",
    "minItems": _wrong_length,
    "maxItems": _wrong_length,
    "maxLength": lambda e: f"is {len(e.instance)} characters long; at most {e.validator_value} are right",
    "minProperties": lambda e: f"is empty; it needs at least one of {', '.join(e.schema['properties'])}",
    "uniqueItems": lambda _: "names the same thing twice",
}


def shown(value: object) -> str:
    """A value of a pack as a fault names it."""
    if value is None:
        return "empty"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | Decimal):
        return f"the number {value}"
    if isinstance(value, date):
        return f"the day {value.isoformat()}"
    if isinstance(value, str):
        return f"`{value[:60]}{'...' if len(value) > 60 else ''}`"
    return "a list" if isinstance(value, list) else "a mapping"
