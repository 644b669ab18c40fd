"""The schemas themselves: valid, closed, and telling an author what belongs where."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from ptsp.infra.packs.mend import stand_in
from ptsp.infra.packs.schema import KINDS, load_schemas
from tests.checks import REPOSITORY

FILES = sorted((REPOSITORY / "schemas").glob("*.json"))
PARTNERS = {"asyncapi", *(file.stem for file in FILES if file.stem.startswith("openapi-"))}
SCHEMAS = [file for file in FILES if file.stem not in PARTNERS]  # tests/connectors checks the other documents
OPEN = {"options"}  # what a connector is configured with is its manifest's to say


def _objects(schema: Any, path: str) -> Iterator[tuple[str, dict[str, Any]]]:
    if isinstance(schema, list):
        for at, one in enumerate(schema):
            yield from _objects(one, f"{path}[{at}]")
    if isinstance(schema, dict):
        if schema.get("type") == "object":
            yield path, schema
        for key, one in schema.items():
            yield from _objects(one, f"{path}.{key}")


def test_every_kind_of_file_has_a_schema() -> None:
    assert {*KINDS, "words"} <= {file.stem for file in SCHEMAS}


@pytest.mark.parametrize("file", SCHEMAS, ids=lambda file: file.stem)
def test_a_schema_is_valid_and_names_its_draft(file: Any) -> None:
    schema = json.loads(file.read_text())
    assert schema["$schema"] == Draft202012Validator.META_SCHEMA["$id"]
    Draft202012Validator.check_schema(schema)


@pytest.mark.parametrize("kind", KINDS)
def test_no_object_takes_keys_nobody_knows(kind: str) -> None:
    schema = json.loads((REPOSITORY / "schemas" / f"{kind}.json").read_text())
    left_open = {
        path
        for path, one in _objects(schema, "$")
        if "additionalProperties" not in one and "properties" in one
    }
    assert {path.rpartition(".")[2] for path in left_open} <= OPEN


@pytest.mark.parametrize("kind", KINDS)
def test_a_stand_in_fits_its_schema(kind: str) -> None:
    """What is put in place of a wrong value must not be wrong itself."""
    schemas = load_schemas()
    whole = schemas.validators[kind].schema
    assert schemas.misfits(kind, stand_in(whole, schemas)) == []
