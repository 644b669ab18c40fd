"""Schemas of answers, made from the frozen views themselves, so that the OpenAPI document cannot differ from them."""

from collections.abc import Callable, Mapping
from dataclasses import fields as fields_of
from dataclasses import is_dataclass
from datetime import date, datetime
from enum import Enum
from functools import cache
from types import NoneType, UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints
from uuid import UUID

from marshmallow import Schema, fields

SIMPLE: Mapping[Any, Callable[..., fields.Field[Any]]] = {
    str: fields.String,
    int: fields.Integer,
    bool: fields.Boolean,
    float: fields.Float,
    date: fields.Date,
    datetime: fields.DateTime,
    UUID: fields.UUID,
}


@cache
def shape(view: type) -> type[Schema]:
    """The schema class of a frozen dataclass, nested ones with it. Named as the view."""
    hints = get_type_hints(view)
    made = {field.name: _field(hints[field.name]) for field in fields_of(view)}
    schema: type[Schema] = type(view.__name__, (Schema,), {**made, "__doc__": view.__doc__})
    return schema


def _field(kind: Any, *, allow_none: bool = False) -> fields.Field[Any]:
    origin, inner = get_origin(kind), get_args(kind)
    if origin in (Union, UnionType):
        (real,) = [one for one in inner if one is not NoneType]
        return _field(real, allow_none=True)
    if origin is tuple:
        return fields.List(_field(inner[0]), allow_none=allow_none)
    if origin is not None and issubclass(origin, Mapping):
        values = fields.Raw() if inner[1] is object else _field(inner[1])
        return fields.Dict(keys=fields.String(), values=values, allow_none=allow_none)
    if is_dataclass(kind):
        return fields.Nested(shape(kind), allow_none=allow_none)  # type: ignore[arg-type]
    if isinstance(kind, type) and issubclass(kind, Enum):
        return fields.Enum(kind, by_value=True, allow_none=allow_none)
    if kind is object:
        return fields.Raw(allow_none=allow_none)
    return SIMPLE[kind](allow_none=allow_none)
