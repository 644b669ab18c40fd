"""Whether JSON has an agreed shape: a JSON Schema, and reasons that name the place and never what stands there."""

import json
from collections.abc import Mapping
from functools import lru_cache

from jsonschema import Draft202012Validator  # type: ignore[import-untyped]
from jsonschema.exceptions import best_match  # type: ignore[import-untyped]

from ptsp.sdk.strict_json import Malformed


def fit(value: object, schema: Mapping[str, object]) -> None:
    """Malformed, with the path and the rule of the schema, if the value does not fit it."""
    wrong = best_match(_validator(json.dumps(schema, sort_keys=True)).iter_errors(value))
    if wrong is not None:
        path = wrong.json_path.removeprefix("$").removeprefix(".") or "the document"
        raise Malformed(f"does not fit the agreed shape ({wrong.validator})", field=path)


@lru_cache(maxsize=64)
def _validator(schema: str) -> Draft202012Validator:
    return Draft202012Validator(json.loads(schema))
