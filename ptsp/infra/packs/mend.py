"""Put stand-ins where a file does not fit its schema, so that the rest of it can still be checked for sense.

Without this an author who left out one translation would hear of the cycle in the route only afterwards.
"""

from collections.abc import Mapping
from copy import deepcopy
from dataclasses import replace
from typing import Any

from ptsp.infra.packs.places import Document
from ptsp.infra.packs.schema import Misfit, Schemas
from ptsp.kernel.errors import Fault

_ROUNDS = 3  # a stand-in always fits; a second round is for keys hidden by the first


def fitted(document: Document, kind: str, schemas: Schemas) -> tuple[Document | None, tuple[Fault, ...]]:
    """The document in the form of its schema, and what was wrong. None if nothing can be made of it."""
    misfits = schemas.misfits(kind, document.value)
    faults = tuple(document.fault(one.path, _told(one, document)) for one in misfits)
    mended: set[str] = set()
    value: object = deepcopy(document.value) if misfits else document.value
    for _ in range(_ROUNDS):
        if not misfits:
            return replace(document, value=value, mended=frozenset(mended)), faults
        if any(not one.parts for one in misfits):
            return None, faults
        for one in sorted(misfits, key=lambda one: len(one.parts), reverse=True):
            _replace(value, one, schemas)
            mended.add(one.path)
        misfits = schemas.misfits(kind, value)
    return None, faults


def _told(misfit: Misfit, document: Document) -> str:
    return "the file is empty" if not misfit.parts and document.value is None else misfit.reason


def _replace(value: Any, misfit: Misfit, schemas: Schemas) -> None:
    holder = value
    for part in misfit.parts[:-1]:
        holder = holder[part]
    last = misfit.parts[-1]
    if misfit.unknown:
        holder.pop(last, None)
    else:
        holder[last] = stand_in(misfit.schema, schemas)


def stand_in(schema: Mapping[str, Any], schemas: Schemas) -> Any:
    """Something that fits the schema."""
    full = schemas.resolved(schema)
    if "examples" in full:
        return deepcopy(full["examples"][0])
    if "enum" in full:
        return full["enum"][0]
    types = full.get("type", "object")
    kind = types if isinstance(types, str) else types[0]
    if kind == "object":
        return {key: stand_in(full["properties"][key], schemas) for key in full.get("required", [])}
    if kind == "array":
        items = full.get("prefixItems") or [full["items"]] * full.get("minItems", 0)
        return [stand_in(one, schemas) for one in items]
    simple: dict[str, object] = {"boolean": False, "string": "x", "null": None}
    return simple.get(kind, full.get("minimum", 0))
