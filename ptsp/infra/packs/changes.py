"""What differs between two packs, entry by entry: a rule on their typed forms, for plans and for people."""

import dataclasses
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from functools import cache
from typing import Any, cast

from ptsp.infra.packs.stored import as_stored
from ptsp.kernel.limits import Limit
from ptsp.kernel.specs import DayOff, TenantPack, Text

Parts = Mapping[str, object]

LANGUAGES = frozenset({"id", "en"})
NOT_SAID = frozenset({"digest"})  # follows from everything else
ORDERED = frozenset({"lets"})  # a mapping whose order matters: a part may rest on those before it
ORDER = "order"


class Subject(StrEnum):
    """What a change is about."""

    OFFICE = "office"
    AGENCY = "agency"
    SERVICE = "service"


class Kind(StrEnum):
    """What happened to an entry."""

    ADDED = "added"
    REMOVED = "removed"
    CHANGED = "changed"
    REORDERED = "reordered"  # the same entries, `before` and `after` list their keys


@dataclass(frozen=True, slots=True)
class Change:
    """One difference. `code` is that of the service or agency; `path` leads to the entry inside it.

    `names`, beside each word of the path, is what people call it where it has a name of its own: a step, a field.
    """

    subject: Subject
    code: str
    kind: Kind
    path: tuple[str, ...]
    names: tuple[Text | None, ...]
    before: Any = None
    after: Any = None


def changes(old: TenantPack, new: TenantPack) -> tuple[Change, ...]:
    """Every difference: the office's own, then by agency, then by service. None for packs that say the same."""
    groups = {"agencies": Subject.AGENCY, "services": Subject.SERVICE}
    found = []
    for kind, path, names, before, after in _differences(old, new, (), ()):
        subject = groups.get(path[0])
        if subject is not None and len(path) > 1:
            found.append(Change(subject, path[1], kind, path[2:], names[2:], before, after))
        else:
            found.append(Change(Subject.OFFICE, "", kind, path, names, before, after))
    order = list(Subject)
    return tuple(sorted(found, key=lambda one: (order.index(one.subject), one.code)))


Difference = tuple[Kind, tuple[str, ...], tuple[Text | None, ...], object, object]


def _differences(
    old: object, new: object, path: tuple[str, ...], names: tuple[Text | None, ...]
) -> Iterator[Difference]:
    before, after = _parts(old), _parts(new)
    if before is None or after is None:
        if not _says_the_same(old, new):
            yield Kind.CHANGED, path, names, old, new
        return
    for key in [*before, *(one for one in after if one not in before)]:
        inside = (*path, key)
        called = (*names, _name(after.get(key, before.get(key))))
        if key not in after:
            yield Kind.REMOVED, inside, called, before[key], None
        elif key not in before:
            yield Kind.ADDED, inside, called, None, after[key]
        else:
            yield from _differences(before[key], after[key], inside, called)
    kept = [key for key in before if key in after], [key for key in after if key in before]
    if kept[0] != kept[1] and _has_order(old, path):
        yield Kind.REORDERED, (*path, ORDER), (*names, None), kept[0], kept[1]


def _says_the_same(old: object, new: object) -> bool:
    """Digits included: 1.0 and 1 are stored as two figures."""
    if isinstance(old, str) or old is None:
        return old == new
    return as_stored(old) == as_stored(new)  # type: ignore[no-any-return]


def _parts(value: Any) -> Parts | None:
    """The entries of a value by their keys; None for what is said as a whole."""
    if value is None or isinstance(value, str | Limit):
        return None
    if dataclasses.is_dataclass(value):
        return {name: getattr(value, name) for name in _fields(cast(type, type(value)))}
    if isinstance(value, Mapping):
        return None if value.keys() == LANGUAGES else {str(key): one for key, one in value.items()}
    if isinstance(value, tuple):
        keyed = [(_key(one), one[1] if isinstance(one, tuple) else one) for one in value]
        keys = [key for key, _ in keyed]
        return dict(keyed) if None not in keys and len(set(keys)) == len(keys) else None  # type: ignore[arg-type]
    return None


@cache
def _fields(kind: type[Any]) -> tuple[str, ...]:
    return tuple(one.name for one in dataclasses.fields(kind) if one.name not in NOT_SAID)


def _key(entry: object) -> str | None:
    """By what an entry of a list is known: its code, its day, or the bound of a table's row."""
    if isinstance(entry, DayOff):
        return entry.on.isoformat()
    if isinstance(entry, tuple) and len(entry) == 2 and isinstance(entry[1], Decimal):
        return "" if entry[0] is None else str(entry[0])
    return getattr(entry, "code", None)


def _has_order(value: object, path: tuple[str, ...]) -> bool:
    return isinstance(value, tuple) or path[-1:] in {(one,) for one in ORDERED}


def _name(value: object) -> Text | None:
    named = getattr(value, "name", None) or getattr(value, "label", None)
    return named if isinstance(named, Mapping) else None
