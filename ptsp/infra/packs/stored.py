"""The typed form of a pack as JSON and back, exactly: an application pins the standard stored like this.

Exact numbers become texts with all their digits, days ISO texts, sets sorted lists. PostgreSQL keeps no order of
keys, so lets, whose order matters, become lists of name and value; what was stored before has them as a mapping. Where
a number could also be a text (the first column of a table, a connector's options) it is stored as `{"$number": "25"}`,
and a mapping that looks like such a mark of itself as `{"$mapping": {"$number": "25"}}`. What comes back equals what
went in.
"""

import dataclasses
import types
import typing
from collections.abc import Callable, Iterable, Mapping
from datetime import date
from decimal import Decimal
from enum import StrEnum
from functools import cache
from typing import Any, Union, cast

from ptsp.kernel.specs import AgencySpec, FeeSpec, InterestSpec, ServiceSpec, TableSpec, TenantPack

_NUMBER = "$number"
_MAPPING = "$mapping"
_MARKS = ({_NUMBER}, {_MAPPING})
# Fields that came after standards were stored: one that says nothing is left out, or the digest of every standard that
# applications are pinned to would be another one, and its version would have to go up for no change.
_LATER: Mapping[type, frozenset[str]] = {
    TenantPack: frozenset({"kind", "parent", "government"}),
    ServiceSpec: frozenset({"audience", "four_eyes"}),
}


def service_to_json(service: ServiceSpec) -> dict[str, Any]:
    """The service as values that JSON knows."""
    return cast(dict[str, Any], _to_json(service))


def service_from_json(stored: Mapping[str, Any]) -> ServiceSpec:
    """The service that was stored. Raises KeyError, TypeError or ValueError if it is not one."""
    return cast(ServiceSpec, _reader(ServiceSpec)(stored))


def pack_to_json(pack: TenantPack) -> dict[str, Any]:
    """The whole pack as values that JSON knows."""
    return cast(dict[str, Any], _to_json(pack))


def pack_from_json(stored: Mapping[str, Any]) -> TenantPack:
    """The pack that was stored. Raises KeyError, TypeError or ValueError if it is not one."""
    return cast(TenantPack, _reader(TenantPack)(stored))


def as_stored(value: object) -> Any:
    """Any part of a pack as it is stored: two parts say the same if these are equal, digits included."""
    return _to_json(value)


def _to_json(value: Any) -> Any:
    if isinstance(value, TableSpec):
        rows = [[_marked(bound), str(worth)] for bound, worth in value.rows]
        return {**_fields(value), "rows": rows}
    if isinstance(value, FeeSpec | InterestSpec):
        return {**_fields(value), "lets": [list(one) for one in value.lets.items()]}
    if isinstance(value, AgencySpec):
        return {**_fields(value), "options": {key: _marked(one) for key, one in value.options.items()}}
    if dataclasses.is_dataclass(value):
        return _fields(value)
    if isinstance(value, Mapping):
        return {str(key): _to_json(one) for key, one in value.items()}
    if isinstance(value, frozenset):
        return [_to_json(one) for one in sorted(value)]
    if isinstance(value, tuple | list):
        return [_to_json(one) for one in value]
    return _plain(value)


def _fields(value: Any) -> dict[str, Any]:
    later = _LATER.get(type(value), frozenset())
    return {
        one.name: _to_json(getattr(value, one.name))
        for one in dataclasses.fields(value)
        if one.name not in later or getattr(value, one.name) != one.default
    }


def _marked(value: Any) -> Any:
    """Values of no declared type; numbers are marked, because they are stored as texts."""
    if isinstance(value, Decimal):
        return {_NUMBER: str(value)}
    if isinstance(value, Mapping):
        inner = {str(key): _marked(one) for key, one in value.items()}
        return {_MAPPING: inner} if inner.keys() in _MARKS else inner
    return [_marked(one) for one in value] if isinstance(value, list) else value


def _unmarked(stored: Any) -> Any:
    if isinstance(stored, Mapping):
        if stored.keys() == {_NUMBER}:
            return Decimal(stored[_NUMBER])
        if stored.keys() == {_MAPPING}:
            stored = stored[_MAPPING]
        return {key: _unmarked(one) for key, one in stored.items()}
    return [_unmarked(one) for one in stored] if isinstance(stored, list) else stored


def _plain(value: Any) -> Any:
    if isinstance(value, Decimal):
        return str(value)
    if isinstance(value, date):
        return value.isoformat()
    return str(value) if isinstance(value, StrEnum) else value


Reader = Callable[[Any], Any]


@cache
def _reader(kind: Any) -> Reader:
    """How a value of this declared type is read back."""
    if dataclasses.is_dataclass(kind):
        return _dataclass_reader(cast(type, kind))
    origin, inner = typing.get_origin(kind), typing.get_args(kind)
    if origin in (types.UnionType, Union):
        return _union_reader(inner)
    if origin is tuple:
        return _tuple_reader(inner)
    if origin is frozenset:
        item = _reader(inner[0])
        return lambda stored: frozenset(item(one) for one in stored)
    if origin is not None:  # a mapping from texts
        value = _reader(inner[1])
        return lambda stored: {key: value(one) for key, one in _entries(stored)}
    return _simple_reader(kind)


def _entries(stored: Any) -> Iterable[tuple[str, Any]]:
    """The entries of a mapping, which may be stored as a list of them."""
    return stored.items() if isinstance(stored, Mapping) else stored


def _simple_reader(kind: Any) -> Reader:
    if kind is date:
        return date.fromisoformat
    if kind is object:
        return _unmarked
    if kind in (str, int, bool):
        return lambda stored: _exactly(kind, stored)
    return cast(Reader, kind)  # Decimal and the enums read their own text


def _exactly(kind: type, stored: Any) -> Any:
    if type(stored) is not kind:
        raise TypeError(f"{stored!r} is stored where {kind.__name__} belongs")
    return stored


def _dataclass_reader(kind: type) -> Reader:
    """What was stored before a field existed lacks it; the field's default stands for it."""
    hints = typing.get_type_hints(kind)
    fields = dataclasses.fields(kind)
    names = {one.name for one in fields}
    later = {one.name for one in fields if _has_default(one)}

    def read(stored: Mapping[str, Any]) -> Any:
        if not isinstance(stored, Mapping):
            raise TypeError(f"{stored!r} is stored where {kind.__name__} belongs")
        unknown = stored.keys() - names
        if unknown:
            raise TypeError(f"{kind.__name__} has no {', '.join(sorted(unknown))}")
        given = names - later | stored.keys()
        return kind(**{name: _reader(hints[name])(stored[name]) for name in given})

    return read


def _has_default(one: dataclasses.Field[Any]) -> bool:
    return one.default is not dataclasses.MISSING or one.default_factory is not dataclasses.MISSING


def _tuple_reader(inner: tuple[Any, ...]) -> Reader:
    if inner[-1] is Ellipsis:
        item = _reader(inner[0])
        return lambda stored: tuple(item(one) for one in stored)
    items = [_reader(one) for one in inner]
    return lambda stored: tuple(item(one) for item, one in zip(items, stored, strict=True))


def _union_reader(inner: tuple[Any, ...]) -> Reader:
    """None is None; where two kinds are possible, the stored value is marked."""
    others = [one for one in inner if one is not type(None)]
    read = _reader(others[0]) if len(others) == 1 else _unmarked
    return lambda stored: None if stored is None else read(stored)
