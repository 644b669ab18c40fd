"""Many rows as one parameter: JSON, which both ends read in C, taken apart by `json_to_recordset`.

Arrays of `unnest` cost the driver four times as much, most of it in quoting texts.
"""

from collections.abc import Iterable, Mapping
from typing import Protocol

import orjson

Row = Mapping[str, object]


class Slotted(Protocol):
    """A dataclass with slots."""

    __slots__: tuple[str, ...]


def row_of(value: Slotted) -> dict[str, object]:
    """The fields of a slotted dataclass by name, nested values as they are."""
    return {name: getattr(value, name) for name in value.__slots__}


def as_rows(rows: Iterable[Row] | Iterable[Slotted]) -> str:
    """One JSON array of objects. UUIDs, dates and moments go as their text, bytes as hex for `decode`."""
    return orjson.dumps(list(rows), default=_text).decode()


def _text(value: object) -> str:
    return value.hex() if isinstance(value, bytes) else str(value)
