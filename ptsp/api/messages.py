"""marshmallow's messages as our own reasons: what a schema refuses gets the same codes as what a rule refuses."""

import re
from collections.abc import Iterable, Mapping

from ptsp.kernel.errors import Fault
from ptsp.kernel.reasons import fault

OWN_STEPS = ("_schema", "key", "value")  # steps marshmallow puts into paths that no sender wrote
SAID = tuple(
    (re.compile(pattern), code)
    for pattern, code in (
        (r"Missing data for required field\.", "missing"),
        (r"Unknown field\.", "unknown"),
        (r"Field may not be null\.", "null"),
        (r"Longer than maximum length (?P<most>\d+)\.", "too_long"),
        (r"Length must be between (?P<least>\d+) and (?P<most>\d+)\.", "length"),
        (r"Must be one of: (?P<choices>.+)\.", "choice"),
        (r"Not a valid date\.", "date"),
        (r"Not a valid UUID\.", "document_id"),
        (r"Not a valid .+\.|Invalid input type\.", "wrong_type"),
    )
)


def flattened(messages: object, path: str = "") -> Iterable[Fault]:
    """marshmallow's nested messages as faults with paths such as `applications[0].service`."""
    if isinstance(messages, Mapping):
        for key, inner in messages.items():
            step = f"{path}[{key}]" if isinstance(key, int) else f"{path}.{key}" if path else str(key)
            yield from flattened(inner, path if key in OWN_STEPS else step)
    elif isinstance(messages, (list, tuple)):
        for message in messages:
            yield _told(path, str(message))
    else:
        yield _told(path, str(messages))


def _told(path: str, message: str) -> Fault:
    """The reason with its code; a message we do not know is kept as it is."""
    for pattern, code in SAID:
        if found := pattern.fullmatch(message):
            return fault(path, code, **found.groupdict())
    return Fault(path, message)
