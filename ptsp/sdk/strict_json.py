"""JSON from and for strangers: one reading only, nothing lenient, and canonical bytes going out."""

import json
import math
from collections.abc import Mapping
from typing import TypeVar

T = TypeVar("T")

DEEPEST = 16
LARGEST_INTEGER = 10**18


class Malformed(ValueError):
    """The bytes are not what was agreed. The reason names the field and never repeats its value."""


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
    except Malformed:
        raise
    except (ValueError, RecursionError) as error:  # not UTF-8, not JSON, an integer of 5,000 digits
        raise Malformed("not a JSON document") from error
    if not isinstance(value, dict):
        raise Malformed("not a JSON object")
    _check(value)
    return value


def text(source: Mapping[str, object], field: str, *, longest: int = 200) -> str:
    """A non-empty text of at most `longest` characters, without control characters."""
    value = source.get(field)
    if not isinstance(value, str) or not value.strip():
        raise Malformed(f"{field}: must be a non-empty text")
    if len(value) > longest:
        raise Malformed(f"{field}: longer than {longest} characters")
    if any(ord(letter) < 32 and letter not in "\n\t" for letter in value):
        raise Malformed(f"{field}: contains control characters")
    return value


def texts(source: Mapping[str, object], field: str, *, most: int = 20, longest: int = 500) -> tuple[str, ...]:
    """A list of non-empty texts; a missing list is an empty one."""
    value = source.get(field, [])
    if not isinstance(value, list) or len(value) > most:
        raise Malformed(f"{field}: must be a list of at most {most} texts")
    return tuple(text({field: entry}, field, longest=longest) for entry in value)


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
    made = dict(pairs)
    if len(made) != len(pairs):
        raise Malformed("a key stands twice in one object")
    return made


def _no_constant(name: str) -> object:
    raise Malformed(f"{name} is not a JSON number")


def _finite(digits: str) -> float:
    value = float(digits)
    if not math.isfinite(value):
        raise Malformed("a number is too large")
    return value


def _check(whole_document: object) -> None:
    waiting = [(whole_document, 1)]
    while waiting:
        value, depth = waiting.pop()
        if depth > DEEPEST:
            raise Malformed(f"nested deeper than {DEEPEST}")
        if isinstance(value, str):
            _storable(value)
        elif isinstance(value, int) and abs(value) > LARGEST_INTEGER:
            raise Malformed("a number is too large")
        elif isinstance(value, dict):
            waiting += [(key, depth) for key in value] + [(inner, depth + 1) for inner in value.values()]
        elif isinstance(value, list):
            waiting += [(inner, depth + 1) for inner in value]


def _storable(value: str) -> None:
    if "\x00" in value or any("\ud800" <= letter <= "\udfff" for letter in value):
        raise Malformed("a text contains NUL or half a surrogate pair")
