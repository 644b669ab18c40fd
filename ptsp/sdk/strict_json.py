"""JSON from and for strangers: one reading only, nothing lenient, and canonical bytes going out."""

import json
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeVar

T = TypeVar("T")

DEEPEST = 16
LONGEST_PATH = 200  # keys are the sender's, so a path may be of any length
LARGEST_INTEGER = 10**18
UNSTORABLE = re.compile("[\x00\ud800-\udfff]")  # NUL, half a surrogate pair
CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f]")  # all but tabulator and line feed


class Malformed(ValueError):
    """The bytes are not what was agreed. The reason names the field and never repeats its value.

    `field` is the path, such as `applications[0].answers.floor_area`, where there is one.
    """

    def __init__(self, reason: str, *, field: str = "") -> None:
        self.field = field if len(field) <= LONGEST_PATH else f"{field[:LONGEST_PATH]}…"
        super().__init__(f"{self.field}: {reason}" if field else reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class _Wrong:
    """Stands for a value that JSON may not hold, until its place in the document is known."""

    reason: str


def dumps(value: object) -> bytes:
    """Canonical bytes: the same value gives the same bytes at every retry. Refuses NaN."""
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    return text.encode("utf-8")


def parse_object(body: bytes) -> dict[str, object]:
    """Read one JSON object.

    Malformed if it is anything else: another type, not UTF-8, NaN or Infinity (also as 1e400), a key
    twice in one object, deeper than `DEEPEST`, text that a database could not store (NUL, half a
    surrogate pair), bytes before or after it.
    """
    try:
        value = json.loads(
            body.decode("utf-8"),
            object_pairs_hook=_without_doubles,
            parse_constant=_no_constant,
            parse_float=_finite,
        )
    except (ValueError, RecursionError) as error:  # not UTF-8, not JSON, an integer of 5,000 digits
        raise Malformed("not a JSON document") from error
    if not isinstance(value, dict):
        raise Malformed("not a JSON object")
    if not _is_fine(value, 1):
        _check(value)
    return value


def text(source: Mapping[str, object], field: str, *, longest: int = 200) -> str:
    """A non-empty text of at most `longest` characters, without control characters."""
    value = source.get(field)
    if not isinstance(value, str) or not value.strip():
        raise Malformed(f"{field}: must be a non-empty text")
    if len(value) > longest:
        raise Malformed(f"{field}: longer than {longest} characters")
    if CONTROL.search(value):
        raise Malformed(f"{field}: contains control characters")
    return value


def texts(source: Mapping[str, object], field: str, *, most: int = 20, longest: int = 500) -> tuple[str, ...]:
    """A list of non-empty texts; a missing list is an empty one."""
    value = source.get(field, [])
    if not isinstance(value, list) or len(value) > most:
        raise Malformed(f"{field}: must be a list of at most {most} texts")
    return tuple(text({field: entry}, field, longest=longest) for entry in value)


def objects(source: Mapping[str, object], field: str, *, most: int) -> list[dict[str, object]]:
    """A list of 1 to `most` objects."""
    value = source.get(field)
    if not isinstance(value, list) or not 0 < len(value) <= most:
        raise Malformed(f"{field}: must be a list of 1 to {most} objects")
    if not all(isinstance(entry, dict) for entry in value):
        raise Malformed(f"{field}: must hold objects only")
    return value


def whole(source: Mapping[str, object], field: str, *, smallest: int, largest: int) -> int:
    """A whole number written as one: true, 1.0 and "1" are not."""
    value = source.get(field)
    if isinstance(value, bool) or not isinstance(value, int):
        raise Malformed(f"{field}: must be a whole number")
    if not smallest <= value <= largest:
        raise Malformed(f"{field}: must be from {smallest} to {largest}")
    return value


def one_of(source: Mapping[str, object], field: str, table: Mapping[str, T]) -> T:
    """Translate a code by a table. An unknown code is Malformed: it is never guessed."""
    code = text(source, field, longest=64)
    if code not in table:
        raise Malformed(f"{field}: must be one of {', '.join(sorted(table))}")
    return table[code]


def _without_doubles(pairs: list[tuple[str, object]]) -> dict[str, object]:
    made: dict[str, object] = {}
    for key, value in pairs:
        made[key] = _Wrong("stands twice in one object") if key in made else value
    return made


def _no_constant(name: str) -> object:
    return _Wrong(f"{name} is not a JSON number")


def _finite(digits: str) -> object:
    value = float(digits)
    return value if math.isfinite(value) else _Wrong("the number is too large")


def _is_fine(value: object, depth: int) -> bool:
    """Is there nothing for `_check` to name? Paths are put together only for documents that are refused."""
    if isinstance(value, str):
        return depth <= DEEPEST and not UNSTORABLE.search(value)
    if _reason(value, depth):
        return False
    if isinstance(value, dict):
        return not any(UNSTORABLE.search(key) for key in value) and all(
            _is_fine(inner, depth + 1) for inner in value.values()
        )
    return not isinstance(value, list) or all(_is_fine(inner, depth + 1) for inner in value)


def _check(whole_document: object) -> None:
    """Walk the document; the first wrong value is named by its path."""
    waiting: list[tuple[object, str, int]] = [(whole_document, "", 1)]
    while waiting:
        value, path, depth = waiting.pop()
        reason = _reason(value, depth)
        if reason:
            raise Malformed(reason, field=path)
        if isinstance(value, dict):
            for key in value:
                if _reason(key, depth):
                    raise Malformed("a key contains NUL or half a surrogate pair", field=path)
            waiting += [
                (inner, f"{path}.{key}" if path else str(key), depth + 1) for key, inner in value.items()
            ]
        elif isinstance(value, list):
            waiting += [(inner, f"{path}[{at}]", depth + 1) for at, inner in enumerate(value)]


def _reason(value: object, depth: int) -> str:
    if isinstance(value, _Wrong):
        return value.reason
    if depth > DEEPEST:
        return f"nested deeper than {DEEPEST}"
    if isinstance(value, int) and abs(value) > LARGEST_INTEGER:
        return "the number is too large"
    if isinstance(value, str) and UNSTORABLE.search(value):
        return "contains NUL or half a surrogate pair"
    return ""
